"""A study's tables as data frames; people and synthetic participants never come in one frame."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Engine, Select, select
from sqlalchemy.orm import aliased

from evalsuite.db import session_scope
from turk.tables import ConditionRow, DecisionRow, ParticipantRow, SessionRow, StudyRow, TrialRow

RESPONSES: Mapping[str, str] = {
    "session": "int64", "participant": "object", "arm": "object", "number": "int64", "kind": "object",
    "photo": "object", "condition": "object", "other_condition": "object", "fake_place": "Int64",
    "fake_turn": "Int64", "answer": "object", "correct": "boolean", "value": "float64", "rt_ms": "float64",
    "valid": "bool", "measured_ms": "float64", "refresh_hz": "float64", "replaces": "Int64",
    "answered_at": "datetime64[us, UTC]",
}  # fmt: skip
"""Columns of `responses` and their types; `replaces` is the number of the trial that one stands in for."""
SESSIONS: Mapping[str, str] = {
    "session": "int64", "participant": "object", "arm": "object", "rank": "int64", "state": "object",
    "synthetic": "bool", "observer": "object", "locale": "object", "consent_version": "object",
    "device": "object", "color_vision": "object", "comment": "object", "created_at": "datetime64[us, UTC]",
    "consented_at": "datetime64[us, UTC]", "started_at": "datetime64[us, UTC]",
    "finished_at": "datetime64[us, UTC]",
}  # fmt: skip
"""Columns of `sessions` and their types; `device` and `color_vision` hold what the page reported, as mappings."""
DECISIONS: Mapping[str, str] = {
    "session": "Int64", "kind": "object", "reason": "object", "by": "object", "at": "datetime64[us, UTC]",
}  # fmt: skip
EXPOSURES: Mapping[str, str] = {
    "session": "int64", "number": "int64", "place": "int64", "planned_ms": "float64", "on_ms": "float64",
    "off_ms": "float64", "frames": "Int64", "long_frames": "Int64", "presented_ms": "float64", "refresh_hz": "float64",
    "hidden": "boolean", "again": "boolean", "valid": "bool",
}  # fmt: skip
"""Columns of `exposures` and their types: what the browser measured of each image, and of its trial."""
PSEUDONYM = 12
"""Hexadecimal digits of a pseudonym: two of a thousand people share one with a probability of 2e-9."""


def responses(engine: Engine, study_id: int, *, synthetic: bool) -> pd.DataFrame:
    """Return a row per answered trial, in the order of sessions and trials: the columns of RESPONSES."""
    condition, other = aliased(ConditionRow), aliased(ConditionRow)
    query = (
        select(
            TrialRow.session_id, ParticipantRow.key, SessionRow.arm, TrialRow.number, TrialRow.kind, TrialRow.photo,
            condition.name, other.name, TrialRow.fake_place, TrialRow.fake_turn, TrialRow.answer, TrialRow.correct,
            TrialRow.value, TrialRow.rt_ms, TrialRow.valid, TrialRow.measured_ms, TrialRow.refresh_hz,
            TrialRow.replaces, TrialRow.answered_at,
        )
        .join(SessionRow, TrialRow.session_id == SessionRow.id)
        .join(ParticipantRow, SessionRow.participant_id == ParticipantRow.id)
        .join(condition, TrialRow.condition_id == condition.id)
        .outerjoin(other, TrialRow.other_condition_id == other.id)
        .where(SessionRow.study_id == study_id, SessionRow.synthetic == synthetic, TrialRow.state == "answered")
        .order_by(TrialRow.session_id, TrialRow.number)
    )  # fmt: skip
    return _pseudonymous(engine, study_id, _frame(engine, query, RESPONSES))


def exposures(engine: Engine, study_id: int, *, synthetic: bool) -> pd.DataFrame:
    """Return a row per image that was shown, in the order of sessions, trials and showing: the columns of EXPOSURES."""
    query = (
        select(TrialRow.session_id, TrialRow.number, TrialRow.valid, TrialRow.exposure)
        .join(SessionRow, TrialRow.session_id == SessionRow.id)
        .where(SessionRow.study_id == study_id, SessionRow.synthetic == synthetic, TrialRow.state == "answered")
        .order_by(TrialRow.session_id, TrialRow.number)
    )
    rows = []
    with session_scope(engine, read_only=True) as db:
        for session, number, valid, told in db.execute(query):
            for shown in (told or {}).get("shown", []):
                known = {**told, **shown, "session": session, "number": number, "valid": valid is True}
                rows.append([_measured(known.get(name), kind) for name, kind in EXPOSURES.items()])
    return pd.DataFrame(rows, columns=list(EXPOSURES), dtype="object").astype(dict(EXPOSURES))


def sessions(engine: Engine, study_id: int, *, synthetic: bool) -> pd.DataFrame:
    """Return a row per session, whatever came of it: the columns of SESSIONS."""
    query = (
        select(
            SessionRow.id, ParticipantRow.key, SessionRow.arm, SessionRow.rank, SessionRow.state, SessionRow.synthetic,
            SessionRow.observer, SessionRow.locale, SessionRow.consent_version, SessionRow.device,
            SessionRow.color_vision, SessionRow.comment, SessionRow.created_at, SessionRow.consented_at,
            SessionRow.started_at, SessionRow.finished_at,
        )
        .join(ParticipantRow, SessionRow.participant_id == ParticipantRow.id)
        .where(SessionRow.study_id == study_id, SessionRow.synthetic == synthetic)
        .order_by(SessionRow.id)
    )  # fmt: skip
    return _pseudonymous(engine, study_id, _frame(engine, query, SESSIONS))


def decisions(engine: Engine, study_id: int) -> pd.DataFrame:
    """Return what people decided about a study and its sessions, in order: the columns of DECISIONS."""
    query = (
        select(DecisionRow.session_id, DecisionRow.kind, DecisionRow.reason, DecisionRow.by, DecisionRow.at)
        .where(DecisionRow.study_id == study_id)
        .order_by(DecisionRow.id)
    )
    return _frame(engine, query, DECISIONS)


def _measured(value: Any, kind: str) -> Any:
    """What a browser told, where it is of the kind that is expected: pages of others may tell anything."""
    wanted = bool if kind.startswith("bool") else (int, float)
    fits = isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool)
    return (round(value) if kind.lower() == "int64" else value) if fits else None


def pseudonym(study_sha256: str, key: str) -> str:
    """Name a participant within one study; names of two studies cannot be linked without the participants' keys."""
    return hmac.new(key.encode(), study_sha256.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM]


def _pseudonymous(engine: Engine, study_id: int, frame: pd.DataFrame) -> pd.DataFrame:
    with session_scope(engine, read_only=True) as session:
        sha256 = session.scalars(select(StudyRow.sha256).where(StudyRow.id == study_id)).one()
    names = {key: pseudonym(sha256, key) for key in frame["participant"].unique()}
    return frame.assign(participant=frame["participant"].map(names).astype("object"))


def _frame(engine: Engine, query: Select[*tuple[Any, ...]], columns: Mapping[str, str]) -> pd.DataFrame:
    with session_scope(engine, read_only=True) as session:
        rows: Sequence[Any] = session.execute(query).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=list(columns), dtype="object")
    if "valid" in columns:
        frame["valid"] = frame["valid"].eq(True)
    return frame.astype(dict(columns))
