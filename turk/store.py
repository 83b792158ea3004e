"""Where events of a study are kept: what every function of theirs is handed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from evalsuite.db import now
from turk.arrivals import PROLIFIC_SITE
from turk.study import Study
from turk.tables import StudyRow


@dataclass(frozen=True, slots=True)
class Store:
    """The database and what the site knows beside it; one for a process.

    Attributes:
        engine: A database whose tables are at the newest revision.
        secret: The site's, from turk.site_secret.site_secret or the site's settings.
        clock: Tells the time, aware and in UTC.
        synthetic_key: What a synthetic participant must know; None where there are none.
        submit_origins: Origins beside MTurk's own that may receive a finished MTurk assignment, and beside SNS's own
            from which certificates may come (an emulator).
        rehearsal: Whether everybody who knows the synthetic key may say how much time has passed for them: people of a
            rehearsal come as the recruiter sends them, and are none the less not real.
        prolific_site: Where people of Prolific go back to; an emulator's, or Prolific's own.
        studies: Hash to frozen study, filled as they are met.
    """

    engine: Engine
    secret: str = field(repr=False)
    clock: Callable[[], datetime] = now
    synthetic_key: str | None = field(default=None, repr=False)
    submit_origins: tuple[str, ...] = ()
    rehearsal: bool = False
    prolific_site: str = PROLIFIC_SITE
    studies: dict[str, Study] = field(default_factory=dict, repr=False)

    def study(self, db: Session, sha256: str, study_id: int) -> Study:
        """Return a frozen study; it is read from the database once."""
        known = self.studies.get(sha256)
        if known is None:
            config = db.scalars(select(StudyRow.config).where(StudyRow.id == study_id)).one()
            known = self.studies[sha256] = Study.from_json(config)
        return known
