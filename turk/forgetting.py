"""Deleting what is kept of a person: everything, or all that leads from the answers to the person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from evalsuite.db import now
from turk.frames import pseudonym
from turk.keys import person_key, random_token, token_hash
from turk.paying_tables import TaskRow, WorkRow
from turk.studies import user_name
from turk.tables import (
    DecisionRow,
    EventRow,
    IdentityRow,
    ParticipantRow,
    PlaceRow,
    SessionRow,
    StudyRow,
    TrialRow,
)

SEVERED = "forgotten-"
PLATFORMS = ("link", "prolific", "mturk", "synthetic")


@dataclass(frozen=True)
class Kept:
    """What is kept of one person.

    Attributes:
        participant_id: The row's key.
        platform: Where the person came from.
        studies: Names of the studies that the person took part in.
        answers: How many there are.
    """

    participant_id: int
    platform: str
    studies: tuple[str, ...]
    answers: int


def find_person(db: Session, secret: str, name: str) -> list[Kept]:
    """Find people by what a platform calls them, or by the pseudonym of an export.

    Args:
        db: An open transaction.
        secret: The site's, from which keys of people are made.
        name: A platform's id, or a pseudonym.
    """
    keys = [person_key(secret, platform, name) for platform in PLATFORMS]
    named = select(IdentityRow.participant_id).where(IdentityRow.name == name)
    known = select(ParticipantRow.id).where(ParticipantRow.key.in_(keys) | ParticipantRow.id.in_(named))
    found = set(db.scalars(known)) or _by_pseudonym(db, name)
    return [_kept(db, key) for key in sorted(found)]


def forget(db: Session, kept: Kept, *, keep_answers: bool) -> None:
    """Delete a person with sessions, answers and events; or, with `keep_answers`, only what leads to the person.

    A place that the person held or had done is open again where answers go. Each study keeps that somebody was
    forgotten, and not who.

    Args:
        db: An open transaction that writes.
        kept: From `find_person`.
        keep_answers: Leave the answers, under a name that nobody can make again.
    """
    sessions = db.scalars(select(SessionRow).where(SessionRow.participant_id == kept.participant_id)).all()
    said = "answers kept without a name" if keep_answers else "answers deleted"
    for row in sessions:
        reason = f"a participant was forgotten, {said}"
        db.add(DecisionRow(study_id=row.study_id, kind="forget", reason=reason, by=user_name(), at=now()))
    if keep_answers:
        _sever(db, kept.participant_id, sessions)
        sever_works(db)
        return
    places = [row.place_id for row in sessions if row.place_id is not None and row.state not in _PLACELESS]
    db.execute(update(PlaceRow).where(PlaceRow.id.in_(places)).values(state="free"))
    # Sessions, trials, addresses, events, decisions about sessions and the identity go with the person.
    db.execute(delete(ParticipantRow).where(ParticipantRow.id == kept.participant_id))
    sever_works(db)


def sever_works(db: Session) -> None:
    """Cut paid work off from people who were forgotten, once its task is over: until then paying needs to know it."""
    over = select(TaskRow.id).where(TaskRow.state == "closed")
    works = select(WorkRow).where(WorkRow.task_id.in_(over), WorkRow.person.not_in(select(ParticipantRow.key)))
    for work in db.scalars(works):
        if not work.person.startswith(SEVERED):
            work.person = f"{SEVERED}{random_token()}"


_PLACELESS = ("left", "refused", "declined", "abandoned")
"""Sessions in these states have given their place back; somebody else may hold it."""


def _sever(db: Session, participant_id: int, sessions: Sequence[SessionRow]) -> None:
    db.execute(delete(IdentityRow).where(IdentityRow.participant_id == participant_id))
    db.execute(update(ParticipantRow).where(ParticipantRow.id == participant_id).values(key=random_token()))
    for row in sessions:
        row.arrival, row.device, row.comment, row.code = {}, None, None, None
        row.token_sha256 = token_hash(random_token())
        db.execute(delete(EventRow).where(EventRow.session_id == row.id))


def _by_pseudonym(db: Session, name: str) -> set[int]:
    """A pseudonym is made from the study and the person's key, so all are made again and compared."""
    query = (
        select(ParticipantRow.id, ParticipantRow.key, StudyRow.sha256)
        .join(SessionRow, SessionRow.participant_id == ParticipantRow.id)
        .join(StudyRow, StudyRow.id == SessionRow.study_id)
    )
    return {key for key, person, sha256 in db.execute(query) if pseudonym(sha256, person) == name}


def _kept(db: Session, participant_id: int) -> Kept:
    mine = SessionRow.participant_id == participant_id
    studies = db.scalars(select(StudyRow.name).join(SessionRow, SessionRow.study_id == StudyRow.id).where(mine))
    trials = select(TrialRow.id).join(SessionRow, SessionRow.id == TrialRow.session_id)
    answers = len(db.scalars(trials.where(mine, TrialRow.state == "answered")).all())
    platform = db.scalars(select(ParticipantRow.platform).where(ParticipantRow.id == participant_id)).one()
    return Kept(participant_id, platform, tuple(sorted(studies)), answers)
