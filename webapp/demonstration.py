"""The fixed pair that anyone may look at before deciding; it belongs to no study."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from turk.design import arms_of, plan_session
from turk.registry import colorings, protocol
from turk.study import REAL, Stimulus, Study, Trial
from webapp.participant_texts import Known

FAKE_FILE, REAL_FILE = "demonstration-a.png", "demonstration-b.png"


def step_of(known: Known, address: Callable[[str], str]) -> dict[str, Any]:
    """The step of a practice trial of the study's protocol with the demonstration's images; none where people color."""
    if known.study.protocol in colorings():
        return {"name": "photo"}
    asked = protocol(known.study.protocol)
    trial = _trial(known.study)
    screen = asked.screen(trial, known.study.parameters)
    files = [REAL_FILE if stimulus.condition == REAL else FAKE_FILE for stimulus in trial.stimuli]
    return {
        "name": "trial",
        "block": "practice",
        "screen": asdict(screen),
        "images": [address(file) for file in files],
        "ahead": [],
        "progress": {"done": 0, "total": 1},
        "truth": asked.truth(trial) if screen.feedback else None,
    }


def _trial(study: Study) -> Trial:
    """A practice trial with as many images as the study's have: the fake, and the photo where there are two."""
    first, *_ = plan_session(study, arms_of(study)[0], 0, 0).trials
    shown = tuple(Stimulus("demonstration", name) for name in (study.conditions[0], REAL)[: len(first.stimuli)])
    return Trial("practice", shown, tuple(range(len(shown))))
