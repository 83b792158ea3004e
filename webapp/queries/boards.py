"""Boards: the methods of all runs on the same photos at the same size, their scores and their standings.

Statements are made once: making one takes longer than its answer. Which methods and metrics a board has, which every
page over it begins with, is read once while the data stay the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from evalsuite.errors import UserError
from evalsuite.tables import ColorizerRow, DatasetRow, EntryRow, MetricRow, RunRow, StandingRow, SummaryRow
from webapp.keeping import kept
from webapp.queries.keys import among
from webapp.queries.records import Board, Cell, Entry, Metric

SHOWN = ("psnr_rgb", "ssim", "lpips_alex", "fid_ct2", "fid_clean", "fid_efficientnet_lite0", "auc", "auc_rebalanced")
"""What papers show, for pages that nobody told what to show."""
OF_BOARD = (
    RunRow.dataset_id == bindparam("dataset"),
    RunRow.size == bindparam("size"),
    RunRow.resize == bindparam("resize"),
)
NEWEST = func.max(RunRow.imported_at)
BOARDS = (
    select(DatasetRow.id, DatasetRow.name, DatasetRow.images, RunRow.size, RunRow.resize, func.count(), NEWEST)
    .join(RunRow, RunRow.dataset_id == DatasetRow.id)
    .group_by(DatasetRow.id, DatasetRow.name, DatasetRow.images, RunRow.size, RunRow.resize)
    .order_by(NEWEST.desc(), DatasetRow.id)
)
BOARDS_OF_DATASET = BOARDS.where(DatasetRow.id == bindparam("dataset"))
ENTRIES = (
    select(EntryRow.id, RunRow.id, RunRow.name, ColorizerRow.name, ColorizerRow.title, ColorizerRow.paper,
           ColorizerRow.url, EntryRow.about)
    .select_from(EntryRow).join(RunRow).join(ColorizerRow)
)  # fmt: skip
ENTRIES_OF_BOARD = ENTRIES.where(*OF_BOARD).order_by(EntryRow.id)
ENTRIES_BY_KEY = ENTRIES.where(among(EntryRow.id, "keys"))
ANY_METRIC = select(
    MetricRow.id,
    MetricRow.name,
    MetricRow.title,
    MetricRow.unit,
    MetricRow.better,
    MetricRow.kind,
    MetricRow.definition,
)
METRICS_OF_BOARD = ANY_METRIC.where(
    select(1)
    .select_from(RunRow).join(EntryRow)
    .join(SummaryRow, (SummaryRow.entry_id == EntryRow.id) & (SummaryRow.metric_id == MetricRow.id))
    .where(*OF_BOARD).correlate(MetricRow).exists()
)  # fmt: skip
METRICS_OF_ENTRIES = ANY_METRIC.where(
    select(1)
    .where(among(SummaryRow.entry_id, "keys"), SummaryRow.metric_id == MetricRow.id)
    .correlate(MetricRow)
    .exists()
)
CELLS = (
    select(
        SummaryRow.entry_id, SummaryRow.metric_id, SummaryRow.value, SummaryRow.ci_lo, SummaryRow.ci_hi,
        SummaryRow.mean, SummaryRow.n, StandingRow.place, StandingRow.rank_lo, StandingRow.rank_hi,
        StandingRow.tie_group, StandingRow.p_next, StandingRow.photos_more,
    )
    .outerjoin(
        StandingRow, (StandingRow.entry_id == SummaryRow.entry_id) & (StandingRow.metric_id == SummaryRow.metric_id)
    )
    .where(among(SummaryRow.entry_id, "keys"), among(SummaryRow.metric_id, "metrics"))
)  # fmt: skip
PLACES = select(StandingRow.metric_id, StandingRow.place, StandingRow.entry_id, StandingRow.tie_group).where(
    among(StandingRow.entry_id, "keys"), among(StandingRow.metric_id, "metrics")
)
VALUES = select(SummaryRow.entry_id, SummaryRow.value).where(
    SummaryRow.metric_id == bindparam("metric"), among(SummaryRow.entry_id, "keys"), SummaryRow.value.is_not(None)
)


def boards(session: Session) -> list[Board]:
    """List boards, the one with the newest run first."""
    return [Board(*row) for row in session.connection().execute(BOARDS).all()]


def find_board(session: Session, dataset_id: int, at: str) -> tuple[Board, list[Board]]:
    """Return a dataset's board, by default the one with the newest run, and its others.

    Raises:
        NotFound: There is no such dataset.
        UserError: It has no runs at that size.
    """
    found = kept(session, "boards", dataset_id, lambda: _boards_of(session, dataset_id))
    if not found:
        raise NotFound(f"There is no dataset {dataset_id}. The first page lists those that there are.")
    for board in found:
        if at in ("", board.at):
            return board, [other for other in found if other != board]
    known = ", ".join(board.at for board in found)
    raise UserError(f"at is one of {known}; got {at!r}. Choose one of them.")


def entries(session: Session, board: Board) -> tuple[Entry, ...]:
    """List the methods of a board, in the order of import."""
    return kept(session, "entries", board, lambda: _entries_of(session, board))


def entries_by_id(session: Session, keys: Sequence[int]) -> dict[int, Entry]:
    """Return methods by their keys, in that order; keys that nobody has are missing."""
    found = session.connection().execute(ENTRIES_BY_KEY, {"keys": keys}).all()
    known = {entry.id: entry for entry in _labelled([_entry(row) for row in found])}
    return {key: known[key] for key in keys if key in known}


def metrics(session: Session, board: Board) -> dict[str, Metric]:
    """Name to metric, those that any method of the board has, in the order of tables."""
    return dict(kept(session, "metrics", board, lambda: _metrics_of(session, board)))


def metrics_of(session: Session, keys: Sequence[int]) -> dict[str, Metric]:
    """Name to metric, those that any of these methods has."""
    return _sorted(session.connection().execute(METRICS_OF_ENTRIES, {"keys": keys}).all())


def cells(session: Session, keys: Sequence[int], metric_ids: Sequence[int]) -> dict[tuple[int, int], Cell]:
    """(entry, metric) to value and standing."""
    found = session.connection().execute(CELLS, {"keys": keys, "metrics": metric_ids}).all()
    return {(row[0], row[1]): Cell(*row[2:]) for row in found}


def bests(session: Session, candidates: Sequence[Entry], metric_ids: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    """Metric to the best candidate's key and group, of metrics on which two or more compete."""
    keys = tuple(entry.id for entry in candidates)
    return kept(session, "bests", (keys, tuple(metric_ids)), lambda: _bests(session, keys, metric_ids))


