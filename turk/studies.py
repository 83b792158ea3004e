"""Studies by name: where their files live, and the states that they go through."""

from __future__ import annotations

import difflib
import getpass
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from platformdirs import user_data_path
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from evalsuite.db import default_url, make_engine, now
from evalsuite.errors import UserError
from evalsuite.tables import RunRow
from turk.study import REAL, Study
from turk.tables import ConditionRow, DecisionRow, StimulusRow, StudyRow

State: TypeAlias = Literal["built", "live", "paused", "closed"]

STEPS: Mapping[str, Mapping[str, str]] = {
    "built": {"live": "launch", "closed": "close"},
    "live": {"paused": "pause", "closed": "close"},
    "paused": {"live": "resume", "closed": "close"},
    "closed": {},
}
"""State to the states that may follow, and what the decision is called."""
SHOWN = 20
CHUNK = 10_000


def studies_folder(database_url: str | None = None) -> Path:
    """Where frozen studies live: STUDIES_DIR, or `studies` beside the SQLite file or in the user's data folder."""
    named = os.environ.get("STUDIES_DIR")
    if named:
        return Path(named).resolve()
    url = make_engine(database_url or default_url()).url
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return Path(url.database).resolve().parent / "studies"
    return user_data_path("colorization-evalsuite", appauthor=False) / "studies"


def find_study(session: Session, name: str, *, lock: bool = False) -> StudyRow:
    """Return the study of that name; with `lock`, nobody else changes it before this transaction ends.

    Raises:
        UserError: There is none; the message lists the nearest and the known.
    """
    query = select(StudyRow).where(StudyRow.name == name)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is not None:
        return row
    known = list(session.scalars(select(StudyRow.name).order_by(StudyRow.id.desc())))
    if not known:
        raise UserError(f"study {name!r}: this database has no study yet. Build one with `turk build study.yaml`.")
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    raise UserError(f"study {name!r} is unknown. {hint}Known: {', '.join(known[:SHOWN])}{more}.")


def study_of(row: StudyRow) -> Study:
    """Return the frozen study of a row."""
    return Study.from_json(row.config)


def insert_study(session: Session, study: Study, folder: Path, run_sha256: str | None = None) -> StudyRow:
    """Write the rows of a study that is built; its run is found where it was imported."""
    run_id = session.scalar(select(RunRow.id).where(RunRow.sha256 == run_sha256)) if run_sha256 else None
    row = StudyRow(
        name=study.name,
        sha256=study.hash,
        protocol=study.protocol,
        recruiter=study.recruiter,
        state="built",
        folder=str(folder),
        config=study.to_json(),
        run_id=run_id,
        created_at=now(),
    )
    session.add(row)
    session.flush()
    conditions = [
        ConditionRow(study_id=row.id, position=position, name=name, kind=kind)
        for position, (name, kind) in enumerate(_kinds(study).items())
    ]
    session.add_all(conditions)
    session.flush()
    for condition in conditions:
        stimuli = [
            {"condition_id": condition.id, "photo": photo, "sha256": sha256}
            for photo, sha256 in study.stimuli[condition.name].items()
        ]
        for start in range(0, len(stimuli), CHUNK):
            session.execute(insert(StimulusRow), stimuli[start : start + CHUNK])
    return row


def move_study(session: Session, row: StudyRow, state: State, reason: str, by: str | None = None) -> None:
    """Bring a study from one state to the next and keep who decided it and why.

    Args:
        session: An open transaction that writes.
        row: The study, found with `lock`.
        state: The state that follows.
        reason: In a person's words.
        by: Who decides; the user of this machine where it is left out.

    Raises:
        UserError: The study's state does not allow it.
    """
    steps = STEPS[row.state]
    if state not in steps:
        allowed = " or ".join(steps) or "nothing: closed is for good; copy the study to ask again"
        raise UserError(f"study {row.name!r}: it is {row.state} and cannot become {state}; what may follow: {allowed}.")
    moment = now()
    decision = DecisionRow(study_id=row.id, kind=steps[state], reason=reason, by=by or user_name(), at=moment)
    session.add(decision)
    row.state = state
    if state == "live" and row.launched_at is None:
        row.launched_at = moment
    if state == "closed":
        row.closed_at = moment


def user_name() -> str:
    """The name of this machine's user, as decisions keep it."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number without a name; OSError from Python 3.13 on
        return f"user {os.getuid()}"


def _kinds(study: Study) -> dict[str, str]:
    """Conditions in the order of the file, then the catch condition where it is not one of them, then the photos."""
    catch: Sequence[str] = () if study.catch is None or study.catch in study.conditions else (study.catch,)
    return {**dict.fromkeys(study.conditions, "test"), **dict.fromkeys(catch, "catch"), REAL: "real"}
