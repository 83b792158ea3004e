"""One image: does it look natural? (Iizuka et al. 2016)"""

from __future__ import annotations

from turk.pairs import photos_needed, replace_photo
from turk.screens import together
from turk.singles import plan_singles
from turk.study import REAL, Draw, Outcome, Parameter, Parameters, Plan, Protocol, Screen, Trial

CHOICES = ("natural", "unnatural")


def arms(conditions: tuple[str, ...]) -> tuple[str, ...]:
    """Every colorizer in every session."""
    return ("all",)


def plan(draw: Draw) -> Plan:
    """Mix the colorizers and the real photos, if these have colors, each equally often in each half."""
    return plan_singles(draw, (REAL, *draw.conditions) if draw.truth else draw.conditions)


def screen(trial: Trial, parameters: Parameters) -> Screen:
    """Show the image until the answer, or for a limited time."""
    return together(trial, parameters, "is_it_natural", CHOICES)


def truth(trial: Trial) -> str | None:
    """What looks natural is for people to say; only catch trials, in wrong colors, have a right answer."""
    return CHOICES[1] if trial.kind == "catch" else None


def score(trial: Trial, answer: str) -> Outcome:
    """1 for natural."""
    known = truth(trial)
    return Outcome(None if known is None else answer == known, float(answer == CHOICES[0]))


PROTOCOL = Protocol(
    name="naturalness",
    title="One image, natural or not",
    source=(
        "Iizuka, Simo-Serra and Ishikawa 2016, Let there be Color! (ACM Transactions on Graphics 35, 4), user study: "
        'one image at a time, colorizations and real photos mixed, "Does this image look natural to you?", and the '
        "share of yes. We deviate: a session is short, nobody sees a photo twice, and catch trials can be added."
    ),
    measure="naturalness",
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
