"""The crossed-effects model as a script for R, on an export's own files."""

from __future__ import annotations

from turk.analysis import Analysis
from turk.study import REAL

HEAD = """# The crossed-effects model of {name} (frozen study {sha256}).
# Run it in this folder: Rscript model.R    It needs the package lme4.
library(lme4)
answers <- read.csv("responses.csv", stringsAsFactors = FALSE)
truth <- function(x) x %in% c("True", "TRUE", TRUE)
finished <- read.csv("sessions.csv", stringsAsFactors = FALSE)
finished <- finished$session[finished$state %in% c("finished", "excluded")]
kept <- answers[answers$kind == "test" & truth(answers$valid) & !truth(answers$excluded)
                & answers$session %in% finished, ]
"""
BINARY = """kept <- kept[kept$condition %in% c({conditions}), ]
kept$condition <- factor(kept$condition, levels = c({conditions}))
# A tighter tolerance than lme4's, at which estimates still move in the third digit.
exact <- glmerControl(tolPwrss = 1e-10)
model <- glmer(value ~ 0 + condition + (1 | participant) + (1 | photo){slopes}, kept, binomial, control = exact)
print(summary(model))
# Rates over all people and photos, not only at the average ones.
spread <- sqrt(sum(as.data.frame(VarCorr(model))$vcov))
rates <- sapply(fixef(model), function(b) integrate(function(z) plogis(b + spread * z) * dnorm(z), -8, 8)$value)
print(rates)
"""
RATING = """kept$condition <- factor(kept$condition)
model <- lmer(value ~ 0 + condition + (1 | participant) + (1 | photo), kept)
print(summary(model))
"""
PREFERENCE = """names <- sort(unique(c(kept$condition, kept$other_condition)))
design <- sapply(names, function(n) (kept$other_condition == n) - (kept$condition == n))[, -1, drop = FALSE]
# The intercept is the side: log odds of the right image beyond its strength; the first condition's strength is 0.
model <- glmer(value ~ design + (1 | participant), kept, binomial)
print(summary(model))
"""


def r_script(analysis: Analysis) -> str:
    """Write the script for what the study measures."""
    study = analysis.study
    head = HEAD.format(name=study.name, sha256=study.hash)
    if analysis.measure == "preference":
        return head + PREFERENCE
    if analysis.measure == "rating":
        return head + RATING
    shown = (REAL, *study.conditions) if analysis.measure == "naturalness" else study.conditions
    sloped = analysis.model is None or "photo within condition" in analysis.model.spreads
    conditions = ", ".join(f'"{name}"' for name in shown)
    return head + BINARY.format(conditions=conditions, slopes=" + (1 | photo:condition)" if sloped else "")
