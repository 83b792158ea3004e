"""Single images: how a session that mixes what they show is planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from turk.balance import dealt, halves, spread
from turk.pairs import hands
from turk.study import Draw, Kind, Plan, Stimulus, Trial


def plan_singles(draw: Draw, shown: Sequence[str]) -> Plan:
    """Plan practice and the test block: what is shown comes equally often, as far as it can, in each half."""
    parameters = draw.parameters
    block = spread(draw.rng, int(parameters["test"]), int(parameters["catch"]))
    tests = [Counter(half)["test"] for half in halves(block)]
    practice, *tested = dealt(draw.rng, shown, [int(parameters["practice"]), *tests])
    conditions = {"practice": iter(practice), "test": iter([name for half in tested for name in half])}
    kinds: list[Kind] = ["practice" for _ in practice]
    kinds.extend(block)
    photos = hands(draw)
    trials = [
        _single(kind, next(photos[kind]), draw.catch or "" if kind == "catch" else next(conditions[kind]))
        for kind in kinds
    ]
    return Plan(tuple(trials), tuple(photos[None]))


def _single(kind: Kind, photo: str, condition: str) -> Trial:
    return Trial(kind, (Stimulus(photo, condition),), order=(0,))
