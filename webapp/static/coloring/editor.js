// The editor: colored points on a gray photo, and the picture that comes of them.
//
//   import { mount } from "./editor.js";
//   const editor = await mount(element, {
//     gray,                        // address or Blob of the gray photo, in the size in which it is colored
//     color: async (points, draft, signal) => blob,   // the colored photo; one call at a time
//     drafts: () => false,         // whether color(points, true) gives a quick draft, to be replaced
//     recommend: async (x, y, points) => ({ colors: [{ a, b }], note }),   // without it there are no recommendations
//     points: [],                  // { x, y, a, b, size } to begin with
//     size: 6,                     // side of a new point's patch, pixels
//     deadline: 60,                // seconds from when the photo is seen; none without it
//     onPoints(points, change, known) {},   // after every change; change is { kind, at_ms }, kind one of add, move, color,
//                                  // size, delete, undo, redo, reset; at_ms as the deadline; known: the points
//                                  // with their ids, which those to begin with get from 0
//     onDeadline() {},             // the time is over: nothing can be changed
//     texts: {},                   // words in another language, see TEXTS
//     names: {},                   // words of colors in another language, see nameOf
//   });
//   editor.points                  // as they are
//   await editor.settled()         // the picture of the present points: a Blob, or null while none came
//   editor.again()                 // color the present points anew; editor.tell(text) says something
//   editor.stop()                  // no more changes; editor.end() also clears the element
//
// color and recommend may reject with an Error whose message is a sentence; with error.again it is asked again.

import { h } from "../element.js";
import { labOf } from "../lab.js";
import { makeStage } from "./stage.js";
import { css, makePicker, nameOf, nearest } from "./gamut.js";
import { History, Latest, plain } from "./points.js";

const AGAIN_MS = 2500;
const SIZES = [1, 3, 6, 9];
export const TEXTS = {
  stage: "Photo. Move the crosshair with the arrow keys and put a point with Enter.",
  picker: "Colors that are possible at this lightness. Change with the arrow keys.",
  picker_title: "Color of the point", recommended: "Recommended", recents: "Used before", none: "No point is chosen.",
  empty: "Put a point on the photo: click, tap, or press Enter at the crosshair.",
  undo: "Undo", redo: "Redo", remove: "Delete point", reset: "Start over", gray: "Show gray", size: "Size of the point",
  pixels: "{n} px", working: "Coloring …", ready: "Done.", left: "{time} left", over: "The time is over.",
  at: "Column {x}, row {y}, {name}.", point: "Point {n} of {of}: {name}.", chosen: "{name}: a {a}, b {b}.",
  removed: "Point deleted.", moved: "Point moved.", again: "Trying again.", points: "Points: {n}", swatch: "{name} ({n})",
  help: "Keys", help_text: "arrows: crosshair, with shift in large steps · Enter: point · 1–9: recommended color · , and .: "
    + "point before and next · M: move the point to the crosshair · Delete: delete it · Ctrl+Z, Ctrl+Y: undo, redo · B: gray photo",
};

const bitmap = (blob) => createImageBitmap(blob, { colorSpaceConversion: "none" });

async function blobOf(source) {
  if (source instanceof Blob) return source;
  const answer = await fetch(source);
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `HTTP ${answer.status}`);
  return answer.blob();
}

