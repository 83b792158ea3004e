"""How far a study is: counts and quality, and nothing of how conditions fare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from turk.design import arms_of
from turk.registry import colorings
from turk.studies import study_of
from turk.study import Study
from turk.tables import PlaceRow, SessionRow, StudyRow, TrialRow

MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class Timing:
    """How well images were shown.

    Attributes:
        valid: Answered test and catch trials that were shown as planned.
        invalid: Those that missed by more than a frame or were hidden.
        error_ms: Median distance between planned and measured exposure; None where exposures have no limit.
        refresh_hz: Rounded refresh rate to how many trials had it, the most frequent first.
    """

    valid: int
    invalid: int
    error_ms: float | None
    refresh_hz: dict[str, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """People's, or synthetic participants', part of a study.

    Attributes:
        places: Arm to state to count.
        sessions: State to count.
        answers: Kind of trial to count.
        catch_right: Right and answered catch trials; None where a condition of the study is the catch condition,
            since this would be its fool rate.
        minutes: Median from first to last trial of finished sessions.
    """

    places: dict[str, dict[str, int]] = field(default_factory=dict)
    sessions: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    catch_right: tuple[int, int] | None = None
    minutes: float | None = None
    timing: Timing | None = None

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON keeps it."""
        return asdict(self)


def standing_of(session: Session, row: StudyRow, *, synthetic: bool = False) -> Standing:
    """Count what a study has."""
    study = study_of(row)
    mine = (SessionRow.study_id == row.id, SessionRow.synthetic.is_(synthetic))
    states = session.execute(select(SessionRow.state, func.count()).where(*mine).group_by(SessionRow.state)).all()
    kinds = (
        select(TrialRow.kind, func.count())
        .join(SessionRow, SessionRow.id == TrialRow.session_id)
        .where(*mine, TrialRow.state == "answered")
        .group_by(TrialRow.kind)
    )
    return Standing(
        places=_places(session, row, study, synthetic),
        sessions={state: count for state, count in sorted(states, key=lambda found: (-found[1], found[0]))},
        answers=_by_kind(session.execute(kinds).all()),
        catch_right=_catch_right(session, study, mine),
        minutes=_minutes(session, mine),
        timing=_timing(session, study, mine),
    )


def _by_kind(rows: Sequence[Any]) -> dict[str, int]:
    counts = {kind: count for kind, count in rows}
    return {kind: counts[kind] for kind in ("practice", "test", "catch") if kind in counts}


def _places(session: Session, row: StudyRow, study: Study, synthetic: bool) -> dict[str, dict[str, int]]:
    query = (
        select(PlaceRow.arm, PlaceRow.state, func.count())
        .where(PlaceRow.study_id == row.id, PlaceRow.synthetic.is_(synthetic))
        .group_by(PlaceRow.arm, PlaceRow.state)
    )
    counts = {(arm, state): count for arm, state, count in session.execute(query)}
    if not counts:
        return {}
    states = ("done", "taken", "free")
    return {arm: {state: counts.get((arm, state), 0) for state in states} for arm in arms_of(study)}


def _catch_right(session: Session, study: Study, mine: Sequence[Any]) -> tuple[int, int] | None:
    if study.catch is None or study.catch in study.conditions:
        return None
    query = (
        select(TrialRow.correct, func.count())
        .join(SessionRow, SessionRow.id == TrialRow.session_id)
        .where(*mine, TrialRow.kind == "catch", TrialRow.state == "answered", TrialRow.valid.is_(True))
        .group_by(TrialRow.correct)
    )
    counts = {correct: count for correct, count in session.execute(query)}
    return counts.get(True, 0), sum(counts.values())


def _minutes(session: Session, mine: Sequence[Any]) -> float | None:
    query = select(SessionRow.started_at, SessionRow.finished_at).where(*mine, SessionRow.state == "finished")
    took = [(end - start).total_seconds() / MINUTE for start, end in session.execute(query) if start and end]
    return round(median(took), 1) if took else None


def _timing(session: Session, study: Study, mine: Sequence[Any]) -> Timing | None:
    if study.protocol in colorings():
        return None
    query = (
        select(TrialRow.valid, TrialRow.measured_ms, TrialRow.refresh_hz)
        .join(SessionRow, SessionRow.id == TrialRow.session_id)
        .where(*mine, TrialRow.kind != "practice", TrialRow.state == "answered")
    )
    rows = session.execute(query).all()
    if not rows:
        return None
    planned = study.parameters.get("exposure_ms") or None
    errors = [abs(ms - planned) for _, ms, _ in rows if planned is not None and ms is not None]
    rates = Counter(f"{hz:.0f}" for _, _, hz in rows if hz is not None)
    valid = sum(bool(row.valid) for row in rows)
    error = round(median(errors), 1) if errors else None
    return Timing(valid, len(rows) - valid, error, dict(rates.most_common()))
