"""How a run folder comes into the database, and what is asked of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import CursorResult, Engine, insert, select, text, update
from sqlalchemy.orm import Session

from evalsuite.boards import Board, update_board
from evalsuite.curve_rows import keep_curves, lacking
from evalsuite.db import Base, now, session_scope
from evalsuite.records import about, chromas, confusions, curves, failures, outputs, pairs, scores, spread, summaries
from evalsuite.results import Run, sha256_of
from evalsuite.tables import (
    ChromaRow,
    ColorizerRow,
    ConfusionRow,
    CounterRow,
    CurveRow,
    DatasetRow,
    EntryRow,
    FailureRow,
    MetricRow,
    OutputRow,
    PairRow,
    PhotoRow,
    RunRow,
    SummaryRow,
    VectorRow,
)
from evalsuite.vectors import pack

if TYPE_CHECKING:
    import psycopg

    from evalsuite.backbones.confusions import Confusions
    from evalsuite.chroma import Chroma
    from evalsuite.tournament import Tournament

CHUNK = 10_000
IDENTITY_FILES = ("manifest.json", "scores.parquet", "summary.json")
DATA_VERSION = "data_version"
VERSION = select(CounterRow.value).where(CounterRow.name == DATA_VERSION)
Named = TypeVar("Named", ColorizerRow, MetricRow)


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    Attributes:
        run_id: The run's key in the database.
        new: Whether it was not there before.
        scores: How many scores per photo it has.
        completed: Whether it was there, but without something that was kept now.
    """

    run_id: int
    new: bool
    scores: int
    completed: bool = False


def identity_of(run: Run) -> str:
    """Hash what a run says; a copy of the folder is the same run, a run made anew is another."""
    digest = hashlib.sha256()
    for name in IDENTITY_FILES:
        digest.update(f"{name} {sha256_of(run.path / name)}\n".encode())
    return digest.hexdigest()


def import_run(
    engine: Engine,
    run: Run,
    compare: Callable[[Run], Tournament] | None = None,
    look: Callable[[Run], Sequence[Chroma]] | None = None,
    confuse: Callable[[Run], Sequence[Confusions]] | None = None,
) -> Imported:
    """Put a run folder into the database in one transaction; a run that is there whole changes nothing.

    Args:
        engine: A database whose tables are at the newest revision.
        run: The run folder.
        compare: Makes the matches and ranks of a run that is new, `evalsuite.tournament.tournament`; without it the
            database has none.
        look: Counts the colors of a run that is new, `evalsuite.chroma.chroma`; without it the database has none.
        confuse: Lists which classes recoloring turns into which in a run that is new,
            `evalsuite.backbones.confusions.confusions_of`; without it the database has none.

    Returns:
        The run's key, whether it is new, and how many scores it has.

    Raises:
        UserError: The run folder contradicts itself.
    """
    identity = identity_of(run)
    with session_scope(engine, read_only=True) as session:
        known = _known(session, identity)
        whole = known is not None and not lacking(session, run, known.run_id)
    if known is not None:
        return known if whole else _complete(engine, run, known)
    played = compare(run) if compare is not None else None
    seen = look(run) if look is not None else ()
    confused = confuse(run) if confuse is not None else ()
    with session_scope(engine) as session:
        _wait_for_other_imports(session)
        if there := _known(session, identity):
            return there
        imported = _import_new(session, run, identity, played)
        _insert(session, ChromaRow, chromas(seen, imported.run_id))
        _insert(session, ConfusionRow, confusions(confused, imported.run_id))
        return imported


def data_version(session: Session) -> int:
    """The number that grows with every change that pages show: their ETag."""
    return session.connection().execute(VERSION).scalar() or 0


def _known(session: Session, identity: str) -> Imported | None:
    row = session.scalar(select(RunRow).where(RunRow.sha256 == identity))
    return None if row is None else Imported(row.id, False, row.scores)


