// What is on the page besides the stage: headings, paragraphs, buttons, forms. Texts come with the page itself.
import { h } from "../element.js";

const root = document.getElementById("study");
const status = document.getElementById("status");
export const texts = JSON.parse(root.dataset.texts);

export const { study, mask: maskUrl, preview } = root.dataset;
export const locale = document.documentElement.lang;

// A text by its key, with {names} filled in.
export function t(key, facts = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
}

// Blank lines separate paragraphs, "- " begins an item of a list.
export function prose(key, facts) {
  return t(key, facts).trim().split(/\n\s*\n/).map((block) => {
    const lines = block.split("\n");
    if (!lines.every((line) => line.startsWith("- "))) return h("p", {}, lines.join(" "));
    return h("ul", {}, ...lines.map((line) => h("li", {}, line.slice(2))));
  });
}

export const button = (text, onclick, kind = "main") => h("button", { type: "button", class: kind, onclick }, text);

export function show(title, ...children) {
  const heading = h("h1", { tabindex: -1 }, title);
  root.replaceChildren(h("article", {}, heading, ...children));
  root.removeAttribute("aria-busy");
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

// A page of other parts than text, such as the editor.
export function lay(label, ...children) {
  root.replaceChildren(h("section", { class: "trial", "aria-label": label }, ...children));
  root.removeAttribute("aria-busy");
  scrollTo(0, 0);
}

// A page that waits for one of its buttons: gives the button's value.
export function choose(title, children, buttons) {
  return new Promise((done) => {
    const made = Object.entries(buttons).map(([value, text], i) => button(text, () => done(value), i ? "quiet" : "main"));
    show(title, ...children, h("p", { class: "buttons" }, ...made));
  });
}

// A form that waits for its button: gives the form's values.
export function form(title, fields, send) {
  return new Promise((done) => {
    const onsubmit = (event) => { event.preventDefault(); done(Object.fromEntries(new FormData(event.target))); };
    const buttons = h("p", { class: "buttons" }, h("button", { class: "main" }, send));
    show(title, h("form", { onsubmit }, ...fields, buttons));
  });
}

export function radios(name, legend, options) {
  const rows = options.map(([value, text]) =>
    h("label", {}, h("input", { type: "radio", name, value, required: true }), " ", text));
  return h("fieldset", {}, h("legend", {}, legend), ...rows);
}

export function waiting(on) {
  status.textContent = on ? `${t("offline_title")}. ${t("offline_text")}` : "";
  status.hidden = !on;
}

// The stage with its prompt, made once for a block of trials.
export function makeStage(screen, onleave) {
  const names = screen.order.length > 1 ? ["picture_left", "picture_right"] : ["picture_single"];
  const places = names.map((name, i) =>
    h("button", { type: "button", class: "place", "data-place": i, "aria-label": t(name), disabled: true }));
  const cross = h("div", { class: "cross", "aria-hidden": "true" });
  const stage = h("div", { class: "stage", "data-phase": "blank" }, ...places, cross);
  stage.style.setProperty("--size", `${screen.size}px`);
  const parts = {
    stage, places,
    title: h("p", { class: "block" }),
    prompt: h("div", { class: "prompt" }),
    progress: h("progress", { max: 1, value: 0, "aria-label": t("progress_label") }),
  };
  const leave = h("p", {}, button(t("leave"), onleave, "leave"));
  root.replaceChildren(h("section", { class: "trial", "aria-label": t("stage_label") },
    parts.title, stage, parts.prompt, parts.progress, leave));
  root.removeAttribute("aria-busy");
  return parts;
}

// Waits for an answer by click or key: [choice, time stamp, whether a person's event].
export function ask({ stage, prompt, places, life }, screen) {
  return new Promise((done) => {
    const two = screen.choices.length === 2;
    const keys = screen.choices.map((_, i) => (two ? [["ArrowLeft", "f", "1"], ["ArrowRight", "j", "2"]][i] : [String(i + 1)]));
    const finish = (i, event) => {
      removeEventListener("keydown", onkey);
      places.forEach((place) => { place.disabled = true; place.onclick = null; });
      prompt.replaceChildren();
      done([screen.choices[i], event.timeStamp, event.isTrusted]);
    };
    const onkey = (event) => {
      const i = keys.findIndex((names) => names.includes(event.key));
      const plain = !event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey;
      if (i < 0 || !plain) return;
      event.preventDefault();
      finish(i, event);
    };
    const hints = screen.choices.map((_, i) => h("kbd", { "aria-hidden": "true" }, two ? ["←", "→"][i] : String(i + 1)));
    const buttons = screen.choices.map((choice, i) =>
      h("button", { type: "button", onclick: (event) => finish(i, event) }, t(`choice_${choice}`), " ", hints[i]));
    if (screen.points === "places") {
      places.forEach((place, i) => { place.disabled = false; place.onclick = (event) => finish(i, event); });
    }
    prompt.replaceChildren(
      h("p", { role: "status" }, t(`question_${screen.question}`)), h("p", { class: "answers" }, ...buttons));
    addEventListener("keydown", onkey, { signal: life.signal });
    if (stage.dataset.phase === "cover") stage.dataset.phase = "ask";
  });
}
