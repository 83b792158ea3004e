"""Named tokens: made once, shown once, kept as a hash, revoked for good."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from evalsuite.db import now
from evalsuite.errors import UserError
from webapp.access import ROLES, Role, Visitor
from webapp.tables import TokenRow

GIVEN: tuple[Role, ...] = ROLES[1:]


def hash_of(token: str) -> str:
    """What is kept of a token. It is random and long, so that a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def same(token: str, other: str | None) -> bool:
    """Compare tokens in a time that says nothing of them."""
    return other is not None and hmac.compare_digest(hash_of(token), hash_of(other))


def add_token(session: Session, name: str, role: Role) -> str:
    """Make a token and return it: nobody can show it again.

    Raises:
        UserError: The name is taken or no name, or there is no such role.
    """
    if not re.fullmatch(r"[\w.@-]{1,60}", name):
        raise UserError(f"token: a name of letters, digits and . _ @ -; got {name!r}. Choose another.")
    if role not in GIVEN:
        raise UserError(f"token: the role is one of {', '.join(GIVEN)}; got {role!r}. Choose one of them.")
    if _named(session, name) is not None:
        raise UserError(f"token: {name!r} exists already, or did. Choose another name.")
    token = secrets.token_urlsafe(24)
    session.add(TokenRow(name=name, role=role, sha256=hash_of(token), created_at=now(), revoked_at=None))
    return token


def revoke_token(session: Session, name: str) -> None:
    """End a token; whoever came in with it is out at once.

    Raises:
        UserError: There is no such token, or it has ended before.
    """
    row = _named(session, name)
    if row is None or row.revoked_at is not None:
        known = session.scalars(select(TokenRow.name).where(TokenRow.revoked_at.is_(None)).order_by(TokenRow.name))
        raise UserError(f"token: no active token is called {name!r}. Active: {', '.join(known) or 'none'}.")
    row.revoked_at = now()


def all_tokens(session: Session) -> list[TokenRow]:
    """List tokens, the oldest first."""
    return list(session.scalars(select(TokenRow).order_by(TokenRow.id)))


def find_token(session: Session, token: str) -> TokenRow | None:
    """Return the token's row if it is active."""
    return session.scalar(select(TokenRow).where(TokenRow.sha256 == hash_of(token), TokenRow.revoked_at.is_(None)))


def token_by_id(session: Session, key: int) -> TokenRow | None:
    """Return the row of that key if it is active."""
    row = session.get(TokenRow, key)
    return row if row is not None and row.revoked_at is None else None


def holder(row: TokenRow) -> Visitor:
    """Who comes with a token."""
    return Visitor(cast("Role", row.role), row.name)


def _named(session: Session, name: str) -> TokenRow | None:
    return session.scalar(select(TokenRow).where(TokenRow.name == name))
