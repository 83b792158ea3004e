"""Create the tables of studies, their people and their answers.

Constraints get their names from the naming convention in evalsuite.db.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "studies", "conditions", "stimuli", "participants", "identities", "places",
    "sessions", "trials", "addresses", "events", "decisions",
)  # fmt: skip


def upgrade() -> None:
    """Create them."""
    _create_studies()
    _create_people()
    _create_sessions()
    _create_trials()
    _create_notes()


def downgrade() -> None:
    """Drop them."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _flag(name: str, *, nullable: bool = False) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=nullable)


def _facts(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON, nullable=nullable)


def _time(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of(
    name: str, table: str, *, ondelete: str | None = None, nullable: bool = False, primary_key: bool = False
) -> sa.Column[int]:
    key = sa.ForeignKey(f"{table}.id", ondelete=ondelete)
    return sa.Column(name, sa.Integer, key, nullable=nullable, primary_key=primary_key)


def _create_studies() -> None:
    op.create_table(
        "studies",
        _id(),
        _text("name"),
        _text("sha256"),
        _text("protocol"),
        _text("recruiter"),
        _text("state"),
        _text("folder"),
        _facts("config"),
        _facts("audit", nullable=True),
        _of("run_id", "runs", ondelete="SET NULL", nullable=True),
        _time("created_at"),
        _time("launched_at", nullable=True),
        _time("closed_at", nullable=True),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "conditions",
        _id(),
        _of("study_id", "studies", ondelete="CASCADE"),
        _whole("position"),
        _text("name"),
        _text("kind"),
        sa.UniqueConstraint("study_id", "name"),
    )
    op.create_table(
        "stimuli",
        _id(),
        _of("condition_id", "conditions", ondelete="CASCADE"),
        _text("photo"),
        _text("sha256"),
        sa.UniqueConstraint("condition_id", "photo"),
    )


def _create_people() -> None:
    op.create_table(
        "participants",
        _id(),
        _text("platform"),
        _text("key"),
        _time("created_at"),
        sa.UniqueConstraint("platform", "key"),
    )
    op.create_table(
        "identities",
        _of("participant_id", "participants", ondelete="CASCADE", primary_key=True),
        _text("name"),
        _time("purge_at", nullable=True),
    )


def _create_sessions() -> None:
    op.create_table(
        "places",
        _id(),
        _of("study_id", "studies", ondelete="CASCADE"),
        _flag("synthetic"),
        _whole("position"),
        _text("arm"),
        _whole("rank"),
        _text("state"),
        sa.UniqueConstraint("study_id", "synthetic", "position"),
    )
    op.create_index("ix_places_free", "places", ["study_id", "synthetic", "state", "position"])
    op.create_table(
        "sessions",
        _id(),
        _of("study_id", "studies", ondelete="CASCADE"),
        _of("participant_id", "participants", ondelete="CASCADE"),
        _of("place_id", "places", nullable=True),
        _flag("synthetic"),
        _text("observer", nullable=True),
        _text("token_sha256"),
        _text("tab"),
        _text("state"),
        _text("arm"),
        _whole("rank"),
        _whole("seed"),
        _text("locale"),
        _facts("arrival"),
        _facts("device", nullable=True),
        _facts("color_vision", nullable=True),
        _text("consent_version", nullable=True),
        _text("comment", nullable=True),
        _text("code", nullable=True),
        _time("created_at"),
        _time("seen_at"),
        _time("consented_at", nullable=True),
        _time("started_at", nullable=True),
        _time("finished_at", nullable=True),
        _time("released_at", nullable=True),
        sa.UniqueConstraint("study_id", "participant_id"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_index("ix_sessions_place_id", "sessions", ["place_id"])
    op.create_index("ix_sessions_study_id_synthetic_state", "sessions", ["study_id", "synthetic", "state"])


def _create_trials() -> None:
    op.create_table(
        "trials",
        _id(),
        _of("session_id", "sessions", ondelete="CASCADE"),
        _whole("number"),
        _text("nonce"),
        _text("kind"),
        _text("photo"),
        _of("condition_id", "conditions"),
        _of("other_condition_id", "conditions", nullable=True),
        _facts("stimuli"),
        _facts("turns"),
        _whole("fake_place", nullable=True),
        _whole("fake_turn", nullable=True),
        _text("state"),
        _whole("replaces", nullable=True),
        _time("released_at", nullable=True),
        _time("answered_at", nullable=True),
        _text("answer", nullable=True),
        _flag("correct", nullable=True),
        _number("value", nullable=True),
        _number("rt_ms", nullable=True),
        _flag("valid", nullable=True),
        _number("refresh_hz", nullable=True),
        _number("measured_ms", nullable=True),
        _facts("exposure", nullable=True),
        sa.UniqueConstraint("nonce"),
        sa.UniqueConstraint("session_id", "number"),
    )
    op.create_index("ix_trials_condition", "trials", ["condition_id", "kind", "state"])
    op.create_index("ix_trials_photo", "trials", ["photo", "condition_id"])
    op.create_table(
        "addresses",
        sa.Column("token", sa.String, primary_key=True),
        _of("trial_id", "trials", ondelete="CASCADE"),
        _whole("place"),
        _of("stimulus_id", "stimuli"),
        _time("expires_at"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_addresses_trial_id", "addresses", ["trial_id"])


def _create_notes() -> None:
    op.create_table(
        "events",
        _id(),
        _of("session_id", "sessions", ondelete="CASCADE"),
        _time("at"),
        _text("kind"),
        _facts("facts"),
    )
    op.create_index("ix_events_session_id", "events", ["session_id"])
    op.create_table(
        "decisions",
        _id(),
        _of("study_id", "studies", ondelete="CASCADE"),
        _of("session_id", "sessions", ondelete="CASCADE", nullable=True),
        _text("kind"),
        _text("reason"),
        _text("by"),
        _time("at"),
    )
    op.create_index("ix_decisions_study_id", "decisions", ["study_id"])
