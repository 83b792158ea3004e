"""Keep what is known from answers: digests of sessions, the last analysis of a study, fool rates of photos."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0020"
branch_labels = None
depends_on = None

STANDING = ("study_id", "synthetic", "arm", "state")


def upgrade() -> None:
    """Create the tables, and the indexes that count sessions and places without reading them."""
    op.create_table(
        "digests",
        *_whose(),
        sa.Column("session_id", sa.Integer, _of("sessions"), primary_key=True, nullable=False),
        sa.Column("hour", sa.Integer, nullable=False),
        sa.Column("minutes", sa.Double, nullable=True),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("test", "valid", "invalid", "replaced")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("catch_right", "catch_shown", "long_frames")),
        sa.Column("refresh_hz", sa.Integer, nullable=True),
        sa.Column("rt_ms", sa.Double, nullable=True),
        sa.Column("rules", sa.String, nullable=False),
        sa.Column("exposures", sa.JSON, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_digests_session_id", "digests", ["session_id"])
    op.create_table(
        "analyses",
        *_whose(),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished", sa.Integer, nullable=False),
        sa.Column("record", sa.JSON, nullable=False),
        sa.Column("tables", sa.JSON, nullable=False),
        sa.Column("methods", sa.String, nullable=False),
        sa.Column("agreement", sa.JSON, nullable=True),
    )
    op.create_table(
        "fool_rates",
        *_whose(),
        sa.Column("condition_id", sa.Integer, _of("conditions"), primary_key=True, nullable=False),
        sa.Column("entry_id", sa.Integer, sa.ForeignKey("entries.id", ondelete="SET NULL"), nullable=True),
        sa.Column("value", sa.Double, nullable=False),
        *(sa.Column(name, sa.Double, nullable=True) for name in ("these_low", "these_high", "new_low", "new_high")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("participants", "trials", "photos")),
    )
    op.create_index("ix_fool_rates_entry_id", "fool_rates", ["entry_id"])
    op.create_table(
        "photo_rates",
        sa.Column("condition_id", sa.Integer, _of("conditions"), primary_key=True, nullable=False),
        sa.Column("synthetic", sa.Boolean, primary_key=True, nullable=False),
        sa.Column("photo", sa.String, primary_key=True, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("views", "fooled")),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("shrunk", "low", "high")),
        sa.Column("ranked", sa.Boolean, nullable=False),
    )
    op.create_index("ix_photo_rates_shrunk", "photo_rates", ["condition_id", "synthetic", "shrunk"])
    op.create_index("ix_sessions_standing", "sessions", list(STANDING))
    op.create_index("ix_places_standing", "places", list(STANDING))


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_places_standing", "places")
    op.drop_index("ix_sessions_standing", "sessions")
    for table in ("photo_rates", "fool_rates", "analyses", "digests"):
        op.drop_table(table)


def _whose() -> tuple[sa.Column[int], sa.Column[bool]]:
    return (
        sa.Column("study_id", sa.Integer, _of("studies"), primary_key=True, nullable=False),
        sa.Column("synthetic", sa.Boolean, primary_key=True, nullable=False),
    )


def _of(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")