def _complete(engine: Engine, run: Run, known: Imported) -> Imported:
    """Keep what an import by an older version left out."""
    with session_scope(engine) as session:
        _wait_for_other_imports(session)
        if not (wanted := lacking(session, run, known.run_id)):
            return known
        keep_curves(session, run, known.run_id, wanted)
        grow_data_version(session)
    return replace(known, completed=True)


def _wait_for_other_imports(session: Session) -> None:
    # SQLite has one writer at a time by itself. This mode of PostgreSQL's lock excludes itself and no reader.
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE runs IN SHARE ROW EXCLUSIVE MODE"))


def _import_new(session: Session, run: Run, identity: str, played: Tournament | None) -> Imported:
    dataset_id = _dataset(session, run)
    row = _run_row(run, identity, dataset_id)
    session.add(row)
    session.flush()
    entries = _entries(session, run, row.id)
    metrics = _named(session, MetricRow, run.manifest["metrics"], ("title", "unit", "better", "kind", "definition"))
    photos, places = _photos(session, dataset_id)
    spreads: dict[tuple[str, str], dict[str, float]] = {}
    for (colorizer, metric), photo_ids, values in scores(run, photos):
        if len(values):
            entry_id, metric_id = entries[colorizer], metrics[metric]
            _insert_scores(session, entry_id, metric_id, photo_ids, values)
            packed = pack(len(photos), places[photo_ids], values)
            session.add(VectorRow(entry_id=entry_id, metric_id=metric_id, data=packed))
        row.scores += len(values)
        spreads[colorizer, metric] = spread(values)
    ranks = {} if played is None else {(rank.colorizer, rank.metric): rank for rank in played.ranks}
    _insert(session, SummaryRow, summaries(run, entries, metrics, spreads, ranks))
    _insert(session, PairRow, pairs(played.matches if played else (), entries, metrics))
    _insert(session, CurveRow, curves(run, entries, metrics))
    keep_curves(session, run, row.id, lacking(session, run, row.id))
    _insert(session, FailureRow, failures(run, row.id, entries))
    _insert(session, OutputRow, outputs(run, entries, photos))
    update_board(session, Board(dataset_id, row.size, row.resize))
    grow_data_version(session)
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
        {"dataset_id": row.id, "name": p["id"], "position": k, "label": p.get("label")}
        | {key: p[key] for key in ("file", "sha256")}
        for k, p in enumerate(scored)
    )
    _insert(session, PhotoRow, photos)
    return row.id


def _photos(session: Session, dataset_id: int) -> tuple[dict[str, int], NDArray[np.int64]]:
    """The photos' keys by name, and their positions by key."""
    columns = (PhotoRow.name, PhotoRow.id, PhotoRow.position)
    known = session.execute(select(*columns).where(PhotoRow.dataset_id == dataset_id))
    photos = {name: (key, position) for name, key, position in known}
    places = np.full(1 + max((key for key, _ in photos.values()), default=0), -1)
    for key, position in photos.values():
        places[key] = position
    return {name: key for name, (key, _) in photos.items()}, places


def _run_row(run: Run, identity: str, dataset_id: int) -> RunRow:
    dataset = run.manifest["dataset"]
    return RunRow(
        dataset_id=dataset_id,
        sha256=identity,
        name=run.path.resolve().name,
        folder=str(run.path.resolve()),
        size=dataset["size"] or 0,
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
        rows[name] = EntryRow(
            run_id=run_id, colorizer_id=colorizers[name], position=position, weights_sha256=weights,
            about=about(run, name),
        )  # fmt: skip
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


def _insert(session: Session, table: type[Base], rows: Iterable[Mapping[str, Any]]) -> None:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        session.execute(insert(table), chunk)


def grow_data_version(session: Session) -> None:
    """Tell pages that something they show has changed."""
    grown = update(CounterRow).where(CounterRow.name == DATA_VERSION).values(value=CounterRow.value + 1)
    if cast("CursorResult[Any]", session.execute(grown)).rowcount == 0:
        session.add(CounterRow(name=DATA_VERSION, value=1))
