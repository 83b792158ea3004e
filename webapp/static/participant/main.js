// The way through a study: asks the server for the step, shows it, sends what the participant did, and so on.
import { h } from "../element.js";
import { Refused, answer, call, enter, note, resume, sendNotes } from "./api.js";
import { clear, refresh, showTrial, tell } from "./trials.js";
import { button, choose, form, locale, prose, radios, show, study, t, waiting } from "./views.js";

// Whether the first trial of this page may have been seen before it was loaded again: then it is replaced.
let again = false;
// Whether the session was finished on this page: then the way back is gone at once, and later only when asked.
let done = false;
let block = null;
const post = (path, body = {}) => call("POST", `/api/session/${path}`, body, waiting);

async function device({ problems, width, height }) {
  if (problems?.length) {
    const why = problems.flatMap((problem) => prose(`device_${problem}`, { width, height }));
    const chosen = await choose(t("device_title"), why, { again: t("device_retry"), leave: t("leave") });
    if (chosen === "leave") return post("leave");
  }
  show(t("device_title"), ...prose("device_text"), h("p", { role: "status" }, t("device_checking")));
  return post("device", {
    width: innerWidth, height: innerHeight, dpr: devicePixelRatio, touch: navigator.maxTouchPoints > 0,
    refresh_hz: await refresh(), user_agent: navigator.userAgent.slice(0, 500), webdriver: Boolean(navigator.webdriver),
    framed: window !== top, isolated: Boolean(window.crossOriginIsolated),
  });
}

async function consent(step) {
  const buttons = { agree: t("consent_agree"), decline: t("consent_decline") };
  const chosen = await choose(t("consent_title"), prose("consent_text"), buttons);
  return post("consent", { version: step.version, agree: chosen === "agree" });
}

async function colorVision() {
  const options = ["no", "yes", "unsure", "unsaid"].map((value) => [value, t(`color_vision_${value}`)]);
  const field = radios("color_vision", t("color_vision_text"), options);
  const said = await form(t("color_vision_title"), [field], t("continue"));
  return post("color-vision", { answers: [said.color_vision] });
}

async function instructions() {
  await choose(t("instructions_title"), prose("instructions"), { begin: t("begin") });
  return post("begin");
}

// Leaving is asked twice; staying loads the page again, which goes on with the same pair.
async function leave() {
  clear();
  const chosen = await choose(t("leave_title"), prose("leave_text"), { stay: t("leave_no"), go: t("leave_yes") });
  if (chosen === "stay") return location.reload();
  return go((await post("leave")).step);
}

async function trial(step) {
  const seen = await showTrial(step, leave);
  seen.exposure.again = again;
  again = false;
  const said = await answer(step.nonce, seen, waiting);
  sendNotes();
  if (said.feedback) await tell(said.feedback);
  return said;
}

// The editor is fetched where people color, and nowhere else.
async function photo(step) {
  const { colorPhoto } = await import("./coloring.js");
  const said = await colorPhoto(step, block, leave);
  block = step.block;
  sendNotes();
  return said;
}

async function comment() {
  const field = h("label", {}, t("comment_label"), h("textarea", { name: "text", rows: 4, maxlength: 2000 }));
  const said = await form(t("comment_title"), [...prose("comment_text"), field], t("comment_send"));
  if (said.text.trim()) await post("comment", { text: said.text });
  done = true;
  return post("finish");
}

const ENDS = {
  code: ({ code }) => [
    ...prose("finished_code"), h("output", {}, code),
    h("p", {}, button(t("finished_copy"), (event) => {
      navigator.clipboard?.writeText(code).then(() => { event.target.textContent = t("finished_copied"); }, () => null);
    }, "quiet")), ...prose("finished_return")],
  redirect: ({ url }) => [h("p", {}, h("a", { class: "main", href: url }, t("finished_redirect")))],
  form: ({ action, fields }) => [h("form", { method: "post", action },
    ...Object.entries(fields).map(([name, value]) => h("input", { type: "hidden", name, value })),
    h("p", {}, h("button", { class: "main" }, t("finished_form"))))],
  none: () => prose("finished_close"),
};

const back = (departure) => (ENDS[departure.kind] ?? ENDS.none)(departure);

// The answers are on the server by now. A form is sent from this very frame, which the recruiter opened.
function finished({ departure }) {
  show(t("finished_title"), ...prose("finished_text"), ...back(departure));
  if (!done) return;
  done = false;
  if (departure.kind === "redirect") location.assign(departure.url);
  if (departure.kind === "form") document.querySelector("main form").requestSubmit();
}

const said = (name) => (found) =>
  show(t(`${name}_title`), ...prose(`${name}_text`), ...(found?.departure ? back(found.departure) : []));
const STEPS = {
  device, consent, color_vision: colorVision, instructions, trial, photo, comment, finished,
  left: said("left"), declined: said("declined"), refused: said("device_refused"), closed: said("closed"),
  abandoned: said("abandoned"), paused: said("paused"), no_place: said("no_place"), already: said("already"),
};

async function go(step) {
  while (step) {
    if (step.name !== "trial") clear();
    step = (await STEPS[step.name](step))?.step;
  }
}

async function stopped(error) {
  clear();
  if (!(error instanceof Refused)) {
    await choose(t("error_title"), prose("error_text"), { again: t("error_retry") });
  } else if (error.moved) {
    await choose(t("moved_title"), prose("moved_text"), { here: t("moved_here") });
  } else {
    return error.kind in STEPS ? STEPS[error.kind](error) : show(t("error_title"), h("p", {}, error.message));
  }
  return location.reload();
}

for (const kind of ["blur", "focus", "online", "offline"]) addEventListener(kind, () => note(kind));
addEventListener("resize", () => note("resize", { width: innerWidth, height: innerHeight }));
document.addEventListener("visibilitychange", () => note(document.hidden ? "hidden" : "visible"));
addEventListener("unhandledrejection", (event) => stopped(event.reason));

async function start() {
  let found = await resume(locale, waiting);
  again = found !== null;
  found ??= await enter(study, locale, waiting);
  await go(found.step);
}

start().catch(stopped);
