// A worker: draws how two pictures differ, pixel by pixel, away from the page's own thread.

import { de2000, de76, labOf, rgbOf } from "./lab.js";

const RAMP = [[0, 34, 78], [18, 53, 112], [59, 73, 108], [87, 93, 109], [112, 113, 115],
  [138, 134, 120], [165, 156, 116], [195, 179, 105], [225, 204, 85], [254, 232, 56]];
const MEASURES = { de2000, de76, dl: (L1, _a, _b, L2) => Math.abs(L1 - L2) };
const LOCKED = 60;

function color(share) {
  const at = Math.min(1, share) * (RAMP.length - 1), k = Math.min(RAMP.length - 2, Math.floor(at));
  return [0, 1, 2].map((c) => RAMP[k][c] + (at - k) * (RAMP[k + 1][c] - RAMP[k][c]));
}

function difference(reference, current, measure, top) {
  const a = labOf(reference), b = labOf(current), drawn = new Uint8ClampedArray(current.length);
  const colors = Array.from({ length: 256 }, (_, k) => color(k / 255));
  let sum = 0;
  for (let i = 0, o = 0; i < a.length; i += 3, o += 4) {
    const value = measure(a[i], a[i + 1], a[i + 2], b[i], b[i + 1], b[i + 2]);
    sum += value;
    const [red, green, blue] = colors[Math.min(255, Math.round((255 * value) / top))];
    drawn[o] = red; drawn[o + 1] = green; drawn[o + 2] = blue; drawn[o + 3] = 255;
  }
  return [drawn, sum / (a.length / 3)];
}

function colorAlone(rgba) {
  const lab = labOf(rgba), drawn = new Uint8ClampedArray(rgba.length);
  for (let i = 0, o = 0; i < lab.length; i += 3, o += 4) {
    drawn.set(rgbOf(LOCKED, lab[i + 1], lab[i + 2]), o);
    drawn[o + 3] = 255;
  }
  return drawn;
}

onmessage = ({ data: { job, mode, reference, current, top } }) => {
  if (mode === "chroma") {
    postMessage({ job, reference: colorAlone(reference), current: colorAlone(current) });
    return;
  }
  const [drawn, mean] = difference(reference, current, MEASURES[mode], top);
  postMessage({ job, current: drawn, mean });
};
