// A blog in JavaScript that speaks Akismet by a library: `node akismet.mjs LIBRARY ADDRESS KEY TEXT`.
import dns from "node:dns";
import { createRequire } from "node:module";
import { Author, Blog, Client, Comment } from "@cedx/akismet";

const [library, address, key, text] = process.argv.slice(2);
const { hostname, port } = new URL(address);
const blog = "https://relay.example.org";
const author = { name: "Maya", email: "maya@example.org" };

async function cedx(apiKey) {
	const client = new Client(apiKey, new Blog({ url: blog }), { baseUrl: address });
	const comment = new Comment({ author: new Author({ ...author, ipAddress: "203.0.113.7" }), content: text, permalink: `${blog}/cedx` });
	const isValid = await client.verifyKey();
	if (!isValid) return { isValid };
	const first = await client.checkComment(comment);
	await client.submitSpam(comment);
	const second = await client.checkComment(comment);
	await client.submitHam(comment);
	return { isValid, first, second, third: await client.checkComment(comment) };
}

// Some put the key into the name of the host; as in a hosts file, all such names lead to the one address.
const lookup = dns.lookup;
dns.lookup = (name, ...rest) => lookup(name.endsWith("rest.akismet.test") ? hostname : name, ...rest);
const require = createRequire(import.meta.url);

async function node(apiKey) {
	const client = require("akismet").client({ apiKey, blog, host: "rest.akismet.test", port });
	const ask = (method, ...given) => new Promise((resolve, reject) => {
		client[method](...given, (error, answer) => error ? reject(error) : resolve(answer));
	});
	const comment = { user_ip: "203.0.113.7", comment_content: text, permalink: `${blog}/node`, comment_author: author.name };
	const isValid = await ask("verifyKey");
	if (!isValid) return { isValid };
	const first = await ask("checkComment", comment);
	await ask("submitSpam", comment);
	const second = await ask("checkComment", comment);
	await ask("submitHam", comment);
	return { isValid, first, second, third: await ask("checkComment", comment) };
}

async function api(apiKey) {
	const { AkismetClient } = require("akismet-api");
	const client = new AkismetClient({ key: apiKey, blog, protocol: "http", host: `rest.akismet.test:${port}` });
	const comment = { ip: "203.0.113.7", useragent: "x", content: text, permalink: `${blog}/api`, ...author };
	const isValid = await client.verifyKey();
	if (!isValid) return { isValid };
	const first = await client.checkSpam(comment);
	await client.submitSpam(comment);
	const second = await client.checkSpam(comment);
	await client.submitHam(comment);
	return { isValid, first, second, third: await client.checkSpam(comment) };
}

const speak = { cedx, api, node }[library];
console.log(JSON.stringify({ right: await speak(key), wrong: await speak("000000000000") }));
