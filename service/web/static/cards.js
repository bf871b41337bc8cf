// The cards of a list: moving among them, deciding, correcting labels, notes, redaction, undo.

import { ask } from "./asking.js";
import { onKey } from "./keys.js";
import { button, desk, element, part, refused, say, send, tell } from "./server.js";

let last = null;

export const cards = () => [...document.querySelectorAll("main .card")];
export const cardOf = (id) => document.querySelector(`main .card[data-comment="${id}"]`);

// The card that is meant: the one with the focus, else the one that had it last, else the first one in view.
export function current() {
  const focused = document.activeElement?.closest?.("main .card");
  if (focused) return focused;
  return last?.isConnected ? last : inView();
}

const inView = () => cards().find((card) => card.getBoundingClientRect().bottom > 0);

export function focusOn(card) {
  if (!card) return document.getElementById("main").focus();
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

// Changes the page without moving what one reads: the card with the focus, else the first one in view.
export function steadily(change) {
  const read = document.activeElement?.closest?.("main .card") ?? inView();
  const before = read?.getBoundingClientRect().top;
  change();
  if (read?.isConnected) scrollBy({ top: read.getBoundingClientRect().top - before, behavior: "instant" });
}

function move(step) {
  const all = cards();
  const here = document.activeElement?.closest?.("main .card") ?? (last?.isConnected ? last : null);
  if (!here) return focusOn(all[0]);
  // From the link to the next page, back to the last card of this one.
  const next = step < 0 && document.activeElement === nextPage() ? here : all[all.indexOf(here) + step];
  if (next) return focusOn(next);
  tell(say(step > 0 ? "last_one" : "first_one"));
  if (step > 0) nextPage()?.focus();
}

const nextPage = () => document.querySelector('main .pages [rel="next"]');

function nextOf(card) {
  const all = cards();
  const after = all.slice(all.indexOf(card) + 1).find((each) => !each.classList.contains("decided"));
  return after ?? all.find((each) => each !== card && !each.classList.contains("decided"));
}

export const authorOf = (card) => card.querySelector("h2 bdi").textContent;
const formOf = (card) => card.querySelector("form.decide");

// What was done last stands in the session, so that it can be undone on the next page too: each person's by itself, and
// without anybody's name, since a shared computer keeps it.
const DONE = `done by ${desk.me}`;
const remembered = () => JSON.parse(sessionStorage.getItem(DONE) ?? "[]");
const keep = (acts) => sessionStorage.setItem(DONE, JSON.stringify(acts.slice(-100)));
export const remember = (act) => keep([...remembered(), act]);
const forget = (act) => keep(remembered().filter((each) => each.kind !== act.kind || each.id !== act.id));
const nameOf = (act) => (cardOf(act.comment) ? authorOf(cardOf(act.comment)) : say("comment", { number: act.comment }));

const ticked = (form) => [...form.querySelectorAll('[name="labels"]:checked')].map((each) => each.value);

// Returns the labels as corrected, null where they are as they came.
function correctedLabels(form) {
  const labels = ticked(form);
  const called = form.elements.called.value.split(" ").filter(Boolean);
  return labels.length === called.length && labels.every((each) => called.includes(each)) ? null : labels;
}

// Returns the labels that count with a decision: corrected, or confirmed because the comment is in the sample. Whoever
// leaves it to a colleague confirms nothing.
function labelsWith(form, decision) {
  const confirms = form.elements.confirms && !["hold", "escalate"].includes(decision);
  return confirms ? ticked(form) : correctedLabels(form);
}

// Decides, and returns whether there is nothing more to do about it: not where the server could not be told.
export async function decide(card, decision, { canned = null, reason = "" } = {}) {
  const form = formOf(card);
  if (!form || card.classList.contains("busy")) return true;
  card.classList.add("busy");
  const answer = await send("POST", `/api/v1/comments/${card.dataset.comment}/decisions`, {
    decision,
    reason,
    canned,
    labels: labelsWith(form, decision),
    seen: Number(form.elements.seen.value),
  });
  card.classList.remove("busy");
  if (answer?.status === 201) {
    remember({ kind: "decision", id: answer.body.id, comment: card.dataset.comment });
    settle(card, answer.body);
    goOn(card, answer.body);
  } else if (answer?.status === 409) {
    await conflict(card, answer.body.error.details[0]);
  } else {
    refused(answer);
    card.focus();
    return false;
  }
  return true;
}

function goOn(card, decision) {
  const next = nextOf(card);
  tell(say("decided", { author: authorOf(card), what: decision.what }) + (next ? "" : ` ${say("nothing_left")}`));
  if (next) focusOn(next);
  else if (nextPage()) nextPage().focus();
  else focusOn(card);
}

// Shows on a card what was decided about it. It stays where it is, and as high as it is: the list never jumps.
export function settle(card, decision) {
  card.classList.add("decided");
  card.classList.remove("chosen");
  const pick = card.querySelector(".pick input");
  if (pick) pick.checked = false;
  stands(card, decision);
  const undoing = button(say("undo"), () => undo({ kind: "decision", id: decision.id, comment: card.dataset.comment }));
  formOf(card).append(element("p", "outcome", `${decision.what}. `, undoing));
  document.dispatchEvent(new CustomEvent("changed"));
}

// Opens a card again, after what was decided about it was undone.
export function reopen(card, decision) {
  card.classList.remove("decided");
  stands(card, decision);
  document.dispatchEvent(new CustomEvent("changed"));
}

// Writes on a card which decision was seen last, and takes off what was said of an earlier one.
function stands(card, decision) {
  formOf(card).elements.seen.value = decision.number;
  const pick = card.querySelector(".pick input");
  if (pick) pick.value = `${card.dataset.comment}:${decision.number}`;
  for (const each of card.querySelectorAll(".outcome, .theirs")) each.remove();
  card.classList.remove("elsewhere");
}

// Shows the other's decision on the card itself, as it now is: deciding again means having seen decision and text.
async function conflict(card, theirs) {
  const fresh = await renew(card, { keeps: false });
  if (!fresh) return;
  const reason = theirs.reason ? ` (${theirs.reason})` : "";
  const text = say("conflict", { by: theirs.by ?? say("somebody"), what: theirs.what, reason });
  fresh.append(element("p", "theirs notice bad", text));
  tell(text);
  fresh.focus();
}

// Asks for a reason or a note, and decides; what was typed stays typed where the server could not be told.
async function askAnd(card, decision, question, words = "") {
  const asked = await ask(card, { ...question, words });
  if (!asked) return card.focus();
  if (!(await decide(card, decision, asked))) return askAnd(card, decision, question, asked.reason);
}

const unlessDecided = (act) => (card) =>
  card.classList.contains("decided") ? tell(say("is_decided")) : act(card);

export const decisions = {
  approve: unlessDecided((card) => decide(card, "approve")),
  reject: unlessDecided((card) => {
    if (formOf(card)?.dataset.leaves === "reject") return decide(card, "reject"); // it is rejected, and stays so
    return askAnd(card, "reject", { title: say("why_reject"), confirm: say("reject"), reasons: desk.reasons[card.dataset.site] });
  }),
  spam: unlessDecided((card) => decide(card, "spam")),
  hold: unlessDecided((card) => askAnd(card, "hold", { title: say("note_hold"), confirm: say("hold") })),
  escalate: unlessDecided((card) => askAnd(card, "escalate", { title: say("note_escalate"), confirm: say("escalate") })),
};

async function note(card, words = "") {
  const asked = await ask(card, { title: say("note_note"), confirm: say("save"), needsWords: true, words });
  if (!asked) return card.focus();
  const answer = await send("POST", `/api/v1/comments/${card.dataset.comment}/notes`, { text: asked.reason });
  if (answer?.status !== 201) {
    refused(answer);
    return note(card, asked.reason);
  }
  remember({ kind: "note", id: answer.body.id, comment: card.dataset.comment });
  await renew(card);
  tell(say("noted"));
}

async function redact(card) {
  if (!card.querySelector(".private")) return tell(say("nothing_private"));
  const seen = Number(formOf(card).elements.seen.value);
  const answer = await send("POST", `/api/v1/comments/${card.dataset.comment}/redaction`, { seen });
  if (answer?.status === 409) return conflict(card, answer.body.error.details[0]);
  if (answer?.status !== 201) return refused(answer);
  remember({ kind: "redaction", id: answer.body.id, comment: card.dataset.comment });
  await renew(card);
  tell(say("redacted"));
}

// Gets a card anew from the server, in its place, and returns it. What was ticked and unfolded on it stays so, unless
// it has become another comment's text.
export async function renew(card, { keeps = true } = {}) {
  const where = document.getElementById("bulk") ? "?may_select" : "";
  const fresh = await part(`/comments/${card.dataset.comment}/card${where}`, ".card");
  if (!fresh) return void refused(null);
  if (keeps) carryOver(card, fresh);
  const had = card.contains(document.activeElement) || document.activeElement === document.body;
  card.replaceWith(fresh);
  if (last === card) last = fresh;
  if (had) focusOn(fresh);
  document.dispatchEvent(new CustomEvent("changed"));
  return fresh;
}

function carryOver(card, fresh) {
  const corrected = formOf(card) && correctedLabels(formOf(card));
  if (corrected) for (const box of fresh.querySelectorAll('[name="labels"]')) box.checked = corrected.includes(box.value);
  const [was, is] = [card, fresh].map((each) => each.querySelector(".pick input"));
  if (was?.checked && is) is.checked = true;
  if (card.querySelector("details:is(.folded, .long)[open]")) unfold(fresh);
}

// Says who decided since, and lets one decide about it anew.
async function late(act, theirs) {
  const by = theirs?.by ?? say("somebody");
  const text = say("undo_late", { author: nameOf(act), by });
  const fresh = cardOf(act.comment) && theirs && (await renew(cardOf(act.comment), { keeps: false }));
  if (fresh) {
    const reason = theirs.reason ? ` (${theirs.reason})` : "";
    fresh.append(element("p", "theirs notice", say("elsewhere", { by, what: theirs.what, reason })));
  }
  tell(text);
}

// One after the other, however fast they are asked for.
let undoing = Promise.resolve();
export const undo = (act) => (undoing = undoing.then(() => takeBack(act)));

async function takeBack(act) {
  const isBulk = act.kind === "bulk";
  const address = isBulk ? `/api/v1/bulks/${act.id}/undo` : `/api/v1/decisions/${act.id}/undo`;
  forget(act);
  const answer = act.kind === "note" ? await send("DELETE", `/api/v1/notes/${act.id}`) : await send("POST", address);
  if (!answer) {
    remember(act);
    return refused(answer);
  }
  if (answer.status === 409) return late(act, answer.body.error.details[0]);
  if (answer.status >= 400) return refused(answer);
  if (isBulk) {
    for (const each of answer.body.decisions) cardOf(each.comment_id) && reopen(cardOf(each.comment_id), each);
    document.dispatchEvent(new CustomEvent("undone"));
    return tell(say("undone_many", { count: answer.body.decisions.length, over: answer.body.passed_over.length }));
  }
  const card = cardOf(act.comment);
  if (card && act.kind === "decision") reopen(card, answer.body);
  else if (card) await renew(card);
  const link = element("a", "", say("see_it"));
  link.href = `/comments/${act.comment}`;
  tell(say("undone", { author: nameOf(act) }), ...(card ? [] : [link]));
  if (card) focusOn(cardOf(act.comment));
}

function undoLast() {
  undoing = undoing.then(() => {
    const act = remembered().at(-1);
    return act ? takeBack(act) : tell(say("nothing_to_undo"));
  });
}

function unfold(card) {
  const folds = card.querySelectorAll("details.folded, details.long");
  const open = ![...folds].some((each) => each.open);
  folds.forEach((each) => (each.open = open));
}

function toggleLabel(card, digit) {
  const box = card.querySelector(`[name="labels"][data-digit="${digit}"]`);
  if (!box) return;
  box.checked = !box.checked;
  tell(say(box.checked ? "label_on" : "label_off", { label: box.dataset.name }));
}

const onCurrent = (act) => (key) => {
  const card = current();
  if (card) act(card, key);
};

if (document.querySelector("main .card")) {
  onKey("next", () => move(1));
  onKey("previous", () => move(-1));
  onKey("note", onCurrent((card) => formOf(card) && note(card)));
  onKey("redact", onCurrent((card) => formOf(card) && redact(card)));
  onKey("unfold", onCurrent(unfold));
  onKey("digit", onCurrent((card, key) => formOf(card) && toggleLabel(card, key)));
}
onKey("undo", undoLast);

document.addEventListener("focusin", (event) => (last = event.target.closest("main .card") ?? last));

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form.decide");
  if (!form || !event.submitter) return;
  event.preventDefault();
  decisions[event.submitter.value]?.(form.closest(".card"));
});

document.addEventListener("click", (event) => {
  const tool = event.target.closest("[data-act]");
  const card = tool?.closest(".card");
  if (!card) return;
  const act = { note, redact }[tool.dataset.act];
  if (!act) return;
  event.preventDefault();
  act(card);
});

// One stop of the Tab key for all the marks of a text; the arrows move among them.
document.addEventListener("keydown", (event) => {
  const mark = event.target.closest?.("mark");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!mark || !step) return;
  const marks = [...mark.closest(".text").querySelectorAll("mark")];
  const next = marks[marks.indexOf(mark) + step];
  if (!next) return;
  event.preventDefault();
  mark.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});
