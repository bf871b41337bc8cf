// A blog in JavaScript: sends one event, or checks a message that came. Of the library it uses what its README shows.
const { Webhook } = require("standardwebhooks");

const [what, ...given] = process.argv.slice(2);

async function send([url, secret, id, body]) {
  const at = new Date();
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
  const answer = await fetch(url, { method: "POST", headers, body });
  return { status: answer.status, body: await answer.json() };
}

function receive([secret, headers, body]) {
  return new Webhook(secret).verify(body, JSON.parse(headers));
}

Promise.resolve(what === "send" ? send(given) : receive(given)).then(
  (result) => console.log(JSON.stringify(result)),
  (error) => { console.error(error.message); process.exit(1); },
);
