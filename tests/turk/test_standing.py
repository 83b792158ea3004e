import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from evalsuite.db import session_scope
from tests.turk.studies_made import make_store, make_study
from tests.turk.walking import Clock, come
from turk import sessions
from turk.cli import group
from turk.standing import Standing, standing_of
from turk.studies import find_study


def standing(engine: Engine, *, synthetic: bool = False) -> Standing:
    with session_scope(engine, read_only=True) as session:
        return standing_of(session, find_study(session, "street"), synthetic=synthetic)


def finish(engine: Engine, clock: Clock, *, synthetic: str | None = None, **exposure: Any) -> None:
    """Take the whole study, four seconds a trial; the first trial's exposure is as said."""
    walk = come(make_store(engine, clock=clock), synthetic=synthetic).to_trials()
    clock.go(seconds=4)
    walk.answer()
    while walk.step.facts["block"] == "practice":
        clock.go(seconds=4)
        walk.answer()
    clock.go(seconds=4)
    walk.answer(**exposure)
    walk.to_comment(clock)
    sessions.finish(walk.store, walk.ticket)


def status(url: str, *words: str) -> str:
    done = CliRunner().invoke(group, ["status", *words, "--db", url], standalone_mode=False, catch_exceptions=False)
    return done.output


def test_nothing_is_counted_where_nobody_came(engine: Engine, tmp_path: Path) -> None:
    make_study(engine, tmp_path / "street")

    empty = standing(engine)

    free = {"done": 0, "taken": 0, "free": 3}
    assert empty == Standing(places={"ours": free, "theirs": free}, catch_right=(0, 0))
    assert standing(engine, synthetic=True).places == {}


@pytest.mark.slow
def test_places_sessions_answers_and_their_quality_are_counted(engine: Engine, tmp_path: Path) -> None:
    make_study(engine, tmp_path / "street")
    clock = Clock()
    finish(engine, clock)
    finish(engine, clock, hidden=True)
    come(make_store(engine, clock=clock)).to_trials()

    found = standing(engine)

    assert sum(states["done"] for states in found.places.values()) == 2
    assert sum(states["taken"] for states in found.places.values()) == 1
    assert found.sessions == {"finished": 2, "running": 1}
    # 2 practice, 4 test and 2 catch trials in each of two sessions, and one replacement.
    assert found.answers["practice"] == 4
    assert found.answers["test"] + found.answers["catch"] == 13
    assert found.timing is not None
    assert (found.timing.valid, found.timing.invalid) == (12, 1)
    assert found.timing.refresh_hz == {"60": 13}
    assert found.timing.error_ms == 0
    assert found.catch_right is not None
    assert found.catch_right[1] == 4
    assert 0 <= found.catch_right[0] <= 4
    assert found.minutes == 0.6  # 8 and 9 trials of 4 s


@pytest.mark.slow
def test_synthetic_participants_are_counted_apart(sqlite_engine: Engine, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path / "street")
    finish(sqlite_engine, Clock(), synthetic="psychometric")

    assert standing(sqlite_engine).sessions == {}
    assert standing(sqlite_engine, synthetic=True).sessions == {"finished": 1}
    assert standing(sqlite_engine, synthetic=True).answers == {"practice": 2, "test": 4, "catch": 2}


def test_catch_trials_that_would_tell_a_fool_rate_are_not_counted(sqlite_engine: Engine, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path / "street", catch="ours", conditions=("theirs", "mine"))
    with session_scope(sqlite_engine) as session:
        row = find_study(session, "street")
        row.config = {**row.config, "conditions": ["theirs", "mine", "ours"]}

    assert standing(sqlite_engine).catch_right is None


@pytest.mark.slow
def test_the_command_tells_counts_and_no_rate_of_a_condition(
    sqlite_engine: Engine, sqlite_url: str, tmp_path: Path
) -> None:
    make_study(sqlite_engine, tmp_path / "street")
    clock = Clock()
    finish(sqlite_engine, clock)
    finish(sqlite_engine, clock, synthetic="psychometric")

    told = status(sqlite_url, "street")

    assert told.startswith("street: live (zhang2016, link)\n  hash      ")
    assert "audit     not yet; give `turk audit street`" in told
    assert re.search(r"places    ours: [01] done, 0 taken, [23] free", told)
    assert "sessions  1 finished" in told
    assert "answers   2 practice, 4 test, 2 catch\n" in told
    assert "timing    6 of 6 as planned (100.0%), off by 0 ms in the median; 60 Hz 100%" in told
    assert re.search(r"catch     \d of 2 right", told)
    assert "duration  0.5 minutes" in told
    assert "Synthetic (never mixed with people)" in told
    assert "fool" not in told


@pytest.mark.slow
def test_the_command_gives_json(sqlite_engine: Engine, sqlite_url: str, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path / "street")
    finish(sqlite_engine, Clock())

    told = json.loads(status(sqlite_url, "street", "--format", "json"))

    assert (told["study"], told["state"], told["audit"]) == ("street", "live", None)
    assert told["people"]["sessions"] == {"finished": 1}
    assert told["people"]["timing"]["valid"] == 6
    assert told["synthetic"]["sessions"] == {}


@pytest.mark.slow
def test_all_studies_are_listed_where_none_is_named(sqlite_engine: Engine, sqlite_url: str, tmp_path: Path) -> None:
    assert "no study yet" in status(sqlite_url)

    make_study(sqlite_engine, tmp_path / "a")
    make_study(sqlite_engine, tmp_path / "b", name="faces", state="built")

    assert status(sqlite_url) == "faces   built   zhang2016, link\nstreet  live    zhang2016, link\n"


def test_an_audit_and_decisions_are_told(sqlite_engine: Engine, sqlite_url: str, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path / "street", state="built")
    with session_scope(sqlite_engine) as session:
        row = find_study(session, "street")
        row.audit = {"sha256": row.sha256, "passed": True, "auc": 0.5, "limit": 0.53}
    CliRunner().invoke(group, ["launch", "street", "--db", sqlite_url], standalone_mode=False, catch_exceptions=False)

    told = status(sqlite_url, "street")

    assert "audit     passed, AUC 0.500 (at most 0.53)" in told
    assert re.search(r"Decisions\n  \d{4}-\d\d-\d\d \d\d:\d\d UTC  launch by .*: started with turk launch", told)


@pytest.mark.slow
def test_an_unknown_study_is_named(sqlite_url: str) -> None:
    done = CliRunner().invoke(group, ["status", "street", "--db", sqlite_url], standalone_mode=False)

    assert "this database has no study yet" in str(done.exception)
