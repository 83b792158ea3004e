from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from tests.turk.recruiters.trade import Trade, make_trade
from turk.cli import group
from turk.emulator.emulator import Emulator
from turk.payroll import decide, due, pay
from turk.people import purge
from turk.recruiters.contract import NotDone, Work
from turk.syncing import sync
from turk.tables import DecisionRow, IdentityRow

pytestmark = pytest.mark.slow


@pytest.fixture
def trade(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> Trade:
    """Three places for $1.40 each, and room for bonuses."""
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street", settings={"caps": {"usd": "50.00"}})
    trade.launch()
    return trade


def paid(trade: Trade) -> Any:
    with trade.books() as books:
        sync(books)
        return pay(books, due(books))


def test_everyone_who_finished_is_topped_up_to_the_wage_floor_at_the_median(trade: Trade) -> None:
    for worker, minutes in {"A1": 6, "A2": 12, "A3": 20}.items():
        trade.work(worker, minutes)

    done = paid(trade)

    # 12 minutes at $8.00 per hour are $1.60: 20 cents more than the reward, for each, with 4 cents of fee.
    assert (done.approvals, done.bonuses, done.usd) == (3, 3, 3 * (Decimal("1.68") + Decimal("0.24")))
    assert {worker.earned for worker in trade.emulator.market.workers.values()} == {Decimal("1.60")}
    [bonus] = {(bonus["amount"], bonus["reason"].split(" [")[0]) for bonus in history(trade, "A2")}
    assert bonus == (
        "0.20", "So that the pay reaches $8.00 per hour, at the 12.0 minutes that people took. Thank you!"
    )  # fmt: skip
    trade.agrees()


def history(trade: Trade, worker: str) -> Any:
    [work] = trade.emulator.worker(worker).history()
    return work["bonuses"]


def test_a_longer_median_tops_up_those_who_were_paid_before(trade: Trade) -> None:
    trade.work("A1", minutes=12)
    assert (paid(trade).bonuses, paid(trade).bonuses) == (1, 0)
    trade.work("A2", minutes=18)

    done = paid(trade)

    # The median is 15 minutes now: $2.00, of which A1 has $1.60.
    assert (done.approvals, done.bonuses) == (1, 2)
    assert [bonus["amount"] for bonus in history(trade, "A1")] == ["0.20", "0.40"]
    assert [bonus["amount"] for bonus in history(trade, "A2")] == ["0.60"]
    trade.agrees()


def test_only_those_whom_no_rule_leaves_out_where_the_study_says_so(
    sqlite_engine: Engine, emulator: Emulator, tmp_path: Path
) -> None:
    trade = make_trade(
        sqlite_engine,
        emulator,
        tmp_path / "street",
        settings={"recruiting": {"approval": "kept"}},
        exclusions={"max_slow_share": 0.0},
    )
    trade.launch()
    kept, left_out = trade.work("A1"), trade.work("A2")
    with trade.books() as books:
        sync(books)
        assert len(due(books).approvals) == 2
    slow(trade)

    with trade.books() as books:
        owed = due(books)
        pay(books, owed)

    assert trade.works() == {kept: "approved", left_out: "submitted"}
    [(ref, reason)] = owed.waiting
    assert ref == left_out
    assert "after more than" in reason


def slow(trade: Trade) -> None:
    """Let the last one have answered slowly."""
    with session_scope(trade.engine) as db:
        db.connection().exec_driver_sql("UPDATE trials SET rt_ms = 1e6 WHERE session_id = 2")


def test_a_rejection_needs_a_reason_that_a_person_wrote(trade: Trade) -> None:
    ref = trade.work("A1")
    with trade.books() as books:
        sync(books)
        with pytest.raises(UserError, match=r"a decision about somebody's pay needs a reason in your own words"):
            decide(books, ref, "reject", "  ")
        decide(books, ref, "reject", "You sent us somebody else's answers.")
        sync(books)
        assert (due(books).approvals, due(books).waiting) == ((), ())
    assert trade.works() == {ref: "rejected"}
    assert trade.account().spent == 0
    [decision] = [row for row in trade._all(DecisionRow) if row.kind == "reject"]
    assert decision.reason == f"{ref}: You sent us somebody else's answers."
    [seen] = trade.emulator.worker("A1").history()
    assert seen["feedback"] == "You sent us somebody else's answers."
    trade.agrees()


def test_a_rejection_can_be_taken_back_and_is_then_paid_once(trade: Trade) -> None:
    ref = trade.work("A1")
    with trade.books() as books:
        sync(books)
        decide(books, ref, "reject", "No.")
        sync(books)
        decide(books, ref, "approve", "We were wrong.")
        sync(books)
        with pytest.raises(UserError, match=r"only work that was submitted can be decided; this is approved"):
            decide(books, ref, "reject", "No.")
        assert pay(books, due(books)).approvals == 0
    assert trade.account().spent == Decimal("1.68")
    trade.agrees()


def test_a_person_may_pay_what_the_rule_does_not(trade: Trade) -> None:
    task = trade.accept("A1")
    trade.emulator.worker("A1").submit(task, {"code": "LOST"})
    with trade.books() as books:
        sync(books)
        decide(books, task.assignment_id, "approve", "The browser crashed at the end.")
    assert trade.account().spent == Decimal("1.68")
    trade.agrees()


def test_unknown_work_is_named(trade: Trade) -> None:
    with trade.books() as books, pytest.raises(UserError, match=r"3NONE: study 'street' has no such work"):
        decide(books, "3NONE", "approve", "x")


def test_a_rejection_that_was_done_is_not_done_again(trade: Trade) -> None:
    ref = trade.work("A1")
    with trade.books() as books:
        sync(books)
        trade.emulator.admin.script({"kind": "error_after", "on": "RejectAssignment", "limit": 1})
        decide(books, ref, "reject", "No.")
    assert trade.works() == {ref: "rejected"}


def test_what_is_refused_for_one_does_not_keep_the_others_from_being_paid(trade: Trade) -> None:
    first, second = trade.work("A1"), trade.work("A2")
    with trade.books() as books:
        sync(books)
        owed = due(books)
        with pytest.raises(NotDone, match=r"reject_assignment was refused \(AssignmentDoesNotExist\)"):
            books.desk.reject(Work(first + "X", "", ""), "No.")
        books.desk.reject(Work(first, "", ""), "By hand, on Amazon's pages.")
        done = pay(books, owed)
    assert done.approvals == 1
    assert [trouble.split(":")[0] for trouble in done.troubles] == ["MTurk"]
    assert trade.works()[second] == "approved"


def test_names_are_kept_until_they_were_paid_for_and_not_for_long_after(trade: Trade) -> None:
    trade.work("A1")
    trade.clock.go(hours=24 * 6)
    assert names(trade) == ["A1"]
    paid(trade)

    trade.clock.go(hours=24 * 29)
    assert names(trade) == ["A1"]
    trade.clock.go(hours=48)
    assert names(trade) == []


def names(trade: Trade) -> list[str]:
    with session_scope(trade.engine) as db:
        purge(db, trade.clock())
        return [row.name for row in db.query(IdentityRow)]


def invoke(trade: Trade, *words: str) -> Any:
    url = trade.engine.url.render_as_string(hide_password=False)
    return CliRunner().invoke(group, [*words, "--db", url], standalone_mode=False)


def test_the_commands_show_a_bill_first_and_then_pay(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of tests that is long enough to be one")
    monkeypatch.setattr("turk.books.now", trade.clock)
    trade.work("A1", minutes=12)
    task = trade.accept("A2")
    trade.emulator.worker("A2").submit(task, {"code": "LOST"})

    unasked = invoke(trade, "pay", "street")
    done = invoke(trade, "pay", "street", "--yes")
    again = invoke(trade, "pay", "street", "--yes")
    decided = invoke(
        trade, "decide", "street", task.assignment_id, "reject", "--reason", "No session stands behind it."
    )

    assert "street: $1.92 with fees\n  1 people, $1.40 each\n  1 bonuses, $0.20 together" in unasked.output
    assert "somebody agrees to the sum first" in str(unasked.exception)
    assert f"waits for you: {task.assignment_id}: no finished session of this person" in unasked.output
    assert "street: 1 people paid, 1 bonuses, $1.92 with fees" in done.output
    assert again.output.startswith("street: nobody is to be paid now\n")
    assert decided.output == f"street: {task.assignment_id} is rejected\n"
    trade.agrees()
