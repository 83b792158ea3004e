"""A photo that somebody colored, event by event: which points it had, and where their colors came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from evalsuite.points import Point
from turk.coloring_tables import ColoringRow, PointEventRow
from turk.painting import Event, points_after
from turk.registry import colorings
from turk.tables import TrialRow
from webapp.charts.painted import Mark, painted
from webapp.page import Answer, Asked, Page, Parameter
from webapp.parameters import whole
from webapp.replaying import beside, found_trial
from webapp.srgb import hex_of, lab_of
from webapp.stimuli import stimulus_address, stimulus_file

MIDDLE = 50.0
"""The lightness at which colors are drawn where the photo's file is gone."""


def answer(asked: Asked) -> Answer:
    """Show the photo's points after so many events, by default after all."""
    found: dict[str, Any] = asked.found
    events: list[Event] = found["events"]
    count = len(events) if asked.values["after"] is None else min(asked.values["after"], len(events))
    marks = _marks(points_after(events[:count]), found["file"])
    names = {mark.point: f"Point {mark.point + 1}, column {mark.x}, row {mark.y}, {mark.color}" for mark in marks}
    said = {name: found[name] for name in ("study", "session", "who", "blinded", "trial", "side", "colorizer")}
    said |= {"after": count, "points": [asdict(mark) for mark in marks]}
    rows = [{"event": k + 1, **event.to_row()} for k, event in enumerate(events)]
    context = found | {
        "count": count, "rows": rows, "now": events[count - 1] if count else None,
        "drawn": painted(stimulus_address(found["trial"]["trial"], 0), found["side"], marks, names),
    }  # fmt: skip
    title = f"Points of trial {found['trial']['number']} of session {found['session']}"
    return Answer(title, said, lambda: rows, context if asked.form == "html" else {})


def read(asked: Asked) -> dict[str, Any]:
    """Read what was done to the photo of a trial.

    Raises:
        NotFound: There is none that was handed in, or people set no points in its study.
    """
    row, session, known, study, told = found_trial(asked.session, asked.parts["trial"])
    if study.protocol not in colorings():
        raise NotFound(f"Nobody sets points in {known.name}: see the replay of trial {row.id}.")
    begun = asked.session.get(ColoringRow, row.id)
    return {
        "study": {"id": known.id, "name": known.name}, "session": session.id, "blinded": told["blinded"],
        "who": "synthetic" if session.synthetic else "people", "trial": told["trial"],
        "side": int(study.parameters["size"]), "colorizer": begun.colorizer if begun else None,
        "events": _events(asked.session, row, told["blinded"]), "file": stimulus_file(asked.session, row, 0),
        "beside": beside(asked.session, row), "number": row.number,
    }  # fmt: skip


def _events(session: Session, trial: TrialRow, silent: bool) -> list[Event]:
    """What was done, in turn; where a color was chosen tells the condition, and is told when that is."""
    rows = session.scalars(
        select(PointEventRow).where(PointEventRow.trial_id == trial.id).order_by(PointEventRow.number)
    )
    found = [Event.of(row) for row in rows]
    return [replace(event, source=None) for event in found] if silent else found


def _marks(points: Mapping[int, Point], file: Path | None) -> Sequence[Mark]:
    """The points in their colors at the lightness that the photo has there."""
    if file is None:
        return [_mark(key, point, MIDDLE) for key, point in points.items()]
    with Image.open(file) as image:
        lightness = lab_of(np.asarray(image.convert("RGB")) / 255)[..., 0]
    return [_mark(key, point, float(lightness[point.y, point.x])) for key, point in points.items()]


def _mark(key: int, point: Point, lightness: float) -> Mark:
    return Mark(key, point.x, point.y, point.size, hex_of((lightness, point.a, point.b)))


PAGE = Page(
    name="points",
    path="/trials/{trial}/points",
    title="Points",
    answer=answer,
    parameters=(Parameter("after", "how many events have happened", whole),),
    role="researcher",
    read=read,
)
