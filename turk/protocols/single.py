"""One image: real photo or fake? (HYPE-infinity, Zhou et al. 2019)"""

from __future__ import annotations

from turk.pairs import photos_needed, replace_photo
from turk.screens import together
from turk.singles import plan_singles
from turk.study import REAL, Draw, Outcome, Parameter, Parameters, Plan, Protocol, Screen, Trial

FAKE = "fake"


def arms(conditions: tuple[str, ...]) -> tuple[str, ...]:
    """One colorizer in a session, mixed with real photos."""
    return conditions


def plan(draw: Draw) -> Plan:
    """Mix as many real photos as fakes into each half."""
    return plan_singles(draw, (REAL, draw.arm))


def screen(trial: Trial, parameters: Parameters) -> Screen:
    """Show the image until the answer, or for a limited time."""
    return together(trial, parameters, "real_or_fake", (REAL, FAKE), feedback=trial.kind == "practice")


def truth(trial: Trial) -> str:
    """What the image is."""
    return REAL if trial.stimuli[0].condition == REAL else FAKE


def score(trial: Trial, answer: str) -> Outcome:
    """1 for an error: over fakes the mean is the fool rate, over real photos the rate of false alarms, over both HYPE.

    The two error rates weigh alike because half of the test trials are fakes.
    """
    correct = answer == truth(trial)
    return Outcome(correct, 0.0 if correct else 1.0)


PROTOCOL = Protocol(
    name="single",
    title="One image, real or fake",
    source=(
        "Zhou et al. 2019, HYPE: A Benchmark for Human eYe Perceptual Evaluation of Generative Models (NeurIPS), "
        "HYPE-infinity: 100 images, half of them real, no limit of time, error rate over both halves. We deviate: "
        "feedback is given in practice only, one image per photo, and catch trials can be added instead of their "
        "entry test of 100 images (catch; none by default)."
    ),
    measure="fool_rate",
    parameters={
        "exposure_ms": Parameter(0, "how long the image is visible, in ms; 0: until the answer", least=0, most=60_000),
        "size": Parameter(256, "side of the image on the screen, in CSS pixels", least=64, most=1024),
        "practice": Parameter(10, "practice trials, with feedback and without counting", least=0, most=100),
        "test": Parameter(100, "test trials, half of them real photos", least=2, most=1000),
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
