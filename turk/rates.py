"""Rates of conditions with their intervals, their differences, and tests of being the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from evalsuite.stats import holm
from turk.influence import Statistic, difference
from turk.sample import TARGETS, Sample, Sums
from turk.spread import Spread

Measure: TypeAlias = Literal["fool_rate", "preference", "naturalness", "rating"]
BOUNDS: Mapping[str, tuple[float, float]] = {"rating": (1.0, 5.0)}
"""Between which the values of a measure lie, if not between 0 and 1."""
CHANCE = 0.5
RATES = (
    "condition", "value", "these_low", "these_high", "new_low", "new_high", "participants", "trials", "photos",
)  # fmt: skip
DIFFERENCES = ("a", "b", "value", "new_low", "new_high", "these_low", "these_high", "p", "p_holm")
EQUIVALENCE = ("a", "b", "value", "margin", "low90", "high90", "p", "p_holm", "equivalent")


@dataclass(frozen=True)
class Rated:
    """Resampled means of conditions.

    Attributes:
        measure: What is averaged.
        conditions: In the order of the study.
        sample: The answers.
        sums: Their sums by condition.
    """

    measure: Measure
    conditions: tuple[str, ...]
    sample: Sample
    sums: Sums

    def mean(self, condition: str) -> Statistic:
        """A condition's mean as a statistic of the sums."""
        return self.sums.share(f"value of {condition}", f"trials of {condition}")


def bounds(measure: Measure) -> tuple[float, float]:
    """Between which the values of a measure lie."""
    return BOUNDS.get(measure, (0.0, 1.0))


def apart(measure: Measure) -> tuple[float, float]:
    """Between which the differences of two such values lie."""
    least, most = bounds(measure)
    return least - most, most - least


def rated(measure: Measure, taken: Sample, conditions: Sequence[str], draws: int, seed: int) -> Rated:
    """Resample the means of those conditions that were seen."""
    quantities: dict[str, ArrayLike] = {}
    seen = tuple(name for name in conditions if taken.where("condition", name).any())
    for name in seen:
        shown = taken.where("condition", name)
        quantities[f"value of {name}"] = np.where(shown, taken.trials["value"], 0.0)
        quantities[f"trials of {name}"] = shown
    return Rated(measure, seen, taken, taken.sums(quantities, draws, seed))


def rates(found: Rated) -> pd.DataFrame:
    """Return a row per condition, RATES: its mean and both 95% intervals, and what they stand on."""
    rows = []
    for name in found.conditions:
        shown = found.sample.trials[found.sample.where("condition", name)]
        counts = {"participants": shown["session"].nunique(), "trials": len(shown), "photos": shown["photo"].nunique()}
        rows.append({"condition": name, **_intervals(found, name, counts), **counts})
    return pd.DataFrame(rows, columns=list(RATES))


def differences(found: Rated, contrasts: str) -> pd.DataFrame:
    """Return a row per pair of conditions, DIFFERENCES: a - b on shared resamples of photos.

    p is two-sided, of no difference for new photos; p_holm is corrected for all rows.

    Args:
        found: Resampled means.
        contrasts: "all" pairs, or each with the "first".
    """
    rows, edges = [], apart(found.measure)
    for a, b in _pairs(found.conditions, contrasts):
        gap = difference(found.mean(a), found.mean(b))
        these, new = (found.sums.spread(gap, target, edges) for target in TARGETS)
        ends = (*new.interval(), *these.interval())
        rows.append(dict(zip(DIFFERENCES, (a, b, new.value, *ends, new.p(), np.nan), strict=True)))
    table = pd.DataFrame(rows, columns=list(DIFFERENCES))
    return table.assign(p_holm=holm(table["p"].to_numpy(float)))


def equivalence(found: Rated, contrasts: str, margin: float) -> pd.DataFrame:
    """Return a row per question whether two rates are the same but for a margin, EQUIVALENCE.

    A fool rate is held against chance (b is None), and every pair of conditions against each other. Two one-sided tests
    at 5% each say that both are the same where the 90% interval for new photos lies within the margin.

    Args:
        found: Resampled means.
        contrasts: Which pairs.
        margin: As a share of the measure's range.

    Source: Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987) 657.
    """
    edges = apart(found.measure)
    width = margin * edges[1]
    asked: list[tuple[str, str | None, Spread]] = []
    if found.measure == "fool_rate":
        for name in found.conditions:
            above = _less(found.mean(name), CHANCE)
            asked.append((name, None, found.sums.spread(above, "new_photos", (-CHANCE, 1 - CHANCE))))
    for a, b in _pairs(found.conditions, contrasts):
        gap = difference(found.mean(a), found.mean(b))
        asked.append((a, b, found.sums.spread(gap, "new_photos", edges)))
    rows = [_tested(a, b, spread, width) for a, b, spread in asked]
    table = pd.DataFrame(rows, columns=list(EQUIVALENCE))
    corrected = holm(table["p"].to_numpy(float))
    return table.assign(p_holm=corrected, equivalent=corrected < 0.05)


def exact_interval(value: float, n: int) -> tuple[float, float]:
    """Return the exact 95% interval of a share that was 0 or 1 in all n cases; NaN for any other.

    Source: Clopper and Pearson, Biometrika 26 (1934) 404.

    Example:
        >>> [round(edge, 4) for edge in exact_interval(0.0, 40)]
        [0.0, 0.0881]
    """
    if value == 0:
        return 0.0, float(betaincinv(1, n, 0.975))
    if value == 1:
        return float(betaincinv(n, 1, 0.025)), 1.0
    return float("nan"), float("nan")


def _intervals(found: Rated, name: str, counts: Mapping[str, int]) -> dict[str, float]:
    row: dict[str, float] = {}
    for target, prefix in zip(TARGETS, ("these", "new"), strict=True):
        spread = found.sums.spread(found.mean(name), target, bounds(found.measure))
        low, high = spread.interval()
        # Where nobody or everybody was fooled nothing varies: then people, or photos if fewer, count as single cases.
        if not spread.known and bounds(found.measure) == (0.0, 1.0):
            few = counts["participants"] if target == "these_photos" else min(counts["participants"], counts["photos"])
            low, high = exact_interval(spread.value, few)
        row |= {"value": spread.value, f"{prefix}_low": low, f"{prefix}_high": high}
    return row


def _pairs(conditions: Sequence[str], contrasts: str) -> Iterator[tuple[str, str]]:
    for a, b in combinations(conditions, 2):
        if contrasts == "all" or a == conditions[0]:
            yield a, b


def _less(statistic: Statistic, constant: float) -> Statistic:
    return lambda sums: statistic(sums) - constant


def _tested(a: str, b: str | None, spread: Spread, width: float) -> dict[str, Any]:
    low, high = spread.interval(0.90)
    p = max(spread.p_below(width), 1 - spread.p_below(-width))
    return dict(zip(EQUIVALENCE, (a, b, spread.value, width, low, high, p, np.nan, False), strict=True))
