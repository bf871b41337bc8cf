// Single keys: which does what is each person's choice, and all can be switched off (WCAG 2.1.4).

import { desk } from "./server.js";

const acts = new Map();
let going = null;

// Says what to do when the key of an act is pressed; a digit gets all ten.
export function onKey(name, act) {
  acts.set(name, act);
}

const byKey = new Map(Object.entries(desk.keymap).map(([name, key]) => [key, name]));

function isTyping(target) {
  return target.closest("input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable]") !== null;
}

function go(key) {
  clearTimeout(going);
  going = null;
  if (desk.go[key]) location.href = desk.go[key];
}

document.addEventListener("keydown", (event) => {
  if (!desk.keys_are_on || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.closest("dialog[open], .asking") || isTyping(event.target)) return;
  if (going !== null) {
    event.preventDefault();
    return go(event.key);
  }
  const name = /^[0-9]$/.test(event.key) ? "digit" : byKey.get(event.key);
  const act = name && acts.get(name);
  if (!act || (event.repeat && !["next", "previous"].includes(name))) return;
  event.preventDefault();
  act(event.key);
});

onKey("go", () => (going = setTimeout(() => (going = null), 1500)));
onKey("search", () => {
  const field = document.getElementById("q");
  if (field) {
    field.focus();
    field.select();
  } else location.href = desk.search;
});

const help = document.getElementById("keys");
if (help) {
  onKey("help", () => help.showModal());
  for (const opener of document.querySelectorAll("a.keys")) {
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      help.showModal();
    });
  }
}
