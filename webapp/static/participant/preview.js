// A fixed demonstration that belongs to no study: nothing is sent, nothing is stored.
import { tell, showTrial } from "./trials.js";
import { choose, prose, show, t } from "./views.js";

const step = JSON.parse(document.getElementById("study").dataset.preview);
const choices = { begin: t("begin") };
if (step.name === "photo") {
  show(t("demonstration_title"), ...prose("demonstration_text"), ...prose("instructions"), ...prose("demonstration_end"));
} else for (;;) {
  await choose(t("demonstration_title"), [...prose("demonstration_text"), ...prose("instructions")], choices);
  const seen = await showTrial(step, () => location.reload());
  if (step.truth) await tell({ correct: seen.answer === step.truth, truth: step.truth });
  show(t("demonstration_title"), ...prose("demonstration_end"));
  break;
}
