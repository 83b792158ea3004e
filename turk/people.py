"""Participants: known by a keyed hash; what a platform calls them is kept apart, and not for long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from turk.tables import IdentityRow, ParticipantRow

IDENTITY_DAYS = 30


def participant(db: Session, platform: str, key: str, at: datetime) -> int:
    """Find a person by their key, or make them known; nobody else enters as them before the transaction ends."""
    insert_new(db, ParticipantRow.__table__, {"platform": platform, "key": key, "created_at": at})
    known = select(ParticipantRow.id).where(ParticipantRow.platform == platform, ParticipantRow.key == key)
    return db.scalars(known.with_for_update()).one()


def keep_identity(db: Session, participant_id: int, name: str, purge_at: datetime | None) -> None:
    """Keep what a platform calls a person, for payment and for deletion; for longer where they are paid again."""
    insert_new(db, IdentityRow.__table__, {"participant_id": participant_id, "name": name, "purge_at": purge_at})
    if purge_at is None:
        db.execute(update(IdentityRow).where(IdentityRow.participant_id == participant_id).values(purge_at=None))


def purge(db: Session, at: datetime) -> None:
    """Forget what platforms call people whose time is over."""
    over = select(IdentityRow.participant_id).where(IdentityRow.purge_at < at).with_for_update(skip_locked=True)
    db.execute(delete(IdentityRow).where(IdentityRow.participant_id.in_(over)))


def purge_time(at: datetime, recruiter: str, settings: Mapping[str, Any]) -> datetime | None:
    """When a link's identities go, settings.identity_days after arrival; those of paid recruiters go after payment."""
    return at + timedelta(days=settings.get("identity_days", IDENTITY_DAYS)) if recruiter == "link" else None


def insert_new(db: Session, table: Any, row: dict[str, Any]) -> None:
    """Insert a row unless one with its keys is there."""
    if db.get_bind().dialect.name == "postgresql":
        db.execute(postgresql.insert(table).values(**row).on_conflict_do_nothing())
    else:
        db.execute(sqlite.insert(table).values(**row).on_conflict_do_nothing())
