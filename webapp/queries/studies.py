"""Studies as pages read them: frozen, by key, and counted without reading answers.

A frozen study is large, since it names every image, and never changes: the process keeps those that it has read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, cast

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from turk.frames import COMPLETED
from turk.result_tables import AnalysisRow, DigestRow
from turk.store import Store
from turk.study import Study
from turk.tables import DecisionRow, PlaceRow, SessionRow, StudyRow

WHO = {"people": False, "synthetic": True}
"""Whose answers: they are never mixed."""
COLUMNS: tuple[Any, ...] = (
    StudyRow.id, StudyRow.name, StudyRow.sha256, StudyRow.protocol, StudyRow.recruiter, StudyRow.state,
    StudyRow.run_id, StudyRow.created_at, StudyRow.launched_at, StudyRow.closed_at,
)  # fmt: skip


class Known(NamedTuple):
    """A study's row without what is large."""

    id: int
    name: str
    sha256: str
    protocol: str
    recruiter: str
    state: str
    run_id: int | None
    created_at: datetime
    launched_at: datetime | None
    closed_at: datetime | None


class Sums(NamedTuple):
    """What the digests of finished sessions add up to."""

    sessions: int = 0
    test: int = 0
    valid: int = 0
    replaced: int = 0
    catch_right: int = 0
    catch_shown: int = 0
    long_frames: int = 0
    minutes: float = 0.0
    timed: int = 0


@dataclass(frozen=True)
class Counted:
    """Where the people of a study are, or its synthetic participants.

    Attributes:
        sessions: Arm to state to how many sessions.
        places: Arm to state to how many places.
        hours: Hours since 1970 to how many sessions finished then, and what they add up to.
        rules: The rules that sessions break, joined by commas, to how many sessions.
        rates: Refresh rate in Hz to how many sessions.
        looks: Decisions to look before the stopping rule was met, and other decisions.
        analyzed: When the last analysis was kept, None for never.
    """

    sessions: dict[str, dict[str, int]]
    places: dict[str, dict[str, int]]
    hours: dict[int, Sums] = field(default_factory=dict)
    rules: dict[str, int] = field(default_factory=dict)
    rates: dict[int | None, int] = field(default_factory=dict)
    looks: int = 0
    decisions: int = 0
    analyzed: datetime | None = None

    @property
    def finished(self) -> int:
        """Sessions that came to their end."""
        return sum(count for states in self.sessions.values() for name, count in states.items() if name in COMPLETED)

    @property
    def total(self) -> Sums:
        """All hours together."""
        columns = zip(*self.hours.values(), strict=True)
        return Sums(*map(sum, columns)) if self.hours else Sums()


def all_studies(session: Session) -> list[Known]:
    """List studies, the newest first."""
    return [Known(*row) for row in session.execute(select(*COLUMNS).order_by(StudyRow.id.desc()))]


def find(session: Session, key: int) -> Known:
    """Return a study.

    Raises:
        NotFound: There is none.
    """
    row = session.execute(select(*COLUMNS).where(StudyRow.id == key)).one_or_none()
    if row is None:
        raise NotFound(f"There is no study {key}. The list of studies has those that there are.")
    return Known(*row)


def frozen(session: Session, known: Known) -> Study:
    """Return the study as it was frozen."""
    store: Store = current_app.extensions["store"]
    return store.study(session, known.sha256, known.id)


def finished_by_study(session: Session, synthetic: bool) -> dict[int, int]:
    """Study to how many sessions came to their end."""
    ended = (SessionRow.synthetic.is_(synthetic), SessionRow.state.in_(COMPLETED))
    counts = select(SessionRow.study_id, func.count()).where(*ended).group_by(SessionRow.study_id)
    return {key: count for key, count in session.execute(counts)}


def count(session: Session, key: int, synthetic: bool) -> Counted:
    """Count a study's sessions, places and digests."""
    mine = (DigestRow.study_id == key, DigestRow.synthetic.is_(synthetic))
    return Counted(
        sessions=_by_arm(session, SessionRow, key, synthetic),
        places=_by_arm(session, PlaceRow, key, synthetic),
        hours={row[0]: Sums(*row[1:]) for row in session.execute(_hours(mine))},
        rules=_groups(session, DigestRow.rules, mine),
        rates=_groups(session, DigestRow.refresh_hz, mine),
        **_decided(session, key, synthetic),
    )


def _by_arm(session: Session, table: type[SessionRow] | type[PlaceRow], key: int, synthetic: bool) -> Any:
    mine = (table.study_id == key, table.synthetic.is_(synthetic))
    counts = select(table.arm, table.state, func.count()).where(*mine).group_by(table.arm, table.state)
    found: dict[str, dict[str, int]] = {}
    for arm, state, number in session.execute(counts.order_by(table.arm, table.state)):
        found.setdefault(arm, {})[state] = number
    return found


def _hours(mine: Any) -> Any:
    added = (DigestRow.test, DigestRow.valid, DigestRow.replaced, DigestRow.catch_right, DigestRow.catch_shown,
             DigestRow.long_frames)  # fmt: skip
    sums = (func.count(), *map(func.sum, added), func.coalesce(func.sum(DigestRow.minutes), 0.0))
    columns: tuple[Any, ...] = (DigestRow.hour, *sums, func.count(DigestRow.minutes))
    grouped = select(*columns).where(*mine).group_by(DigestRow.hour)
    return grouped.order_by(DigestRow.hour)


def _groups(session: Session, column: Any, mine: Any) -> dict[Any, int]:
    counts: Any = select(column, func.count()).where(*mine).group_by(column).order_by(func.count().desc(), column)
    return {value: number for value, number in session.execute(counts)}


def _decided(session: Session, key: int, synthetic: bool) -> dict[str, Any]:
    kinds = session.execute(
        select(DecisionRow.kind, func.count()).where(DecisionRow.study_id == key).group_by(DecisionRow.kind)
    )
    counts = {kind: number for kind, number in kinds}
    made = select(AnalysisRow.made_at).where(AnalysisRow.study_id == key, AnalysisRow.synthetic.is_(synthetic))
    return {
        "looks": counts.get("unblind", 0), "decisions": sum(counts.values()),
        "analyzed": cast("datetime | None", session.scalar(made)),
    }  # fmt: skip
