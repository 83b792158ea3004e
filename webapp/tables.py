"""The tables of the site itself: who may come in, and which views are shared."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from evalsuite.db import Base


class TokenRow(Base):
    """A named token, of which only the hash is kept."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ShareRow(Base):
    """A link to one view for people without a token; `data_version` is that of the day it was made."""

    __tablename__ = "shares"

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]
    created_by: Mapped[str]
    data_version: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
