"""Let pages list the newest sessions of a study, and count their answers, from indexes."""

from __future__ import annotations

from alembic import op

revision = "0060"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the indexes."""
    op.create_index("ix_sessions_newest", "sessions", ["study_id", "synthetic", "id"])
    op.create_index("ix_trials_answers", "trials", ["session_id", "state"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_trials_answers", "trials")
    op.drop_index("ix_sessions_newest", "sessions")
