"""How a run folder comes into the database, and what is asked of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import CursorResult, Engine, insert, select, text, update
from sqlalchemy.orm import Session

from evalsuite.db import Base, now, session_scope
from evalsuite.errors import UserError
from evalsuite.results import Run, sha256_of
from evalsuite.tables import (
    ColorizerRow,
    CounterRow,
    CurveRow,
    DatasetRow,
    EntryRow,
    FailureRow,
    MetricRow,
    PhotoRow,
    RunRow,
    SummaryRow,
)

if TYPE_CHECKING:
    import psycopg

CHUNK = 10_000
QUANTILES = {"q05": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "q95": 0.95}
IDENTITY_FILES = ("manifest.json", "scores.parquet", "summary.json")
DATA_VERSION = "data_version"
Named = TypeVar("Named", ColorizerRow, MetricRow)
FIXED = ("value", "ci95", "n", "unit", "better")


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes:
        run_id: The run's key in the database.
        new: Whether it was not there before.
        scores: How many scores per photo it has.
    """

    run_id: int
    new: bool
    scores: int


def identity_of(run: Run) -> str:
    """Hash what a run says; a copy of the folder is the same run, a run made anew is another."""
    digest = hashlib.sha256()
    for name in IDENTITY_FILES:
        digest.update(f"{name} {sha256_of(run.path / name)}\n".encode())
    return digest.hexdigest()


def import_run(engine: Engine, run: Run) -> Imported:
    """Put a run folder into the database in one transaction; a run that is there changes nothing.

    Args:
        engine: A database whose tables are at the newest revision.
        run: The run folder.

    Returns:
        The run's key, whether it is new, and how many scores it has.

    Raises:
        UserError: The run folder contradicts itself.
    """
    identity = identity_of(run)
    with session_scope(engine) as session:
        _wait_for_other_imports(session)
        known = session.scalar(select(RunRow).where(RunRow.sha256 == identity))
        if known is not None:
            return Imported(known.id, False, known.scores)
        return _import_new(session, run, identity)


def data_version(session: Session) -> int:
    """The number that grows with every change that pages show: their ETag."""
    return session.scalar(select(CounterRow.value).where(CounterRow.name == DATA_VERSION)) or 0


def _wait_for_other_imports(session: Session) -> None:
    # SQLite has one writer at a time by itself. This mode of PostgreSQL's lock excludes itself and no reader.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE runs IN SHARE ROW EXCLUSIVE MODE"))


def _import_new(session: Session, run: Run, identity: str) -> Imported:
    dataset_id = _dataset(session, run)
    row = _run_row(run, identity, dataset_id)
    session.add(row)
    session.flush()
    entries = _entries(session, run, row.id)
    metrics = _named(session, MetricRow, run.manifest["metrics"], ("title", "unit", "better", "kind", "definition"))
    photos = {p.name: p.id for p in session.scalars(select(PhotoRow).where(PhotoRow.dataset_id == dataset_id))}
    spreads: dict[tuple[str, str], dict[str, float]] = {}
    for (colorizer, metric), photo_ids, values in _scores(run, photos):
        if len(values):
            _insert_scores(session, entries[colorizer], metrics[metric], photo_ids, values)
        row.scores += len(values)
        spreads[colorizer, metric] = _spread(values)
    _insert(session, SummaryRow, _summaries(run, entries, metrics, spreads))
    _insert(session, CurveRow, _curves(run, entries, metrics))
    _insert(session, FailureRow, _failures(run, row.id, entries))
    _grow_data_version(session)
    return Imported(row.id, True, row.scores)


def _dataset(session: Session, run: Run) -> int:
    facts = run.manifest["dataset"]
    known = select(DatasetRow.id).where(DatasetRow.name == facts["name"], DatasetRow.sha256 == facts["sha256"])
    found = session.scalar(known)
    if found is not None:
        return found
    row = DatasetRow(name=facts["name"], sha256=facts["sha256"], images=facts["images"])
    session.add(row)
    session.flush()
    scored = [photo for photo in run.manifest["photos"] if photo["status"] == "scored"]
    photos = (
        {"dataset_id": row.id, "name": p["id"], "position": k, "file": p["file"], "sha256": p["sha256"]}
        for k, p in enumerate(scored)
    )
    _insert(session, PhotoRow, photos)
    return row.id


def _run_row(run: Run, identity: str, dataset_id: int) -> RunRow:
    dataset = run.manifest["dataset"]
    return RunRow(
        dataset_id=dataset_id,
        sha256=identity,
        name=run.path.resolve().name,
        folder=str(run.path.resolve()),
        size=dataset["size"],
        resize=dataset["resize"],
        scores=0,
        facts={key: value for key, value in run.manifest.items() if key not in ("photos", "failures")},
        created_at=datetime.fromisoformat(run.manifest["created_at"]),
        imported_at=now(),
    )


