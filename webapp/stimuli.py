"""The images of a study as a trial showed them, for replay; their addresses tell nothing of what they are."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Blueprint, abort, g, make_response
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from turk.hosting import path_of
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


def stimulus_file(session: Session, trial: TrialRow, place: int) -> Path | None:
    """The file of what a trial showed at a place; None where the study's folder is gone."""
    photo, condition = trial.stimuli[place]
    found = session.execute(
        select(StudyRow.folder, StimulusRow.sha256)
        .select_from(SessionRow).join(StudyRow, StudyRow.id == SessionRow.study_id)
        .join(ConditionRow, ConditionRow.study_id == StudyRow.id)
        .join(StimulusRow, StimulusRow.condition_id == ConditionRow.id)
        .where(SessionRow.id == trial.session_id, ConditionRow.name == condition, StimulusRow.photo == photo)
    ).one_or_none()  # fmt: skip
    path = path_of(Path(found.folder), found.sha256) if found else None
    return path if path is not None and path.is_file() else None


def stimulus(trial: int, place: int) -> AnyResponse:
    """Serve an image of an answered trial."""
    visitor: Visitor = g.visitor
    if not visitor.may("researcher"):
        abort(401 if visitor.role == "anonymous" else 403)
    with reading(reader()) as session:
        row = session.get(TrialRow, trial)
        if row is None or row.state != "answered" or place >= len(row.stimuli):
            abort(404)
        path = stimulus_file(session, row, place)
    if path is None:
        abort(404, description=GONE)
    response = make_response(path.read_bytes())
    response.headers["Content-Type"] = "image/png"
    response.headers["Cache-Control"] = "private, no-store"
    response.set_etag(hashlib.sha256(f"{trial} {place}".encode()).hexdigest()[:16])
    return response
