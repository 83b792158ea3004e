"""Real vs fake, one after the other: which of two images has the computer's colors? (Zhang et al. 2016)"""

from __future__ import annotations

from turk.pairs import SIDES, fake_side, photos_needed, plan_pairs, replace_photo, score_click
from turk.study import Parameter, Parameters, Protocol, Screen, Trial


def arms(conditions: tuple[str, ...]) -> tuple[str, ...]:
    """One colorizer in a session."""
    return conditions


def screen(trial: Trial, parameters: Parameters) -> Screen:
    """Show the two places in turn, then wait for a click as long as it takes."""
    return Screen(
        layout="sequence",
        order=trial.order,
        size=parameters["size"],
        fixation_ms=parameters["fixation_ms"],
        exposure_ms=parameters["exposure_ms"],
        gap_ms=parameters["gap_ms"],
        mask_ms=min(parameters["mask_ms"], parameters["gap_ms"]),
        question="which_is_fake",
        choices=SIDES,
        points="places",
        feedback=trial.kind == "practice",
    )


PROTOCOL = Protocol(
    name="zhang2016",
    title="Real vs fake, one after the other",
    source=(
        "Zhang, Isola and Efros 2016, Colorful Image Colorization (ECCV), section 3.1, with the tool AMT_Real_vs_Fake: "
        "1000 ms each at 256 x 256, 10 practice trials with feedback, 40 test trials, one colorizer per session. "
        "We deviate: either place may come first (the tool shows left first), catch trials come on top of the 40 and "
        "are 8 (of 4, a guesser passes 3 with probability .31), and a mask opens the gap (mask_ms: 0 for none)."
    ),
    measure="fool_rate",
    parameters={
        "exposure_ms": Parameter(1000, "how long each image is visible, in ms", least=50, most=10_000),
        "size": Parameter(256, "side of the images on the screen, in CSS pixels", least=64, most=1024),
        "practice": Parameter(10, "practice trials, with feedback and without counting", least=0, most=100),
        "test": Parameter(40, "test trials, without feedback", least=1, most=1000),
        "catch": Parameter(8, "catch trials, spread over the test trials", least=0, most=100),
        "fixation_ms": Parameter(500, "the cross before the first image, in ms", least=100, most=5000),
        "gap_ms": Parameter(600, "from the first image to the second, in ms", least=0, most=5000),
        "mask_ms": Parameter(120, "the mask after each image, at most as long as the gap, in ms", least=0, most=2000),
    },
    arms=arms,
    photos_needed=photos_needed,
    plan=plan_pairs,
    replace=replace_photo,
    screen=screen,
    score=score_click,
    truth=fake_side,
)
