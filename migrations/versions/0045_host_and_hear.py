"""Add copies of stimuli that lie elsewhere, and what recruiters tell."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    _create_hosting()
    op.create_table(
        "hints",
        _key(),
        *(sa.Column(name, sa.String, nullable=False) for name in ("source", "event")),
        _time("at"),
        sa.UniqueConstraint("source", "event"),
    )
    op.create_table(
        "letters",
        _key(),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        _time("at"),
        sa.UniqueConstraint("event"),
    )
    op.create_table(
        "public_keys",
        sa.Column("address", sa.String, primary_key=True, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        _time("fetched_at"),
    )


def _create_hosting() -> None:
    op.create_table(
        "hostings",
        sa.Column("study_id", sa.Integer, _study(), primary_key=True, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("bucket", "prefix", "origin")),
        _time("made_at"),
    )
    stimulus = sa.ForeignKey("stimuli.id", ondelete="CASCADE")
    op.create_table(
        "copies",
        _key(),
        sa.Column("study_id", sa.Integer, _study(), nullable=False),
        sa.Column("stimulus_id", sa.Integer, stimulus, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("key", "address")),
        _time("expires_at"),
        sa.Column("token", sa.String, nullable=True),
        sa.UniqueConstraint("token"),
    )
    for column in ("stimulus_id", "study_id"):
        op.create_index(op.f(f"ix_copies_{column}"), "copies", [column])


def downgrade() -> None:
    """Drop them."""
    for table in ("public_keys", "letters", "hints", "copies", "hostings"):
        op.drop_table(table)


def _key() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _study() -> sa.ForeignKey:
    return sa.ForeignKey("studies.id", ondelete="CASCADE")


def _time(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
