"""Boards: the methods of all runs on the same photos at the same size, their scores and their standings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from evalsuite.contracts import Better
from evalsuite.errors import UserError
from evalsuite.registry import ORDER
from evalsuite.standings import BASELINES
from evalsuite.tables import ColorizerRow, DatasetRow, EntryRow, MetricRow, RunRow, StandingRow, SummaryRow

SHOWN = ("psnr_rgb", "ssim", "lpips_alex", "fid_ct2", "fid_clean", "fid_efficientnet_lite0", "auc", "auc_rebalanced")
"""What papers show, for pages that nobody told what to show."""


@dataclass(frozen=True)
class Board:
    """Runs that can be compared: the same photos, brought to the same size in the same way."""

    dataset_id: int
    dataset: str
    images: int
    size: int
    resize: str
    runs: int
    imported_at: datetime

    @property
    def at(self) -> str:
        """How photos were brought to size, as it stands in addresses."""
        return self.resize if self.resize == "native" else f"{self.resize}-{self.size}"

    @property
    def shown(self) -> dict[str, Any]:
        """The dataset as reports describe it."""
        return {"name": self.dataset, "images": self.images, "resize": self.resize, "size": self.size}


@dataclass(frozen=True)
class Entry:
    """A method in a run.

    Attributes:
        about: What its record says: accepts, cite, reported.
        label: Its title, with the run's name where two runs have it.
    """

    id: int
    run_id: int
    run: str
    name: str
    title: str
    paper: str
    url: str
    about: Mapping[str, Any]
    label: str = ""

    @property
    def accepts(self) -> frozenset[str]:
        """What it looks at beside the lightness."""
        return frozenset(self.about.get("accepts", ())) - {"L"}

    @property
    def candidate(self) -> bool:
        """Whether it can be the best: no baseline, and it does not see the target."""
        return self.name not in BASELINES and "target" not in self.accepts


@dataclass(frozen=True)
class Metric:
    """A metric as pages show it."""

    id: int
    name: str
    title: str
    unit: str
    better: Better
    kind: str
    definition: str

    @property
    def place(self) -> tuple[int, str]:
        """Where tables put it."""
        families = [k for k, name in enumerate(ORDER) if self.name.startswith(f"{name}_")]
        place = ORDER.index(self.name) if self.name in ORDER else max(families, default=len(ORDER))
        return place, self.name


@dataclass(frozen=True)
class Cell:
    """A method's value on a metric, and where it stands; places and ranks are None where it does not compete."""

    value: float | None
    lo: float | None
    hi: float | None
    mean: float | None
    n: int
    place: int | None = None
    rank_lo: int | None = None
    rank_hi: int | None = None
    group: int | None = None
    p_next: float | None = None
    photos_more: int | None = None


Cells: TypeAlias = Mapping[tuple[int, int], Cell]
"""(entry, metric) to value and standing."""


def boards(session: Session, dataset_id: int | None = None) -> list[Board]:
    """List boards, the one with the newest run first."""
    newest = func.max(RunRow.imported_at)
    found = (
        select(DatasetRow.id, DatasetRow.name, DatasetRow.images, RunRow.size, RunRow.resize, func.count(), newest)
        .join(RunRow, RunRow.dataset_id == DatasetRow.id)
        .group_by(DatasetRow.id, DatasetRow.name, DatasetRow.images, RunRow.size, RunRow.resize)
        .order_by(newest.desc(), DatasetRow.id)
    )
    if dataset_id is not None:
        found = found.where(DatasetRow.id == dataset_id)
    return [Board(*row) for row in session.execute(found)]


def find_board(session: Session, dataset_id: int, at: str) -> tuple[Board, list[Board]]:
    """Return a dataset's board, by default the one with the newest run, and its others.

    Raises:
        NotFound: There is no such dataset.
        UserError: It has no runs at that size.
    """
    found = boards(session, dataset_id)
    if not found:
        raise NotFound(f"There is no dataset {dataset_id}. The first page lists those that there are.")
    for board in found:
        if at in ("", board.at):
            return board, [other for other in found if other != board]
    known = ", ".join(board.at for board in found)
    raise UserError(f"at is one of {known}; got {at!r}. Choose one of them.")


def entries(session: Session, board: Board) -> list[Entry]:
    """List the methods of a board, in the order of import."""
    found = _entries().where(
        RunRow.dataset_id == board.dataset_id, RunRow.size == board.size, RunRow.resize == board.resize
    )
    return _labelled([_entry(row) for row in session.execute(found.order_by(EntryRow.id))])


