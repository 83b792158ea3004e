"""Synthetic participants with known psychometrics: what they would answer, and how fast.

The chance to be fooled by a condition is its planted rate, on average over people, over this study's photos and over
sides: each person's and each photo's difficulty moves it on the logit scale, lapses and a side bias are part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, logit

from evalsuite.errors import UserError
from turk.study import REAL, Screen, Stimulus, Study

PHOTO_EFFECTS, PERSON = range(2)
"""What a generator is for, the second word of its seed."""
WIDEST = 40.0
"""Levels are sought within this many logits of even odds."""
EARLIEST_MS = 150.0
"""Nobody reacts sooner."""
Mind: TypeAlias = Literal["psychometric", "guesser", "one_side"]


@dataclass(frozen=True, slots=True)
class Law:
    """How people differ and err.

    Attributes:
        lapse: The share of answers that are given at random.
        side_bias: What is added to the log odds of the last choice (right, or the last button).
        person_sd: Spread of people's difficulty, in logits.
        photo_sd: Spread of photos' difficulty, in logits.
        rt: Mean and spread of a normal part and mean of an exponential part of the reaction time ("ex_gaussian",
            Luce 1986, Response Times), or median, log spread and an earliest time ("lognormal"); in ms.
        rt_law: Which of the two.
    """

    lapse: float = 0.02
    side_bias: float = 0.0
    person_sd: float = 0.5
    photo_sd: float = 1.0
    rt: tuple[float, float, float] = (650.0, 120.0, 450.0)
    rt_law: Literal["ex_gaussian", "lognormal"] = "ex_gaussian"


@dataclass(frozen=True, slots=True)
class Answer:
    """A choice and the time from the question to it."""

    choice: str
    rt_ms: float


@dataclass(frozen=True)
class Population:
    """People who look at one study's photos.

    Attributes:
        photos: The study's.
        rates: Condition to planted rate: of fakes taken for real, of images called natural, of the way from 1 to 5;
            for the real photos the rate of being called real or natural.
        seed: Of all people and photos.
        law: How people differ and err.
    """

    photos: tuple[str, ...]
    rates: Mapping[str, float]
    seed: int
    law: Law = field(default_factory=Law)

    @cached_property
    def photo_effects(self) -> Mapping[str, float]:
        """How much easier than usual each photo is to take for real, in logits."""
        rng = np.random.default_rng(np.random.SeedSequence([self.seed, PHOTO_EFFECTS]))
        effects = rng.normal(0, self.law.photo_sd, len(self.photos))
        return dict(zip(self.photos, effects.tolist(), strict=True))

    @cached_property
    def _levels(self) -> dict[tuple[float, tuple[int, ...]], float]:
        return {}

    def level(self, rate: float, signs: tuple[int, ...]) -> float:
        """The logit at which the chance is `rate` on average, where the side bias acts with these signs in turn."""
        if (rate, signs) not in self._levels:
            self._levels[rate, signs] = self._solve(rate, signs)
        return self._levels[rate, signs]

    def _solve(self, rate: float, signs: tuple[int, ...]) -> float:
        law = self.law
        nodes, weights = np.polynomial.hermite_e.hermegauss(41)
        moves = (
            (nodes * law.person_sd)[:, None, None]
            + np.array(list(self.photo_effects.values()))[None, :, None]
            + np.array(signs)[None, None, :] * law.side_bias
        )
        wanted = (rate - law.lapse / 2) / (1 - law.lapse)

        def excess(level: float) -> float:
            chances = expit(level + moves).mean(axis=(1, 2))
            return float(weights @ chances / weights.sum() - wanted)

        return float(brentq(excess, -WIDEST, WIDEST, xtol=1e-9))


def make_population(study: Study, planted: Mapping[str, float], seed: int, law: Law | None = None) -> Population:
    """Gather people for a study.

    Args:
        study: Whose photos they look at.
        planted: Rates by condition; those left out are spread over 13% to 50% in the order of the study, the catch
            condition's is 4%, and 85% of the real photos are called real or natural.
        seed: Of all people and photos.
        law: How people differ and err.

    Raises:
        UserError: A rate is of a condition that the study has not, or cannot be held with that many lapses.
    """
    law = law or Law()
    usual = np.linspace(0.13, 0.5, len(study.conditions)).round(4).tolist() if len(study.conditions) > 1 else [0.32]
    rates = dict(zip(study.conditions, usual, strict=True)) | {REAL: 0.85}
    if study.catch is not None:
        rates[study.catch] = 0.04
    for name, rate in planted.items():
        if name not in rates:
            raise UserError(f"--fool-rate: {name!r} is no condition of the study; known: {', '.join(rates)}.")
        if not law.lapse / 2 < rate < 1 - law.lapse / 2:
            least, most = law.lapse / 2, 1 - law.lapse / 2
            raise UserError(f"--fool-rate: {name} lies between {least:g} and {most:g}; got {rate:g}. Correct it.")
    return Population(study.photos, rates | dict(planted), seed, law)


class Observer:
    """One person of a population, the same for the same number."""

    def __init__(self, population: Population, number: int, mind: Mind = "psychometric") -> None:
        self.population = population
        self.number = number
        self.mind = mind
        rng = self._generator()
        self.effect = float(rng.normal(0, population.law.person_sd))
        self.favorite = int(rng.random() < 0.5)

    def answer(self, screen: Screen, shown: Sequence[Stimulus], turn: int) -> Answer:
        """Look at what is shown, by place, and answer the screen's question.

        Args:
            screen: What the browser was told.
            shown: What the images are, by place.
            turn: The trial's number in the session; the same turn is answered alike, however often it is tried.

        Raises:
            UserError: The question is of a protocol whose answers nobody knows how to simulate.
        """
        rng = self._generator(turn)
        chance, side = rng.random(2)
        rating = rng.random(len(screen.choices) - 1)
        rt_ms = self._reaction(rng)
        last = len(screen.choices) - 1
        if self.mind == "one_side":
            return Answer(screen.choices[last * self.favorite], rt_ms)
        if self.mind == "guesser" or chance < self.population.law.lapse:
            return Answer(screen.choices[int(side * len(screen.choices))], rt_ms)
        if screen.question == "how_natural":
            return Answer(screen.choices[int(np.sum(rating < self._natural(shown[0])))], rt_ms)
        return Answer(screen.choices[last * int(side < self._last(screen.question, shown))], rt_ms)

    def _generator(self, *words: int) -> np.random.Generator:
        return np.random.default_rng(np.random.SeedSequence([self.population.seed, PERSON, self.number, *words]))

    def _reaction(self, rng: np.random.Generator) -> float:
        first, spread, third = self.population.law.rt
        normal, exponential = float(rng.normal()), float(rng.exponential())
        if self.population.law.rt_law == "lognormal":
            return round(third + first * float(np.exp(spread * normal)), 1)
        return round(max(EARLIEST_MS, first + spread * normal) + third * exponential, 1)

    def _last(self, question: str, shown: Sequence[Stimulus]) -> float:
        """The chance of the last choice: right, fake, or unnatural."""
        if question == "which_is_fake":
            return self._right_is_fake(shown)
        if question == "which_is_more_natural":
            left, right = (float(logit(self.population.rates[stimulus.condition])) for stimulus in shown)
            return float(expit(right - left + self.population.law.side_bias))
        if question in ("real_or_fake", "is_it_natural"):
            return 1 - self._natural(shown[0])
        raise UserError(f"observers: they cannot answer {question!r}. Simulate a study of one of our protocols.")

    def _right_is_fake(self, shown: Sequence[Stimulus]) -> float:
        left, right = shown
        if (left.condition == REAL) == (right.condition == REAL):
            return float(expit(self.population.law.side_bias))
        fake, fooled_by_right = (left, 1) if right.condition == REAL else (right, -1)
        fooled = self._chance(fake, (1, -1), fooled_by_right)
        return fooled if fooled_by_right == 1 else 1 - fooled

    def _natural(self, stimulus: Stimulus) -> float:
        """The chance that an image is taken for real or natural, which is the first choice."""
        return self._chance(stimulus, (-1,), -1)

    def _chance(self, stimulus: Stimulus, signs: tuple[int, ...], sign: int) -> float:
        population = self.population
        level = population.level(population.rates[stimulus.condition], signs)
        easier = self.effect + population.photo_effects[stimulus.photo]
        return float(expit(level + easier + sign * population.law.side_bias))
