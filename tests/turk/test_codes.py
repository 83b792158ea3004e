"""Whom to pay where somebody else pays."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from evalsuite.errors import UserError
from tests.turk.studies_made import make_store, make_study
from tests.turk.walking import Clock, come, rows
from turk import sessions
from turk.codes import hand_over
from turk.commands.pay import command
from turk.recruiters.contract import NotDone, Where
from turk.recruiters.registry import recruiter
from turk.tables import DecisionRow, SessionRow


def finish(engine: Engine, person: str, clock: Clock) -> None:
    """Take the study to its end."""
    walk = come(make_store(engine, clock=clock), id=person).to_trials().to_comment(clock)
    sessions.finish(walk.store, walk.ticket)


def codes_in(file: Path) -> list[str]:
    with file.open() as stream:
        return [row["code"] for row in csv.DictReader(stream)]


@pytest.mark.slow
def test_codes_of_finished_sessions_are_written_once_and_that_is_recorded(engine: Engine, tmp_path: Path) -> None:
    make_study(engine, tmp_path / "street")
    clock = Clock()
    for person in ("ada", "bob"):
        finish(engine, person, clock)
    come(make_store(engine, clock=clock), id="cleo")

    first = hand_over(engine, "street", tmp_path / "first.csv")
    finish(engine, "dan", clock)
    second = hand_over(engine, "street", tmp_path / "second.csv")

    known = {row.id: row.code for row in rows(engine, SessionRow) if row.state == "finished"}
    assert (first, second) == (2, 1)
    assert [*codes_in(tmp_path / "first.csv"), *codes_in(tmp_path / "second.csv")] == list(known.values())
    decided = [(row.session_id, row.kind, row.reason) for row in rows(engine, DecisionRow)]
    assert decided == [
        (key, "paid", f"the code is in {'first' if k < 2 else 'second'}.csv") for k, key in enumerate(known)
    ]
    assert hand_over(engine, "street", tmp_path / "third.csv") == 0
    assert not (tmp_path / "third.csv").exists()


@pytest.mark.slow
def test_all_codes_come_again_when_asked_and_are_recorded_once(sqlite_engine: Engine, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path / "street")
    finish(sqlite_engine, "ada", Clock())
    hand_over(sqlite_engine, "street", tmp_path / "a.csv")

    assert hand_over(sqlite_engine, "street", tmp_path / "b.csv", again=True) == 1

    assert codes_in(tmp_path / "a.csv") == codes_in(tmp_path / "b.csv")
    assert len(rows(sqlite_engine, DecisionRow)) == 1


@pytest.mark.slow
def test_a_file_that_is_there_is_kept(sqlite_engine: Engine, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path / "street")
    finish(sqlite_engine, "ada", Clock())
    (tmp_path / "a.csv").write_text("paid last week")

    with pytest.raises(UserError, match="is there already, and who was in it may have been paid"):
        hand_over(sqlite_engine, "street", tmp_path / "a.csv")
    assert rows(sqlite_engine, DecisionRow) == []


@pytest.mark.slow
def test_a_file_that_cannot_be_written_records_nothing(sqlite_engine: Engine, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path / "street")
    finish(sqlite_engine, "ada", Clock())

    with pytest.raises(UserError, match="the codes cannot be written"):
        hand_over(sqlite_engine, "street", tmp_path / "evalsuite.db" / "a.csv")
    assert rows(sqlite_engine, DecisionRow) == []


def test_people_of_a_recruiter_who_pays_have_no_codes_to_pay(sqlite_engine: Engine, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path / "street", recruiter="mturk")

    with pytest.raises(UserError, match="mturk pays its people"):
        hand_over(sqlite_engine, "street", tmp_path / "a.csv")


@pytest.mark.slow
def test_the_command_says_how_many(sqlite_engine: Engine, tmp_path: Path) -> None:
    make_study(sqlite_engine, tmp_path / "street")
    finish(sqlite_engine, "ada", Clock())
    url = sqlite_engine.url.render_as_string(hide_password=False)

    told = [CliRunner().invoke(command, ["street", "--codes", f"{tmp_path}/{k}.csv", "--db", url]).output for k in "ab"]

    assert told[0] == f"street: 1 codes that were not handed over before are in {tmp_path}/a.csv\n"
    assert told[1] == "street: 0 codes that were not handed over before; nothing was written\n"


def test_a_link_has_no_counter() -> None:
    link = recruiter("link")

    assert not link.pays
    with pytest.raises(NotDone, match="nothing is paid by us"):
        link.open(Where())
