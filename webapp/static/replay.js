// Replays a trial: every image is on the screen from its recorded onset to its offset, in real time or frame by frame.

const box = document.querySelector("[data-replay]");
const figures = [...box.querySelectorAll("[data-place]")];
const slider = box.querySelector("input[type=range]");
const said = box.querySelector("output");
const play = box.querySelector("button");
const frame = Number(box.dataset.frame);
const mask = Number(box.dataset.mask);
const scenes = box.dataset.scenes.split(";").filter(Boolean).map((one) => one.split(",").map(Number));
const end = Math.max(0, ...scenes.map((one) => one[2])) + mask + 200;
let running = 0;

function show(ms) {
  const names = [];
  for (const figure of figures) {
    const mine = scenes.filter((one) => one[0] === Number(figure.dataset.place));
    const at = ms + frame / 2;
    const lit = mine.some(([, on, off]) => at >= on && at < off);
    const masked = !lit && mine.some(([, , off]) => at >= off && at < off + mask);
    const [image, cover] = figure.querySelectorAll("img");
    image.classList.toggle("off", !lit);
    cover.hidden = !masked;
    if (lit || masked) names.push(masked ? "mask" : image.alt.toLowerCase());
  }
  const before = scenes.length && ms < scenes[0][1];
  const shown = names.join(" and ") || (before ? "cross" : ms < end - mask - 200 ? "blank" : "question");
  said.textContent = `Frame ${Math.round(ms / frame)}, ${ms.toFixed(1)} ms: ${shown}`;
}

function stop() {
  cancelAnimationFrame(running);
  running = 0;
  play.textContent = "Play as it was seen";
}

function start() {
  let first = null;
  play.textContent = "Stop";
  const step = (now) => {
    first ??= now;
    const ms = now - first;
    if (ms >= end) return stop();
    slider.value = Math.round(ms / frame);
    show(ms);
    running = requestAnimationFrame(step);
  };
  running = requestAnimationFrame(step);
}

slider.max = Math.ceil(end / frame);
slider.addEventListener("input", () => { stop(); show(slider.value * frame); });
play.addEventListener("click", () => (running ? stop() : start()));
box.querySelector(".tools").hidden = said.hidden = false;
box.classList.add("live");
const first = scenes.length ? Math.round(scenes[0][1] / frame) + 1 : 0;
slider.value = first;
show(first * frame);
