import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from evalsuite.db import session_scope
from evalsuite.errors import UserError
from tests.turk.recruiters.crashing import CRASHES, Crash, CrashingDesk
from tests.turk.recruiters.trade import Trade, make_trade
from turk import caps
from turk.books import Books
from turk.caps import CapReached
from turk.emulator.emulator import Emulator
from turk.ledger import Intent, Stopped, reconcile, spend
from turk.paying_tables import RecruitmentRow
from turk.payroll import due, pay
from turk.stopping import stop
from turk.syncing import sync


@pytest.fixture
def trade(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> Trade:
    """Three places for $1.40 each, and room for bonuses."""
    return make_trade(sqlite_engine, emulator, tmp_path / "street", settings={"caps": {"usd": "20.00"}})


def paying(books: Books) -> None:
    sync(books)
    pay(books, due(books))


def topped_up(trade: Trade) -> None:
    """People who took so long that everyone is owed a bonus."""
    trade.launch()
    for worker in ("A1", "A2", "A3"):
        trade.work(worker, minutes=30)


@pytest.mark.slow
@pytest.mark.parametrize("crash", CRASHES)
@pytest.mark.parametrize("number", range(1, 7))
def test_a_crash_at_any_call_pays_nobody_twice_or_not_at_all(trade: Trade, crash: str, number: int) -> None:
    topped_up(trade)

    with trade.books() as books, pytest.raises(Crash):
        paying(replace(books, desk=CrashingDesk(books.desk, crash, number)))
    trade.clock.go(hours=30)  # request tokens are forgotten by now
    with trade.books() as books:
        paying(books)

    # $8.00 per hour for 30 minutes are $4.00: $1.40 and a bonus of $2.60, with a fifth on both.
    assert trade.account().spent == 3 * (Decimal("1.68") + Decimal("3.12"))
    assert {worker.earned for worker in trade.emulator.market.workers.values()} == {Decimal("4.00")}
    assert {entry.state for entry in trade.entries()} == {"settled"}
    trade.agrees()


@pytest.mark.slow
@pytest.mark.parametrize("crash", CRASHES)
def test_a_crash_of_a_launch_offers_nothing_twice(trade: Trade, crash: str) -> None:
    found = trade.recruiters("mturk")
    with pytest.raises(Crash):
        replace(trade, recruiters=lambda name: crashing(found, crash)).launch()
    trade.clock.go(hours=30)

    trade.launch()

    assert [hit.max_assignments for hit in trade.emulator.market.hits.values()] == [3]
    trade.agrees()


def crashing(found: Any, crash: str) -> Any:
    open_desk: Callable[[Any], Any] = found.open
    return replace(found, open=lambda where: CrashingDesk(open_desk(where), crash, 1))


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["ApproveAssignment", "SendBonus"])
def test_an_error_after_the_work_was_done_pays_once(trade: Trade, operation: str) -> None:
    topped_up(trade)
    trade.emulator.admin.script({"kind": "error_after", "on": operation, "rate": 0.7}, seed=3)

    for _ in range(4):
        with trade.books() as books:
            paying(books)
    trade.emulator.admin.script()
    with trade.books() as books:
        paying(books)

    assert trade.account().spent == 3 * Decimal("4.80")
    trade.agrees()


@pytest.mark.slow
def test_the_row_is_on_disk_before_the_call(trade: Trade) -> None:
    topped_up(trade)
    seen = []

    class Watching:
        """A desk that looks into the ledger when it is called."""

        def __init__(self, desk: Any) -> None:
            self.desk = desk

        def __getattr__(self, name: str) -> Any:
            return getattr(self.desk, name)

        def do(self, deed: Any, call: Any) -> Any:
            seen.append([(row.kind, row.state) for row in trade.entries() if row.token == call.token])
            return self.desk.do(deed, call)

    with trade.books() as books:
        paying(replace(books, desk=Watching(books.desk)))

    assert seen == [[("approve", "intended")]] * 3 + [[("bonus", "intended")]] * 3


