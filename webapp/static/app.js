// Comfort for pages that work without it: theme, keys, and forms that answer as one types.

const root = document.documentElement;

function switchTheme() {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", root.dataset.theme); } catch { /* storage is closed: until the next page */ }
}

function queryOf(form) {
  const pairs = [...new FormData(form)].filter(([, value]) => value !== "");
  return new URLSearchParams(pairs).toString();
}

let newest = 0;

async function show(address, push) {
  const mine = ++newest;
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== newest) return;
  const focused = document.activeElement;
  const place = focused?.name && [focused.name, focused.value, focused.selectionStart];
  const open = [...document.querySelectorAll("main details[open]")].map((one) => one.firstElementChild?.textContent);
  for (const part of ["main", "footer"]) document.querySelector(part)?.replaceWith(page.querySelector(part) ?? "");
  for (const one of document.querySelectorAll("main details")) one.open ||= open.includes(one.firstElementChild?.textContent);
  document.title = page.title;
  if (push && answer.url !== location.href) history.pushState(null, "", answer.url);
  if (place) focusAgain(...place);
  document.dispatchEvent(new Event("shown"));
}

function focusAgain(name, value, caret) {
  const same = [...document.getElementsByName(name)].filter((one) => one.type !== "hidden");
  const one = same.find((each) => each.value === value) ?? same[0];
  one?.focus();
  if (one?.type === "search" && caret != null) one.setSelectionRange(caret, caret);
}

let waiting;

function live(event) {
  const form = event.target.closest?.("form[data-live]");
  if (!form || (event.type === "input" && event.target.type !== "search")) return;
  clearTimeout(waiting);
  const address = `${location.pathname}?${queryOf(form)}`;
  waiting = setTimeout(() => show(address, true), event.type === "input" ? 250 : 0);
}

function submitted(event) {
  if (!event.target.matches("form[data-live]")) return;
  event.preventDefault();
  show(`${location.pathname}?${queryOf(event.target)}`, true);
}

const KEYS = {
  "?": () => document.getElementById("help").showModal(),
  "/": () => document.querySelector("main input[type=search]")?.focus(),
  t: switchTheme,
  n: () => document.querySelector("a[rel=next]")?.click(),
  p: () => document.querySelector("a[rel=prev]")?.click(),
};

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=range]), textarea, select")) return;
  const action = KEYS[event.key];
  if (!action || event.defaultPrevented) return;
  event.preventDefault();
  action();
}

for (const [selector, action] of [["[data-theme-switch]", switchTheme], ["[data-help]", KEYS["?"]]]) {
  for (const button of document.querySelectorAll(selector)) {
    button.hidden = false;
    button.addEventListener("click", action);
  }
}
document.addEventListener("change", live);
document.addEventListener("input", live);
document.addEventListener("submit", submitted);
document.addEventListener("keydown", key);
document.addEventListener("focusin", (event) => event.target.matches("[data-select]") && event.target.select());
addEventListener("popstate", () => show(location.href, false));
document.querySelector("form[data-submit]")?.requestSubmit();
