// Asks for what an act needs beside the key: a reason by its digit, or a few words.

import { button, element, say } from "./server.js";

// Opens a panel in a place and resolves to { canned, reason }, or to null where it was shut again.
export function ask(place, { title, confirm, reasons = null, longest = 2000, needsWords = false, isPlain = false, words: typed = "" }) {
  place.querySelector(".asking")?.remove();
  return new Promise((resolve) => {
    const panel = element("div", "asking");
    panel.setAttribute("role", "group");
    panel.setAttribute("aria-label", title);
    const words = element("input", "");
    words.maxLength = longest;
    words.value = typed;
    const field = element("label", "", `${reasons ? say("own_words") : title} `, words);

    function shut(result) {
      panel.remove();
      resolve(result);
    }
    function done(canned = null) {
      const reason = words.value.trim();
      if (needsWords && !reason) return words.focus();
      shut({ canned, reason });
    }

    if (reasons) panel.append(without(confirm, done), list(reasons, done));
    const last = element("div", "row", isPlain ? title : field, button(confirm, () => done(), "main"));
    last.append(button(say("cancel"), () => shut(null), "quiet"));
    panel.append(last);
    panel.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") shut(null);
      else if (event.key === "Enter" && event.target === words) done();
      else if (event.target !== words && reasons && /^[1-9]$/.test(event.key) && reasons[event.key - 1]) done(Number(event.key));
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    place.append(panel);
    ((reasons && !typed) || isPlain ? panel.querySelector("button") : words).focus();
    panel.scrollIntoView({ block: "nearest" });
  });
}

function without(confirm, done) {
  const made = button("", () => done(), "without");
  made.append(say("without_reason", { what: confirm }), " ", element("kbd", "", say("enter")));
  return made;
}

function list(reasons, done) {
  const items = reasons.map(({ name, sentence }, place) => {
    const chosen = button("", () => done(place + 1), "canned");
    chosen.append(element("kbd", "", String(place + 1)), element("b", "", name), element("span", "", sentence));
    return element("li", "", chosen);
  });
  return element("ol", "reasons", ...items);
}
