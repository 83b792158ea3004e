"""How fast the pages of a study are while 400,000 trials are in: fills a database, asks for every page, prints p95.

python tests/bench/bench_studies.py [--sessions 8000] [--trials 50] [--database sqlite|postgresql] [--asks 100]
                                     [--keep DIR]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import numpy as np
from sqlalchemy import Engine, insert

from evalsuite.db import make_engine, now, session_scope, upgrade
from turk.registry import protocol
from turk.result_tables import DigestRow
from turk.study import Study
from turk.sweeping import sweep
from turk.tables import ConditionRow, ParticipantRow, PlaceRow, SessionRow, StudyRow, TrialRow
from webapp import create_app
from webapp.config import Config

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.bench_pages import TOKEN, Target, address, measure

ARMS = ("ours", "theirs", "eccv16", "siggraph17")
PHOTOS = 1000
CHUNK = 20_000
TARGETS = {
    "monitor": Target("/studies/1/monitor", 10, 3),
    "study": Target("/studies/1", 20, 60),
    "studies": Target("/studies", 20, 60),
    "timing": Target("/studies/1/timing", 100, 60),
    "results, blinded": Target("/studies/1/results", 20, 60),
    "sessions": Target("/studies/1/sessions", 20, 60),
    "a session's trials": Target("/sessions/4000", 20, 60),
    "replay": Target("/trials/200000", 20, 60),
}


def fill(engine: Engine, sessions: int, trials: int) -> None:
    """Put a study into the database that half of its people have finished."""
    study = _study(sessions, trials)
    at, rng = now() - timedelta(days=7), np.random.default_rng(0)
    with session_scope(engine) as db:
        db.add(StudyRow(id=1, name="bench", sha256=study.hash, protocol=study.protocol, recruiter="link", state="live",
                        folder="/gone", config=study.to_json(), created_at=at, launched_at=at))  # fmt: skip
        db.flush()
        named = enumerate(ARMS)
        db.add_all(ConditionRow(id=k + 1, study_id=1, position=k, name=arm, kind="test") for k, arm in named)
        db.flush()
        arms = [ARMS[k % len(ARMS)] for k in range(2 * sessions)]
        rows = ({"id": k + 1, "study_id": 1, "synthetic": False, "position": k, "arm": arm, "rank": k // len(ARMS),
                 "state": "done" if k < sessions else "free"} for k, arm in enumerate(arms))  # fmt: skip
        _insert(db, PlaceRow, rows)
        people = ({"id": k + 1, "platform": "link", "key": f"{k:032x}", "created_at": at} for k in range(sessions))
        _insert(db, ParticipantRow, people)
        _insert(db, SessionRow, (_session(k, arms[k], at + timedelta(minutes=k)) for k in range(sessions)))
        _insert(db, TrialRow, (_trial(k, j, arms[k], at, rng) for k in range(sessions) for j in range(trials)))
    sweep(engine)
    if engine.dialect.name == "postgresql":
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")


def _study(sessions: int, trials: int) -> Study:
    parameters: dict[str, Any] = {name: one.default for name, one in protocol("zhang2016").parameters.items()}
    photos = tuple(f"photo{k:05}" for k in range(PHOTOS))
    return Study(
        name="bench", protocol="zhang2016", parameters=parameters | {"practice": 0, "test": trials - 8, "catch": 8},
        conditions=ARMS, catch="random", photos=photos,
        stimuli={arm: {photo: f"{k:064x}" for k, photo in enumerate(photos)} for arm in ARMS},
        participants_per_condition=2 * sessions // len(ARMS), recruiter="link", reward_usd=Decimal("1.40"),
        exclusions={"catch_min_correct": 6, "min_median_rt_ms": 300, "max_invalid_share": 0.25},
    )  # fmt: skip


def _session(k: int, arm: str, at: Any) -> dict[str, Any]:
    return {
        "id": k + 1, "study_id": 1, "participant_id": k + 1, "place_id": k + 1, "synthetic": False,
        "token_sha256": f"{k:064x}", "tab": "tab", "state": "finished", "arm": arm, "rank": k // len(ARMS), "seed": k,
        "locale": "en", "arrival": {}, "device": {"user_agent": "Mozilla/5.0 Firefox/140.0" if k % 3 else "Chrome/140"},
        "created_at": at, "seen_at": at, "started_at": at, "finished_at": at + timedelta(minutes=7),
    }  # fmt: skip


def _trial(k: int, number: int, arm: str, at: Any, rng: np.random.Generator) -> dict[str, Any]:
    fooled, valid, place = bool(rng.random() < 0.3), bool(rng.random() < 0.97), number % 2
    kind, photo = ("catch" if number % 6 == 5 else "test"), f"photo{(k * 7 + number) % PHOTOS:05}"
    length = 1000.0 + (0.0 if valid else 33.4)
    shown = [{"place": p, "on_ms": 500.0 + 1600 * p, "off_ms": 500.0 + 1600 * p + length, "frames": 60,
              "long_frames": 0} for p in (0, 1)]  # fmt: skip
    return {
        "session_id": k + 1, "number": number, "nonce": f"{k}-{number}", "kind": kind, "photo": photo,
        "condition_id": ARMS.index(arm) + 1, "stimuli": [[photo, arm], [photo, "real"]], "turns": [0, 1],
        "fake_place": place, "fake_turn": place, "state": "answered", "answered_at": at, "answer": "left",
        "correct": not fooled, "value": float(fooled), "rt_ms": 900.0 + 100 * rng.normal(), "valid": valid,
        "refresh_hz": 60.0 if k % 4 else 144.0, "measured_ms": length,
        "exposure": {"shown": shown, "hidden": False, "decoded": True, "refresh_hz": 60.0},
    }  # fmt: skip


def _insert(db: Any, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            db.execute(insert(table), chunk)
            chunk = []
    if chunk:
        db.execute(insert(table), chunk)


def report(url: str, sessions: int, trials: int, asks: int) -> None:
    """Fill a database and print the table."""
    engine, started = make_engine(url), time.perf_counter()
    upgrade(engine)
    with session_scope(engine, read_only=True) as db:
        filled = db.query(DigestRow).first() is not None
    if not filled:
        fill(engine, sessions, trials)
    print(f"\n{engine.dialect.name}: {sessions:,} sessions x {trials} trials = {sessions * trials:,}, "
          f"filled in {time.perf_counter() - started:.0f} s")  # fmt: skip
    engine.dispose()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Config(url, "k" * 32, Path(folder), Path(folder), access_token=TOKEN))
        print(f"{'page':20} {'median':>7} {'p95':>7} {'cpu p95':>8} {'target':>7} ms {'html':>6} {'gzip':>6} kB")
        for name, target in TARGETS.items():
            found = measure(app.test_client(), target, asks)
            told = "" if found.p95 <= target.ms and found.packed <= 1000 * target.kb else "  over"
            times = f"{found.median:7.1f} {found.p95:7.1f} {found.processor:8.1f} {target.ms:7.0f}"
            print(f"{name:20} {times}    {found.raw / 1000:6.1f} {found.packed / 1000:6.1f}{told}")
        app.extensions["engine"].dispose()


@click.command()
@click.option("--sessions", default=8000, show_default=True)
@click.option("--trials", default=50, show_default=True, help="Of each session.")
@click.option("--asks", default=100, show_default=True, help="How often each page is asked for.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Where filled databases are kept.")
@click.option("--database", type=click.Choice(["both", "sqlite", "postgresql"]), default="both", show_default=True)
def main(sessions: int, trials: int, asks: int, database: str, keep: Path | None) -> None:
    """Print how long a study's pages take while many trials are in."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    for kind in ("sqlite", "postgresql") if database == "both" else (database,):
        with address(kind, f"studies-{sessions}x{trials}", keep) as url:
            report(url, sessions, trials, asks)


if __name__ == "__main__":
    main()
