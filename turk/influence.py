"""How much each answer moves a statistic, and the standard error that follows; turk.bootstrap has the formulas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from turk.spread import NOTHING, Error

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Statistic: TypeAlias = Callable[[Floats], Floats]
"""From sums (..., Q) to a value (...)."""
Target: TypeAlias = Literal["these_photos", "new_photos"]

MOST_LEAN = 0.2
"""The largest acceleration that is believed: means of very few participants have larger ones by chance."""
STEP = 1e-4


@dataclass(frozen=True)
class Answers:
    """Who answered about what, and what is summed.

    Attributes:
        participants: (n,) whose answer it is, from 0.
        photos: (n,) of which photo, from 0.
        arms: (N,) the arm of each participant, from 0; participants are resampled within their arm.
        values: (Q, n) what each answer adds to each of Q sums.
    """

    participants: Integers
    photos: Integers
    arms: Integers
    values: Floats

    @property
    def sums(self) -> Floats:
        """(Q,) the sums over all answers."""
        return np.asarray(self.values.sum(1), np.float64)

    @cached_property
    def cells(self) -> Integers:
        """(n,) which pair of participant and photo, from 0."""
        pairs = self.participants * (self.photos.max(initial=0) + 1) + self.photos
        return np.asarray(np.unique(pairs, return_inverse=True)[1], np.int64)


def influence(answers: Answers, statistic: Statistic) -> Floats:
    """(n,) how much the statistic moves with each answer, to first order."""
    sums = answers.sums
    steps = np.diag(STEP * np.maximum(np.abs(sums), 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (statistic(sums + steps) - statistic(sums - steps)) / (2 * np.diag(steps))
    return np.asarray(slopes @ answers.values, np.float64)


def error_of(answers: Answers, moved: Floats, target: Target) -> Error:
    """Return what the influences of answers say of a statistic's error."""
    people = np.bincount(answers.participants, moved, len(answers.arms))
    arms = [part for arm in np.unique(answers.arms) if np.any(part := people[answers.arms == arm])]
    photos = np.bincount(answers.photos, moved)
    if not arms or min(map(len, arms)) < 2 or (target == "new_photos" and np.count_nonzero(photos) < 2):
        return Error(float("nan"), float("nan"), 0.0)
    raw = np.array([np.sum((part - part.mean()) ** 2) for part in arms])
    sizes = np.array([len(part) for part in arms])
    variances, freedoms = raw * sizes / (sizes - 1), sizes - 1.0
    total, cubes = variances.sum(), np.sum(people**3)
    if total <= NOTHING**2:
        return Error(0.0, float("nan"), 0.0)
    if target == "new_photos":
        cells, k = np.bincount(answers.cells, moved), len(photos)
        crossed = total + (np.sum(photos**2) - np.sum(cells**2)) * total / raw.sum()
        if crossed * k / (k - 1) > total:
            total, cubes = crossed * k / (k - 1), cubes + np.sum(photos**3) - np.sum(cells**3)
            variances, freedoms = np.append(variances, np.sum(photos**2)), np.append(freedoms, k - 1.0)
    freedom = variances.sum() ** 2 / np.sum(variances**2 / freedoms)
    lean = float(np.clip(cubes / (6 * total**1.5), -MOST_LEAN, MOST_LEAN))
    return Error(float(np.sqrt(total)), float(freedom), lean)


def ratio(a: int, b: int) -> Statistic:
    """Return the statistic sum a / sum b."""
    return lambda sums: np.asarray(sums[..., a] / sums[..., b], np.float64)


def difference(a: Statistic, b: Statistic) -> Statistic:
    """Return the statistic a - b."""
    return lambda sums: a(sums) - b(sums)
