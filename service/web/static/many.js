// Selecting cards and deciding about all of them at once; the histogram's handles.

import { ask } from "./asking.js";
import { cardOf, current, decisions, focusOn, remember, renew, settle, undo } from "./cards.js";
import { onKey } from "./keys.js";
import { button, desk, part, refused, say, send, tell, whisper } from "./server.js";

const form = document.getElementById("bulk");
const spread = document.getElementById("spread");
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
  if (form.classList.contains("busy")) return;
  const picked = chosen();
  const comments = picked.map((box) => {
    const [id, seen] = box.value.split(":").map(Number);
    return { id, seen };
  });
  form.classList.add("busy");
  const answer = await send("POST", "/api/v1/bulks", { comments, decision, canned, reason });
  form.classList.remove("busy");
  if (answer?.status !== 201) {
    refused(answer);
    return focusOn(current());
  }
  const act = { kind: "bulk", id: answer.body.id };
  if (answer.body.decisions.length) remember(act);
  for (const made of answer.body.decisions) {
    const card = cardOf(made.comment_id);
    if (card) settle(card, made);
    document.querySelector(`.line[data-comment="${made.comment_id}"]`)?.classList.add("decided");
  }
  // What had changed stays ticked, and is shown as it is now.
  for (const box of picked) box.checked = answer.body.passed_over.includes(box.value.split(":")[0]);
  for (const id of answer.body.passed_over) if (cardOf(id)) await renew(cardOf(id));
  show();
  const over = answer.body.passed_over.length;
  const text = say("decided_many", { count: answer.body.decisions.length, what: answer.body.decisions[0]?.what ?? "" });
  const undoing = answer.body.decisions.length ? [button(say("undo"), () => undo(act))] : [];
  tell(text + (over ? ` ${say("passed_over", { count: over })}` : ""), ...undoing);
  focusOn(document.querySelector("main .card:not(.decided)"));
}

async function askAll(decision) {
  if (form.classList.contains("busy")) return;
  const isPlain = decision === "approve" || decision === "spam";
  // Among the scores all is selected beforehand: one key must not decide about two hundred comments.
  if (isPlain && !spread) return decideAll(decision);
  const sites = Object.values(desk.reasons);
  const reasons = decision === "reject" && sites.length === 1 ? sites[0] : null;
  const title = { reject: say("why_reject"), hold: say("note_hold"), escalate: say("note_escalate") }[decision];
  const sure = say("sure", { count: chosen().length, what: say(decision) });
  const asked = await ask(form, { title: title ?? sure, confirm: say(decision), reasons, isPlain });
  if (asked) await decideAll(decision, asked);
  else form.querySelector("button:not([disabled])").focus();
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
if (spread) {
  const [low, high] = ["from", "to"].map((name) => spread.elements[name]);
  let [resting, asked] = [null, 0];

  async function fetchBetween() {
    const number = ++asked;
    const unticked = new Set(boxes().filter((box) => !box.checked && !box.closest(".decided")).map((box) => box.value.split(":")[0]));
    const [from, to] = [low, high].map((handle) => Number(handle.value)).sort((one, other) => one - other);
    const address = `/scores?label=${spread.elements.label.value}&from=${from}&to=${to}`;
    const found = await part(address, "main");
    if (number !== asked) return; // the handles have moved on since
    if (!found) return void refused(null);
    for (const place of ["#between", "#picture", "#in-numbers table"]) {
      document.querySelector(place).replaceWith(found.querySelector(place));
    }
    for (const box of boxes()) if (unticked.has(box.value.split(":")[0])) box.checked = false;
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
