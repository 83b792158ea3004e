"""Share links: one view, for whoever has the link, until a day or until somebody ends it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.db import now
from evalsuite.errors import UserError
from evalsuite.store import data_version
from webapp.tables import ShareRow

DAYS = (7, 30, 90, 365)
SALT = "share"


def make_share(session: Session, address: str, by: str, days: int) -> ShareRow:
    """Make a link to a view; signed, it is `link_of`.

    Raises:
        UserError: The time is none of those offered.
    """
    if days not in DAYS:
        raise UserError(f"share: a link lasts {', '.join(map(str, DAYS))} days; got {days}. Choose one of them.")
    made = now()
    row = ShareRow(
        address=address, created_by=by, data_version=data_version(session), created_at=made,
        expires_at=made + timedelta(days=days), revoked_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def revoke_share(session: Session, key: int) -> None:
    """End a link at once.

    Raises:
        UserError: There is no such link, or it has ended before.
    """
    row = session.get(ShareRow, key)
    if row is None or row.revoked_at is not None:
        raise UserError(f"share: no active link has number {key}. Look at the list of links.")
    row.revoked_at = now()


def all_shares(session: Session) -> list[ShareRow]:
    """List links, the newest first."""
    return list(session.scalars(select(ShareRow).order_by(ShareRow.id.desc())))


def open_shares(session: Session, keys: Iterable[int]) -> list[ShareRow]:
    """Return those of the links that have neither ended nor been revoked."""
    kept = select(ShareRow).where(ShareRow.id.in_(tuple(keys)), ShareRow.revoked_at.is_(None))
    return list(session.scalars(kept.where(ShareRow.expires_at > now()).order_by(ShareRow.id)))


def sign(key: int, secret_key: str) -> str:
    """Write a link's number so that nobody can guess another."""
    return str(URLSafeSerializer(secret_key, salt=SALT).dumps(key))


def unsign(text: str, secret_key: str) -> int | None:
    """Read a link's number, None where the signature is not ours."""
    try:
        key = URLSafeSerializer(secret_key, salt=SALT).loads(text)
    except BadSignature:
        return None
    return key if isinstance(key, int) else None


def state_of(row: ShareRow, at: datetime) -> str:
    """Say how a link is."""
    if row.revoked_at is not None:
        return "revoked"
    return "open" if row.expires_at > at else "expired"
