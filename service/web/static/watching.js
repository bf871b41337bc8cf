// Shows how far something is that is being made, and the page anew, or where it leads to, once it is there.

const EVERY = 1000;

async function look() {
  const answer = await fetch(location.href);
  if (answer.status >= 500) return later();
  if (answer.redirected) return location.replace(answer.url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-watched]");
  if (!fresh) return location.reload();
  document.querySelector("[data-watched]").replaceChildren(...fresh.childNodes);
  return later();
}

// While the server is away, what was last seen stays.
const later = () => setTimeout(() => look().catch(later), EVERY);

if (document.querySelector("[data-watched]")) later();
