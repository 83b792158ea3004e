// The stage of a photo's page: wipe, flicker, zoom, pixel values and maps of the difference.

import { de2000, labOf } from "./lab.js";

const MODES = {
  "": {}, de2000: { top: 20, text: "CIEDE2000" }, de76: { top: 40, text: "ΔE 76" },
  dl: { top: 10, text: "difference of L, Lab units" }, chroma: {},
};
const get = (id) => document.getElementById(id);
const stage = document.querySelector("[data-viewer] .stage");
const layers = [...stage.querySelectorAll(".layer")];
const pictures = [...document.querySelectorAll("[data-picture]")].map((figure) => ({
  figure, image: figure.querySelector("img"), label: figure.querySelector("img").alt,
}));
const view = { zoom: 1, x: 0, y: 0, wipe: 50, probe: null };
const shown = { reference: byAddress(get("reference")), current: byAddress(get("current")) };
const pixels = new Map();
let worker, job = 0;

function byAddress(image) {
  return pictures.find((one) => one.image.getAttribute("src") === image.getAttribute("src")) ?? pictures[0];
}

/** The bytes of a picture, read once. */
async function bytesOf(picture) {
  if (!pixels.has(picture)) {
    await picture.image.decode();
    const { naturalWidth: width, naturalHeight: height } = picture.image;
    const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d", { willReadFrequently: true });
    context.drawImage(picture.image, 0, 0);
    pixels.set(picture, context.getImageData(0, 0, width, height));
  }
  return pixels.get(picture);
}

function place() {
  const limit = 1 - view.zoom;
  view.x = Math.min(0, Math.max(limit, view.x));
  view.y = Math.min(0, Math.max(limit, view.y));
  const style = document.documentElement.style;
  style.setProperty("--x", `${100 * view.x}%`);
  style.setProperty("--y", `${100 * view.y}%`);
  style.setProperty("--zoom", view.zoom);
  stage.style.setProperty("--wipe", `${view.wipe}%`);
  const width = pictures[0].image.naturalWidth || 1;
  document.body.classList.toggle("pixelated", (view.zoom * stage.clientWidth) / width > 2);
  get("wipe").value = view.wipe;
  get("zoom").value = Math.log2(view.zoom);
}

function zoomTo(zoom, atX = 0.5, atY = 0.5) {
  const next = Math.min(32, Math.max(1, zoom)), ratio = next / view.zoom;
  view.x = atX - (atX - view.x) * ratio;
  view.y = atY - (atY - view.y) * ratio;
  view.zoom = next;
  place();
}

function move(x, y) {
  view.x += x;
  view.y += y;
  place();
}

function wipeTo(share) {
  view.wipe = Math.min(100, Math.max(0, share));
  place();
}

function draw(layer, data) {
  const canvas = layer.querySelector("canvas") ?? layer.appendChild(document.createElement("canvas"));
  Object.assign(canvas, { width: data.width, height: data.height }).getContext("2d").putImageData(data, 0, 0);
}

