from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from tests.turk.recruiters.trade import Trade, make_trade
from tests.turk.studies_made import SECRET
from turk.cli import group
from turk.emulator.emulator import Emulator
from turk.forgetting import find_person, forget
from turk.keys import person_key
from turk.ledger import Stopped
from turk.paying_tables import WorkRow
from turk.payroll import due, pay
from turk.stopping import lift, stop, take_down, wind_up
from turk.studies import find_study
from turk.syncing import sync
from turk.tables import DecisionRow

pytestmark = pytest.mark.slow


@pytest.fixture
def trade(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> Trade:
    """Three places for $1.40 each, offered."""
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street")
    trade.launch()
    return trade


def state(trade: Trade) -> str:
    with session_scope(trade.engine, read_only=True) as db:
        return find_study(db, "street").state


def test_a_stop_takes_offers_down_and_lets_those_in_the_middle_finish(trade: Trade) -> None:
    task = trade.accept("A1")
    walk = trade.visit(task)

    stop(trade.engine, "street", "broken images", trade.clock)
    with trade.books() as books:
        assert take_down(books) == 1

    assert state(trade) == "paused"
    assert trade.emulator.worker("A2").hits() == []
    trade.emulator.worker("A1").submit(task, trade.finish(walk))
    with trade.books() as books:
        sync(books)
        with pytest.raises(Stopped):
            pay(books, due(books))
    trade.agrees()

    lift(trade.engine, "street", "they are owed it")
    with trade.books() as books:
        assert pay(books, due(books)).usd == Decimal("1.68")
    assert [(row.kind, row.reason) for row in trade._all(DecisionRow)][1:] == [
        ("stop", "broken images"), ("pause", "broken images"), ("lift", "they are owed it"),
    ]  # fmt: skip
    trade.agrees()


def test_a_launch_after_a_stop_offers_the_same_tasks_again(trade: Trade) -> None:
    trade.work("A1")
    stop(trade.engine, "street", "a pause")
    with trade.books() as books:
        sync(books)
        take_down(books)

    trade.launch()

    assert state(trade) == "live"
    assert len(trade.emulator.market.hits) == 1
    for worker in ("A2", "A3"):
        trade.work(worker)
    assert trade.places() == ["done"] * 3
    with trade.books() as books:
        sync(books)
        assert pay(books, due(books)).approvals == 3
    trade.agrees()


def test_a_stop_counts_even_where_the_recruiter_cannot_be_reached(trade: Trade) -> None:
    trade.emulator.admin.script({"kind": "error_before"})
    url = trade.engine.url.render_as_string(hide_password=False)

    done = CliRunner().invoke(group, ["stop", "street", "--db", url], standalone_mode=False)

    assert done.output.startswith("street: stopped; nobody new is let in, and nothing more is spent\n")
    assert "the service is out of order" in str(done.exception)
    trade.emulator.admin.script()
    again = CliRunner().invoke(group, ["stop", "street", "--db", url], standalone_mode=False)
    assert "street: 1 offers are taken down" in again.output
    assert trade.emulator.worker("A2").hits() == []


def test_a_study_that_was_not_stopped_has_nothing_to_lift(trade: Trade) -> None:
    with pytest.raises(UserError, match=r"its spending was not stopped\. There is nothing to lift"):
        lift(trade.engine, "street", "x")


def test_a_study_is_closed_when_everybody_was_decided_about(trade: Trade) -> None:
    task = trade.accept("A1")
    walk = trade.visit(task)
    trade.work("A2")
    with trade.books() as books, pytest.raises(UserError, match="1 people are at work and 1 wait to be paid or"):
        wind_up(books)
    assert trade.emulator.worker("A3").hits() == []

    trade.emulator.worker("A1").submit(task, trade.finish(walk))
    with trade.books() as books:
        sync(books)
        pay(books, due(books))
        assert wind_up(books) == 1
        assert wind_up(books) == 0
    assert {hit.status for hit in trade.emulator.market.hits.values()} == {"Disposed"}
    assert trade.account().spent == Decimal("3.36")
    trade.agrees()


def invoke(trade: Trade, *words: str) -> Any:
    url = trade.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(group, [*words, "--db", url], standalone_mode=False)


def test_the_commands_close_and_show_the_money(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of tests that is long enough to be one")
    monkeypatch.setattr("turk.books.now", trade.clock)
    trade.work("A1")
    invoke(trade, "pay", "street", "--yes")

    shown = invoke(trade, "status", "street")
    lifted = invoke(trade, "stop", "street", "--lift")
    closed = invoke(trade, "close", "street", "--yes")
    after = invoke(trade, "status", "street")

    assert "spent     $1.68 with fees, for 1 people" in shown.output
    assert "promised  $3.36 for places on offer and work that is not decided" in shown.output
    assert "caps      $7.56, 4 people" in shown.output
    assert "There is nothing to lift" in str(lifted.exception)
    assert closed.output.startswith("street: 1 offers are deleted\nstreet: closed")
    assert "promised  $0.00" in after.output
    trade.agrees()


def test_who_was_forgotten_is_nobody_in_the_books_once_everybody_was_paid(trade: Trade) -> None:
    for worker in ("A1", "A2"):
        trade.work(worker)
    with trade.books() as books:
        sync(books)
        pay(books, due(books))
    key = person_key(SECRET, "mturk", "A1")
    with session_scope(trade.engine) as db:
        [kept] = find_person(db, SECRET, "A1")
        forget(db, kept, keep_answers=False)
    with trade.books() as books:
        sync(books)  # the offers are still there, and nobody is paid for the second time
        assert (due(books).approvals, key in people(trade)) == ((), True)
        wind_up(books)

    assert key not in people(trade)
    assert person_key(SECRET, "mturk", "A2") in people(trade)
    assert trade.account().spent == Decimal("3.36")
    trade.agrees()


def people(trade: Trade) -> set[str]:
    return {row.person for row in trade._all(WorkRow)}
