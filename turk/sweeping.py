"""Sessions that nobody goes on with: their places go to others."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from turk.people import purge
from turk.store import Store
from turk.study import Study
from turk.tables import SessionRow, StudyRow
from turk.visits import LIVE, release

ABANDON_MINUTES = 30


def sweep(store: Store) -> int:
    """Give back the places of all abandoned sessions, and forget identities whose time is over; return how many."""
    with session_scope(store.engine) as db:
        at = store.clock()
        purge(db, at)
        studies = db.execute(select(StudyRow.id, StudyRow.sha256)).all()
        return sum(sweep_study(db, key, store.study(db, sha256, key), at) for key, sha256 in studies)


def sweep_study(db: Session, study_id: int, study: Study, at: datetime) -> int:
    """Give back the places of a study's sessions that were idle for longer than its settings' abandon_minutes."""
    idle = at - timedelta(minutes=study.settings.get("abandon_minutes", ABANDON_MINUTES))
    # PostgreSQL passes over sessions that a request of their participant holds just now.
    forgotten = (
        select(SessionRow.id)
        .where(SessionRow.study_id == study_id, SessionRow.synthetic.in_((False, True)))
        .where(SessionRow.state.in_(LIVE), SessionRow.seen_at < idle)
        .with_for_update(skip_locked=True)
    )
    return sum(release(db, key, "abandoned", at) for key in db.scalars(forgotten).all())
