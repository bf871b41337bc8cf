// Selecting cards and deciding about all of them at once; the histogram's handles.

import { ask } from "./asking.js";
import { cardOf, current, decisions, focusOn, remember, settle, undo } from "./cards.js";
import { onKey } from "./keys.js";
import { button, desk, part, refused, say, send, tell, whisper } from "./server.js";

const form = document.getElementById("bulk");
const boxes = () => [...document.querySelectorAll('input[form="bulk"][name="comments"]')];
const chosen = () => boxes().filter((box) => box.checked);

function show() {
  if (!form) return;
  const count = chosen().length;
  form.classList.toggle("some", count > 0);
  form.querySelector(".chosen").textContent = say("chosen", { count });
  for (const box of boxes()) box.closest(".card, .line")?.classList.toggle("chosen", box.checked);
}

async function decideAll(decision, { canned = null, reason = "" } = {}) {
  const picked = chosen();
  const comments = picked.map((box) => {
    const [id, seen] = box.value.split(":").map(Number);
    return { id, seen };
  });
  form.classList.add("busy");
  const answer = await send("POST", "/api/v1/bulks", { comments, decision, canned, reason });
  form.classList.remove("busy");
  if (answer?.status !== 201) return refused(answer);
  const act = { kind: "bulk", id: answer.body.id };
  remember(act);
  for (const made of answer.body.decisions) {
    const card = cardOf(made.comment_id);
    if (card) settle(card, made);
    document.querySelector(`.line[data-comment="${made.comment_id}"]`)?.classList.add("decided");
  }
  for (const box of picked) box.checked = false;
  show();
  const over = answer.body.passed_over.length;
  const text = say("decided_many", { count: answer.body.decisions.length, what: answer.body.decisions[0]?.what ?? "" });
  tell(text + (over ? ` ${say("passed_over", { count: over })}` : ""), button(say("undo"), () => undo(act)));
  focusOn(document.querySelector("main .card:not(.decided)"));
}

const words = { approve: "approve", reject: "reject", spam: "spam", hold: "hold", escalate: "escalate" };

async function askAll(decision) {
  if (decision === "approve" || decision === "spam") return decideAll(decision);
  const sites = Object.values(desk.reasons);
  const reasons = decision === "reject" && sites.length === 1 ? sites[0] : null;
  const title = decision === "reject" ? say("why_reject") : say(`note_${decision}`);
  const asked = await ask(form, { title, confirm: say(words[decision]), reasons });
  if (asked) await decideAll(decision, asked);
  else form.querySelector("button").focus();
}

for (const decision of Object.keys(decisions)) {
  onKey(decision, () => {
    if (form && chosen().length) return askAll(decision);
    const card = current();
    if (card?.querySelector("form.decide")) decisions[decision](card);
  });
}

if (form) {
  onKey("select", () => {
    const box = (document.activeElement?.closest(".line") ?? current())?.querySelector('[name="comments"]');
    if (box && !box.closest(".decided")) {
      box.checked = !box.checked;
      show();
      whisper(say("chosen", { count: chosen().length }));
    }
  });
  document.addEventListener("change", (event) => event.target.matches('[name="comments"]') && show());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.submitter && chosen().length) askAll(event.submitter.value);
  });
  form.querySelector(".none").addEventListener("click", () => {
    for (const box of boxes()) box.checked = false;
    show();
  });
  document.addEventListener("changed", show);
  show();
}

// The handles: what lies between them is fetched when they come to rest.
const spread = document.getElementById("spread");
if (spread) {
  const [low, high] = ["from", "to"].map((name) => spread.elements[name]);
  let resting = null;

  async function fetchBetween() {
    const [from, to] = [low, high].map((handle) => Number(handle.value)).sort((one, other) => one - other);
    const address = `/scores?label=${spread.elements.label.value}&from=${from}&to=${to}`;
    const found = await part(address, "main");
    if (!found) return void refused(null);
    for (const place of ["#between", "#picture", "#in-numbers table"]) {
      document.querySelector(place).replaceWith(found.querySelector(place));
    }
    history.replaceState(null, "", address);
    show();
    return document.querySelector("#between h2").textContent.trim();
  }
  function moved() {
    spread.querySelector("output").textContent = `${low.value} – ${high.value} %`;
    clearTimeout(resting);
    resting = setTimeout(async () => {
      const found = await fetchBetween();
      if (found) tell(found);
    }, 250);
  }
  low.addEventListener("input", moved);
  high.addEventListener("input", moved);
  document.addEventListener("undone", fetchBetween);
  spread.elements.label.addEventListener("change", moved);
}
