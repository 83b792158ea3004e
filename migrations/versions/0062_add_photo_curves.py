"""Add the curves of methods photo by photo, so that their differences have bands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    entry = sa.ForeignKey("entries.id", ondelete="CASCADE")
    op.create_table(
        "photo_curves",
        sa.Column("entry_id", sa.Integer, entry, primary_key=True, nullable=False),
        sa.Column("metric_id", sa.Integer, sa.ForeignKey("metrics.id"), primary_key=True, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("photo_curves")
