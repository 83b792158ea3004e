"""A trial as it was seen: its images, places, order and times, frame by frame."""

from __future__ import annotations

from typing import Any

from turk.registry import protocols
from webapp.charts.timelines import timeline
from webapp.page import Answer, Asked, Page, Shorter
from webapp.replaying import beside, found_trial, scenes, screen_of, told_screen
from webapp.stimuli import stimulus_address

USUAL_HZ = 60.0


def answer(asked: Asked) -> Answer:
    """Show what was on the screen, and when."""
    found: dict[str, Any] = asked.found
    number, session = found["trial"]["number"], found["session"]
    context = found | {"chart": timeline(found["scenes"], found["frame_ms"]), "places": len(found["images"])}
    return Answer(
        f"Trial {number} of session {session}", {key: found[key] for key in TOLD}, lambda: found["scenes"],
        context if asked.form == "html" else {},
    )  # fmt: skip


TOLD = ("study", "session", "who", "blinded", "trial", "screen", "images", "frame_ms", "hidden")


def read(asked: Asked) -> dict[str, Any]:
    """Read a trial.

    Raises:
        NotFound: There is none that was answered.
        Shorter: People color in its study: what they did is another page.
    """
    row, session, known, study, told = found_trial(asked.session, asked.parts["trial"])
    if study.protocol not in protocols():
        raise Shorter(asked.pages["points"].address({"trial": row.id}, asked.form))
    screen = screen_of(row, study)
    return {
        "study": {"id": known.id, "name": known.name}, "session": session.id, **told,
        "who": "synthetic" if session.synthetic else "people",
        "screen": told_screen(screen), "scenes": scenes(row, study), "frame_ms": 1000 / (row.refresh_hz or USUAL_HZ),
        "hidden": bool((row.exposure or {}).get("hidden")),
        "images": [stimulus_address(row.id, place) for place in range(len(row.stimuli))],
        "beside": beside(asked.session, row), "number": row.number,
    }  # fmt: skip


PAGE = Page(name="replay", path="/trials/{trial}", title="Replay", answer=answer, role="researcher", read=read)
