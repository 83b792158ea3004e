"""Let galleries find the photos of a class from an index."""

from __future__ import annotations

from alembic import op

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_photos_class", "photos", ["dataset_id", "label", "position"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_photos_class", "photos")
