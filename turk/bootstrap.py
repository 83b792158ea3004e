"""Intervals for answers of participants about photos: for these photos, and for new ones.

Both factors are resampled: participants within their arm, and photos together in all arms. Anything that is a function
of sums over answers (a share, a difference of shares, d') gets its draws from the same resamples.

The plain percentile interval of such draws is off: with few participants it is too narrow, as any percentile interval
of a mean is; it leans the wrong way where a share is far from one half; and with both factors resampled the noise of
single answers is counted three times instead of once. All three are known, so the levels at which the draws are cut are
moved: where the draws' own spread is s, the standard error e (below) has f degrees of freedom and the acceleration is
a, the draws are cut where a normal law is at (e / s) (a + (a + z) / (1 - a (a + z))), z being the quantile of t(f).

- For these photos e^2 is the sum over participants of their squared influence, times n / (n - 1) in each arm.
- For new photos it is that of participants, plus that of photos, minus that of single cells, which both contain; it is
  never below the former. In a full crossing of n participants and k photos it is without bias.

Source: Owen, The pigeonhole bootstrap, Ann. Appl. Stat. 1 (2007) 386, for the weights and what they count thrice;
Cameron, Gelbach and Miller, Robust inference with multiway clustering, J. Bus. Econ. Stat. 29 (2011) 238, for the
standard error; Efron, Better bootstrap confidence intervals, JASA 82 (1987) 171, for the acceleration (his z0 of a mean
is a); Hesterberg, What teachers should know about the bootstrap, Am. Stat. 69 (2015) 371, for t quantiles as levels;
Satterthwaite, Biometrics Bulletin 2 (1946) 110, for the degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit
from threadpoolctl import threadpool_limits

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
"""How many standard deviations out the draws are trusted: some 25 of 10,000 lie beyond; farther is extrapolated."""
MOST_LEAN = 0.2
"""The largest acceleration that is believed: means of very few participants have larger ones by chance."""
LEAST_BEND = 0.1
"""Where the acceleration would turn a far level back, it only stretches it."""
STEP = 1e-4
NOTHING = 1e-9
"""A standard error that is rounding: the answers do not differ."""
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
class Error:
    """What is known of a statistic's error.

    Attributes:
        size: The standard error; NaN with fewer than two participants in an arm, or two photos where these count.
        freedom: Its degrees of freedom.
        lean: The acceleration: a sixth of the skewness.
    """

    size: float
    freedom: float
    lean: float


@dataclass(frozen=True)
class Spread:
    """The uncertainty of a value about one target.

    Attributes:
        value: The statistic of the answers themselves.
        draws: (R,) of resamples.
        error: Its error.
        bounds: Between which the statistic lies.
    """

    value: float
    draws: Floats
    error: Error
    bounds: tuple[float, float] = (-np.inf, np.inf)

    @cached_property
    def known(self) -> bool:
        """Whether anything can be said: enough participants and photos, and answers that differ."""
        enough = len(self._finite) >= 0.95 * len(self.draws) and len(self._finite) > 1
        return bool(enough and self.error.size > NOTHING and self._finite.std() > NOTHING)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the interval; NaN where nothing can be said."""
        if not self.known:
            return float("nan"), float("nan")
        out = float(stdtrit(self.error.freedom, (1 + level) / 2))
        return self._cut(-out), self._cut(out)

    def p(self, null: float = 0.0) -> float:
        """Return the two-sided p of the statistic being `null`: one minus the level whose interval ends there."""
        below = self.p_below(null)
        return min(1.0, 2 * min(below, 1 - below)) if self.known else float("nan")

    def p_below(self, bound: float) -> float:
        """Return the one-sided p of the statistic being `bound` or more: small where it is clearly below.

        It is no closer to 0 or 1 than one in the number of draws.
        """
        if not self.known:
            return float("nan")
        below = (np.count_nonzero(self._finite < bound) + np.count_nonzero(self._finite <= bound)) / 2
        z = float(ndtri((below + 0.5) / (len(self._finite) + 1)))
        if abs(z) > REACH:
            edge = self._quantile(np.sign(z) * REACH)
            z = float(np.sign(z) * REACH * max(1.0, (bound - self.value) / (edge - self.value)))
        lean, moved = self.error.lean, z / self._scale - self.error.lean
        p = float(stdtr(self.error.freedom, lean - moved / max(1 + lean * moved, LEAST_BEND)))
        least = 1 / (len(self._finite) + 1)
        return min(max(p, least), 1 - least)

    @cached_property
    def _finite(self) -> Floats:
        return self.draws[np.isfinite(self.draws)]

    @cached_property
    def _scale(self) -> float:
        return self.error.size / float(self._finite.std())

    def _quantile(self, z: float) -> float:
        return float(np.quantile(self._finite, ndtr(z)))

    def _cut(self, z: float) -> float:
        leaning = self.error.lean + z
        moved = self._scale * (self.error.lean + leaning / max(1 - self.error.lean * leaning, LEAST_BEND))
        inside = float(np.clip(moved, -REACH, REACH))
        edge = self.value + (self._quantile(inside) - self.value) * (moved / inside if abs(moved) > REACH else 1.0)
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

    def spread(self, statistic: Statistic, target: Target, bounds: tuple[float, float] = (-np.inf, np.inf)) -> Spread:
        """Evaluate a statistic on the resamples for one target.

        Args:
            statistic: A smooth function of the sums that does not change when an arm's sums are all multiplied.
            target: Which photos are meant.
            bounds: Between which the statistic lies.
        """
        with np.errstate(divide="ignore", invalid="ignore"):
            draws = statistic(self.these_photos if target == "these_photos" else self.new_photos)
            value = float(statistic(self.answers.sums))
        error = error_of(self.answers, influence(self.answers, statistic), target)
        return Spread(value, np.asarray(draws, np.float64), error, bounds)


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
    # Products this small are not worth a second thread, and threads that wait for each other cost more than they do.
    with threadpool_limits(limits=1, user_api="blas"):
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
