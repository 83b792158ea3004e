"""Two colorizations of the same photo: which one looks more natural?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, cycle

import numpy as np

from evalsuite.errors import UserError
from turk.balance import dealt, halves, shuffled, spread
from turk.pairs import SIDES, hands, photos_needed, replace_photo
from turk.screens import together
from turk.study import REAL, Draw, Kind, Outcome, Parameter, Parameters, Plan, Protocol, Screen, Stimulus, Trial


def arms(conditions: tuple[str, ...]) -> tuple[str, ...]:
    """All pairs of colorizers in every session.

    Raises:
        UserError: There are fewer than two.
    """
    if len(conditions) < 2:
        raise UserError(f"conditions: pairwise compares two or more; got {', '.join(conditions)}. Add another.")
    return ("all",)


def plan(draw: Draw) -> Plan:
    """Deal the pairs of conditions evenly over each half; each pair takes turns with its sides."""
    parameters = draw.parameters
    block = spread(draw.rng, int(parameters["test"]), int(parameters["catch"]))
    tests = [Counter(half)["test"] for half in halves(block)]
    pairs = list(combinations(draw.conditions, 2))
    practice, *tested = dealt(draw.rng, pairs, [int(parameters["practice"]), *tests])
    kinds: list[Kind] = ["practice" for _ in practice]
    kinds.extend(block)
    shown: dict[Kind, Iterator[tuple[str, str]]] = {
        "practice": _turned(draw.rng, practice),
        "test": _turned(draw.rng, [pair for half in tested for pair in half]),
        "catch": _turned(draw.rng, [(REAL, draw.catch or "")] * int(parameters["catch"])),
    }
    photos = hands(draw)
    trials = [_pair(kind, next(photos[kind]), next(shown[kind])) for kind in kinds]
    return Plan(tuple(trials), tuple(photos[None]))


def _turned(rng: np.random.Generator, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Each pair in turn as it is and the other way round."""
    turns = {pair: cycle(shuffled(rng, (pair, pair[::-1]))) for pair in sorted(set(pairs))}
    return (next(turns[pair]) for pair in pairs)


def _pair(kind: Kind, photo: str, conditions: tuple[str, str]) -> Trial:
    return Trial(kind, tuple(Stimulus(photo, condition) for condition in conditions), order=(0, 1))


def screen(trial: Trial, parameters: Parameters) -> Screen:
    """Show both until the answer, or for a limited time."""
    return together(trial, parameters, "which_is_more_natural", SIDES)


def truth(trial: Trial) -> str | None:
    """Which is more natural is for people to say; only in catch trials, real against wrong colors, it is known."""
    if trial.kind != "catch":
        return None
    return next(side for side, shown in zip(SIDES, trial.stimuli, strict=True) if shown.condition == REAL)


def score(trial: Trial, answer: str) -> Outcome:
    """1 where the right one was chosen."""
    known = truth(trial)
    return Outcome(None if known is None else answer == known, float(SIDES.index(answer)))


PROTOCOL = Protocol(
    name="pairwise",
    title="Which of two colorizations looks more natural",
    source=(
        "Paired comparison of colorizers, analyzed as Bradley and Terry 1952, Rank Analysis of Incomplete Block "
        "Designs (Biometrika 39): all pairs of conditions equally often, each as often on either side. Catch trials, "
        "if there are any, set the real photo against the catch condition."
    ),
    measure="preference",
    parameters={
        "exposure_ms": Parameter(0, "how long both are visible, in ms; 0: until the answer", least=0, most=60_000),
        "size": Parameter(256, "side of the images on the screen, in CSS pixels", least=64, most=1024),
        "practice": Parameter(3, "trials to warm up, without counting", least=0, most=100),
        "test": Parameter(40, "test trials, shared by the pairs of conditions", least=1, most=1000),
        "catch": Parameter(0, "catch trials, spread over the test trials", least=0, most=100),
        "fixation_ms": Parameter(500, "the cross before the images, in ms", least=100, most=5000),
        "mask_ms": Parameter(120, "the mask after a limited exposure, in ms", least=0, most=2000),
    },
    arms=arms,
    photos_needed=photos_needed,
    plan=plan,
    replace=replace_photo,
    screen=screen,
    score=score,
    truth=truth,
)
