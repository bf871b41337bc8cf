// What stands beside a comment: the whole discussion, or its author's earlier comments. Escape shuts it.

import { cardOf, current } from "./cards.js";
import { onKey } from "./keys.js";
import { part, refused, tell, say } from "./server.js";

const drawer = document.getElementById("drawer");
let from = null;

async function open(card, what) {
  const isOpen = !drawer.hidden && drawer.dataset.shows === `${what} ${card.dataset.comment}`;
  if (isOpen) return shut();
  const address = what === "context" ? `/threads/${card.dataset.thread}` : `/comments/${card.dataset.comment}/author`;
  const found = await part(address, ".beside");
  if (!found) return refused(null);
  // The same numbers stand in the list; in a page each may be there once.
  for (const each of found.querySelectorAll("[id]")) each.removeAttribute("id");
  from = card;
  drawer.dataset.shows = `${what} ${card.dataset.comment}`;
  drawer.setAttribute("aria-label", say(what));
  drawer.querySelector(".inside").replaceChildren(found);
  drawer.hidden = false;
  document.body.classList.add("beside");
  const here = found.querySelector(`[data-comment="${card.dataset.comment}"]`);
  here?.classList.add("here");
  here?.scrollIntoView({ block: "center" });
  card.scrollIntoView({ block: "nearest" });
  drawer.focus({ preventScroll: true });
}

function shut() {
  if (drawer.hidden) return;
  drawer.hidden = true;
  document.body.classList.remove("beside");
  cardOf(from.dataset.comment)?.focus();
}

if (drawer) {
  onKey("context", () => current() && open(current(), "context"));
  onKey("author", () => current() && open(current(), "author"));
  drawer.querySelector(".shut").addEventListener("click", shut);
  document.addEventListener("keydown", (event) => event.key === "Escape" && shut());
  document.addEventListener("click", (event) => {
    const opener = event.target.closest(".card [data-beside]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(opener.closest(".card"), opener.dataset.beside);
  });
}
