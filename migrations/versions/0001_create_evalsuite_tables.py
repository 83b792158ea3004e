"""Create the tables of datasets, runs and scores.

Constraints get their names from the naming convention in evalsuite.db.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "datasets", "photos", "colorizers", "metrics", "runs", "entries",
    "scores", "summaries", "pairs", "curves", "failures", "counters",
)  # fmt: skip


def upgrade() -> None:
    """Create them."""
    _create_names()
    _create_runs()
    _create_scores()
    _create_summaries()
    _create_pairs_and_curves()


def downgrade() -> None:
    """Drop them, with their indexes."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=nullable)


def _whole(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable)


def _number(name: str, *, nullable: bool = True) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=nullable)


def _of(name: str, table: str, *, cascade: bool = False, primary_key: bool = False) -> sa.Column[int]:
    key = sa.ForeignKey(f"{table}.id", ondelete="CASCADE" if cascade else None)
    return sa.Column(name, sa.Integer, key, primary_key=primary_key, nullable=False)


def _entry_and_metric() -> tuple[sa.Column[int], sa.Column[int]]:
    entry = _of("entry_id", "entries", cascade=True, primary_key=True)
    return entry, _of("metric_id", "metrics", primary_key=True)


def _create_names() -> None:
    op.create_table(
        "datasets", _id(), _text("name"), _text("sha256"), _whole("images"), sa.UniqueConstraint("name", "sha256")
    )
    op.create_table(
        "photos",
        _id(),
        _of("dataset_id", "datasets", cascade=True),
        _text("name"),
        _whole("position"),
        _text("file"),
        _text("sha256"),
        sa.UniqueConstraint("dataset_id", "name"),
        sa.UniqueConstraint("dataset_id", "position"),
    )
    about = ("name", "title", "paper", "url", "licence")
    op.create_table("colorizers", _id(), *map(_text, about), sa.UniqueConstraint("name"))
    better = _text("better", nullable=True)
    about = ("name", "title", "unit", "kind", "definition")
    op.create_table("metrics", _id(), *map(_text, about), better, sa.UniqueConstraint("name"))
    op.create_table("counters", sa.Column("name", sa.String, primary_key=True), _whole("value"))


def _create_runs() -> None:
    op.create_table(
        "runs",
        _id(),
        _of("dataset_id", "datasets"),
        _text("sha256"),
        _text("name"),
        _text("folder"),
        _whole("size"),
        _text("resize"),
        _whole("scores"),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("sha256"),
    )
    op.create_index("ix_runs_dataset_id", "runs", ["dataset_id"])
    op.create_table(
        "entries",
        _id(),
        _of("run_id", "runs", cascade=True),
        _of("colorizer_id", "colorizers"),
        _whole("position"),
        _text("weights_sha256", nullable=True),
        sa.UniqueConstraint("run_id", "colorizer_id"),
        sa.UniqueConstraint("run_id", "position"),
    )
    entry = sa.Column("entry_id", sa.Integer, sa.ForeignKey("entries.id", ondelete="CASCADE"), nullable=True)
    run = _of("run_id", "runs", cascade=True)
    op.create_table("failures", _id(), run, entry, _text("photo"), _text("reason"))
    op.create_index("ix_failures_run_id", "failures", ["run_id"])


def _create_scores() -> None:
    op.create_table(
        "scores",
        *_entry_and_metric(),
        _of("photo_id", "photos", primary_key=True),
        _number("value", nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_scores_sort", "scores", ["entry_id", "metric_id", "value", "photo_id"])
    op.create_index("ix_scores_photo", "scores", ["photo_id", "metric_id", "entry_id", "value"])


def _create_summaries() -> None:
    numbers = ("value", "ci_lo", "ci_hi", "mean", "sd", "q05", "q25", "q50", "q75", "q95")
    op.create_table(
        "summaries",
        *_entry_and_metric(),
        _whole("n"),
        *map(_number, numbers),
        *(_whole(name, nullable=True) for name in ("rank_lo", "rank_hi", "tie_group")),
        sa.Column("details", sa.JSON, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_summaries_metric_id_value", "summaries", ["metric_id", "value"])


def _create_pairs_and_curves() -> None:
    op.create_table(
        "pairs",
        _of("a_entry_id", "entries", cascade=True, primary_key=True),
        _of("b_entry_id", "entries", cascade=True, primary_key=True),
        _of("metric_id", "metrics", primary_key=True),
        _whole("n"),
        *map(_number, ("difference", "ci_lo", "ci_hi", "p", "p_holm")),
        _text("test"),
        sqlite_with_rowid=False,
    )
    points = sa.Column("points", sa.JSON, nullable=False)
    op.create_table("curves", *_entry_and_metric(), points, sqlite_with_rowid=False)
