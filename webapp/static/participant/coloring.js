// A photo to color: opens the editor, sends every change as it is made, and hands the photo in when it is done or its
// time is over. Changes wait in this window, and where allowed in sessionStorage, until the server has them on disk.
import { mount } from "../coloring/editor.js";
import { h } from "../element.js";
import { Refused, call, recall, remember, request } from "./api.js";
import { button, choose, lay, prose, t, texts, waiting } from "./views.js";

const NEAR = 1.5; // Lab units: a color that was taken from those that were offered, after rounding
const under = (prefix) => Object.fromEntries(
  Object.entries(texts).filter(([key]) => key.startsWith(prefix)).map(([key, text]) => [key.slice(prefix.length), text]));
const WORDS = under("editor_");
const TEXTS = { ...WORDS, gray: WORDS.gray_photo };

// What happened between two lists of points with ids, as events of the server's numbering.
export function changes(before, after, numbers, source) {
  const known = new Map(before.map((one) => [one.id, one])), now = new Set(after.map((one) => one.id));
  const events = before.filter((one) => !now.has(one.id)).map((one) => ({ kind: "delete", point: numbers.get(one.id) }));
  after.forEach((one, layer) => {
    const old = known.get(one.id), { x, y, a, b, size } = one;
    if (!numbers.has(one.id)) numbers.set(one.id, Math.max(-1, ...numbers.values()) + 1);
    const point = numbers.get(one.id), ab = { a, b, source: source(one) };
    if (!old) {
      const top = layer === after.length - 1 ? {} : { layer };
      return events.push({ kind: "place", point, x, y, size, ...ab, ...top });
    }
    if (old.x !== x || old.y !== y) events.push({ kind: "move", point, x, y });
    if (old.a !== a || old.b !== b) events.push({ kind: "color", point, ...ab });
    if (old.size !== size) events.push({ kind: "resize", point, size });
  });
  return events;
}

// Sends events in order, one request at a time, until the server has them.
class Sender {
  constructor(nonce, first, told) {
    Object.assign(this, { path: `/api/photos/${nonce}/events`, key: `events:${nonce}`, next: first, queue: [], told });
    this.running = null;
    this.error = null;
  }

  add(events, at_ms) {
    for (const event of events) this.queue.push({ number: this.next++, at_ms, ...event });
    this.start();
  }

  start() {
    remember(this.key, this.queue.length ? JSON.stringify(this.queue) : null);
    this.told(this.queue.length);
    if (this.queue.length && !this.error) this.running ??= this.run().finally(() => { this.running = null; });
  }

  async run() {
    while (this.queue.length) {
      const part = this.queue.slice(0, 200);
      try {
        await call("PUT", this.path, { events: part }, waiting);
        this.queue.splice(0, part.length);
      } catch (error) {
        // What came after the time does not count; everything else is for the page to say.
        if (error.kind !== "closed") { this.error = error; throw error; }
        this.next -= this.queue.length;
        this.queue = [];
      }
      remember(this.key, this.queue.length ? JSON.stringify(this.queue) : null);
      this.told(this.queue.length);
    }
  }

  // Resolves when all has arrived: the number of events there.
  async settled() {
    await this.running;
    if (this.error) throw this.error;
    return this.next;
  }
}

async function ask(path, body, signal) {
  try {
    return await request("POST", path, body, signal);
  } catch (error) {
    const away = !(error instanceof Refused) || error.status >= 500;
    throw Object.assign(new Error(error.kind ? error.message : t("offline_text")), { again: away });
  }
}

// Events of this photo that an earlier load of the page did not get rid of.
async function sendOld(step) {
  const kept = JSON.parse(recall(`events:${step.nonce}`) ?? "[]").filter((event) => event.number >= step.events);
  if (!kept.length) return step;
  const sender = new Sender(step.nonce, kept[0].number, () => null);
  sender.queue = kept;
  sender.next = kept.at(-1).number + 1;
  sender.start();
  await sender.settled();
  return (await call("GET", "/api/session", undefined, waiting)).step;
}