export async function mount(element, options) {
  const texts = { ...TEXTS, ...options.texts };
  const t = (key, facts = {}) => texts[key].replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
  const name = (L, a, b) => nameOf(L, a, b, options.names);
  const gray = await bitmap(await blobOf(options.gray));
  const lightness = lightnessOf(gray);
  const L = ({ x, y }) => lightness[y * gray.width + x];
  const history = new History(options.points);
  const state = { chosen: null, size: options.size ?? 6, open: true, blob: null, recent: [], offered: [] };
  const life = new AbortController();
  let began = performance.now(), retry, ticking;

  const stage = makeStage(gray, t("stage"), { put, pick, move, aim, key });
  const picker = makePicker(texts, recolor);
  const status = h("p", { class: "said", role: "status" });
  const clock = h("p", { class: "clock", role: "timer", hidden: !options.deadline });
  const button = (key, onclick, extra = {}) => h("button", { type: "button", onclick, ...extra }, t(key));
  const tools = {
    undo: button("undo", undo), redo: button("redo", redo), remove: button("remove", remove), reset: button("reset", reset),
    gray: button("gray", () => showGray(!stage.gray), { "aria-pressed": "false" }),
  };
  const size = h("select", { onchange: () => resize(Number(size.value)) },
    ...[...new Set([...SIZES, state.size])].sort((p, q) => p - q).map((n) => h("option", { value: n }, t("pixels", { n }))));
  const offers = h("div", { class: "swatches", role: "group", "aria-label": t("recommended") });
  const note = h("p", { class: "source" });
  const recents = h("div", { class: "swatches", role: "group", "aria-label": t("recents") });
  const which = h("p", { class: "which" });
  const part = (key, ...children) => h("div", { class: "part" }, h("h3", {}, t(key)), ...children);
  const offered = part("recommended", offers, note), used = part("recents", recents);
  const panel = h("div", { class: "panel" }, part("picker_title", which, picker.element), offered, used,
    h("label", { class: "size" }, t("size"), " ", size));
  const root = h("div", { class: "coloring" },
    h("div", { class: "left" }, clock, stage.element, h("div", { class: "tools" }, ...Object.values(tools)), status,
      h("details", { class: "keys" }, h("summary", {}, t("help")), h("p", {}, t("help_text")))), panel);
  document.addEventListener("keydown", anywhere, { signal: life.signal });

  const coloring = new Latest(({ points, draft }, signal) => options.color(plain(points), draft, signal), async (blob, { points, draft }) => {
    const image = await bitmap(blob);
    if (coloring.ended) return;
    clearTimeout(retry);
    stage.color(image);
    if (draft) return points === history.now && refine(points);
    Object.assign(state, { blob, of: points });
    if (points === history.now) tell(t(points.length ? "ready" : "empty"), "ready");
  }, failed);
  const recommending = new Latest(({ x, y, points }) => options.recommend(x, y, plain(points)), offer, () => offer(null));

  function tell(text, kind = "") {
    status.textContent = text;
    status.dataset.kind = kind;
  }

  /** A draft first, where there are any, which what comes after may interrupt. */
  function update() { coloring.ask({ points: history.now, draft: Boolean(options.drafts?.()) }); }
  function refine(points) { coloring.ask({ points, draft: false, yields: true }); }

  function failed(error, { points, yields }) {
    clearTimeout(retry);
    if (yields) {
      retry = setTimeout(() => points === history.now && refine(points), AGAIN_MS);
      return;
    }
    tell(error.again ? `${error.message} ${t("again")}` : error.message, "error");
    if (error.again) retry = setTimeout(() => points === history.now && update(), AGAIN_MS);
  }

  function changed(kind, over = true) {
    show();
    tell(t("working"), "working");
    clearTimeout(retry);
    update();
    if (over) options.onPoints?.(plain(history.now), { kind, at_ms: Math.round(performance.now() - began) }, history.now);
  }

  function put(x, y) {
    if (!state.open) return;
    const [, a, b] = labOf(stage.pixel(x, y));
    const added = history.add({ x, y, ...colorAt(x, y, a, b), size: state.size });
    state.chosen = added.id;
    recommendFor(added);
    changed("add");
  }

  /** A new point has the color that the picture has there, so that nothing jumps. */
  function colorAt(x, y, a, b) {
    const [nearA, nearB] = nearest(L({ x, y }), a, b);
    return { a: nearA, b: nearB };
  }

  function pick(id) {
    const fresh = id !== state.chosen;
    state.chosen = id;
    const point = history.find(id);
    if (point && fresh) {
      size.value = point.size;
      recommendFor(point);
    }
    show();
    if (point) tell(t("point", { n: history.now.indexOf(point) + 1, of: history.now.length, name: name(L(point), point.a, point.b) }));
  }

  function move(id, x, y, gesture, over) {
    const before = history.find(id);
    if (!state.open || !before) return;
    if (before.x !== x || before.y !== y) history.change(id, { x, y, ...colorAt(x, y, before.a, before.b) }, gesture);
    if (over) recommendFor(history.find(id));
    changed("move", over);
  }

  function recolor(a, b, gesture, over) {
    const point = history.find(state.chosen);
    if (!state.open || !point) return;
    if (point.a !== a || point.b !== b) history.change(point.id, { a, b }, gesture);
    if (over) remember(a, b);
    changed("color", over);
    if (over) tell(t("chosen", { name: name(L(point), a, b), a, b }), "working");
  }

  function resize(value) {
    state.size = value;
    const point = history.find(state.chosen);
    if (!state.open || !point || point.size === value) return;
    history.change(point.id, { size: value });
    changed("size");
  }

  function remove() {
    const point = history.find(state.chosen);
    if (!state.open || !point) return;
    history.remove(point.id);
    state.chosen = history.now.at(-1)?.id ?? null;
    changed("delete");
    tell(t("removed"), "working");
    if (state.chosen !== null) recommendFor(history.find(state.chosen));
  }

  function stepped(kind) {
    if (!history.find(state.chosen)) state.chosen = history.now.at(-1)?.id ?? null;
    changed(kind);
  }

  function undo() { if (state.open && history.undo()) stepped("undo"); }
  function redo() { if (state.open && history.redo()) stepped("redo"); }
  function reset() {
    if (!state.open || !history.now.length) return;
    history.set([]);
    stepped("reset");
  }

  function showGray(on) {
    stage.showGray(on);
    tools.gray.setAttribute("aria-pressed", on);
  }

  function remember(a, b) {
    const near = (one) => Math.hypot(one.a - a, one.b - b) < 6;
    state.recent = [{ a, b }, ...state.recent.filter((one) => !near(one))].slice(0, 9);
  }

  function recommendFor(point) {
    if (!options.recommend) return;
    recommending.ask({ x: point.x, y: point.y, points: history.now.filter((one) => one.id !== point.id) });
  }

  function offer(found) {
    state.offered = found?.colors ?? [];
    note.textContent = found?.note ?? "";
    show();
  }

  /** Swatches are changed in place, so that the focus stays. */
  function fill(group, colors, lightness) {
    colors.forEach(({ a, b }, k) => {
      const [nearA, nearB] = nearest(lightness, a, b);
      const swatch = group.children[k] ?? group.appendChild(h("button", { type: "button" }));
      swatch.style.background = css(lightness, nearA, nearB);
      swatch.setAttribute("aria-label", t("swatch", { name: name(lightness, nearA, nearB), n: k + 1 }));
      swatch.onclick = () => recolor(nearA, nearB, null, true);
      swatch.disabled = !state.open;
    });
    while (group.children.length > colors.length) group.lastChild.remove();
  }

  function show() {
    const point = history.find(state.chosen), light = point ? L(point) : null;
    stage.points(history.now.map((one) => ({ ...one, css: css(L(one), one.a, one.b) })), state.chosen);
    picker.show(light, point?.a, point?.b);
    which.textContent = point ? name(light, point.a, point.b) : t(history.now.length ? "none" : "empty");
    fill(offers, point ? state.offered : [], light);
    fill(recents, point ? state.recent : [], light);
    offered.hidden = !options.recommend || !point || !(state.offered.length || note.textContent);
    used.hidden = !point || !state.recent.length;
    if (point) size.value = point.size;
    tools.undo.disabled = !state.open || !history.past.length;
    tools.redo.disabled = !state.open || !history.future.length;
    tools.remove.disabled = !state.open || !point;
    tools.reset.disabled = !state.open || !history.now.length;
    size.disabled = !state.open;
  }

  function aim(x, y) {
    const [light, a, b] = labOf(stage.pixel(x, y));
    tell(t("at", { x, y, name: name(light, a, b) }));
  }

  function key(event, aimed) {
    const { x, y } = aimed, now = history.now;
    const turn = (step) => now.length && pick(now[(now.findIndex((one) => one.id === state.chosen) + step + now.length) % now.length].id);
    const keys = {
      Delete: remove, Backspace: remove, ",": () => turn(-1), ".": () => turn(1), Escape: () => pick(null),
      m: () => { move(state.chosen, x, y, null, true); tell(t("moved"), "working"); },
    };
    const colors = event.key >= "1" && event.key <= "9" ? offers.children[event.key - 1] : null;
    const action = colors ? () => colors.click() : keys[event.key] ?? keys[event.key.toLowerCase()];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  }

  function anywhere(event) {
    const letter = event.key.toLowerCase(), command = (event.ctrlKey || event.metaKey) && !event.altKey;
    const action = command ? { z: event.shiftKey ? redo : undo, y: redo }[letter]
      : letter === "b" && !event.altKey ? () => showGray(!stage.gray) : null;
    if (!action || event.target.matches("select, input, textarea")) return;
    event.preventDefault();
    action();
  }

  function stop() {
    state.open = false;
    clearInterval(ticking);
    root.classList.add("closed");
    stage.close();
    show();
  }

  function tick() {
    const left = Math.max(0, Math.ceil(options.deadline - (performance.now() - began) / 1000));
    const time = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (clock.textContent !== t("left", { time })) clock.textContent = t("left", { time });
    clock.classList.toggle("soon", left <= 10);
    // A timer is not read aloud by itself; its last moments are.
    if ([30, 10].includes(left) && clock.dataset.said !== String(left)) tell(t("left", { time }));
    clock.dataset.said = left;
    if (left > 0) return;
    stop();
    clock.textContent = t("over");
    options.onDeadline?.();
  }

  element.replaceChildren(root);
  stage.drawn();
  size.value = state.size;
  show();
  tell(t(history.now.length ? "working" : "empty"));
  refine(history.now);
  began = performance.now();
  if (options.deadline) {
    ticking = setInterval(tick, 200);
    tick();
  }

  return {
    root,
    get points() { return plain(history.now); },
    tell: (text) => tell(text, "error"),
    again: update,
    async settled() {
      if (state.of !== history.now) coloring.ask({ points: history.now, draft: false });
      await coloring.idle();
      return state.of === history.now ? state.blob : null;
    },
    stop,
    end() {
      stop();
      clearTimeout(retry);
      coloring.end();
      recommending.end();
      stage.end();
      life.abort();
      element.replaceChildren();
    },
  };
}

function lightnessOf(image) {
  const { width, height } = image;
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  return labOf(context.getImageData(0, 0, width, height).data).filter((_, k) => k % 3 === 0);
}