def _entries(session: Session, run: Run, run_id: int) -> dict[str, int]:
    records = run.manifest["colorizers"]
    colorizers = _named(session, ColorizerRow, records, ("title", "paper", "url", "licence"))
    rows = {}
    for position, name in enumerate(run.colorizers):
        weights = (records[name].get("weights") or {}).get("sha256")
        rows[name] = EntryRow(run_id=run_id, colorizer_id=colorizers[name], position=position, weights_sha256=weights)
    session.add_all(rows.values())
    session.flush()
    return {name: row.id for name, row in rows.items()}


def _named(
    session: Session,
    model: type[Named],
    records: Mapping[str, Mapping[str, Any]],
    facts: Sequence[str],
) -> dict[str, int]:
    """Bring the rows of these names up to date, and return their keys."""
    known = {row.name: row for row in session.scalars(select(model).where(model.name.in_(records)))}
    for name, record in records.items():
        if name not in known:
            known[name] = model(name=name)
            session.add(known[name])
        for fact in facts:
            setattr(known[name], fact, record[fact])
    session.flush()
    return {name: row.id for name, row in known.items()}


def _scores(
    run: Run, photos: Mapping[str, int]
) -> Iterator[tuple[tuple[str, str], NDArray[np.int64], NDArray[np.float64]]]:
    """Give the finite values of every colorizer and metric, ordered by photo."""
    for (colorizer, metric), rows in run.scores.groupby(["colorizer", "metric"], observed=True, sort=False):
        finite = rows[np.isfinite(rows["value"])]
        ids = finite["image"].astype(object).map(photos)
        if ids.isna().any():
            stranger = finite["image"][ids.isna()].iloc[0]
            raise UserError(f"{run.path}: scores.parquet has {stranger!r}, no photo of the manifest. Run it again.")
        order = np.argsort(ids.to_numpy(np.int64))
        yield (str(colorizer), str(metric)), ids.to_numpy(np.int64)[order], finite["value"].to_numpy(np.float64)[order]


def _insert_scores(
    session: Session, entry: int, metric: int, photos: NDArray[np.int64], values: NDArray[np.float64]
) -> None:
    """Insert by the fastest way that each database has."""
    connection = session.connection()
    columns = "scores (entry_id, metric_id, photo_id, value)"
    rows = [(entry, metric, photo, value) for photo, value in zip(photos.tolist(), values.tolist(), strict=True)]
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(f"INSERT INTO {columns} VALUES (?, ?, ?, ?)", rows)
        return
    cursor = cast("psycopg.Cursor[Any]", connection.connection.cursor())
    with cursor, cursor.copy(f"COPY {columns} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _spread(values: NDArray[np.float64]) -> dict[str, float]:
    if len(values) == 0:
        return {}
    found = np.quantile(values, list(QUANTILES.values())).tolist()
    spread = dict(zip(QUANTILES, found, strict=True)) | {"mean": float(values.mean())}
    return spread | ({"sd": float(values.std(ddof=1))} if len(values) > 1 else {})


def _summaries(
    run: Run,
    entries: Mapping[str, int],
    metrics: Mapping[str, int],
    spreads: Mapping[tuple[str, str], Mapping[str, float]],
) -> Iterator[dict[str, Any]]:
    for colorizer, scores in run.summary["colorizers"].items():
        for metric, score in scores.items():
            lo, hi = score["ci95"] or (None, None)
            spread = dict.fromkeys(("mean", "sd", *QUANTILES)) | dict(spreads.get((colorizer, metric), {}))
            yield {
                "entry_id": entries[colorizer],
                "metric_id": metrics[metric],
                "n": score["n"],
                "value": score["value"],
                "ci_lo": lo,
                "ci_hi": hi,
                **spread,
                "details": {key: value for key, value in score.items() if key not in FIXED},
            }


def _curves(run: Run, entries: Mapping[str, int], metrics: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for colorizer, curves in run.curves.items():
        for metric, points in curves.items():
            yield {"entry_id": entries[colorizer], "metric_id": metrics[metric], "points": points}


def _failures(run: Run, run_id: int, entries: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    for photo in run.manifest["photos"]:
        if photo["status"] != "scored":
            yield {"run_id": run_id, "entry_id": None, "photo": photo["id"], "reason": photo["reason"]}
    for failure in run.manifest["failures"]:
        entry = entries[failure["colorizer"]]
        yield {"run_id": run_id, "entry_id": entry, "photo": failure["photo"], "reason": failure["reason"]}


def _insert(session: Session, table: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        session.execute(insert(table), chunk)


def _grow_data_version(session: Session) -> None:
    grown = update(CounterRow).where(CounterRow.name == DATA_VERSION).values(value=CounterRow.value + 1)
    if cast("CursorResult[Any]", session.execute(grown)).rowcount == 0:
        session.add(CounterRow(name=DATA_VERSION, value=1))
