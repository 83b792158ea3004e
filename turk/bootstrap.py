"""Intervals for answers of participants about photos: for these photos, and for new ones.

Both factors are resampled: participants within their arm, and photos together in all arms. Anything that is a function
of sums over answers (a share, a difference of shares, d') gets its draws from the same resamples.

The plain percentile interval of such draws is off twice. With few participants it is too narrow, as any percentile
interval of a mean is; and with both factors resampled the noise of single answers is counted three times instead of
once. Both are known, so the levels at which the draws are cut are moved: where the draws' own spread is s and the
standard error (below) is e, with f degrees of freedom, the cuts are those of a normal law at t(f) e / s.

- For these photos e^2 is the sum over participants of their squared influence, times n / (n - 1) in each arm.
- For new photos it is that of participants, plus that of photos, minus that of single cells, which both contain; it is
  never below the former.

Source: Owen, The pigeonhole bootstrap, Ann. Appl. Stat. 1 (2007) 386, for the weights and what they count thrice;
Cameron, Gelbach and Miller, Robust inference with multiway clustering, J. Bus. Econ. Stat. 29 (2011) 238, for the
standard error; Hesterberg, What teachers should know about the bootstrap, Am. Stat. 69 (2015) 371, for moving levels;
Satterthwaite, Biometrics Bulletin 2 (1946) 110, for the degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, t

from evalsuite.resampling import resample_counts

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Statistic: TypeAlias = Callable[[Floats], Floats]
"""From sums (..., Q) to a value (...)."""
Target: TypeAlias = Literal["these_photos", "new_photos"]

DRAWS = 10_000
CHUNK = 2500
"""Draws that are made at once; each chunk has its own random streams."""
REACH = 2.8
"""How many standard deviations out the draws are trusted: some 25 of 10,000 lie beyond. Farther cuts are extrapolated."""
STEP = 1e-4
PHOTOS, PEOPLE = 0, 1


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


@dataclass(frozen=True)
class Spread:
    """The uncertainty of a value about one target.

    Attributes:
        value: The statistic of the answers themselves.
        draws: (R,) of resamples.
        error: Its standard error.
        freedom: Degrees of freedom of that error.
        bounds: Between which the statistic lies.
    """

    value: float
    draws: Floats
    error: float
    freedom: float
    bounds: tuple[float, float] = (-np.inf, np.inf)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the interval; NaN where there are too few participants or photos to say anything."""
        if not (np.isfinite(self.error) and self._spread > 0 and self.freedom > 0):
            return float("nan"), float("nan")
        out = float(t.ppf((1 + level) / 2, self.freedom)) * self._scale
        return self._cut(-out), self._cut(out)

    def p(self, null: float = 0.0) -> float:
        """Return the two-sided p of the statistic being `null`: where the interval's edge would meet it."""
        below = self.p_below(null)
        return float(min(1.0, 2 * min(below, 1 - below)))

    def p_below(self, bound: float) -> float:
        """Return the one-sided p against the statistic being `bound` or more; small when it is clearly below."""
        if not (np.isfinite(self.error) and self._spread > 0 and self.freedom > 0):
            return float("nan")
        below = (np.count_nonzero(self._finite < bound) + np.count_nonzero(self._finite <= bound)) / 2
        share = (below + 0.5) / (len(self._finite) + 1)
        z = float(norm.ppf(share))
        if abs(z) > REACH:
            edge = self._quantile(np.sign(z) * REACH)
            z = float(np.sign(z) * REACH * max(1.0, abs((bound - self.value) / (edge - self.value))))
        return float(t.sf(z / self._scale, self.freedom))

    @cached_property
    def _finite(self) -> Floats:
        return self.draws[np.isfinite(self.draws)]

    @cached_property
    def _spread(self) -> float:
        enough = len(self._finite) >= 0.95 * len(self.draws) and len(self._finite) > 1
        return float(self._finite.std()) if enough else 0.0

    @property
    def _scale(self) -> float:
        return self.error / self._spread

    def _quantile(self, z: float) -> float:
        return float(np.quantile(self._finite, norm.cdf(z)))

    def _cut(self, z: float) -> float:
        inside = float(np.clip(z, -REACH, REACH))
        edge = self.value + (self._quantile(inside) - self.value) * (z / inside if inside else 1.0)
        return float(np.clip(edge, *self.bounds))


