"""What draws of a statistic say of it: an interval, and tests that agree with it; turk.bootstrap has the formulas."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

Floats: TypeAlias = NDArray[np.float64]

REACH = 2.8
"""How many standard deviations out the draws are trusted: some 25 of 10,000 lie beyond; farther is extrapolated."""
LEAST_BEND = 0.1
"""Where the acceleration would turn a far level back, it only stretches it."""
NOTHING = 1e-9
"""A standard error that is rounding: the answers do not differ."""


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
