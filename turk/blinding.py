"""Pre-registration as code: nothing of the conditions is seen before the stopping rule is met, or it is recorded."""

from __future__ import annotations

from sqlalchemy import Engine

from evalsuite.db import now, session_scope
from turk.progress import Progress
from turk.studies import user_name
from turk.tables import DecisionRow


def hidden(state: str, progress: Progress, *, synthetic: bool) -> bool:
    """Tell whether a study's conditions must not be seen yet.

    A closed study gets no more answers, so nobody can stop when they look good; synthetic answers decide nothing.
    """
    return not (synthetic or progress.met or state == "closed")


def record_look(engine: Engine, study_id: int, progress: Progress, reason: str | None) -> None:
    """Keep that somebody looked before the stopping rule was met: who, when, at how much, and why."""
    seen = f"looked at {progress.finished} of {progress.wanted} finished sessions"
    told = f"{seen}: {reason}" if reason else seen
    with session_scope(engine) as session:
        session.add(DecisionRow(study_id=study_id, kind="unblind", reason=told, by=user_name(), at=now()))
