"""Add what pages read: scores by photo in one value, outputs by content, standings across runs, photos' classes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("vectors", "outputs", "standings")


def upgrade() -> None:
    """Create them."""
    op.add_column("photos", sa.Column("label", sa.Integer, nullable=True))
    op.add_column("entries", sa.Column("about", sa.JSON, nullable=True))
    op.create_table("vectors", *_entry_and("metric"), sa.Column("data", sa.LargeBinary, nullable=False))
    op.create_table(
        "outputs",
        *_entry_and("photo"),
        sa.Column("sha256", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "standings",
        *_entry_and("metric"),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("place", "rank_lo", "rank_hi", "tie_group")),
        sa.Column("p_next", sa.Double, nullable=True),
        sa.Column("photos_more", sa.Integer, nullable=True),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("entries", "about")
    op.drop_column("photos", "label")


def _entry_and(other: str) -> tuple[sa.Column[int], sa.Column[int]]:
    entry = sa.ForeignKey("entries.id", ondelete="CASCADE")
    return (
        sa.Column("entry_id", sa.Integer, entry, primary_key=True, nullable=False),
        sa.Column(f"{other}_id", sa.Integer, sa.ForeignKey(f"{other}s.id"), primary_key=True, nullable=False),
    )
