"""Sessions and trials for replay; while a study is blinded, without what is true of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from turk.blinding import blinded
from turk.frames import pseudonym
from turk.registry import protocol
from turk.study import Screen, Study
from turk.tables import ConditionRow, ParticipantRow, SessionRow, TrialRow
from turk.trials import trial_of
from webapp.queries.keys import among
from webapp.queries.studies import Known, find, frozen

PER_PAGE = 100
NEWEST = (
    select(SessionRow.id)
    .where(SessionRow.study_id == bindparam("study"), SessionRow.synthetic == bindparam("synthetic"))
    .order_by(SessionRow.id.desc())
    .limit(bindparam("most"))
)
NEWEST_BEFORE = NEWEST.where(SessionRow.id < bindparam("after"))
ENTERED = (
    select(SessionRow.id, ParticipantRow.key, SessionRow.state, SessionRow.created_at, SessionRow.arm)
    .join(ParticipantRow, ParticipantRow.id == SessionRow.participant_id)
    .where(among(SessionRow.id, "shown"))
    .order_by(SessionRow.id.desc())
)
ANSWERED = (
    select(TrialRow.session_id, func.count())
    .where(among(TrialRow.session_id, "shown"), TrialRow.state == "answered")
    .group_by(TrialRow.session_id)
)


def sessions_of(session: Session, known: Known, synthetic: bool, after: int | None) -> list[dict[str, Any]]:
    """A page of sessions, the newest first: a record each, by a name that only this study has for the person."""
    mine = {"study": known.id, "synthetic": synthetic, "most": PER_PAGE + 1}
    asked, wanted = (NEWEST, mine) if after is None else (NEWEST_BEFORE, mine | {"after": after})
    shown = {"shown": session.connection().execute(asked, wanted).scalars().all()}
    answers = {key: number for key, number in session.connection().execute(ANSWERED, shown).all()}
    return [
        {"session": key, "participant": pseudonym(known.sha256, person), "state": state,
         "entered_at": entered.isoformat(), "arm": arm, "answers": answers.get(key, 0)}
        for key, person, state, entered, arm in session.connection().execute(ENTERED, shown).all()
    ]  # fmt: skip


def found_session(session: Session, key: int) -> tuple[SessionRow, Known, Study, bool]:
    """A session, its study, and whether what is true of it stays unsaid.

    Raises:
        NotFound: There is none.
    """
    row = session.get(SessionRow, key)
    if row is None:
        raise NotFound(f"There is no session {key}. The study's replay page lists those that there are.")
    known = find(session, row.study_id)
    study = frozen(session, known)
    return row, known, study, not row.synthetic and blinded(session, known.id, known.state, study)


def trials_of(session: Session, row: SessionRow, silent: bool) -> list[dict[str, Any]]:
    """A record per answered trial of a session."""
    shown = select(TrialRow, ConditionRow.name).join(ConditionRow, ConditionRow.id == TrialRow.condition_id)
    mine = (TrialRow.session_id == row.id, TrialRow.state == "answered")
    found = session.execute(shown.where(*mine).order_by(TrialRow.number)).all()
    return [record_of(trial, condition, silent) for trial, condition in found]


def found_trial(session: Session, key: int) -> tuple[TrialRow, SessionRow, Known, Study, dict[str, Any]]:
    """An answered trial, its session and study, whether they are blinded, and a record of the trial.

    Raises:
        NotFound: There is none.
    """
    row = session.get(TrialRow, key)
    if row is None or row.state != "answered":
        raise NotFound(f"There is no answered trial {key}. A session's page lists those that there are.")
    whole, known, study, silent = found_session(session, row.session_id)
    named = session.scalars(select(ConditionRow.name).where(ConditionRow.id == row.condition_id)).one()
    return row, whole, known, study, {"blinded": silent, "trial": record_of(row, named, silent)}


def beside(session: Session, trial: TrialRow) -> dict[int, int]:
    """Number to key of the answered trials before and after one."""
    mine = (TrialRow.session_id == trial.session_id, TrialRow.state == "answered")
    near = TrialRow.number.in_((trial.number - 1, trial.number + 1))
    return {number: key for number, key in session.execute(select(TrialRow.number, TrialRow.id).where(*mine, near))}


def record_of(trial: TrialRow, condition: str, silent: bool) -> dict[str, Any]:
    """A trial; what is true of it only where it may be said."""
    told = {
        "trial": trial.id, "number": trial.number + 1, "kind": trial.kind, "answer": trial.answer,
        "rt_ms": trial.rt_ms, "valid": trial.valid, "measured_ms": trial.measured_ms, "refresh_hz": trial.refresh_hz,
        "replaces": None if trial.replaces is None else trial.replaces + 1,
    }  # fmt: skip
    truth = {"photo": trial.photo, "condition": condition, "fake_place": trial.fake_place, "correct": trial.correct,
             "value": trial.value}  # fmt: skip
    return told if silent else told | truth


def scenes(trial: TrialRow, study: Study) -> list[dict[str, Any]]:
    """What was on the screen from when to when, in ms since the trial began: as recorded, else as planned.

    Images that stayed until the answer have no recorded end beyond it.
    """
    screen = screen_of(trial, study)
    shown = (trial.exposure or {}).get("shown") or _planned(screen)
    ends: list[dict[str, Any]] = [
        {"place": int(one["place"]), "on_ms": float(one["on_ms"]), "off_ms": float(one["off_ms"]),
         "frames": one.get("frames"), "long_frames": one.get("long_frames")}
        for one in shown if one.get("on_ms") is not None and one.get("off_ms") is not None
    ]  # fmt: skip
    first = min((one["on_ms"] for one in ends), default=0.0)
    shift = screen.fixation_ms if first < screen.fixation_ms / 2 else 0
    return [one | {"on_ms": one["on_ms"] + shift, "off_ms": one["off_ms"] + shift} for one in ends]


def screen_of(trial: TrialRow, study: Study) -> Screen:
    """The trial's screen as its participant's browser was told."""
    return protocol(study.protocol).screen(trial_of(trial.kind, trial.stimuli, trial.turns), study.parameters)


def told_screen(screen: Screen) -> dict[str, Any]:
    """The screen as JSON has it."""
    return asdict(screen)


def _planned(screen: Screen) -> list[Mapping[str, Any]]:
    length, at = screen.exposure_ms or 1000, float(screen.fixation_ms)
    if screen.layout == "together":
        return [{"place": place, "on_ms": at, "off_ms": at + length} for place in screen.order]
    step = length + screen.gap_ms
    return [
        {"place": place, "on_ms": at + turn * step, "off_ms": at + turn * step + length}
        for turn, place in enumerate(screen.order)
    ]