def values(session: Session, keys: Sequence[int], metric_id: int) -> dict[int, float]:
    """Entry to value on one metric, of those that have one."""
    found = session.connection().execute(VALUES, {"keys": keys, "metric": metric_id}).all()
    return {entry: value for entry, value in found if value is not None}


def preferred(known: Mapping[str, Metric]) -> Metric | None:
    """The metric that pages begin with: the first of those that papers show, else the first that has a direction."""
    usual = [known[name] for name in SHOWN if name in known]
    return next((metric for metric in (*usual, *known.values()) if metric.better), None)


def _bests(session: Session, keys: Sequence[int], metric_ids: Sequence[int]) -> Mapping[int, tuple[int, int]]:
    wanted = {"keys": list(keys), "metrics": list(metric_ids)}
    ranked = sorted(tuple(row) for row in session.connection().execute(PLACES, wanted).all())
    first: dict[int, tuple[int, int]] = {}
    for metric, _, entry, group in ranked:
        first.setdefault(metric, (entry, group))
    competing = Counter(row[0] for row in ranked)
    return {metric: best for metric, best in first.items() if competing[metric] > 1}


def _boards_of(session: Session, dataset_id: int) -> tuple[Board, ...]:
    return tuple(Board(*row) for row in session.connection().execute(BOARDS_OF_DATASET, {"dataset": dataset_id}).all())


def _entries_of(session: Session, board: Board) -> tuple[Entry, ...]:
    return tuple(_labelled([_entry(row) for row in session.connection().execute(ENTRIES_OF_BOARD, _key(board)).all()]))


def _metrics_of(session: Session, board: Board) -> dict[str, Metric]:
    return _sorted(session.connection().execute(METRICS_OF_BOARD, _key(board)).all())


def _key(board: Board) -> dict[str, int | str]:
    return {"dataset": board.dataset_id, "size": board.size, "resize": board.resize}


def _entry(row: Any) -> Entry:
    key, run_id, run, name, title, paper, url, about = row
    return Entry(key, run_id, run, name, title, paper, url, about or {}, title)


def _labelled(found: Sequence[Entry]) -> list[Entry]:
    """Name the run of methods whose title several have."""
    titles = Counter(entry.title for entry in found)
    return [
        entry if titles[entry.title] == 1 else replace(entry, label=f"{entry.title} ({entry.run})") for entry in found
    ]


def _sorted(rows: Any) -> dict[str, Metric]:
    found = sorted((Metric(*cast("Any", row)) for row in rows), key=lambda metric: metric.place)
    return {metric.name: metric for metric in found}
