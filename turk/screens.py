"""What protocols that show all images of a trial at once tell the browser."""

from __future__ import annotations

from turk.study import Parameters, Screen, Trial


def together(
    trial: Trial, parameters: Parameters, question: str, choices: tuple[str, ...], *, feedback: bool = False
) -> Screen:
    """Show one image, or two side by side, until the answer or for a limited time.

    Args:
        trial: Whose images.
        parameters: size, fixation_ms, exposure_ms (0: until the answer), mask_ms (after a limited exposure).
        question: The text's key.
        choices: The answers; of two images one is chosen by clicking its place, else there are buttons.
        feedback: Whether the truth is told after the answer.
    """
    images = len(trial.stimuli)
    return Screen(
        layout="together",
        order=tuple(range(images)),
        size=parameters["size"],
        fixation_ms=parameters["fixation_ms"],
        exposure_ms=parameters["exposure_ms"] or None,
        gap_ms=0,
        mask_ms=parameters["mask_ms"] if parameters["exposure_ms"] else 0,
        question=question,
        choices=choices,
        points="places" if images > 1 else "buttons",
        feedback=feedback,
    )