async function ready(step) {
  const tutorial = step.block === "practice";
  const counted = t("progress", { number: step.number, total: step.total });
  const title = `${t(tutorial ? "coloring_tutorial" : "coloring_ready_title")} · ${counted}`;
  const help = prose(step.task.recommendations ? "coloring_with" : "coloring_without");
  const told = [...(tutorial ? prose("coloring_tutorial_text") : []), ...prose("coloring_ready_text", { left: step.task.seconds })];
  await choose(title, [...told, ...help], { open: t("coloring_open") });
  return (await call("POST", `/api/photos/${step.nonce}/open`, {}, waiting)).step;
}

async function grayOf(address) {
  for (let wait = 500; ; wait = Math.min(2 * wait, 8000)) {
    const answer = await fetch(address, { cache: "no-store", credentials: "omit" }).catch(() => null);
    waiting(!answer?.ok);
    if (answer?.ok) return answer.blob();
    await new Promise((done) => setTimeout(done, wait));
  }
}

// Colors a photo: gives what the server says when it is handed in. `before` is the block of the photo before it.
export async function colorPhoto(opened, before, leave) {
  let step = opened;
  if (before === "practice" && step.block === "test" && !step.begun) {
    await choose(t("coloring_tutorial_done_title"), prose("coloring_tutorial_done_text"), { go: t("continue") });
  }
  step = step.begun ? await sendOld(step) : await ready(step);
  const came = performance.now(), whole = step.task.seconds * 1000;
  const at = () => Math.min(whole + 400, Math.max(0, Math.round(whole - step.remaining_ms + performance.now() - came)));
  const gray = await grayOf(step.images[0]);
  const place = h("div", { class: "editor" }), saved = h("p", { class: "saved", role: "status" });
  const done = button(t("coloring_done"), () => null), quit = button(t("leave"), leave, "leave");
  const counted = t("progress", { number: step.number, total: step.total });
  const title = step.block === "practice" ? `${t("coloring_tutorial")} · ${counted}` : counted;
  const help = step.block === "practice" ? prose("coloring_tutorial_text") : [];
  lay(t("stage_label"), h("p", { class: "block" }, title), ...help, place, h("p", { class: "buttons" }, done), saved, quit);

  const sender = new Sender(step.nonce, step.events, (left) => { saved.textContent = t(left ? "coloring_saving" : "coloring_saved"); });
  let known = step.points.map(({ point, ...one }, id) => ({ ...one, id })), offered = [];
  const numbers = new Map(step.points.map(({ point }, id) => [id, point]));
  const near = (one) => offered.some((color) => Math.hypot(color.a - one.a, color.b - one.b) < NEAR);
  const path = `/api/photos/${step.nonce}`;
  const left = (step.remaining_ms - (performance.now() - came)) / 1000;
  let failed;
  const broken = new Promise((_, reject) => { failed = reject; });
  let end;
  const over = new Promise((resolve) => { end = resolve; });
  done.onclick = () => end("done");
  const editor = await mount(place, {
    onDeadline: () => end("time"), gray, points: step.points, size: step.point_size, deadline: Math.max(0.2, left), texts: TEXTS, names: under("editor_color_"),
    color: (points, draft, signal) => ask(`${path}/picture`, { points, draft, yields: Boolean(signal) }, signal),
    drafts: () => step.colorizer === "siggraph17",
    recommend: step.task.recommendations ? async (x, y, points) => {
      const found = await ask(`${path}/colors`, { x, y, points });
      offered = found.colors;
      return { colors: found.colors, note: found.source === "uniform" ? WORDS.spread : "" };
    } : undefined,
    onPoints(_, { kind }, points) {
      const source = (one) => (kind === "add" ? "picture" : near(one) ? "recommended" : "palette");
      sender.add(changes(known, points, numbers, source), at());
      known = points;
      sender.running?.catch(failed);
    },
  });
  const ended = await Promise.race([over, broken]);
  editor.stop();
  done.disabled = true;
  const events = await sender.settled();
  const said = await call("PUT", path, { events, ended }, waiting);
  editor.end();
  return said;
}
