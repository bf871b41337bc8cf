// Decides without leaving the page. Everything here is also there without it: the forms are real forms.

const token = document.querySelector('meta[name="csrf-token"]').content;
const said = document.getElementById("said");

async function send(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body ?? {}),
  });
  if (answer.redirected || !answer.headers.get("content-type")?.includes("json")) throw new Error("signed out");
  return { status: answer.status, body: await answer.json() };
}

function tell(text, ...more) {
  said.replaceChildren(text, ...more);
  said.hidden = false;
}

function undoButton(card, decision) {
  const button = document.createElement("button");
  button.textContent = "Undo";
  button.addEventListener("click", () => undo(card, decision, button));
  return button;
}

function settle(card, decision, author) {
  const wasHeld = !card.querySelector(".outcome");
  card.classList.add("decided");
  card.querySelector(".outcome")?.remove();
  const outcome = document.createElement("p");
  outcome.className = "outcome";
  outcome.append(`${word(decision.status)}. `, undoButton(card, decision));
  card.append(outcome);
  tell(`${author}: ${word(decision.status).toLowerCase()}.`);
  if (wasHeld) count(-1);
  (nextOf(card) ?? document.getElementById("main")).focus();
}

async function undo(card, decision, button) {
  button.disabled = true;
  const answer = await attempt(() => send(`/api/v1/decisions/${decision.id}/undo`));
  if (answer?.status !== 201) return refused(answer, button);
  card.classList.remove("decided");
  card.querySelector(".outcome").remove();
  card.querySelector('[name="seen"]').value = answer.body.number;
  tell("Undone.");
  if (answer.body.status === "held") count(1);
  card.focus();
}

async function decide(form, decision) {
  const card = form.closest(".card");
  const author = card.querySelector("h2 bdi").textContent;
  const buttons = form.querySelectorAll("button");
  buttons.forEach((button) => (button.disabled = true));
  const answer = await attempt(() =>
    send(`/api/v1/comments/${form.dataset.comment}/decisions`, {
      decision,
      reason: form.elements.reason.value,
      seen: Number(form.elements.seen.value),
    }),
  );
  buttons.forEach((button) => (button.disabled = false));
  if (answer?.status === 201) return settle(card, answer.body, author);
  if (answer?.status === 409) return conflict(card, form, answer.body.error.details[0]);
  refused(answer);
}

// Shows the other's decision on the card itself; deciding again means having seen it.
function conflict(card, form, theirs) {
  form.elements.seen.value = theirs.number;
  card.querySelector(".outcome")?.remove();
  const outcome = document.createElement("p");
  outcome.className = "outcome notice bad";
  const reason = theirs.reason ? ` (${theirs.reason})` : "";
  outcome.textContent = `${theirs.by ?? "Somebody"} was first: ${word(theirs.status).toLowerCase()}${reason}. Your decision was not made; decide again to change theirs.`;
  card.append(outcome);
  tell(outcome.textContent);
}

async function attempt(action) {
  try {
    return await action();
  } catch {
    return null;
  }
}

function refused(answer, button) {
  if (button) button.disabled = false;
  tell(answer?.body?.error?.message ?? "The server did not answer, or you are signed out. Nothing was decided; reload the page.");
}

function nextOf(card) {
  let next = card.nextElementSibling;
  while (next && !next.matches(".card:not(.decided)")) next = next.nextElementSibling;
  return next;
}

function count(change) {
  const held = document.getElementById("held");
  const left = Math.max(0, parseInt(held.textContent, 10) + change);
  held.textContent = `${left} ${left === 1 ? "comment waits" : "comments wait"} for a person`;
  const badge = document.querySelector('[data-count="desk.queue"]');
  if (badge) badge.textContent = left;
}

function word(status) {
  return { approved: "Approved", rejected: "Rejected", spam: "Marked as spam", held: "Held" }[status] ?? status;
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form.decide");
  if (!form || !event.submitter) return;
  event.preventDefault();
  decide(form, event.submitter.value);
});
