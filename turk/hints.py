"""What recruiters tell unasked: marks that make `turk sync` look sooner, and nothing else.

No place and no money ever hangs on a hint; the recruiter's own list is the truth.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from turk.hearing_tables import HintRow
from turk.people import insert_new


def leave(db: Session, source: str, event: str, at: datetime) -> None:
    """Leave a mark that a recruiter told of an event; one that is told again leaves no second."""
    insert_new(db, HintRow.__table__, {"source": source, "event": event, "at": at})


def newest(engine: Engine) -> int:
    """The number of the last mark, 0 before the first; whoever waits for hints compares."""
    with session_scope(engine, read_only=True) as db:
        return db.scalar(select(func.max(HintRow.id))) or 0
