"""The images of a study as a trial showed them, for replay; their addresses tell nothing of what they are."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, abort, g, make_response
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from turk.tables import ConditionRow, SessionRow, StimulusRow, StudyRow, TrialRow
from webapp.access import Visitor
from webapp.doors import reader
from webapp.reading import reading

GONE = "The image is gone: the study's folder was moved. Put it back, or build the study again."


def add_stimuli(blueprint: Blueprint) -> None:
    """Add the route to the dashboard's blueprint."""
    blueprint.add_url_rule("/stimulus/<int:trial>/<int:place>.png", view_func=stimulus)


def stimulus_address(trial: int, place: int) -> str:
    """The address of what a trial showed at a place."""
    return f"/stimulus/{trial}/{place}.png"


def stimulus(trial: int, place: int) -> AnyResponse:
    """Serve an image of an answered trial."""
    visitor: Visitor = g.visitor
    if not visitor.may("researcher"):
        abort(401 if visitor.role == "anonymous" else 403)
    with reading(reader()) as session:
        row = session.get(TrialRow, trial)
        if row is None or row.state != "answered" or place >= len(row.stimuli):
            abort(404)
        photo, condition = row.stimuli[place]
        found = session.execute(
            select(StudyRow.folder, StimulusRow.sha256)
            .select_from(SessionRow).join(StudyRow, StudyRow.id == SessionRow.study_id)
            .join(ConditionRow, ConditionRow.study_id == StudyRow.id)
            .join(StimulusRow, StimulusRow.condition_id == ConditionRow.id)
            .where(SessionRow.id == row.session_id, ConditionRow.name == condition, StimulusRow.photo == photo)
        ).one_or_none()  # fmt: skip
    path = Path(found.folder) / "stimuli" / f"{found.sha256}.png" if found else None
    if path is None or not path.is_file():
        abort(404, description=GONE)
    response = make_response(path.read_bytes())
    response.headers["Content-Type"] = "image/png"
    response.headers["Cache-Control"] = "private, no-store"
    response.set_etag(hashlib.sha256(f"{trial} {place}".encode()).hexdigest()[:16])
    return response
