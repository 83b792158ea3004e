// The colors that are possible at a lightness, drawn in the ab plane, and chosen by mouse, touch or arrow keys.

import { rgbOf } from "../lab.js";

const TOP = 110;
const CELLS = 111;
const round = (value) => Math.round(value * 10) / 10 || 0;
const HUES = [[20, "pink"], [50, "red"], [75, "orange"], [108, "yellow"], [165, "green"], [210, "turquoise"],
  [285, "blue"], [325, "purple"], [361, "pink"]];

/** Whether a Lab color can be shown in sRGB, up to rounding to 8 bits. */
export const possible = (L, a, b) => rgbOf(L, a, b).every((value) => value >= -0.5 && value <= 255.5);

/** The color itself, or with as little color taken away as makes it possible; a and b to a tenth. */
export function nearest(L, a, b) {
  if (possible(L, round(a), round(b))) return [round(a), round(b)];
  let low = 0, high = 1;
  for (let k = 0; k < 12; k++) {
    const middle = (low + high) / 2;
    if (possible(L, a * middle, b * middle)) low = middle; else high = middle;
  }
  return [Math.trunc(a * low * 10) / 10 || 0, Math.trunc(b * low * 10) / 10 || 0];
}

export const css = (L, a, b) => `rgb(${rgbOf(L, a, b).map((v) => Math.max(0, Math.min(255, Math.round(v)))).join(" ")})`;

/** A color in a word or two, for those who do not see it. */
export function nameOf(L, a, b, words = {}) {
  const say = (word) => words[word] ?? word;
  const tone = L > 75 ? "light" : L < 35 ? "dark" : "";
  const hue = ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360;
  const much = Math.hypot(a, b), found = HUES.find(([end]) => hue < end)[1];
  const name = much < 6 ? "gray" : hue > 40 && hue < 95 && L < 60 && much > 12 ? "brown" : found;
  return [tone, much >= 6 && much < 14 && "grayish", name].filter(Boolean).map(say).join(" ");
}

function draw(canvas, L) {
  const context = canvas.getContext("2d"), image = context.createImageData(CELLS, CELLS);
  for (let row = 0, o = 0; row < CELLS; row++) {
    for (let column = 0; column < CELLS; column++, o += 4) {
      const a = 2 * column - TOP, b = TOP - 2 * row;
      if (!possible(L, a, b)) continue;
      image.data.set(rgbOf(L, a, b), o);
      image.data[o + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

/**
 * A picker in an element. `choose(a, b, gesture, over)` is called with every color on the way, and at the end of a
 * gesture with `over` true. `show(L, a, b)` puts it to a color, `show(null)` puts it to rest.
 */
export function makePicker(texts, choose) {
  const element = document.createElement("div"), canvas = document.createElement("canvas"), mark = document.createElement("span");
  Object.assign(canvas, { width: CELLS, height: CELLS });
  element.className = "gamut";
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", texts.picker);
  mark.className = "mark";
  element.append(canvas, mark);
  let L = null, a = 0, b = 0, drawn = null, gesture = 0;

  function place() {
    mark.style.left = `${((a + TOP) / (2 * TOP)) * 100}%`;
    mark.style.top = `${((TOP - b) / (2 * TOP)) * 100}%`;
    mark.style.background = css(L, a, b);
  }

  function pick(wantedA, wantedB, over) {
    [a, b] = nearest(L, wantedA, wantedB);
    place();
    choose(a, b, `pick ${gesture}`, over);
  }

  function at(event, over) {
    const box = canvas.getBoundingClientRect();
    const part = (value, size) => Math.max(0, Math.min(1, value / size));
    pick(part(event.clientX - box.left, box.width) * 2 * TOP - TOP, TOP - part(event.clientY - box.top, box.height) * 2 * TOP, over);
  }

  element.addEventListener("pointerdown", (event) => {
    if (L === null || event.button !== 0) return;
    gesture++;
    element.setPointerCapture(event.pointerId);
    at(event, false);
  });
  for (const kind of ["pointermove", "pointerup"]) {
    element.addEventListener(kind, (event) => element.hasPointerCapture(event.pointerId) && L !== null && at(event, kind === "pointerup"));
  }
  element.addEventListener("focus", () => gesture++);
  element.addEventListener("keydown", (event) => {
    const [da, db] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? [0, 0];
    if (L === null || !(da || db) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 2;
    pick(a + far * da, b + far * db, true);
  });

  return {
    element,
    show(lightness, newA = 0, newB = 0) {
      L = lightness;
      element.setAttribute("aria-disabled", L === null);
      if (L === null) return;
      [a, b] = [newA, newB];
      // Drawing takes some milliseconds: a step of L that nobody sees is not drawn again.
      if (drawn === null || Math.abs(drawn - L) > 0.25) draw(canvas, (drawn = L));
      place();
    },
  };
}
