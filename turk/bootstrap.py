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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from evalsuite.resampling import resample_counts
from turk.influence import Answers, Statistic, Target, error_of, influence
from turk.spread import Spread

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]

DRAWS = 10_000
CHUNK = 2500
"""Draws that are made at once; each chunk has its own random streams."""
PHOTOS, PEOPLE = 0, 1


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
