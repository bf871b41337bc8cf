// What colleagues do and what comes in, shown as it happens; and who is at which comment.

import { authorOf, cardOf, cards, steadily } from "./cards.js";
import { desk, element, say, send, whisper } from "./server.js";

const ASK_EVERY = 20_000;
const CLAIM_AFTER = 600;
const RENEW_EVERY = 60_000;

let since = desk.last_decision;
let waiting = 0;
let claimed = null;
const told = new Set();

// Shows on a card what a colleague decided. Nothing moves: the card stays, and says so.
function showDecision(decision) {
  if (told.has(decision.id)) return;
  told.add(decision.id);
  const card = cardOf(decision.comment_id);
  if (!card || decision.by === desk.me) return;
  const seen = Number(card.querySelector('[name="seen"]')?.value ?? decision.number);
  if (decision.number <= seen) return;
  card.querySelector(".theirs")?.remove();
  const reason = decision.reason ? ` (${decision.reason})` : "";
  const text = say("elsewhere", { by: decision.by ?? say("somebody"), what: decision.what, reason });
  card.append(element("p", "theirs notice", text));
  card.classList.add("elsewhere");
  whisper(`${authorOf(card)}: ${text}`);
}

function showClaims(claims) {
  const others = new Map(claims.filter((each) => !each.is_mine).map((each) => [each.comment_id, each.by]));
  for (const card of cards()) showClaim(card, others.get(card.dataset.comment));
}

function showClaim(card, by) {
  const line = card.querySelector(".claim");
  const text = by ? say("claimed", { by }) : "";
  if (text && text !== line.textContent && card.contains(document.activeElement)) whisper(text);
  line.textContent = text;
  line.hidden = !by;
}

function showCount(held) {
  for (const badge of document.querySelectorAll('[data-count="desk.queue"]')) {
    badge.textContent = held;
    badge.hidden = held === 0;
  }
}

function show(news) {
  since = news.last;
  steadily(() => {
    news.decisions.forEach(showDecision);
    showClaims(news.claims);
  });
  showCount(news.held);
  waiting += news.arrived;
  const line = document.getElementById("arrived");
  if (line && (waiting || !news.is_complete)) {
    line.querySelector("span").textContent = news.is_complete ? say("arrived", { count: waiting }) : say("incomplete");
    line.hidden = false;
  }
}

async function askEveryNowAndThen() {
  const answer = await send("GET", `/api/v1/news?since=${since}`);
  if (answer?.status === 200) show(answer.body);
  setTimeout(askEveryNowAndThen, ASK_EVERY);
}

function listen() {
  const stream = new EventSource(`/news?since=${since}`);
  stream.addEventListener("message", (event) => show(JSON.parse(event.data)));
  stream.addEventListener("error", () => {
    // The browser tries again by itself, unless it was told that there is no stream to be had.
    if (stream.readyState === EventSource.CLOSED) setTimeout(askEveryNowAndThen, ASK_EVERY);
  });
  addEventListener("pagehide", () => stream.close());
}

async function claim(id) {
  claimed = id;
  const answer = await send("PUT", `/api/v1/comments/${id}/claim`);
  const card = cardOf(id);
  if (answer?.status === 200 && card) steadily(() => showClaim(card, answer.body.is_mine ? null : answer.body.by));
}

function release() {
  if (claimed) send("DELETE", `/api/v1/comments/${claimed}/claim`, undefined, { keepalive: true });
  claimed = null;
}

if (desk.last_decision !== null && cards().length) {
  listen();
  if (desk.may_decide) {
    let resting = null;
    document.addEventListener("focusin", (event) => {
      const card = event.target.closest("main .card");
      if (!card) return;
      clearTimeout(resting);
      if (card.dataset.comment === claimed) return;
      resting = setTimeout(() => claim(card.dataset.comment), CLAIM_AFTER);
    });
    setInterval(() => claimed && !document.hidden && claim(claimed), RENEW_EVERY);
    addEventListener("pagehide", release);
  }
}
