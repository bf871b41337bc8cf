// A blog in JavaScript: sends one event, or checks a message that came. Of the libraries it uses what their READMEs show.
const [what, library, ...given] = process.argv.slice(2);

const sign = (secret, ...message) => new (require(library).Webhook)(secret).sign(...message);

const verify = {
  standardwebhooks: (secret, headers, body) => new (require("standardwebhooks").Webhook)(secret).verify(body, headers),
  svix: (secret, headers, body) => new (require("svix").Webhook)(secret).verify(body, headers),
  openai: (secret, headers, body) => new (require("openai"))({ apiKey: "none" }).webhooks.unwrap(body, headers, secret),
};

async function send([url, secret, id, body]) {
  const at = new Date();
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": sign(secret, id, at, body),
  };
  const answer = await fetch(url, { method: "POST", headers, body });
  return { status: answer.status, body: await answer.json() };
}

async function receive([secret, headers, body]) {
  return verify[library](secret, JSON.parse(headers), body);
}

(what === "send" ? send(given) : receive(given)).then(
  (result) => console.log(JSON.stringify(result)),
  (error) => { console.error(error.message); process.exit(1); },
);
