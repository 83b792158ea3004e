"""Create the tables of money: recruitments, tasks, works and the ledger."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    _create_recruitments()
    _create_tasks()
    _create_works()
    _create_ledger()


def downgrade() -> None:
    """Drop them."""
    for table in ("ledger", "works", "tasks", "recruitments"):
        op.drop_table(table)


def _create_recruitments() -> None:
    op.create_table(
        "recruitments",
        _study(primary_key=True),
        _text("recruiter"),
        sa.Column("live", sa.Boolean, nullable=False),
        _text("endpoint", nullable=True),
        _text("address"),
        sa.Column("minutes", sa.Double, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        _time("started_at", nullable=False),
        _time("synced_at"),
        _time("stopped_at"),
        _text("held_by", nullable=True),
        _time("held_until"),
    )


def _create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer, primary_key=True),
        _study(),
        _number("number"),
        _text("token"),
        _text("ref"),
        _number("places"),
        _number("pending"),
        _text("each_usd"),
        _text("state"),
        _time("expires_at"),
        sa.UniqueConstraint("study_id", "number"),
        sa.UniqueConstraint("token"),
        sa.UniqueConstraint("ref"),
    )


def _create_works() -> None:
    op.create_table(
        "works",
        sa.Column("id", sa.Integer, primary_key=True),
        _study(),
        sa.Column("task_id", sa.Integer, sa.ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
        _text("ref"),
        _text("person"),
        _text("state"),
        _text("code", nullable=True),
        _text("paid_usd", nullable=True),
        sa.Column("session_id", sa.Integer, sa.ForeignKey("sessions.id", ondelete="SET NULL"), nullable=True),
        _time("submitted_at"),
        sa.UniqueConstraint("study_id", "ref", "person"),
        sa.UniqueConstraint("session_id"),
    )
    op.create_index("ix_works_task_id", "works", ["task_id"])


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.Integer, primary_key=True),
        _study(),
        _text("token"),
        _text("kind"),
        _text("state"),
        sa.Column("task_id", sa.Integer, sa.ForeignKey("tasks.id", ondelete="CASCADE"), nullable=True),
        sa.Column("work_id", sa.Integer, sa.ForeignKey("works.id", ondelete="CASCADE"), nullable=True),
        _number("places", nullable=True),
        _text("amount_usd"),
        _text("fee_usd"),
        _text("reason", nullable=True),
        sa.Column("facts", sa.JSON, nullable=False),
        _number("tries"),
        _time("at", nullable=False),
        _time("settled_at"),
        _text("trouble", nullable=True),
        sa.UniqueConstraint("token"),
    )
    op.create_index("ix_ledger_study_id_state", "ledger", ["study_id", "state"])
    op.create_index("ix_ledger_work_id", "ledger", ["work_id"])


def _study(*, primary_key: bool = False) -> sa.Column[int]:
    studies = sa.ForeignKey("studies.id", ondelete="CASCADE")
    return sa.Column("study_id", sa.Integer, studies, primary_key=primary_key, nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _time(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
