"""What events ask of the database: few statements, and none that reads a whole table."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from tests.turk.studies_made import make_study
from tests.turk.walking import Clock, Walk, come
from turk import sessions
from turk.addresses import find
from turk.store import Store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
LARGE = ("trials", "addresses", "stimuli", "events")
Statement = tuple[str, Any]


@contextmanager
def statements(engine: Engine) -> Iterator[list[Statement]]:
    """What is sent to the database meanwhile, but for pragmas and the frame of transactions."""
    sent: list[Statement] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def walk(store: Store, tmp_path: Path, clock: Clock) -> Walk:
    """Somebody in the middle of a study of usual length, which is known to the process."""
    make_study(store.engine, tmp_path, photos=80, parameters={"practice": 10, "test": 40, "catch": 8})
    there = come(store).to_trials()
    for _ in range(20):
        clock.go(seconds=4)
        there.answer()
    clock.go(seconds=4)
    return there


@pytest.mark.parametrize(
    ("act", "most"),
    [
        (lambda walk: walk.answer(), 6),
        (lambda walk: sessions.resume(walk.store, walk.ticket), 4),
        (lambda walk: find(walk.store, walk.step.images[0]), 1),
        (lambda walk: sessions.events(walk.store, walk.ticket, [{"kind": "blur", "at_ms": 1}]), 4),
        (lambda walk: walk.answer(hidden=True), 11),
        (lambda walk: come(walk.store), 10),
    ],
)
def test_an_event_takes_few_statements(walk: Walk, act: Callable[[Walk], Any], most: int) -> None:
    with statements(walk.store.engine) as sent:
        act(walk)

    assert len(sent) <= most, "\n".join(statement for statement, _ in sent)


def test_beginning_takes_few_statements_whatever_the_number_of_trials(store: Store, tmp_path: Path) -> None:
    make_study(store.engine, tmp_path, photos=80, parameters={"practice": 10, "test": 40, "catch": 8})
    walk = come(store).to_instructions()

    with statements(store.engine) as sent:
        sessions.begin(store, walk.ticket)

    assert len(sent) <= 8, "\n".join(statement for statement, _ in sent)


@pytest.mark.parametrize(
    "act",
    [
        lambda walk: walk.answer(),
        lambda walk: walk.answer(hidden=True),
        lambda walk: sessions.resume(walk.store, walk.ticket),
        lambda walk: find(walk.store, walk.step.images[0]),
        lambda walk: sessions.events(walk.store, walk.ticket, [{"kind": "blur", "at_ms": 1}]),
        lambda walk: come(walk.store).to_trials(),
        lambda walk: sessions.finish(walk.store, walk.to_comment(walk.store.clock).ticket),
    ],
)
def test_no_event_reads_a_whole_table(walk: Walk, act: Callable[[Walk], Any]) -> None:
    with statements(walk.store.engine) as sent:
        act(walk)

    engine = walk.store.engine
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # Tables of tests are small, where reading them whole is the fastest way: what is asked is whether it is
            # the only way.
            connection.execute(text("SET enable_seqscan = off"))
        for statement, parameters in sent:
            plan = explain(connection, statement, parameters)
            scanned = [line for line in plan for table in LARGE if reads_whole(line, table)]
            assert not scanned, f"{statement}\n" + "\n".join(plan)


def explain(connection: Any, statement: str, parameters: Any) -> list[str]:
    """How the database would do it."""
    if statement.startswith("INSERT"):
        return []
    words = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    rows = connection.exec_driver_sql(f"{words} {statement}", parameters)
    return [str(row[-1]) for row in rows]


def reads_whole(line: str, table: str) -> bool:
    """Whether a line of a plan says that a table is read from one end to the other."""
    scan = line.strip().removeprefix("->").strip()
    return scan.startswith((f"Seq Scan on {table}", f"SCAN {table}")) and "USING" not in scan


def test_a_statement_that_reads_a_whole_table_is_seen(walk: Walk) -> None:
    with walk.store.engine.connect() as connection:
        assert any(reads_whole(line, "trials") for line in explain(connection, "SELECT * FROM trials", ()))


def test_what_a_request_needs_loads_no_large_library() -> None:
    modules = "turk.addresses, turk.answers, turk.entering, turk.sessions, turk.sweeping"
    code = f"import sys, {modules}; from turk.registry import protocols; protocols(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())

    assert "turk.protocols.zhang2016" in loaded
    assert not loaded & {"torch", "pandas", "scipy", "flask", "boto3", "PIL", "sklearn", "skimage", "numba"}
