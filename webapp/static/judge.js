// The study's own task with the dashboard's photos: the participants' stage, and nobody who is told of the answers.
import { h } from "./element.js";
import { clear, showTrial } from "./participant/trials.js";
import { show } from "./participant/views.js";
import { interval, sensitivity } from "./detection.js";

const root = document.getElementById("study");
const { trials: wanted, pool, screen, crowd, label } = JSON.parse(root.dataset.judge);
const SIDES = ["left", "right"];

function shuffled(items) {
  const mixed = [...items];
  for (let k = mixed.length - 1; k > 0; k--) {
    const other = Math.floor((crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32) * (k + 1));
    [mixed[k], mixed[other]] = [mixed[other], mixed[k]];
  }
  return mixed;
}

// Where the fake is and whether it comes first, each as often as the other.
function cells(count) {
  const all = [[0, 0], [0, 1], [1, 0], [1, 1]];
  return shuffled(Array.from({ length: count }, (_, k) => all[k % 4]));
}

function stepOf(pair, [place, turn], done, next) {
  const images = place === 0 ? [pair.fake, pair.real] : [pair.real, pair.fake];
  return {
    block: "test", images, ahead: next ? [next.fake, next.real] : [], progress: { done, total: wanted },
    screen: { ...screen, order: place === turn ? [0, 1] : [1, 0] },
  };
}

// As studies count it: shown to the frame, and never hidden.
function valid({ planned_ms, shown, refresh_hz, hidden }) {
  const step = 1000 / refresh_hz;
  return !hidden && shown.every((one) => !one.long_frames && (planned_ms === null || Math.abs(one.off_ms - one.on_ms - planned_ms) <= step));
}

async function judge() {
  const places = cells(wanted), answers = [], left = new Promise((done) => {
    root.addEventListener("stop", done, { once: true });
    addEventListener("keydown", (event) => event.key === "Escape" && done(), { once: false });
  });
  let replaced = 0;
  for (const [k, pair] of pool.entries()) {
    if (answers.length === wanted) break;
    const cell = places[answers.length], step = stepOf(pair, cell, answers.length, pool[k + 1]);
    const seen = await Promise.race([showTrial(step, () => root.dispatchEvent(new Event("stop"))), left]);
    if (!seen?.exposure) break;
    if (valid(seen.exposure)) answers.push({ pair, fake: SIDES[cell[0]], answer: seen.answer });
    else replaced++;
  }
  clear();
  tell(answers, replaced);
}

const percent = (share) => `${(100 * share).toFixed(0)}%`;
const ends = (low, high, digits = 2) => (low == null ? "" : ` [${low.toFixed(digits)}, ${high.toFixed(digits)}]`);

function row(name, rate, low, high, d, of) {
  const cells = [`${percent(rate)} [${percent(low)}, ${percent(high)}]`, d, of];
  return h("tr", {}, h("th", { scope: "row" }, name), ...cells.map((text) => h("td", {}, text)));
}

function rows(answers) {
  const fooled = answers.filter((one) => one.answer !== one.fake).length;
  const own = sensitivity(answers), [low, high] = interval(fooled, answers.length);
  const found = [row("You", fooled / answers.length, low, high, `${own.d.toFixed(2)}${ends(own.low, own.high)}`, `${answers.length} trials`)];
  if (!crowd) return found;
  const who = crowd.synthetic ? "synthetic ones" : "people";
  const d = crowd.d_prime == null ? "not known" : `${crowd.d_prime.toFixed(2)}${ends(crowd.d_prime_low, crowd.d_prime_high)}`;
  found.push(row(`Study ${crowd.study}`, crowd.fool_rate, crowd.low ?? crowd.fool_rate, crowd.high ?? crowd.fool_rate, d, `${crowd.participants} ${who}, ${crowd.trials} trials`));
  const [hits, views] = ["fooled", "views"].map((key) => answers.reduce((sum, one) => sum + (one.pair[key] ?? 0), 0));
  if (views) found.push(row("The study, on these photos", hits / views, ...interval(hits, views), "", `${views} trials`));
  return found;
}

function tell(answers, replaced) {
  if (!answers.length) return location.reload();
  const head = h("tr", {}, ...["", "Fooled [95%]", "d' [95%]", "Of"].map((text) => h("th", { scope: "col" }, text)));
  const missed = answers.filter((one) => one.answer !== one.fake);
  const list = missed.map(({ pair }) => h("li", {}, h("a", { href: pair.address }, pair.photo),
    pair.views ? `: fooled ${pair.fooled} of ${pair.views} in the study` : ""));
  show(`You judged ${label}`,
    h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows(answers))),
    h("p", {}, `d' is how well fakes are told from photos: 0 is chance. ${replaced} exposures missed by a frame or more and were replaced. Nothing of this was sent or kept, and nothing of it counts.`),
    ...(missed.length ? [h("h2", {}, "What fooled you"), h("ul", {}, ...list)] : []),
    h("p", { class: "buttons" }, h("a", { class: "main", href: location.href }, "Again"), h("a", { href: root.dataset.back }, "Back to the gallery")));
}

const begin = document.getElementById("begin");
begin.parentElement.hidden = false;
begin.addEventListener("click", judge);
begin.focus();