@pytest.mark.slow
def test_money_caps_hold_for_bonuses(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> None:
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street", settings={"caps": {"usd": "8.20"}})
    topped_up(trade)

    with trade.books() as books:
        sync(books)
        paid = pay(books, due(books))

    # 3 x $1.68 = $5.04; a bonus of $2.60 with its fee makes $8.16, and a second one would be too much.
    assert (paid.approvals, paid.bonuses, paid.usd) == (3, 1, Decimal("8.16"))
    assert [trouble.split(":")[0] for trouble in paid.troubles] == ["caps.usd"] * 2
    assert trade.account().spent == Decimal("8.16")
    trade.agrees()


@pytest.mark.slow
def test_after_a_stop_nothing_is_spent_whatever_is_under_way(trade: Trade) -> None:
    topped_up(trade)

    with trade.books() as books:
        sync(books)
        owed = due(books)
        stop(trade.engine, "street", "broken images")
        with pytest.raises(Stopped, match=r"all spending was ended with turk stop. Give `turk stop street --lift`"):
            pay(books, owed)
    assert trade.account().spent == 0


@pytest.mark.slow
def test_a_call_that_was_stopped_in_between_fails_and_one_that_was_done_counts(trade: Trade) -> None:
    topped_up(trade)
    with trade.books() as books, pytest.raises(Crash):
        paying(replace(books, desk=CrashingDesk(books.desk, "after", 1)))
    with trade.books() as books, pytest.raises(Crash):
        paying(replace(books, desk=CrashingDesk(books.desk, "before", 1)))
    stop(trade.engine, "street", "broken images")

    with trade.books() as books:
        sync(books)

    states = sorted(entry.state for entry in trade.entries() if entry.kind == "approve")
    assert states == ["failed", "settled"]
    assert trade.account().spent == Decimal("1.68")
    trade.agrees()


@pytest.mark.slow
def test_two_commands_do_not_spend_for_one_study_at_once(trade: Trade) -> None:
    trade.launch()

    busy = pytest.raises(UserError, match="another command is spending for this study just now")
    with trade.books(), busy, trade.books():
        pass
    with trade.books():
        pass


@pytest.mark.slow
def test_books_of_a_process_that_is_gone_are_free_at_once_and_others_after_ten_minutes(trade: Trade) -> None:
    trade.launch()
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    held_by(trade, f"{socket.gethostname()}:{int(gone.stdout)}:00")
    with trade.books():
        pass
    held_by(trade, "elsewhere:1:00")
    with pytest.raises(UserError, match="another command"), trade.books():
        pass
    held_by(trade, f"{socket.gethostname()}:{os.getppid()}:00")
    with pytest.raises(UserError, match="another command"), trade.books():
        pass
    trade.clock.go(hours=1)
    with trade.books():
        pass


def held_by(trade: Trade, holder: str) -> None:
    with session_scope(trade.engine) as db:
        later = trade.clock().replace(minute=59)
        db.execute(update(RecruitmentRow).values(held_by=holder, held_until=later))


@pytest.mark.slow
def test_who_lost_the_books_spends_nothing_more(trade: Trade) -> None:
    topped_up(trade)
    with trade.books() as books:
        sync(books)
        held_by(trade, "elsewhere:1:00")
        with pytest.raises(UserError, match="another command took over this study's money"):
            pay(books, due(books))
    assert trade.account().spent == 0


@pytest.mark.slow
def test_a_refused_call_fails_and_can_be_made_later(trade: Trade) -> None:
    trade.launch()
    trade.work("A1")
    with trade.books() as books:
        sync(books)
        [key] = due(books).approvals
        wrong = Intent("bonus", ("bonus", "x"), Decimal("0.00"), Decimal("0.00"), work_id=key, reason="None.")
        with pytest.raises(UserError, match=r"send_bonus was refused \(InvalidParameterValue\)"):
            spend(books, wrong)
        assert [entry.state for entry in trade.entries()] == ["settled", "failed"]
        assert trade.entries()[1].trouble is not None
        assert reconcile(books) == 0


def test_there_is_no_money_to_move_without_a_recruiter(trade: Trade) -> None:
    with pytest.raises(UserError, match="was not launched through a recruiter who pays"), trade.books():
        pass


def test_caps_have_a_sentence_each() -> None:
    with pytest.raises(CapReached, match=r"caps\.people"):
        caps.check(caps.Caps(1, Decimal(9)), caps.Used(2, Decimal(0), Decimal(0)))
