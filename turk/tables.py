"""The tables of studies, their people and their answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from evalsuite.db import Base
from evalsuite.tables import RunRow

COMPLETED = ("finished", "excluded")
"""States of sessions that came to their end; others never count."""


class StudyRow(Base):
    """A frozen study; `config` is turk.study.Study as JSON, and `state` is built, live, paused or closed."""

    __tablename__ = "studies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str]
    protocol: Mapped[str]
    recruiter: Mapped[str]
    state: Mapped[str]
    folder: Mapped[str]
    config: Mapped[dict[str, Any]]
    audit: Mapped[dict[str, Any] | None]
    run_id: Mapped[int | None] = mapped_column(ForeignKey(RunRow.id, ondelete="SET NULL"))
    created_at: Mapped[datetime]
    launched_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class ConditionRow(Base):
    """What a study shows: `kind` is test, catch or real."""

    __tablename__ = "conditions"
    __table_args__ = (UniqueConstraint("study_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]


class StimulusRow(Base):
    """An image as it is served: a photo of a condition; `photo` is its id in the study."""

    __tablename__ = "stimuli"
    __table_args__ = (UniqueConstraint("condition_id", "photo"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    condition_id: Mapped[int] = mapped_column(ForeignKey(ConditionRow.id, ondelete="CASCADE"))
    photo: Mapped[str]
    sha256: Mapped[str]


class ParticipantRow(Base):
    """A person, by a keyed hash of what a platform calls them; synthetic ones are of platform "synthetic"."""

    __tablename__ = "participants"
    __table_args__ = (UniqueConstraint("platform", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str]
    key: Mapped[str]
    created_at: Mapped[datetime]


class IdentityRow(Base):
    """What a platform calls a person, kept apart from answers and only as long as paying needs it."""

    __tablename__ = "identities"

    participant_id: Mapped[int] = mapped_column(ForeignKey(ParticipantRow.id, ondelete="CASCADE"), primary_key=True)
    name: Mapped[str]
    purge_at: Mapped[datetime | None]


class PlaceRow(Base):
    """Room for one session; positions follow permuted blocks of arms, and people and synthetic ones have their own.

    `state` is free, taken or done; a place that is freed goes to the next who comes, lowest position first.
    """

    __tablename__ = "places"
    __table_args__ = (
        UniqueConstraint("study_id", "synthetic", "position"),
        Index("ix_places_free", "study_id", "synthetic", "state", "position"),
        Index("ix_places_standing", "study_id", "synthetic", "arm", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"))
    synthetic: Mapped[bool]
    position: Mapped[int]
    arm: Mapped[str]
    rank: Mapped[int]
    state: Mapped[str]


class SessionRow(Base):
    """A participant's way through a study.

    `state`: entered, consented, ready, running, finished; or left, refused, declined, abandoned, excluded from places.
    `place_id` is the place that the session holds or held; `arm` and `rank` are what it was planned from.
    `arrival` keeps the recruiter's parameters (assignment and so on, never the person's name).
    """

    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("study_id", "participant_id"),
        Index(None, "study_id", "synthetic", "state"),
        Index("ix_sessions_standing", "study_id", "synthetic", "arm", "state"),
        Index("ix_sessions_newest", "study_id", "synthetic", "id"),
        Index(None, "place_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"))
    participant_id: Mapped[int] = mapped_column(ForeignKey(ParticipantRow.id, ondelete="CASCADE"))
    place_id: Mapped[int | None] = mapped_column(ForeignKey(PlaceRow.id))
    synthetic: Mapped[bool]
    observer: Mapped[str | None]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    tab: Mapped[str]
    state: Mapped[str]
    arm: Mapped[str]
    rank: Mapped[int]
    seed: Mapped[int]
    locale: Mapped[str]
    arrival: Mapped[dict[str, Any]]
    device: Mapped[dict[str, Any] | None]
    color_vision: Mapped[dict[str, Any] | None]
    consent_version: Mapped[str | None]
    comment: Mapped[str | None]
    code: Mapped[str | None]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    consented_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]


class TrialRow(Base):
    """A trial of a session; `number` counts from 0 in the order of the plan, replacements come last.

    `state`: planned, open (released to the browser), answered. `valid` is False where an exposure missed by more than
    a frame or the tab was hidden; such a trial has a replacement whose `replaces` is its number, as long as photos
    last.
    `condition_id` is the fake's (pairwise: the left one's), `other_condition_id` that of a pairwise trial's right one.
    """

    __tablename__ = "trials"
    __table_args__ = (
        UniqueConstraint("session_id", "number"),
        Index("ix_trials_condition", "condition_id", "kind", "state"),
        Index("ix_trials_photo", "photo", "condition_id"),
        Index("ix_trials_answers", "session_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SessionRow.id, ondelete="CASCADE"))
    number: Mapped[int]
    nonce: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    photo: Mapped[str]
    condition_id: Mapped[int] = mapped_column(ForeignKey(ConditionRow.id))
    other_condition_id: Mapped[int | None] = mapped_column(ForeignKey(ConditionRow.id))
    stimuli: Mapped[list[Any]]
    turns: Mapped[list[Any]]
    fake_place: Mapped[int | None]
    fake_turn: Mapped[int | None]
    state: Mapped[str]
    replaces: Mapped[int | None]
    released_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    correct: Mapped[bool | None]
    value: Mapped[float | None]
    rt_ms: Mapped[float | None]
    valid: Mapped[bool | None]
    refresh_hz: Mapped[float | None]
    measured_ms: Mapped[float | None]
    exposure: Mapped[dict[str, Any] | None]


class EventRow(Base):
    """Something that happened in a session: a tab hidden, a reload, a refused answer; `facts` say more."""

    __tablename__ = "events"
    __table_args__ = (Index(None, "session_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey(SessionRow.id, ondelete="CASCADE"))
    at: Mapped[datetime]
    kind: Mapped[str]
    facts: Mapped[dict[str, Any]]


class DecisionRow(Base):
    """What a person decided about a study or a session, with the reason: unblind, exclude, reject, close."""

    __tablename__ = "decisions"
    __table_args__ = (Index(None, "study_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey(StudyRow.id, ondelete="CASCADE"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey(SessionRow.id, ondelete="CASCADE"))
    kind: Mapped[str]
    reason: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
