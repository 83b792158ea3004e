"""The tables of where a trial's images are: random addresses on the site, and copies beside it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from evalsuite.db import Base
from turk.tables import StimulusRow, StudyRow, TrialRow


class AddressRow(Base):
    """A random address of one image for one trial and place."""

    __tablename__ = "addresses"
    __table_args__ = (Index(None, "trial_id"), {"sqlite_with_rowid": False})

    token: Mapped[str] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey(TrialRow.id, ondelete="CASCADE"))
    place: Mapped[int]
    stimulus_id: Mapped[int] = mapped_column(ForeignKey(StimulusRow.id))
    expires_at: Mapped[datetime]


class HostingRow(Base):
    """Where copies of a study's stimuli lie beside the site; `origin` is that of their addresses."""

    __tablename__ = "hostings"

    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"), primary_key=True)
    bucket: Mapped[str]
    prefix: Mapped[str]
    origin: Mapped[str]
    made_at: Mapped[datetime]


class CopyRow(Base):
    """A copy of a stimulus at a random place, for one image of one trial: `token` is that image's address here."""

    __tablename__ = "copies"
    __table_args__ = (Index(None, "stimulus_id"), Index(None, "study_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"))
    stimulus_id: Mapped[int] = mapped_column(ForeignKey(StimulusRow.id, ondelete="CASCADE"))
    key: Mapped[str]
    address: Mapped[str]
    expires_at: Mapped[datetime]
    token: Mapped[str | None] = mapped_column(unique=True)