@dataclass(frozen=True)
class Resamples:
    """Sums over answers in resamples.

    Attributes:
        answers: What was resampled.
        these_photos: (R, Q) with participants resampled.
        new_photos: (R, Q) with the same participants, and photos resampled too.
    """

    answers: Answers
    these_photos: Floats
    new_photos: Floats

    def spread(
        self, statistic: Statistic, target: Target, bounds: tuple[float, float] = (-np.inf, np.inf)
    ) -> Spread:
        """Evaluate a statistic on the resamples for one target.

        Args:
            statistic: A smooth function of the sums that does not change when an arm's sums are all multiplied.
            target: Which photos are meant.
            bounds: Between which the statistic lies.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            draws = statistic(self.these_photos if target == "these_photos" else self.new_photos)
            value = float(statistic(self.answers.sums))
        error, freedom = standard_error(self.answers, influence(self.answers, statistic), target)
        return Spread(value, np.asarray(draws, np.float64), error, freedom, bounds)


def resample(answers: Answers, draws: int = DRAWS, seed: int = 0) -> Resamples:
    """Sum answers over resamples of participants, and of participants and photos.

    Args:
        answers: At least one.
        draws: Resamples; the first 2,500 of 10,000 are the same as 2,500.
        seed: Of the resamples.
    """
    photos = int(answers.photos.max()) + 1
    tables = [_table(answers, row, photos) for row in answers.values]
    these, new = np.empty((draws, len(tables))), np.empty((draws, len(tables)))
    for number, start in enumerate(range(0, draws, CHUNK)):
        stop = min(start + CHUNK, draws)
        people = _people(answers.arms, stop - start, seed, number)
        looks = _counts(photos, stop - start, (seed, PHOTOS, number))
        for column, (rows, table) in enumerate(tables):
            drawn = people[:, rows]
            these[start:stop, column] = drawn @ table.sum(1)
            new[start:stop, column] = np.einsum("rk,rk->r", drawn @ table, looks)
    return Resamples(answers, these, new)


def influence(answers: Answers, statistic: Statistic) -> Floats:
    """(n,) how much the statistic moves with each answer, to first order."""
    sums = answers.sums
    steps = np.diag(STEP * np.maximum(np.abs(sums), 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = (statistic(sums + steps) - statistic(sums - steps)) / (2 * np.diag(steps))
    return np.asarray(slopes @ answers.values, np.float64)


def standard_error(answers: Answers, moved: Floats, target: Target) -> tuple[float, float]:
    """Return the standard error of a statistic from its influences, and its degrees of freedom."""
    people = np.bincount(answers.participants, moved, len(answers.arms))
    arms = [people[answers.arms == arm] for arm in np.unique(answers.arms)]
    parts = [_squares(arm) for arm in arms if np.any(arm)]
    if target == "new_photos":
        parts.append(_squares(np.bincount(answers.photos, moved)))
    if not parts or not all(np.isfinite(variance) for variance, _ in parts):
        return float("nan"), float("nan")
    total = sum(variance for variance, _ in parts)
    floor = sum(variance for variance, _ in (parts[:-1] if target == "new_photos" else parts))
    single = float(np.sum(np.bincount(answers.cells, moved) ** 2)) if target == "new_photos" else 0.0
    freedom = total**2 / sum(variance**2 / df for variance, df in parts) if total > 0 else float("nan")
    return float(np.sqrt(max(total - single, floor))), float(freedom)


def ratio(a: int, b: int) -> Statistic:
    """Return the statistic sum a / sum b."""
    return lambda sums: np.asarray(sums[..., a] / sums[..., b], np.float64)


def difference(a: Statistic, b: Statistic) -> Statistic:
    """Return the statistic a - b."""
    return lambda sums: a(sums) - b(sums)


def codes(*columns: ArrayLike) -> list[Integers]:
    """Number the distinct entries of each column from 0, in sorted order."""
    return [np.asarray(np.unique(np.asarray(c), return_inverse=True)[1], np.int64) for c in columns]


def _squares(influences: Floats) -> tuple[float, float]:
    """The variance of a sum of independent influences, corrected for their number, and its degrees of freedom."""
    n = len(influences)
    if n < 2:
        return float("nan"), 0.0
    return float(n / (n - 1) * np.sum((influences - influences.mean()) ** 2)), n - 1.0


def _table(answers: Answers, values: Floats, photos: int) -> tuple[Integers, NDArray[np.float32]]:
    """A sum's parts by participant and photo, of the participants that have any."""
    used = np.flatnonzero(values)
    rows, at = np.unique(answers.participants[used], return_inverse=True)
    flat = np.bincount(at * photos + answers.photos[used], values[used], len(rows) * photos)
    return np.asarray(rows, np.int64), flat.reshape(len(rows), photos).astype(np.float32)


def _people(arms: Integers, rows: int, seed: int, number: int) -> NDArray[np.float32]:
    counts = np.empty((rows, len(arms)), np.float32)
    for arm in np.unique(arms):
        members = np.flatnonzero(arms == arm)
        counts[:, members] = _counts(len(members), rows, (seed, PEOPLE, int(arm), number))
    return counts


def _counts(n: int, rows: int, key: Sequence[int]) -> NDArray[np.float32]:
    seed = int.from_bytes(np.random.SeedSequence(key).generate_state(4).tobytes(), "little")
    return np.concatenate(list(resample_counts(n, rows, seed)))
