"""Strengths of conditions from pairwise preferences (Bradley and Terry), with a term for the side.

P(right is preferred) = sigmoid(strength of right - strength of left + side). Strengths are log odds and sum to 0; there
are no ties, since people must choose.

Source: Bradley and Terry, Biometrika 39 (1952) 324; Davidson and Beaver, Biometrics 33 (1977) 693, for the order term;
Kendall and Babington Smith, Biometrika 31 (1940) 324, for circular triads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from evalsuite.stats import holm
from turk.influence import Statistic
from turk.sample import TARGETS, Sample, Sums

Floats = NDArray[np.float64]
RIDGE = 1e-3
"""A penalty on squared strengths that keeps finite whoever never lost; it moves others by less than they are known."""
STEPS = 60
FAR = 30.0
STRENGTHS = (
    "condition", "value", "these_low", "these_high", "new_low", "new_high", "participants", "trials", "photos", "wins",
)  # fmt: skip
DIFFERENCES = ("a", "b", "value", "new_low", "new_high", "these_low", "these_high", "p", "p_holm", "wins", "trials")


@dataclass(frozen=True)
class Preferences:
    """What pairwise choices say.

    Attributes:
        strengths: A row per condition, STRENGTHS: log odds above the average condition, and choices won.
        differences: A row per pair, DIFFERENCES: log odds of a over b; p_holm is corrected for all pairs.
        side: "value", "low", "high", "p" of the side term: log odds of the right image beyond its strength.
        triads: Circular triads among the majorities: a beats b, b beats c, c beats a; 0 when there is one order.
    """

    strengths: pd.DataFrame
    differences: pd.DataFrame
    side: dict[str, float]
    triads: int


def preferences(taken: Sample, conditions: Sequence[str], draws: int, seed: int) -> Preferences:
    """Fit strengths to the answers, with intervals from participants, and from participants and photos."""
    shown = [name for name in conditions if _seen(taken, name).any()]
    places = list(permutations(range(len(shown)), 2))
    sums = taken.sums(_cells(taken, shown, places), draws, seed)
    members = _members(sums, len(shown), places)
    wins = wins_of(taken, shown)
    side = sums.spread(members[-1], "new_photos")
    low, high = side.interval()
    return Preferences(
        strengths=_strengths(taken, shown, sums, members, wins),
        differences=_differences(shown, sums, members, wins),
        side={"value": side.value, "low": low, "high": high, "p": side.p()},
        triads=circular_triads(wins),
    )


def fit(won: Floats, shown: Floats, places: Sequence[tuple[int, int]], conditions: int) -> Floats:
    """Fit strengths and the side term by penalized maximum likelihood.

    Args:
        won: (..., P) how often the right one was preferred, for each ordered pair.
        shown: (..., P) how often the pair was shown.
        places: (left, right) of each of the P ordered pairs.
        conditions: How many there are.

    Returns:
        (..., conditions + 1): the strengths, which sum to 0, and the side term.
    """
    design = np.zeros((len(places), conditions + 1))
    for row, (left, right) in enumerate(places):
        design[row, left], design[row, right], design[row, -1] = -1, 1, 1
    # The first direction in which all strengths move alike is held by a penalty that changes nothing else.
    together = np.append(np.ones(conditions), 0)
    penalty = RIDGE * np.eye(conditions + 1) + np.outer(together, together)
    fitted = np.zeros((*won.shape[:-1], conditions + 1))
    for _ in range(STEPS):
        chance = expit(fitted @ design.T)
        slope = (won - shown * chance) @ design - fitted @ penalty
        curve = np.einsum("...p,pi,pj->...ij", shown * chance * (1 - chance), design, design) + penalty
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        fitted = np.clip(fitted + np.clip(step, -2, 2), -FAR, FAR)
        if np.abs(step).max() < 1e-10:
            break
    return np.asarray(fitted, np.float64)


def wins_of(taken: Sample, conditions: Sequence[str]) -> NDArray[np.int64]:
    """(C, C) how often the row's condition was preferred to the column's."""
    right = taken.where("answer", "right")
    wins = np.zeros((len(conditions), len(conditions)), np.int64)
    for i, j in permutations(range(len(conditions)), 2):
        pair = taken.where("condition", conditions[i]) & taken.where("other_condition", conditions[j])
        wins[i, j] += int((pair & ~right).sum())
        wins[j, i] += int((pair & right).sum())
    return wins


def circular_triads(wins: NDArray[np.int64]) -> int:
    """Count the triples of which each beats one other by majority."""
    beats = wins > wins.T
    return sum(
        bool((beats[a, b] and beats[b, c] and beats[c, a]) or (beats[b, a] and beats[c, b] and beats[a, c]))
        for a, b, c in combinations(range(len(wins)), 3)
    )


def _seen(taken: Sample, name: str) -> NDArray[np.bool_]:
    return taken.where("condition", name) | taken.where("other_condition", name)


def _cells(taken: Sample, conditions: Sequence[str], places: Sequence[tuple[int, int]]) -> dict[str, ArrayLike]:
    right = taken.where("answer", "right")
    quantities: dict[str, ArrayLike] = {}
    for left, other in places:
        pair = taken.where("condition", conditions[left]) & taken.where("other_condition", conditions[other])
        quantities |= {f"right won {left} {other}": pair & right, f"shown {left} {other}": pair}
    return quantities


def _members(sums: Sums, conditions: int, places: Sequence[tuple[int, int]]) -> list[Statistic]:
    """The strengths and the side term, each a statistic of the sums; the same sums are fitted once for all."""
    won = sums.pick(*(f"right won {left} {right}" for left, right in places))
    shown = sums.pick(*(f"shown {left} {right}" for left, right in places))
    known: list[tuple[Floats, Floats]] = []

    def fitted(drawn: Floats) -> Floats:
        for sums_then, strengths in known:
            if sums_then is drawn:
                return strengths
        strengths = fit(drawn[..., won], drawn[..., shown], places, conditions)
        known.append((drawn, strengths))
        return strengths

    def member(k: int) -> Statistic:
        return lambda drawn: fitted(drawn)[..., k]

    return [member(k) for k in range(conditions + 1)]


def _strengths(
    taken: Sample, names: Sequence[str], sums: Sums, members: Sequence[Statistic], wins: NDArray[np.int64]
) -> pd.DataFrame:
    rows = []
    for k, name in enumerate(names):
        these, new = (sums.spread(members[k], target) for target in TARGETS)
        shown = taken.trials[_seen(taken, name)]
        counts = shown["session"].nunique(), len(shown), shown["photo"].nunique(), int(wins[k].sum())
        rows.append((name, these.value, *these.interval(), *new.interval(), *counts))
    return pd.DataFrame(rows, columns=list(STRENGTHS))


def _differences(
    names: Sequence[str], sums: Sums, members: Sequence[Statistic], wins: NDArray[np.int64]
) -> pd.DataFrame:
    rows = []
    for a, b in combinations(range(len(names)), 2):

        def gap(drawn: Floats, a: int = a, b: int = b) -> Floats:
            return members[a](drawn) - members[b](drawn)

        these, new = (sums.spread(gap, target) for target in TARGETS)
        counts = int(wins[a, b]), int(wins[a, b] + wins[b, a])
        rows.append((names[a], names[b], new.value, *new.interval(), *these.interval(), new.p(), np.nan, *counts))
    table = pd.DataFrame(rows, columns=list(DIFFERENCES))
    return table.assign(p_holm=holm(table["p"].to_numpy(float)))
