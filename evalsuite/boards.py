"""The board of a dataset: all methods of all its runs against each other, brought up to date with every import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from evalsuite.contest import Matches, play, standings
from evalsuite.contracts import Better
from evalsuite.tables import EntryRow, MetricRow, PairRow, RunRow, StandingRow, SummaryRow, VectorRow
from evalsuite.vectors import unpack

SAME = 1e-6
"""A metric's value that is as near to the mean of its scores per photo is that mean."""
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Board:
    """Runs whose scores can be compared: the same photos, brought to the same size in the same way."""

    dataset_id: int
    size: int
    resize: str


@dataclass(frozen=True)
class Rivals:
    """Those who compete on a metric: entries in order, and their values."""

    metric: MetricRow
    entries: tuple[int, ...]
    values: tuple[float, ...]
    means: bool


def update_board(session: Session, board: Board) -> None:
    """Rank all entries of a board anew, on every metric that has a direction."""
    competing = _competing(session, board)
    entries = select(EntryRow.id).join(RunRow).where(*_on(board))
    session.execute(delete(StandingRow).where(StandingRow.entry_id.in_(entries)))
    rows = [row for rivals in _rivals(session, competing) for row in _standings(session, rivals)]
    if rows:
        session.execute(insert(StandingRow), rows)


def _on(board: Board) -> tuple[Any, ...]:
    return RunRow.dataset_id == board.dataset_id, RunRow.size == board.size, RunRow.resize == board.resize


def _competing(session: Session, board: Board) -> list[int]:
    """The entries that do not see the target."""
    known = session.execute(select(EntryRow.id, EntryRow.about).join(RunRow).where(*_on(board)).order_by(EntryRow.id))
    return [entry for entry, about in known if "target" not in (about or {}).get("accepts", ())]


def _rivals(session: Session, competing: Sequence[int]) -> Iterator[Rivals]:
    columns = (SummaryRow.metric_id, SummaryRow.entry_id, SummaryRow.value, SummaryRow.mean)
    scored = select(*columns).where(SummaryRow.entry_id.in_(competing), SummaryRow.value.is_not(None))
    found: dict[int, list[tuple[int, float, float | None]]] = {}
    for metric, entry, value, mean in session.execute(scored.order_by(SummaryRow.entry_id)):
        found.setdefault(metric, []).append((entry, cast("float", value), mean))
    known = {row.id: row for row in session.scalars(select(MetricRow).where(MetricRow.better.is_not(None)))}
    for metric, rows in found.items():
        if metric in known and len(rows) > 1:
            means = all(mean is not None and abs(value - mean) <= SAME * max(1, abs(value)) for _, value, mean in rows)
            yield Rivals(known[metric], tuple(row[0] for row in rows), tuple(row[1] for row in rows), means)


def _standings(session: Session, rivals: Rivals) -> list[dict[str, Any]]:
    matches = _played(session, rivals) if rivals.means else _resampled(session, rivals)
    ranked = standings(rivals.values, matches, cast("Better", rivals.metric.better))
    names = {"lo": "rank_lo", "hi": "rank_hi", "group": "tie_group"}
    return [
        {"entry_id": entry, "metric_id": rivals.metric.id}
        | {names.get(key, key): value for key, value in asdict(standing).items()}
        for entry, standing in zip(rivals.entries, ranked, strict=True)
    ]


def _played(session: Session, rivals: Rivals) -> Matches:
    kept = select(VectorRow.entry_id, VectorRow.data).where(
        VectorRow.entry_id.in_(rivals.entries), VectorRow.metric_id == rivals.metric.id
    )
    vectors = {entry: unpack(data) for entry, data in session.execute(kept)}
    nothing = np.full(max(map(len, vectors.values()), default=0), np.nan)
    return play(np.stack([vectors.get(entry, nothing) for entry in rivals.entries]))


def _resampled(session: Session, rivals: Rivals) -> Matches:
    """The pairs that were resampled within their run, for what is no mean over photos; other pairs say nothing."""
    place = {entry: k for k, entry in enumerate(rivals.entries)}
    shape = (len(place), len(place))
    n, difference, error, p = (np.full(shape, np.nan) for _ in range(4))
    drawn = select(PairRow).where(PairRow.metric_id == rivals.metric.id, PairRow.a_entry_id.in_(rivals.entries))
    for pair in session.scalars(drawn):
        if pair.b_entry_id in place and pair.difference is not None and None not in (pair.ci_lo, pair.ci_hi):
            a, b = place[pair.a_entry_id], place[pair.b_entry_id]
            n[a, b] = n[b, a] = pair.n
            difference[a, b], difference[b, a] = pair.difference, -pair.difference
            error[a, b] = error[b, a] = (cast("float", pair.ci_hi) - cast("float", pair.ci_lo)) / (2 * Z95)
            p[a, b] = p[b, a] = _normal_p(pair.difference, error[a, b])
    return Matches(n, difference, error, p)


def _normal_p(difference: float, error: float | np.floating[Any]) -> NDArray[np.float64] | float:
    """The bootstrap's own p has a floor of 2 / resamples, which Holm's correction of many pairs cannot use."""
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * ndtr(-abs(difference) / error))
