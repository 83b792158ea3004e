"""Add photos that people color, and what they do to their points."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0045"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "colorings",
        sa.Column("trial_id", sa.Integer, sa.ForeignKey("trials.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("colorizer", sa.String, nullable=True),
    )
    op.create_table(
        "point_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("trial_id", sa.Integer, sa.ForeignKey("trials.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("point", sa.Integer, nullable=False),
        sa.Column("x", sa.Integer, nullable=True),
        sa.Column("y", sa.Integer, nullable=True),
        sa.Column("a", sa.Double, nullable=True),
        sa.Column("b", sa.Double, nullable=True),
        sa.Column("size", sa.Integer, nullable=True),
        sa.Column("source", sa.String, nullable=True),
        sa.Column("layer", sa.Integer, nullable=True),
        sa.Column("at_ms", sa.Double, nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.UniqueConstraint("trial_id", "number"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("point_events")
    op.drop_table("colorings")
