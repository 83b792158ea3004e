// The dashboard's coloring page: opens the editor on the photo that the page names, and lets its results be taken home.

import { mount } from "./coloring/editor.js";
import { hintFile } from "./coloring/points.js";

const place = document.getElementById("editor"), take = document.getElementById("take");
const { name, whole } = place?.dataset ?? {};
const photo = place && JSON.parse(place.dataset.photo), kept = `points:${location.search}`;
const gray = `/color/gray?${photo && new URLSearchParams(photo)}`;
const select = take?.querySelector("select");

async function ask(path, body, signal) {
  const settings = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ photo, ...body }), signal };
  const answer = await fetch(`/api/color${path}`, settings).catch(() => null);
  if (answer?.ok) return answer;
  const said = answer && (await answer.json().catch(() => ({})));
  const error = new Error(said?.error ?? "The site does not answer. Your points are kept.");
  throw Object.assign(error, { again: !answer || answer.status === 503 });
}

function recall() {
  try { return JSON.parse(sessionStorage.getItem(kept)) ?? []; } catch { return []; }
}

function save(blob, file) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: file });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const color = async (points, more, signal) => (await ask("", { points, method: select.value, ...more }, signal)).blob();

async function open() {
  const { methods } = await (await ask("/methods")).json();
  select.replaceChildren(...methods.map((method) => new Option(method, method)));
  select.parentElement.hidden = methods.length < 2;
  const editor = await mount(place, {
    gray, points: recall(),
    color: (points, draft, signal) => color(points, { draft, yields: Boolean(signal) }, signal),
    drafts: () => select.value === "siggraph17",
    recommend: async (x, y, points) => (await ask("/recommended", { x, y, points })).json(),
    onPoints(points) { try { sessionStorage.setItem(kept, JSON.stringify(points)); } catch { /* until the next page */ } },
  });
  const ways = {
    png: async () => save(await color(editor.points, {}), `${name}.png`),
    whole: async () => save(await color(editor.points, { full: true }), `${name}-full.png`),
    csv: () => save(new Blob([hintFile(editor.points)], { type: "text/csv" }), `${name}.csv`),
    gray: async () => save(await (await fetch(gray)).blob(), `${name}-gray.png`),
  };
  for (const button of take.querySelectorAll("[data-take]")) {
    button.hidden = button.dataset.take === "whole" && !whole;
    button.onclick = () => Promise.resolve(ways[button.dataset.take]()).catch((error) => editor.tell(error.message));
  }
  select.onchange = () => editor.again();
  take.hidden = false;
}

function refused(error) {
  place.replaceChildren(Object.assign(document.createElement("p"), { className: "note", textContent: error.message }));
  if (error.again) setTimeout(start, 3000);
}

const start = () => open().catch(refused);
if (place) start();
