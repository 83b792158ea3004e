"""Let the monitor of a study add digests up from an index."""

from __future__ import annotations

from alembic import op

revision = "0050"
down_revision = "0048"
branch_labels = None
depends_on = None

COUNTED = ("test", "valid", "replaced", "catch_right", "catch_shown", "long_frames", "minutes")
COLUMNS = ("study_id", "synthetic", "hour", "rules", "refresh_hz", *COUNTED)


def upgrade() -> None:
    """Create the index."""
    op.create_index("ix_digests_standing", "digests", list(COLUMNS))


def downgrade() -> None:
    """Drop it."""
    op.drop_index("ix_digests_standing", "digests")