def entries_by_id(session: Session, keys: Sequence[int]) -> dict[int, Entry]:
    """Return methods by their keys, in that order; keys that nobody has are missing."""
    found = session.execute(_entries().where(EntryRow.id.in_(keys)))
    known = {entry.id: entry for entry in _labelled([_entry(row) for row in found])}
    return {key: known[key] for key in keys if key in known}


def metrics(session: Session, board: Board) -> dict[str, Metric]:
    """Name to metric, those that any method of the board has, in the order of tables."""
    has = (
        select(1)
        .select_from(RunRow).join(EntryRow)
        .join(SummaryRow, (SummaryRow.entry_id == EntryRow.id) & (SummaryRow.metric_id == MetricRow.id))
        .where(RunRow.dataset_id == board.dataset_id, RunRow.size == board.size, RunRow.resize == board.resize)
        .correlate(MetricRow)
    )  # fmt: skip
    return _metrics(session, has.exists())


def metrics_of(session: Session, keys: Sequence[int]) -> dict[str, Metric]:
    """Name to metric, those that any of these methods has."""
    has = select(1).where(SummaryRow.entry_id.in_(keys), SummaryRow.metric_id == MetricRow.id)
    return _metrics(session, has.correlate(MetricRow).exists())


def cells(session: Session, keys: Sequence[int], metric_ids: Sequence[int]) -> dict[tuple[int, int], Cell]:
    """(entry, metric) to value and standing."""
    wanted = SummaryRow.entry_id.in_(keys), SummaryRow.metric_id.in_(metric_ids)
    of_both = (StandingRow.entry_id == SummaryRow.entry_id) & (StandingRow.metric_id == SummaryRow.metric_id)
    found = select(
        SummaryRow.entry_id, SummaryRow.metric_id, SummaryRow.value, SummaryRow.ci_lo, SummaryRow.ci_hi,
        SummaryRow.mean, SummaryRow.n, StandingRow.place, StandingRow.rank_lo, StandingRow.rank_hi,
        StandingRow.tie_group, StandingRow.p_next, StandingRow.photos_more,
    ).outerjoin(StandingRow, of_both).where(*wanted)  # fmt: skip
    return {(row[0], row[1]): Cell(*row[2:]) for row in session.execute(found)}


def bests(session: Session, candidates: Sequence[Entry], metric_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Metric to the best candidate's key and group, of metrics on which two or more compete."""
    columns = (StandingRow.metric_id, StandingRow.place, StandingRow.entry_id, StandingRow.tie_group)
    wanted = StandingRow.entry_id.in_([entry.id for entry in candidates]), StandingRow.metric_id.in_(metric_ids)
    ranked = sorted(tuple(row) for row in session.execute(select(*columns).where(*wanted)))
    first: dict[int, tuple[int, int]] = {}
    for metric, _, entry, group in ranked:
        first.setdefault(metric, (entry, group))
    competing = Counter(row[0] for row in ranked)
    return {metric: best for metric, best in first.items() if competing[metric] > 1}


def values(session: Session, keys: Sequence[int], metric_id: int) -> dict[int, float]:
    """Entry to value on one metric, of those that have one."""
    found = select(SummaryRow.entry_id, SummaryRow.value).where(
        SummaryRow.metric_id == metric_id, SummaryRow.entry_id.in_(keys), SummaryRow.value.is_not(None)
    )
    return {entry: value for entry, value in session.execute(found) if value is not None}


def preferred(known: Mapping[str, Metric]) -> Metric | None:
    """The metric that pages begin with: the first of those that papers show, else the first that has a direction."""
    usual = [known[name] for name in SHOWN if name in known]
    return next((metric for metric in (*usual, *known.values()) if metric.better), None)


def _entries() -> Any:
    columns = (EntryRow.id, RunRow.id, RunRow.name, ColorizerRow.name, ColorizerRow.title, ColorizerRow.paper)
    return select(*columns, ColorizerRow.url, EntryRow.about).select_from(EntryRow).join(RunRow).join(ColorizerRow)


def _entry(row: Any) -> Entry:
    key, run_id, run, name, title, paper, url, about = row
    return Entry(key, run_id, run, name, title, paper, url, about or {})


def _labelled(found: Sequence[Entry]) -> list[Entry]:
    titles = [entry.title for entry in found]
    return [
        replace(entry, label=entry.title if titles.count(entry.title) == 1 else f"{entry.title} ({entry.run})")
        for entry in found
    ]


def _metrics(session: Session, wanted: Any) -> dict[str, Metric]:
    columns = (MetricRow.id, MetricRow.name, MetricRow.title, MetricRow.unit, MetricRow.better, MetricRow.kind)
    rows = session.execute(select(*columns, MetricRow.definition).where(wanted))
    found = [Metric(*cast("Any", row)) for row in rows]
    return {metric.name: metric for metric in sorted(found, key=lambda metric: metric.place)}
