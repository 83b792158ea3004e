"""Real vs fake, both at once: which of two images has the computer's colors?"""

from __future__ import annotations

from turk.pairs import SIDES, fake_side, photos_needed, plan_pairs, replace_photo, score_click
from turk.screens import together
from turk.study import Parameter, Parameters, Protocol, Screen, Trial


def arms(conditions: tuple[str, ...]) -> tuple[str, ...]:
    """One colorizer in a session."""
    return conditions


def screen(trial: Trial, parameters: Parameters) -> Screen:
    """Show both places together, then wait for a click as long as it takes."""
    return together(trial, parameters, "which_is_fake", SIDES, feedback=trial.kind == "practice")


PROTOCOL = Protocol(
    name="side_by_side",
    title="Real vs fake, both at once",
    source=(
        "The variant of Zhang, Isola and Efros 2016, Colorful Image Colorization (ECCV), that shows both images of a "
        "pair at once: nothing has to be remembered, and neither comes first. Practice, test and catch trials are "
        "those of zhang2016; 1000 ms is its exposure of one image, here of both."
    ),
    measure="fool_rate",
    parameters={
        "exposure_ms": Parameter(1000, "how long both images are visible, in ms; 0: until the answer", 0, 60_000),
        "size": Parameter(256, "side of the images on the screen, in CSS pixels", least=64, most=1024),
        "practice": Parameter(10, "practice trials, with feedback and without counting", least=0, most=100),
        "test": Parameter(40, "test trials, without feedback", least=1, most=1000),
        "catch": Parameter(8, "catch trials, spread over the test trials", least=0, most=100),
        "fixation_ms": Parameter(500, "the cross before the images, in ms", least=100, most=5000),
        "mask_ms": Parameter(120, "the mask after a limited exposure, in ms", least=0, most=2000),
    },
    arms=arms,
    photos_needed=photos_needed,
    plan=plan_pairs,
    replace=replace_photo,
    screen=screen,
    score=score_click,
    truth=fake_side,
)
