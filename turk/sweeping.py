"""Sessions that nobody goes on with: their places go to others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from evalsuite.db import now, session_scope
from turk.digests import digest_missing
from turk.people import purge
from turk.study import Study
from turk.tables import SessionRow, StudyRow
from turk.visits import LIVE, release

ABANDON_MINUTES = 30


def sweep(engine: Engine, clock: Callable[[], datetime] = now) -> int:
    """Give back the places of all abandoned sessions, and forget names whose time is over; return how many sessions.

    Finished sessions of which no numbers are kept, such as those of an older version, get them.
    """
    with session_scope(engine) as db:
        at = clock()
        purge(db, at)
        studies = db.scalars(select(StudyRow)).all()
        for study in studies:
            digest_missing(db, study)
        return sum(sweep_study(db, study.id, Study.from_json(study.config), at) for study in studies)


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
