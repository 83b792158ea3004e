"""One image: how natural does it look, from 1 to 5?"""

from __future__ import annotations

from turk.pairs import photos_needed, replace_photo
from turk.screens import together
from turk.singles import plan_singles
from turk.study import REAL, Draw, Outcome, Parameter, Parameters, Plan, Protocol, Screen, Trial

CHOICES = ("1", "2", "3", "4", "5")


def arms(conditions: tuple[str, ...]) -> tuple[str, ...]:
    """Every colorizer in every session."""
    return ("all",)


def plan(draw: Draw) -> Plan:
    """Mix the colorizers and the real photos, if these have colors, each equally often in each half."""
    return plan_singles(draw, (REAL, *draw.conditions) if draw.truth else draw.conditions)


def screen(trial: Trial, parameters: Parameters) -> Screen:
    """Show the image until the answer, or for a limited time."""
    return together(trial, parameters, "how_natural", CHOICES)


def truth(trial: Trial) -> None:
    """There is no right rating."""


def score(trial: Trial, answer: str) -> Outcome:
    """The rating; a catch trial, in wrong colors, is right below the middle of the scale."""
    rating = float(answer)
    return Outcome(rating < 3 if trial.kind == "catch" else None, rating)


PROTOCOL = Protocol(
    name="rating",
    title="One image, rated from 1 to 5",
    source=(
        "Mean opinion scores on a five-point scale (Recommendation ITU-R BT.500, absolute category rating), asked of "
        "the naturalness of colors as colorization papers do; colorizations and real photos are mixed, and catch "
        "trials can be added."
    ),
    measure="rating",
    parameters={
        "exposure_ms": Parameter(0, "how long the image is visible, in ms; 0: until the answer", least=0, most=60_000),
        "size": Parameter(256, "side of the image on the screen, in CSS pixels", least=64, most=1024),
        "practice": Parameter(3, "trials to warm up, without counting", least=0, most=100),
        "test": Parameter(60, "test trials, shared by the colorizers and the real photos", least=1, most=1000),
        "catch": Parameter(0, "catch trials, spread over the test trials", least=0, most=100),
        "fixation_ms": Parameter(500, "the cross before the image, in ms", least=100, most=5000),
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
