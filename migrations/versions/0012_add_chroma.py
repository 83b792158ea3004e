"""Add the colors of photos and outputs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    run = sa.ForeignKey("runs.id", ondelete="CASCADE")
    op.create_table(
        "chroma",
        sa.Column("run_id", sa.Integer, run, primary_key=True, nullable=False),
        sa.Column("name", sa.String, primary_key=True, nullable=False),
        sa.Column("histogram", sa.LargeBinary, nullable=False),
        sa.Column("bins", sa.LargeBinary, nullable=True),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("chroma")
