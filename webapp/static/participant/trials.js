// Goes through trials on the stage: takes images, presents them, asks, tells whether it was right in practice.
import { h } from "../element.js";
import { fetchAhead, measureRefresh, present, takeImages } from "./stage.js";
import { ask, button, choose, makeStage, maskUrl, prose, t, waiting } from "./views.js";

let interval = null;
let scene = null;

export async function refresh() {
  interval = await measureRefresh();
  return 1000 / interval;
}

// Ends the block: a trial that still waits for an answer will not get one.
export function clear() {
  scene?.life.abort();
  scene = null;
}

async function unreachable(tries) {
  waiting(true);
  await new Promise((done) => setTimeout(done, Math.min(500 * 2 ** tries, 8000)));
  waiting(false);
}

// The tab was hidden while images were shown: go on only when the participant says so.
function back() {
  return new Promise((done) => {
    const go = button(t("continue"), done);
    scene.prompt.replaceChildren(h("p", { role: "status" }, t("again_hidden")), h("p", { class: "answers" }, go));
    go.focus();
  });
}

// The window became too small for the stage: wait until it is large enough again.
async function roomFor(here) {
  while (here.stage.scrollWidth > document.documentElement.clientWidth) {
    const size = { width: here.stage.scrollWidth + 32, height: here.stage.clientHeight + 120 };
    await new Promise((done) => {
      const go = button(t("device_retry"), done);
      here.prompt.replaceChildren(h("p", { role: "status" }, t("device_too_small", size)), h("p", { class: "answers" }, go));
      go.focus();
    });
    here.prompt.replaceChildren();
  }
}

// Shows one trial: gives answer, reaction time and the record of its exposure.
export async function showTrial(step, leave) {
  const { screen, block } = step;
  if (scene && scene.block !== block && block === "test") {
    await choose(t("practice_done_title"), prose("practice_done_text"), { go: t("continue") });
  }
  if (scene?.block !== block) scene = { block, life: new AbortController(), ...makeStage(screen, leave) };
  const here = scene;
  if (interval === null) await refresh();
  const counted = t("progress", { number: step.progress.done + 1, total: step.progress.total });
  here.title.textContent = block === "practice" ? `${t("practice_title")} · ${counted}` : counted;
  here.progress.value = step.progress.done / step.progress.total;
  const images = await takeImages(step.images, unreachable);
  fetchAhead(step.ahead);
  await roomFor(here);
  return present(here.stage, screen, images, { interval, maskUrl, resume: back, ask: () => ask(here, screen) });
}

export function tell({ correct, truth }) {
  return new Promise((done) => {
    const go = button(t("next"), done);
    const text = `${t(correct ? "feedback_right" : "feedback_wrong")} ${t(`truth_${truth}`)}`;
    scene.prompt.replaceChildren(
      h("p", { class: correct ? "verdict" : "verdict wrong", role: "status" }, text), h("p", { class: "answers" }, go));
    go.focus();
  });
}
