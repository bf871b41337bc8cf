// Talks to the server, and says what came of it. Everything here is also there without it: the forms are real forms.

export const desk = JSON.parse(document.querySelector('meta[name="desk"]').content);
const token = document.querySelector('meta[name="csrf-token"]').content;

// A text in the reader's language, its gaps filled.
export function say(name, values = {}) {
  return desk.words[name].replace(/%\((\w+)\)s/g, (_, gap) => values[gap] ?? "");
}

// Sends a request and returns status and body; null where the server did not answer, or sent us to sign in.
export async function send(method, address, body, more = {}) {
  try {
    const answer = await fetch(address, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: body === undefined ? undefined : JSON.stringify(body),
      ...more,
    });
    if (answer.redirected) return null;
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
  } catch {
    return null;
  }
}

// Fetches one of our pages and returns the part of it that is wanted; null where it cannot be had.
export async function part(address, selector) {
  try {
    const answer = await fetch(address, { headers: { "X-CSRFToken": token } });
    if (!answer.ok || answer.redirected) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector(selector);
    return found && document.importNode(found, true);
  } catch {
    return null;
  }
}

// Says something in the line that screen readers read aloud, with a button or a link behind it.
export function tell(text, ...more) {
  const line = document.getElementById("said");
  if (!line) return;
  const words = document.createElement("span");
  words.textContent = text;
  line.replaceChildren(words, ...more);
  line.hidden = false;
}

// Says something to screen readers alone, since everybody else sees it elsewhere.
export function whisper(text) {
  const heard = document.getElementById("heard");
  if (heard) heard.textContent = text;
}

export function refused(answer) {
  tell(answer?.body?.error?.message ?? say("no_answer"));
}

export function button(text, act, className = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

export function element(name, className, ...inside) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...inside);
  return made;
}
