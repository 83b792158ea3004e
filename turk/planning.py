"""How many people, trials and photos a study of fool rates needs, and what they cost; the model is the analysis's own.

logit P(fooled) = mu + person + photo, both normal. On the scale of rates this leaves three variances: of people V_p, of
photos V_i, and of single answers V_r. A condition that N people see for T trials each, out of K photos, has

    Var(rate) = V_p / N + V_i / min(K, N T) + V_r / (N T),

and the difference of two conditions that show the same photos, whose photo effects correlate by rho, has

    Var(a - b) = 2 (V_p / N + V_r / (N T) + (1 - rho) V_i / min(K, N T)).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit, ndtri, stdtrit

from evalsuite.errors import UserError

ALPHA, POWER = 0.05, 0.80
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(61)
SP, SI, RHO = 0.5, 1.0, 0.7
"""Spreads in logits and correlation that are plausible, but of no colorization study that has published its trials."""
MOST_PEOPLE = 1_000_000


@dataclass(frozen=True)
class Spreads:
    """How much people and photos differ.

    Attributes:
        sp: Standard deviation of people, in logits.
        si: Of photos, in logits.
        rho: Correlation of photo effects between conditions.
    """

    sp: float = SP
    si: float = SI
    rho: float = RHO


@dataclass(frozen=True)
class Design:
    """What is planned, but for the number of people.

    Attributes:
        conditions: How many.
        photos: Of the pool, the same for every condition.
        trials: Test trials of a session.
        rate: The fool rate that is expected, between 0 and 1.
        spreads: How much people and photos differ.
        comparisons: How many pairs are tested; the smallest p must pass 5% divided by it (Holm's first step).
    """

    conditions: int
    photos: int
    trials: int
    rate: float
    spreads: Spreads = Spreads()
    comparisons: int = 1

    @cached_property
    def variances(self) -> tuple[float, float, float]:
        """V_p, V_i and V_r."""
        return variances(self.rate, self.spreads.sp, self.spreads.si)

    def error(self, people: int) -> float:
        """The standard error of a rate."""
        return math.sqrt(self._variance(people, self.variances[1]))

    def error_of_difference(self, people: int) -> float:
        """The standard error of the difference of two conditions with so many people each."""
        return math.sqrt(2 * self._variance(people, (1 - self.spreads.rho) * self.variances[1]))

    def half_width(self, people: int) -> float:
        """Half of the 95% interval of a rate, for new photos."""
        return _z(1 - ALPHA / 2) * self.error(people)

    def detectable(self, people: int) -> float:
        """The smallest difference that is found with 80% power, corrected for the number of comparisons."""
        if people < 2:
            return math.inf
        quantiles = stdtrit(2 * people - 2, [1 - ALPHA / (2 * self.comparisons), POWER])
        return float(quantiles.sum()) * self.error_of_difference(people)

    def equivalent(self, people: int) -> float:
        """The smallest margin within which a condition at chance is shown to be there with 80% power."""
        at_chance = Design(1, self.photos, self.trials, 0.5, self.spreads)
        return (_z(1 - ALPHA) + _z(1 - (1 - POWER) / 2)) * at_chance.error(people)

    def people_for(self, measure: Callable[[int], float], wanted: float) -> int | None:
        """Return the fewest people per condition with which a measure is at most `wanted`; None where none suffice."""
        if measure(MOST_PEOPLE) > wanted:
            return None
        low, high = 1, MOST_PEOPLE
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if measure(middle) <= wanted else (middle + 1, high)
        return low

    def limit(self, measure: Callable[[int], float]) -> float:
        """What a measure comes to with no end of people: the photos alone."""
        return measure(MOST_PEOPLE)

    def _variance(self, people: int, of_photos: float) -> float:
        of_people, _, of_answers = self.variances
        trials = people * self.trials
        return of_people / people + of_photos / min(self.photos, trials) + of_answers / trials


def variances(rate: float, sp: float, si: float) -> tuple[float, float, float]:
    """Return the variances of people, of photos and of single answers on the scale of rates.

    Args:
        rate: The average fool rate, between 0 and 1.
        sp: Spread of people, in logits.
        si: Spread of photos, in logits.

    Example:
        >>> [round(variance, 4) for variance in variances(0.3, 0.5, 1.0)]
        [0.0074, 0.0298, 0.1728]
    """
    weights = WEIGHTS / WEIGHTS.sum()
    total = math.hypot(sp, si)
    level = float(brentq(lambda mu: expit(mu + total * NODES) @ weights - rate, -40, 40))
    chances = expit(level + sp * NODES[:, None] + si * NODES[None, :])
    of_people = _variance(chances @ weights, weights)
    of_photos = _variance(weights @ chances, weights)
    return of_people, of_photos, rate * (1 - rate) - of_people - of_photos


def comparisons_of(conditions: int, contrasts: str) -> int:
    """How many pairs of conditions are tested: all, or each with the first."""
    return max(1, conditions - 1 if contrasts == "first" else conditions * (conditions - 1) // 2)


def check(design: Design) -> None:
    """Refuse designs that mean nothing.

    Raises:
        UserError: A number is out of range.
    """
    limits = (
        ("--conditions", design.conditions, 1, 1000), ("--photos", design.photos, 2, 10_000_000),
        ("--trials", design.trials, 1, 10_000), ("--rate", design.rate, 0.005, 0.995),
        ("--sp", design.spreads.sp, 0, 5), ("--si", design.spreads.si, 0, 5), ("--rho", design.spreads.rho, 0, 1),
    )  # fmt: skip
    for name, value, least, most in limits:
        if not least <= value <= most:
            raise UserError(f"{name}: between {least:g} and {most:g}; got {value:g}. Correct it.")
    if design.trials > design.photos:
        raise UserError(
            f"--trials: nobody sees a photo twice; got {design.trials} trials and {design.photos} photos. Add photos."
        )


def _variance(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    return float(values**2 @ weights - (values @ weights) ** 2)


def _z(share: float) -> float:
    return float(ndtri(share))
