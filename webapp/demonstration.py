"""The fixed pair that anyone may look at before deciding; it belongs to no study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from turk.registry import colorings, protocol
from turk.study import REAL, Stimulus, Trial
from webapp.participant_texts import Known

FAKE_FILE, REAL_FILE = "demonstration-a.png", "demonstration-b.png"


def step_of(known: Known, address: Callable[[str], str]) -> dict[str, Any]:
    """The step of a practice trial of the study's protocol with the demonstration's images; none where people color."""
    if known.study.protocol in colorings():
        return {"name": "photo"}
    asked = protocol(known.study.protocol)
    trial = _trial(asked.measure, known.study.conditions)
    screen = asked.screen(trial, known.study.parameters)
    stimuli = trial.stimuli[: len(screen.order)]
    return {
        "name": "trial",
        "block": "practice",
        "screen": asdict(screen),
        "images": [address(REAL_FILE if stimulus.condition == REAL else FAKE_FILE) for stimulus in stimuli],
        "ahead": [],
        "progress": {"done": 0, "total": 1},
        "truth": asked.truth(trial) if screen.feedback else None,
    }


def _trial(measure: str, conditions: tuple[str, ...]) -> Trial:
    fake = Stimulus("demonstration", conditions[0])
    real = Stimulus("demonstration", REAL)
    return Trial("practice", (fake, real), (0, 1))