async function show() {
  for (const role of ["reference", "current"]) {
    get(role).src = shown[role].image.src;
    get(role).alt = shown[role].label;
  }
  get("left").textContent = shown.reference.label;
  get("right").textContent = shown.current.label;
  for (const one of pictures) one.figure.classList.toggle("on", one === shown.current);
  const mode = get("mode").value, mine = ++job;
  get("legend").hidden = !MODES[mode].top;
  if (!mode) {
    for (const canvas of stage.querySelectorAll("canvas")) canvas.remove();
    return;
  }
  const [reference, current] = await Promise.all([bytesOf(shown.reference), bytesOf(shown.current)]);
  worker ??= new Worker(new URL("./heat.js", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => data.job === job && drawn(data, current);
  worker.postMessage({ job: mine, mode, top: MODES[mode].top, reference: reference.data, current: current.data });
}

function drawn(data, { width, height }) {
  draw(layers[1], new ImageData(data.current, width, height));
  if (data.reference) draw(layers[0], new ImageData(data.reference, width, height));
  else layers[0].querySelector("canvas")?.remove();
  if (data.mean === undefined) return;
  const { top, text } = MODES[get("mode").value];
  get("legend").querySelectorAll("text").forEach((tick, k) => { tick.textContent = `${(top * k) / 4}${k === 4 ? "+" : ""}`; });
  get("legend").querySelector("figcaption").textContent = `${text}, mean ${data.mean.toFixed(2)}`;
}

async function read(x, y) {
  const [truth, reference, current] = await Promise.all([pictures[0], shown.reference, shown.current].map(bytesOf));
  x = Math.min(current.width - 1, Math.max(0, x));
  y = Math.min(current.height - 1, Math.max(0, y));
  view.probe = [x, y];
  const at = 4 * (y * current.width + x);
  const labs = [reference, current].map((image) => labOf(image.data.subarray(at, at + 4)));
  const named = new Map([["Photo", truth], [shown.reference.label, reference], [shown.current.label, current]]);
  const told = [...named].map(([label, image]) => {
    const rgb = image.data.subarray(at, at + 4), lab = labOf(rgb);
    return `${label}: RGB ${rgb[0]} ${rgb[1]} ${rgb[2]}, Lab ${[...lab].map((v) => v.toFixed(1)).join(" ")}`;
  });
  told.push(`CIEDE2000 ${de2000(...labs[0], ...labs[1]).toFixed(2)}, L ${(labs[1][0] - labs[0][0]).toFixed(2)}`);
  get("readout").textContent = `Pixel ${x}, ${y}. ${told.join(". ")}`;
}

function pointed(event) {
  const box = stage.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function probe(event) {
  const [x, y] = pointed(event), image = pictures[0].image;
  read(Math.floor(((x - view.x) / view.zoom) * image.naturalWidth), Math.floor(((y - view.y) / view.zoom) * image.naturalHeight));
}

function drag(event) {
  if (!(event.buttons & 1)) return probe(event);
  const box = stage.getBoundingClientRect();
  if (view.zoom > 1) move(event.movementX / box.width, event.movementY / box.height);
  else wipeTo(100 * pointed(event)[0]);
}

const flicker = (on) => stage.classList.toggle("flicker", on);

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function arrow(event, [x, y]) {
  if (event.shiftKey) {
    const [px, py] = view.probe ?? [0, 0];
    read(px + x, py + y);
  } else if (view.zoom > 1) move(-x * 0.05, -y * 0.05);
  else if (x) wipeTo(view.wipe + 2 * x);
  else return;
  event.preventDefault();
}

function nextMode() {
  const select = get("mode");
  select.selectedIndex = (select.selectedIndex + 1) % select.length;
  show();
}

const KEYS = {
  r: () => { shown.reference = shown.current; show(); },
  f: () => zoomTo(1), "+": () => zoomTo(view.zoom * 2), "=": () => zoomTo(view.zoom * 2), "-": () => zoomTo(view.zoom / 2),
  m: nextMode, 0: () => choose(0), 1: () => choose(1), 2: () => choose(2), 3: () => choose(3), 4: () => choose(4),
  5: () => choose(5), 6: () => choose(6), 7: () => choose(7), 8: () => choose(8), 9: () => choose(9),
};

function choose(k) {
  if (!pictures[k]) return;
  shown.current = pictures[k];
  show();
}

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=range]), select, textarea")) return;
  if (event.key === " " && !event.target.matches("button, a, summary")) flicker(true);
  else if (ARROWS[event.key] && event.target === stage) return arrow(event, ARROWS[event.key]);
  else if (KEYS[event.key]) KEYS[event.key]();
  else return;
  event.preventDefault();
}

document.body.classList.add("viewing");
document.querySelector(".tools").hidden = false;
document.addEventListener("keydown", key);
document.addEventListener("keyup", (event) => event.key === " " && flicker(false));
stage.addEventListener("pointermove", drag);
stage.addEventListener("pointerdown", (event) => { stage.setPointerCapture(event.pointerId); drag(event); });
stage.addEventListener("dblclick", (event) => zoomTo(view.zoom * 2, ...pointed(event)));
stage.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoomTo(view.zoom * 2 ** (-event.deltaY / 200), ...pointed(event));
}, { passive: false });
stage.addEventListener("dragstart", (event) => event.preventDefault());
get("wipe").addEventListener("input", (event) => wipeTo(+event.target.value));
get("zoom").addEventListener("input", (event) => zoomTo(2 ** event.target.value));
get("mode").addEventListener("change", show);
get("pixels").addEventListener("click", () => zoomTo(pictures[0].image.naturalWidth / stage.clientWidth));
get("flicker").addEventListener("pointerdown", () => flicker(true));
for (const end of ["pointerup", "pointerleave", "blur"]) get("flicker").addEventListener(end, () => flicker(false));
get("flicker").addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && flicker(true));
get("flicker").addEventListener("keyup", () => flicker(false));
for (const one of pictures) {
  one.figure.querySelector("a").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(pictures.indexOf(one));
  });
}
place();
show();
