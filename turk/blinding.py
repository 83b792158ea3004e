"""Nobody sees how conditions fare before a study's stopping rule is met, or it is recorded."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine, bindparam, func, select
from sqlalchemy.orm import Session

from evalsuite.db import now, session_scope
from turk.design import arms_of
from turk.progress import Progress, wanted_of
from turk.result_tables import AnalysisRow
from turk.studies import user_name
from turk.study import Study
from turk.tables import COMPLETED, DecisionRow, SessionRow

LOOKED = "unblind"
"""The kind of the decision of somebody who looked before the stopping rule was met."""
LOOKS = (
    select(DecisionRow.id).where(DecisionRow.study_id == bindparam("study"), DecisionRow.kind == LOOKED).limit(1)
)  # fmt: skip
KEPT = select(AnalysisRow.study_id).where(
    AnalysisRow.study_id == bindparam("study"), AnalysisRow.synthetic.is_(False)
)  # fmt: skip
FINISHED = (
    select(SessionRow.arm, func.count())
    .where(SessionRow.study_id == bindparam("study"), SessionRow.synthetic.is_(False))
    .where(SessionRow.state.in_(COMPLETED))
    .group_by(SessionRow.arm)
)


def hidden(state: str, progress: Progress, *, synthetic: bool) -> bool:
    """Tell whether a study's conditions must not be seen yet.

    A closed study gets no more answers, so nobody can stop when they look good; synthetic answers decide nothing.
    """
    return not (synthetic or progress.met or state == "closed")


def blinded(db: Session, study_id: int, state: str, frozen: Study) -> bool:
    """Tell whether nothing may be shown of how people saw a study's conditions.

    Its rule is not met, nobody looked, and no analysis is kept: what was seen once, before somebody was forgotten,
    cannot be unseen.
    """
    if state == "closed" or rule_met(db, study_id, frozen):
        return False
    mine = {"study": study_id}
    return all(db.connection().execute(seen, mine).scalar() is None for seen in (LOOKS, KEPT))


def rule_met(db: Session, study_id: int, frozen: Study) -> bool:
    """Tell whether every arm has as many finished sessions of people as the stopping rule wants."""
    return met_by(frozen, finished_of(db, study_id))


def met_by(frozen: Study, finished: Mapping[str, int]) -> bool:
    """Tell whether so many finished sessions of each arm are as many as the stopping rule wants."""
    return all(finished.get(arm, 0) >= wanted_of(frozen) for arm in arms_of(frozen))


def finished_of(db: Session, study_id: int) -> dict[str, int]:
    """Arm to how many sessions of people came to their end."""
    return {arm: count for arm, count in db.connection().execute(FINISHED, {"study": study_id})}


def record_look(engine: Engine, study_id: int, progress: Progress, reason: str | None) -> None:
    """Keep that somebody looked before the stopping rule was met: who, when, at how much, and why."""
    seen = f"looked at {progress.finished} of {progress.wanted} finished sessions"
    told = f"{seen}: {reason}" if reason else seen
    with session_scope(engine) as session:
        session.add(DecisionRow(study_id=study_id, kind=LOOKED, reason=told, by=user_name(), at=now()))
