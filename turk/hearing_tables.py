"""The tables of what recruiters say: hints, letters whose signatures wait to be checked, and keys to check them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evalsuite.db import Base


class HintRow(Base):
    """That a recruiter said something happened: a reason to ask it sooner, and no more; `event` is its own name."""

    __tablename__ = "hints"
    __table_args__ = (UniqueConstraint("source", "event"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str]
    event: Mapped[str]
    at: Mapped[datetime]


class LetterRow(Base):
    """A message that waits until the certificate of its signature was fetched, which no web request does."""

    __tablename__ = "letters"
    __table_args__ = (UniqueConstraint("event"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str]
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class PublicKeyRow(Base):
    """What signatures of a recruiter are checked with, by its address: a certificate, or a set of keys."""

    __tablename__ = "public_keys"

    address: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    fetched_at: Mapped[datetime]
