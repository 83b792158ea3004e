"""The sentences below an analysis's tables: what a reviewer would ask."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from turk.analysis import Analysis, Modeled
from turk.photo_rates import ENOUGH
from turk.rates import CHANCE
from turk.terms import completed

SYNTHETIC = "SYNTHETIC PARTICIPANTS, NO PEOPLE. "
FEW_PHOTOS = 10
"""Below so many times the trials of a session, the photos themselves are a large part of the uncertainty."""


def about(analysis: Analysis) -> str:
    """Say what was asked of whom."""
    study, out = analysis.study, analysis.excluded["session"].nunique()
    finished = analysis.progress.finished
    people = f"{analysis.kept.participants:,} of {finished:,} who finished" if out else f"{finished:,} who finished"
    left = f" ({out:,} left out)" if out else ""
    warning = SYNTHETIC if analysis.synthetic else ""
    return f"{warning}{study.name}, protocol {study.protocol}: answers of {people}{left}"


def rates_notes(analysis: Analysis) -> Iterator[str]:
    """Say what the intervals mean and what they rest on."""
    study, draws = analysis.study, int(completed(analysis.study.analysis)["draws"])
    yield (
        f"Two intervals: for these {len(study.photos):,} photos (participants resampled) and for new photos of the "
        f"same kind (participants and photos resampled); {draws:,} draws, seed {study.seed}."
    )
    trials = int(study.parameters.get("test", 0))
    if len(study.photos) < FEW_PHOTOS * trials:
        yield (
            f"With {len(study.photos):,} photos and {trials} trials each, report the interval for new photos: the "
            "other says nothing about photos that were not shown."
        )
    yield from _excluded(analysis)
    if not analysis.progress.met and not analysis.synthetic:
        done = analysis.progress
        yield (
            f"The stopping rule is not met ({done.finished:,} of {done.wanted:,} finished sessions). Intervals at a "
            "look that was not planned promise less than 95%."
        )
    rates = analysis.kept.rates
    if analysis.measure == "fool_rate" and len(rates) and (rates["new_low"] > CHANCE).any():
        yield "A fool rate above 50% says that the fake was taken for the photo more often than the photo itself."
    if len(analysis.photos) and not analysis.photos["ranked"].any():
        yield f"Single photos are not ranked: each was seen fewer than {ENOUGH} times in a condition."
    yield f"Frozen study {study.hash}."


def differences_notes(analysis: Analysis) -> Iterator[str]:
    """Say what was tested, how often, and which pairs cannot be told apart."""
    table = analysis.kept.differences
    tested = table["p"].notna().sum()
    comparisons = "comparison" if tested == 1 else "comparisons"
    yield (
        f"{tested} {comparisons}; p is two-sided, of no difference for new photos, from the same draws as the "
        f"interval; p (Holm) is corrected for all {tested}."
    )
    open_pairs = table[table["p_holm"] >= 0.05]
    if len(open_pairs):
        listed = ", ".join(f"{row['a']} and {row['b']}" for row in open_pairs.to_dict("records"))
        yield f"Not told apart at 5%: {listed}. That is no evidence that they are the same."
    preferred = analysis.kept.preferences
    if preferred is not None:
        side = preferred.side
        yield (
            f"Side: {side['value']:+.2f} log odds for the right image [{side['low']:+.2f}, {side['high']:+.2f}]. "
            f"Circular triads among majorities: {preferred.triads}."
        )


def equivalence_notes(analysis: Analysis) -> Iterator[str]:
    """Say what the margin is and where it comes from."""
    yield (
        "The same within the margin of the frozen study where the 90% interval lies inside it; p (Holm) is corrected "
        f"for all {len(analysis.kept.equivalence)}. Not shown to be the same is not shown to differ."
    )


def model_notes(model: Modeled) -> Iterator[str]:
    """Say how much people and photos differ, and whether the fit holds."""
    spreads = ", ".join(f"{name} {sd:.2f}" for name, sd in model.spreads.items())
    yield f"Standard deviations in logits: {spreads}. Laplace approximation, as glmer of lme4."
    if not model.converged:
        yield "The fit did not converge; do not report it."


def _excluded(analysis: Analysis) -> Iterator[str]:
    rules = ", ".join(f"{name} {value}" for name, value in analysis.study.exclusions.items() if value is not None)
    if analysis.excluded.empty:
        yield f"Nobody was left out; with and without exclusions is the same. Rules: {rules or 'none'}."
        return
    counted: pd.Series[int] = analysis.excluded.groupby("rule", sort=False)["session"].nunique()
    listed = ", ".join(f"{name} {count}" for name, count in counted.items())
    yield f"Left out by rule (a session can break several): {listed}. Rules: {rules or 'none'}."
