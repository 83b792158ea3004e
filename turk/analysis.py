"""From a study's answers to its numbers, as data frames: `analyze` is all of it in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from turk.bradley_terry import Preferences, preferences
from turk.course import learning, reactions
from turk.design import arms_of
from turk.glmm import fit
from turk.laplace import Model
from turk.photo_rates import photo_rates
from turk.progress import Progress, progress
from turk.quality import exclude
from turk.rates import DIFFERENCES, EQUIVALENCE, Measure, apart, differences, equivalence, rated, rates
from turk.registry import protocol
from turk.sample import Sample, sample
from turk.sensitivity import pairs, singles
from turk.study import REAL, Study
from turk.terms import completed

MODELED = ("condition", "logit", "error", "rate", "low", "high")
LARGEST_MODEL = 5e8
"""About how many products a step of the model may take: some seconds for the whole fit."""


@dataclass(frozen=True)
class Findings:
    """What one set of sessions says.

    Attributes:
        participants: How many people's answers count.
        rates: A row per condition: turk.rates.RATES, or turk.bradley_terry.STRENGTHS for preferences.
        differences: A row per pair: turk.rates.DIFFERENCES, or turk.bradley_terry.DIFFERENCES.
        equivalence: A row per question, turk.rates.EQUIVALENCE.
        preferences: The side term and circular triads of a study of preferences, else None.
    """

    participants: int
    rates: pd.DataFrame
    differences: pd.DataFrame
    equivalence: pd.DataFrame
    preferences: Preferences | None


@dataclass(frozen=True)
class Modeled:
    """The crossed-effects model.

    Attributes:
        rates: A row per condition, MODELED: the logit at an average person and photo with its standard error, and the
            rate over all people and photos with its 95% interval.
        spreads: Standard deviations of people, photos, and photos within conditions, in logits.
        converged: Whether the fit can be relied on.
    """

    rates: pd.DataFrame
    spreads: dict[str, float]
    converged: bool


@dataclass(frozen=True)
class Analysis:
    """Everything that `turk analyze` prints.

    Attributes:
        study: As it was frozen.
        synthetic: Whether these are synthetic participants; they never come with people.
        measure: What the protocol measures.
        progress: Sessions by arm and what came of them.
        excluded: turk.quality.exclude: a row per session and rule.
        kept: Without excluded sessions: the result.
        everyone: With them, for comparison; the same object where nobody is excluded.
        pairs: turk.sensitivity.pairs of `kept`; empty for other protocols, as is every frame below.
        singles: turk.sensitivity.singles.
        learning: turk.course.learning.
        reactions: turk.course.reactions.
        photos: turk.photo_rates.photo_rates.
        model: The crossed-effects model of `kept`; None for preferences and ratings, or where it was not asked for.
    """

    study: Study
    synthetic: bool
    measure: Measure
    progress: Progress
    excluded: pd.DataFrame
    kept: Findings
    everyone: Findings
    pairs: pd.DataFrame
    singles: pd.DataFrame
    learning: pd.DataFrame
    reactions: pd.DataFrame
    photos: pd.DataFrame
    model: Modeled | None


def analyze(
    responses: pd.DataFrame,
    sessions: pd.DataFrame,
    study: Study,
    decisions: pd.DataFrame | None = None,
    model: bool = True,
) -> Analysis:
    """Analyze the answers to a study.

    Args:
        responses: turk.frames.responses, of people or of synthetic participants.
        sessions: turk.frames.sessions, of the same.
        study: As it was frozen: its exclusion rules, the terms of its analysis, and its seed.
        decisions: turk.frames.decisions: exclusions by hand, with reasons.
        model: Whether to fit the crossed-effects model too.

    Raises:
        ValueError: People and synthetic participants are in one frame.
    """
    if sessions["synthetic"].nunique() > 1:
        raise ValueError("sessions: people and synthetic participants are analyzed apart; got both.")
    measure = protocol(study.protocol).measure
    excluded = exclude(responses, sessions, study.exclusions, decisions)
    taken = sample(responses, sessions, excluded)
    kept = findings(taken, study, measure)
    shown = _conditions(study, measure)
    draws, seed = int(completed(study.analysis)["draws"]), study.seed
    return Analysis(
        study=study,
        synthetic=bool(sessions["synthetic"].any()),
        measure=measure,
        progress=progress(study, arms_of(study), sessions),
        excluded=excluded,
        kept=kept,
        everyone=kept if excluded.empty else findings(sample(responses, sessions), study, measure),
        pairs=pairs(taken, study.conditions, draws, seed),
        singles=singles(taken, study.conditions, draws, seed),
        learning=learning(taken, () if measure == "preference" else shown, draws, seed, apart(measure)),
        reactions=reactions(taken, shown),
        photos=photo_rates(taken, shown if measure in ("fool_rate", "naturalness") else ()),
        model=modeled(taken, shown) if model and measure in ("fool_rate", "naturalness") else None,
    )


def findings(taken: Sample, study: Study, measure: Measure) -> Findings:
    """Estimate and compare the conditions on one set of answers."""
    terms = completed(study.analysis)
    draws, contrasts = int(terms["draws"]), str(terms["contrasts"])
    nothing = pd.DataFrame(columns=list(DIFFERENCES)), pd.DataFrame(columns=list(EQUIVALENCE))
    if not taken.participants:
        return Findings(0, pd.DataFrame(columns=["condition"]), *nothing, None)
    if measure == "preference":
        preferred = preferences(taken, study.conditions, draws, study.seed)
        return Findings(taken.participants, preferred.strengths, preferred.differences, nothing[1], preferred)
    found = rated(measure, taken, _conditions(study, measure), draws, study.seed)
    return Findings(
        participants=taken.participants,
        rates=rates(found),
        differences=differences(found, contrasts),
        equivalence=equivalence(found, contrasts, float(terms["equivalence_margin"])),
        preferences=None,
    )


def modeled(taken: Sample, conditions: tuple[str, ...]) -> Modeled | None:
    """Fit people and photos, and photos within conditions where conditions share them, as crossed effects."""
    trials = taken.trials
    seen = [name for name in conditions if taken.where("condition", name).any()]
    trials = trials[trials["condition"].isin(seen)]
    if trials["session"].nunique() < 2 or trials["photo"].nunique() < 2:
        return None
    groups: dict[str, Any] = {"participant": trials["session"], "photo": trials["photo"]}
    within = trials["photo"].astype(str) + "\t" + trials["condition"].astype(str)
    size = within.nunique() * (trials["session"].nunique() + trials["photo"].nunique()) ** 2
    if len(seen) > 1 and within.nunique() > trials["photo"].nunique() and size < LARGEST_MODEL:
        groups["photo within condition"] = within
    design = np.stack([trials["condition"].eq(name).to_numpy(np.float64) for name in seen], 1).astype(np.float64)
    codes = {
        name: np.unique(values.astype(str), return_inverse=True)[1].astype(np.int64) for name, values in groups.items()
    }
    fitted = fit(Model(trials["value"].to_numpy(np.float64), design, codes))
    rows = [
        (name, fitted.effects[k], fitted.errors[k], *fitted.rate(k))
        for k, name in enumerate(seen)
    ]  # fmt: skip
    return Modeled(pd.DataFrame(rows, columns=list(MODELED)), dict(fitted.spreads), fitted.converged)


def _conditions(study: Study, measure: Measure) -> tuple[str, ...]:
    """What is estimated: where real photos are shown alone to be judged, they are a condition too."""
    return (REAL, *study.conditions) if measure in ("naturalness", "rating") else study.conditions
