// Asks for the live parts of a page again while somebody looks; an answer that has not changed costs a 304.

const EVERY_MS = 5000;
const state = document.querySelector("[data-fragment-state]");
let timer = null;

async function refresh(part) {
  const headers = part.dataset.etag ? { "If-None-Match": part.dataset.etag } : {};
  const answer = await fetch(part.dataset.fragment, { headers, cache: "no-store" });
  if (answer.status === 304) return true;
  if (!answer.ok || answer.redirected) return false;
  part.dataset.etag = answer.headers.get("ETag") ?? "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  part.replaceChildren(...page.body.childNodes);
  return true;
}

async function round() {
  timer = null;
  let live = false;
  try {
    for (const part of document.querySelectorAll("[data-fragment]")) live = (await refresh(part)) || live;
    state.textContent = live ? `Live: looked at ${new Date().toLocaleTimeString()}.` : "Not live: load the page again.";
  } catch {
    live = true;
    state.textContent = "The site does not answer; trying again.";
  }
  state.hidden = false;
  if (live) begin();
}

function begin() {
  if (timer === null && !document.hidden) timer = setTimeout(round, EVERY_MS);
}

function watch() {
  clearTimeout(timer);
  timer = null;
  if (!document.hidden) round();
}

if (state) {
  document.addEventListener("visibilitychange", watch);
  begin();
}
