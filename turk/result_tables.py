"""The tables of what is known from answers: a digest of each finished session, and the last analysis of a study.

Pages read these and never the answers themselves: a digest is written once, in the transaction that finishes the
session, and says nothing of how conditions fare; an analysis is kept by `turk analyze`, where it may be seen.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from evalsuite.db import Base
from evalsuite.tables import EntryRow
from turk.tables import ConditionRow, SessionRow, StudyRow

COUNTED = ("test", "valid", "replaced", "catch_right", "catch_shown", "long_frames", "minutes")
"""What the monitor adds up: an index has all of it, so that no digest is read for that."""


class DigestRow(Base):
    """A finished session in numbers: `hour` counts from 1970, `rules` are those it breaks, joined by commas.

    `test`, `valid` and `invalid` count answers to test trials, `catch_right` and `catch_shown` valid catch trials,
    `replaced` trials of any kind that another one stands in for. `exposures` is turk.digests.Exposures as JSON.
    """

    __tablename__ = "digests"
    __table_args__ = (
        Index(None, "session_id"),
        Index("ix_digests_standing", "study_id", "synthetic", "hour", "rules", "refresh_hz", *COUNTED),
        {"sqlite_with_rowid": False},
    )

    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"), primary_key=True)
    synthetic: Mapped[bool] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SessionRow.id, ondelete="CASCADE"), primary_key=True)
    hour: Mapped[int]
    minutes: Mapped[float | None]
    test: Mapped[int]
    valid: Mapped[int]
    invalid: Mapped[int]
    replaced: Mapped[int]
    catch_right: Mapped[int]
    catch_shown: Mapped[int]
    long_frames: Mapped[int]
    refresh_hz: Mapped[int | None]
    rt_ms: Mapped[float | None]
    rules: Mapped[str]
    exposures: Mapped[dict[str, Any]]


class AnalysisRow(Base):
    """The last analysis of a study's people, or of its synthetic participants.

    `record` is turk.analysis_record.record without photos, `tables` the printed tables, `methods` the paragraph for the
    paper, `agreement` what turk.agreement found. `finished` is how many sessions it rests on, `reason` why somebody
    looked before the stopping rule was met, None where it was met.
    """

    __tablename__ = "analyses"

    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"), primary_key=True)
    synthetic: Mapped[bool] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    finished: Mapped[int]
    record: Mapped[dict[str, Any]]
    tables: Mapped[list[Any]]
    methods: Mapped[str]
    agreement: Mapped[list[Any] | None]


class FoolRateRow(Base):
    """A condition's fool rate with both 95% intervals, of the last analysis; `entry_id` is its method in a run."""

    __tablename__ = "fool_rates"
    __table_args__ = (Index(None, "entry_id"),)

    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"), primary_key=True)
    synthetic: Mapped[bool] = mapped_column(primary_key=True)
    condition_id: Mapped[int] = mapped_column(ForeignKey(ConditionRow.id, ondelete="CASCADE"), primary_key=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey(EntryRow.id, ondelete="SET NULL"))
    value: Mapped[float]
    these_low: Mapped[float | None]
    these_high: Mapped[float | None]
    new_low: Mapped[float | None]
    new_high: Mapped[float | None]
    participants: Mapped[int]
    trials: Mapped[int]
    photos: Mapped[int]


class PhotoRateRow(Base):
    """How often a photo of a condition fooled people, raw and shrunken, with the 95% interval of the latter.

    `photo` is its id in the study, which in studies of runs is the photo's name in the run.
    """

    __tablename__ = "photo_rates"
    __table_args__ = (Index("ix_photo_rates_shrunk", "condition_id", "synthetic", "shrunk"),)

    condition_id: Mapped[int] = mapped_column(ForeignKey(ConditionRow.id, ondelete="CASCADE"), primary_key=True)
    synthetic: Mapped[bool] = mapped_column(primary_key=True)
    photo: Mapped[str] = mapped_column(primary_key=True)
    views: Mapped[int]
    fooled: Mapped[int]
    shrunk: Mapped[float]
    low: Mapped[float]
    high: Mapped[float]
    ranked: Mapped[bool]
