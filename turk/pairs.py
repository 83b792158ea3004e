"""Pairs of a photo and its colorization: how a session of them is planned and what a click means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as changed

from evalsuite.errors import UserError
from turk.balance import Cell, crossed, spread
from turk.study import REAL, Draw, Kind, Outcome, Parameters, Plan, Stimulus, Trial

SIDES = ("left", "right")
"""The answers, by place."""


def photos_needed(parameters: Parameters) -> int:
    """A photo for each trial: none comes twice."""
    return int(parameters["practice"] + parameters["test"] + parameters["catch"])


def hands(draw: Draw) -> dict[Kind | None, Iterator[str]]:
    """Deal out the photos of a session by the kind of trial; None has those left over for replacements.

    Raises:
        UserError: There are too few photos, or catch trials but nothing to show in them.
    """
    numbers: dict[Kind, int] = {kind: int(draw.parameters.get(kind, 0)) for kind in ("practice", "catch", "test")}
    needed = sum(numbers.values())
    if len(draw.photos) < needed:
        raise UserError(f"photos: one for each trial; got {len(draw.photos)}, expected at least {needed}. Add photos.")
    if numbers["catch"] and draw.catch is None:
        got = f"{numbers['catch']} catch trials and no catch condition"
        raise UserError(f"catch: catch trials show the catch condition; got {got}. Name one, or set catch to 0.")
    photos = iter(draw.photos)
    dealt: dict[Kind | None, Iterator[str]] = {
        kind: iter([next(photos) for _ in range(count)]) for kind, count in numbers.items()
    }
    return dealt | {None: photos}


def plan_pairs(draw: Draw) -> Plan:
    """Plan practice and the test block: sides and turns balanced in each half, catch trials spread over the block."""
    kinds: list[Kind] = ["practice"] * int(draw.parameters["practice"])
    block = spread(draw.rng, int(draw.parameters["test"]), int(draw.parameters["catch"]))
    cells = crossed(draw.rng, kinds) + crossed(draw.rng, block)
    photos = hands(draw)
    fakes = {kind: draw.catch or "" if kind == "catch" else draw.arm for kind in (*kinds, *block)}
    trials = [
        _pair(kind, next(photos[kind]), fakes[kind], cell) for kind, cell in zip(kinds + block, cells, strict=True)
    ]
    return Plan(tuple(trials), tuple(photos[None]))


def replace_photo(trial: Trial, photo: str) -> Trial:
    """The same trial with another photo."""
    return changed(trial, stimuli=tuple(changed(stimulus, photo=photo) for stimulus in trial.stimuli))


def fake_side(trial: Trial) -> str:
    """Where the fake is."""
    return next(side for side, shown in zip(SIDES, trial.stimuli, strict=True) if shown.condition != REAL)


def score_click(trial: Trial, answer: str) -> Outcome:
    """A click says which one is the fake: fooled, and so 1, where that is the photo."""
    correct = answer == fake_side(trial)
    return Outcome(correct, 0.0 if correct else 1.0)


def _pair(kind: Kind, photo: str, fake: str, cell: Cell) -> Trial:
    place, turn = cell
    conditions = (fake, REAL) if place == 0 else (REAL, fake)
    stimuli = tuple(Stimulus(photo, condition) for condition in conditions)
    return Trial(kind, stimuli, order=(0, 1) if place == turn else (1, 0))
