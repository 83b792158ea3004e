"""Studies as pages read them: frozen, by key, and counted without reading answers.

A frozen study is large, since it names every image, and never changes: the process keeps those that it has read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from turk.paying_tables import RecruitmentRow
from turk.result_tables import AnalysisRow, DigestRow
from turk.store import Store
from turk.study import Study
from turk.tables import COMPLETED, DecisionRow, PlaceRow, SessionRow, StudyRow
from turk.visits import LIVE
from webapp.keeping import kept

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
        hours: Hours since 1970 to how many sessions finished then.
        total: What the digests add up to.
        rules: The rules that sessions break, joined by commas, to how many sessions.
        rates: Refresh rate in Hz to how many sessions.
        looks: Decisions to look before the stopping rule was met.
        decisions: Decisions of all kinds.
        analyzed: When the last analysis was kept, None for never.
        recruited: Whether a recruiter who pays was asked.
    """

    sessions: dict[str, dict[str, int]]
    places: dict[str, dict[str, int]]
    hours: dict[int, int] = field(default_factory=dict)
    total: Sums = field(default_factory=Sums)
    rules: dict[str, int] = field(default_factory=dict)
    rates: dict[int | None, int] = field(default_factory=dict)
    looks: int = 0
    decisions: int = 0
    analyzed: datetime | None = None
    recruited: bool = False

    @property
    def finished(self) -> int:
        """Sessions that came to their end."""
        return sum(self.finished_by_arm.values())

    @property
    def finished_by_arm(self) -> dict[str, int]:
        """The same by arm."""
        return {
            arm: sum(count for name, count in states.items() if name in COMPLETED)
            for arm, states in self.sessions.items()
        }


def all_studies(session: Session) -> list[Known]:
    """List studies, the newest first."""
    return [Known(*row) for row in session.connection().execute(STUDIES).all()]


def find(session: Session, key: int) -> Known:
    """Return a study.

    Raises:
        NotFound: There is none.
    """
    row = session.connection().execute(STUDY, {"study": key}).one_or_none()
    if row is None:
        raise NotFound(f"There is no study {key}. The list of studies has those that there are.")
    return Known(*row)


def frozen(session: Session, known: Known) -> Study:
    """Return the study as it was frozen."""
    store: Store = current_app.extensions["store"]
    return store.study(session, known.sha256, known.id)


def finished_by_study(session: Session, synthetic: bool) -> dict[int, int]:
    """Study to how many sessions came to their end."""
    counts = session.connection().execute(FINISHED, {"synthetic": synthetic}).all()
    return {key: count for key, count in counts}


def count(session: Session, key: int, synthetic: bool, arms: Sequence[str]) -> Counted:
    """Count the sessions, places and digests of a study with these arms."""
    mine = {"study": key, "synthetic": synthetic}
    sessions = _by_arm(session.connection().execute(SESSIONS, mine).all())
    *decided, recruited, last = session.connection().execute(STANDING, mine).one()
    counted = Counted(sessions, _places(last, sessions, arms), **_decided(decided), recruited=recruited)
    return replace(counted, **_digested(session, mine, counted))


def count_sessions(session: Session, key: int, synthetic: bool) -> Counted:
    """Count a study's sessions and decisions alone, for pages that show no more."""
    mine = {"study": key, "synthetic": synthetic}
    sessions = _by_arm(session.connection().execute(SESSIONS, mine).all())
    return Counted(sessions, {}, **_decided(session.connection().execute(DECIDED, mine).one()))


