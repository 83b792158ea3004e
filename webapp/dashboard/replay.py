"""A trial as it was seen: its images, places, order and times, frame by frame."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from werkzeug.exceptions import NotFound

from turk.registry import protocols
from turk.tables import ConditionRow, TrialRow
from webapp.charts.timelines import timeline
from webapp.page import Answer, Asked, Page
from webapp.replaying import found_session, record_of, scenes, screen_of, told_screen
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
    """
    key = asked.parts["trial"]
    row = asked.session.get(TrialRow, key)
    if row is None or row.state != "answered":
        raise NotFound(f"There is no answered trial {key}. A session's page lists those that there are.")
    session, known, study, silent = found_session(asked.session, row.session_id)
    if study.protocol not in protocols():
        raise NotFound(f"People color in {known.name}: no image was shown for a time that could be replayed.")
    named = asked.session.scalars(select(ConditionRow.name).where(ConditionRow.id == row.condition_id)).one()
    beside = asked.session.execute(
        select(TrialRow.number, TrialRow.id)
        .where(TrialRow.session_id == session.id, TrialRow.state == "answered")
        .where(TrialRow.number.in_((row.number - 1, row.number + 1)))
    )
    screen = screen_of(row, study)
    return {
        "study": {"id": known.id, "name": known.name}, "session": session.id, "blinded": silent,
        "who": "synthetic" if session.synthetic else "people", "trial": record_of(row, named, silent),
        "screen": told_screen(screen), "scenes": scenes(row, study), "frame_ms": 1000 / (row.refresh_hz or USUAL_HZ),
        "hidden": bool((row.exposure or {}).get("hidden")),
        "images": [stimulus_address(row.id, place) for place in range(len(row.stimuli))],
        "beside": {number: key for number, key in beside}, "number": row.number,
    }  # fmt: skip


PAGE = Page(name="replay", path="/trials/{trial}", title="Replay", answer=answer, role="researcher", read=read)
