"""Checks of a session's answered trials: what breaks a rule, as a number and in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from math import comb
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FAST_MS = 150
"""A reaction to the question that no reader of it could have had."""
SLOW_MS = 10_000
"""A reaction so late that what was seen is forgotten."""
SIDES = ("left", "right")

Finding: TypeAlias = tuple[float, str]
"""What was found in a session that breaks a rule, as a number and in words."""
Columns: TypeAlias = Mapping[str, NDArray[Any]]
"""A session's answered trials, in their order, by column."""
Check: TypeAlias = Callable[[Columns, float], Finding | None]
"""From a session's trials and the threshold to what breaks the rule, or None."""


def _valid(trials: Columns, kind: str, column: str) -> NDArray[Any]:
    """A column of the trials of a kind whose exposure was as planned: nobody fails for what could not be seen."""
    shown: NDArray[Any] = trials[column][(trials["kind"] == kind) & trials["valid"]]
    return shown


def correct(kind: str) -> Check:
    """Find too few right answers to trials of a kind."""

    def check(trials: Columns, least: float) -> Finding | None:
        seen = _valid(trials, kind, "correct")
        planned, right = int(((trials["kind"] == kind) & ~trials["replaces"]).sum()), int(seen.sum())
        wrong = len(seen) - right
        # Trials that could not be seen and had no photo left to replace them count as passed.
        if not wrong or planned - wrong >= least:
            return None
        return right, f"{right} of {len(seen)} {kind} trials right, {least:.0f} of {planned} needed"

    return check


def invalid(trials: Columns, most: float) -> Finding | None:
    """Find too many test exposures that were not as planned."""
    shown = trials["valid"][trials["kind"] == "test"]
    missed = int((~shown).sum())
    if not len(shown) or missed / len(shown) <= most:
        return None
    return missed / len(shown), f"{missed} of {len(shown)} exposures missed their time or were not visible"


def median(trials: Columns, least: float) -> Finding | None:
    """Find a median reaction time that is too short."""
    times = _times(trials)
    median = float(np.median(times)) if len(times) else np.inf
    return None if median >= least else (median, f"median reaction time {median:.0f} ms, below {least:.0f} ms")


def share(test: Callable[[NDArray[np.float64]], NDArray[np.bool_]], words: str) -> Check:
    """Find too many reaction times of a sort."""

    def check(trials: Columns, most: float) -> Finding | None:
        times = _times(trials)
        count = int(test(times).sum())
        if not len(times) or count / len(times) <= most:
            return None
        return count / len(times), f"{count} of {len(times)} answers {words}"

    return check


def one_side(trials: Columns, least: float) -> Finding | None:
    """Find answers on one side that a fair coin would hardly give."""
    answers = _sides(trials)
    most = int(max(np.count_nonzero(answers == side) for side in SIDES))
    p = min(1.0, 2 * _heads(most, len(answers)))
    if p >= least:
        return None
    return most, f"{most} of {len(answers)} answers on one side (p {p:.1g} for a fair coin)"


def run(trials: Columns, most: float) -> Finding | None:
    """Find too many answers in a row on one side."""
    longest = max((len(list(run)) for _, run in groupby(_sides(trials).tolist())), default=0)
    return None if longest <= most else (longest, f"{longest} answers in a row on one side, at most {most:.0f} allowed")


def _heads(least: int, tosses: int) -> float:
    """How probable so many heads or more are with a fair coin."""
    return sum(comb(tosses, heads) for heads in range(least, tosses + 1)) / (1 << tosses)


def _times(trials: Columns) -> NDArray[np.float64]:
    times = _valid(trials, "test", "rt_ms").astype(np.float64)
    return times[~np.isnan(times)]


def _sides(trials: Columns) -> NDArray[Any]:
    """The answers where a side was chosen; other questions may honestly have one answer."""
    answers = _valid(trials, "test", "answer")
    return answers[np.isin(answers.astype(str), SIDES)]