def _places(
    last: int | None, sessions: Mapping[str, Mapping[str, int]], arms: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Count places by what became of them: blocks have one of each arm, and sessions are where the others are."""
    if last is None:
        return {}
    found = {}
    for arm in arms:
        states = sessions.get(arm, {})
        done, taken = (sum(states.get(state, 0) for state in held) for held in (COMPLETED, LIVE))
        found[arm] = {"done": done, "taken": taken, "free": (last + 1) // len(arms) - done - taken}
    return found


def _by_arm(rows: Any) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for arm, state, number in rows:
        found.setdefault(arm, {})[state] = number
    return found


def _digested(session: Session, mine: Mapping[str, Any], counted: Counted) -> dict[str, Any]:
    """Add digests up, once while the same sessions have one.

    A digest comes when its session finishes, or is missed and made up for; it goes when somebody is forgotten, which is
    a decision, or when work that was finished is gone, and the session abandoned. Only while one is missed must they be
    counted to know whether it came.
    """
    gone = sum(states.get("abandoned", 0) for states in counted.sessions.values())
    key = (mine["study"], mine["synthetic"], counted.finished, gone, counted.decisions)
    found = kept(session, "digests", key, lambda: _added(session, mine))
    if found["total"].sessions == counted.finished:
        return found
    there = session.connection().execute(THERE, mine).scalar()
    return kept(session, "some digests", (*key, there), lambda: _added(session, mine))


def _added(session: Session, mine: Mapping[str, Any]) -> dict[str, Any]:
    rules: Counter[str] = Counter()
    rates: Counter[int | None] = Counter()
    rows = session.connection().execute(DIGESTS, mine).all()
    for broken, hz, sessions, *_ in rows:
        rules[broken] += sessions
        rates[hz] += sessions
    columns = zip(*(row[2:] for row in rows), strict=True)
    return {
        "hours": {hour: number for hour, number in session.connection().execute(HOURS, mine).all()},
        "total": Sums(*map(sum, columns)) if rows else Sums(),
        "rules": dict(rules.most_common()), "rates": dict(rates.most_common()),
    }  # fmt: skip


def _decided(row: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(("looks", "decisions", "analyzed"), row, strict=True))


def _of_study(table: type[SessionRow | PlaceRow | DigestRow | AnalysisRow]) -> tuple[Any, Any]:
    return table.study_id == bindparam("study"), table.synthetic == bindparam("synthetic")


def _sums() -> Any:
    """What digests add up to, by the rules that sessions break and by refresh rate."""
    added = (DigestRow.test, DigestRow.valid, DigestRow.replaced, DigestRow.catch_right, DigestRow.catch_shown,
             DigestRow.long_frames)  # fmt: skip
    sums = (func.count(), *map(func.sum, added), func.coalesce(func.sum(DigestRow.minutes), 0.0))
    by = (DigestRow.rules, DigestRow.refresh_hz)
    columns: tuple[Any, ...] = (*by, *sums, func.count(DigestRow.minutes))
    return select(*columns).where(*_of_study(DigestRow)).group_by(*by).order_by(*by)


STUDIES = select(*COLUMNS).order_by(StudyRow.id.desc())
STUDY = select(*COLUMNS).where(StudyRow.id == bindparam("study"))
FINISHED = (
    select(SessionRow.study_id, func.count())
    .where(SessionRow.synthetic == bindparam("synthetic"), SessionRow.state.in_(COMPLETED))
    .group_by(SessionRow.study_id)
)
SESSIONS = (
    select(SessionRow.arm, SessionRow.state, func.count())
    .where(*_of_study(SessionRow))
    .group_by(SessionRow.arm, SessionRow.state)
    .order_by(SessionRow.arm, SessionRow.state)
)
DIGESTS = _sums()
THERE = select(func.count()).select_from(DigestRow).where(*_of_study(DigestRow))
HOURS = (
    select(DigestRow.hour, func.count()).where(*_of_study(DigestRow)).group_by(DigestRow.hour).order_by(DigestRow.hour)
)
DECISIONS = select(func.count()).select_from(DecisionRow).where(DecisionRow.study_id == bindparam("study"))
DECIDED = select(
    DECISIONS.where(DecisionRow.kind == "unblind").scalar_subquery(),
    DECISIONS.scalar_subquery(),
    select(AnalysisRow.made_at).where(*_of_study(AnalysisRow)).scalar_subquery(),
)
STANDING = DECIDED.add_columns(
    select(1).where(RecruitmentRow.study_id == bindparam("study")).exists(),
    select(func.max(PlaceRow.position)).where(*_of_study(PlaceRow)).scalar_subquery(),
)
"""What a page about a study needs of other tables than sessions, in one question."""
