"""MTurk's desk: every method can be repeated without doing anything twice."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from evalsuite.db import session_scope
from tests.turk.recruiters.trade import Trade, desk_of, make_trade
from turk.books import offer_of, recruitment_of
from turk.deeds import task_of
from turk.emulator.emulator import Emulator
from turk.emulator.serving import free_port
from turk.paying_tables import TaskRow
from turk.recruiters.contract import Approving, Call, Done, Extending, Launching, NotDone, Paying, Task, Work
from turk.recruiters.mturk import RECRUITER, MTurkDesk
from turk.recruiters.mturk_offers import code_of, fee
from turk.studies import find_study, study_of


@pytest.fixture
def trade(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> Trade:
    """Three places for $1.40 each, offered."""
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street")
    trade.launch()
    return trade


def desk(trade: Trade) -> MTurkDesk:
    found: MTurkDesk = desk_of(trade.where, "AKIDEXAMPLE", "a-secret-that-nobody-may-see", None)
    return found


def task(trade: Trade) -> Task:
    return task_of(trade._all(TaskRow)[0])


def call(trade: Trade, token: str) -> Call:
    kept: dict[str, Any] = {}

    def keep(facts: Mapping[str, Any]) -> None:
        kept.update(facts)

    return Call(token, trade.clock(), kept, keep)


@pytest.mark.slow
def test_a_launch_is_done_once_even_after_its_token_was_forgotten(trade: Trade) -> None:
    with session_scope(trade.engine, read_only=True) as db:
        row = find_study(db, "street")
        offer = offer_of(recruitment_of(db, row.id), study_of(row))
    deed, first = Launching(offer, 2), call(trade, "launch-0123456789ab")

    made = [desk(trade).do(deed, first) for _ in range(2)]
    trade.clock.go(hours=30)

    assert made[0] == made[1] == desk(trade).happened(deed, first)
    assert desk(trade).happened(deed, call(trade, "launch-other")) is None
    assert len(trade.emulator.market.hits) == 2


@pytest.mark.slow
def test_an_extension_names_the_whole_and_so_is_done_once(trade: Trade) -> None:
    deed, first = Extending(task(trade), 5), call(trade, "extend-0123456789ab")

    assert desk(trade).happened(deed, first) is None
    assert [desk(trade).do(deed, first) for _ in range(2)] == [Done(), Done()]
    trade.clock.go(hours=30)
    assert desk(trade).do(deed, first) == desk(trade).happened(deed, first) == Done()

    [hit] = trade.emulator.market.hits.values()
    assert hit.max_assignments == 5
    with pytest.raises(NotDone, match="InvalidMaximumAssignmentsIncrease"):
        desk(trade).do(Extending(task(trade), 10), call(trade, "extend-2"))


@pytest.mark.slow
def test_approvals_and_bonuses_are_paid_once(trade: Trade) -> None:
    ref = trade.work("A1")
    work = Work(ref, task(trade).ref, "A1")
    first, bonus = call(trade, "approve-0123456789ab"), call(trade, "bonus-0123456789ab")
    paying = Paying(work, Decimal("0.50"), "Thank you!")

    assert desk(trade).happened(Approving(work), first) is desk(trade).happened(paying, bonus) is None
    for _ in range(2):
        desk(trade).do(Approving(work), first)
        desk(trade).do(paying, bonus)

    assert desk(trade).happened(Approving(work), first) == desk(trade).happened(paying, bonus) == Done()
    assert desk(trade).happened(paying, call(trade, "bonus-of-another-kind")) is None
    assert trade.account().spent == Decimal("1.68") + Decimal("0.60")


@pytest.mark.slow
def test_rejections_pauses_and_deletions_are_done_once(trade: Trade) -> None:
    ref = trade.work("A1")
    work, known = Work(ref, task(trade).ref, "A1"), task(trade)
    for _ in range(2):
        desk(trade).reject(work, "Because.")
        desk(trade).pause(known)
    assert trade.emulator.worker("A2").hits() == []
    until = trade.clock() + timedelta(days=2)
    for _ in range(2):
        desk(trade).resume(known, until)
    [hit] = trade.emulator.market.hits.values()
    assert (hit.expires_at, len(trade.emulator.worker("A2").hits())) == (until, 1)

    other = trade.accept("A2")
    assert desk(trade).close(known) is False
    trade.emulator.worker("A2").give_back(other)
    assert [desk(trade).close(known) for _ in range(2)] == [True, True]


@pytest.mark.slow
def test_people_are_kept_out_once_and_written_to_when_their_work_was_decided(trade: Trade) -> None:
    ref = trade.work("A1")
    with session_scope(trade.engine, read_only=True) as db:
        facts = dict(recruitment_of(db, find_study(db, "street").id).facts)
    for _ in range(2):
        desk(trade).keep_out(facts, ["A1"])
    assert len(trade.emulator.market.qualifications) == 1
    with pytest.raises(NotDone, match=r"1 people were not written to"):
        desk(trade).message(["A9"], "Thank you", "It is over.")
    desk(trade).do(Approving(Work(ref, "", "")), call(trade, "approve-1"))
    desk(trade).message(["A1"], "Thank you", "It is over.")
    assert [message["subject"] for message in trade.emulator.worker("A1").messages()] == ["Thank you"]
    assert desk(trade).balance() == trade.account().available


def test_fees_are_amazons() -> None:
    assert fee(Decimal("1.40"), {}) == Decimal("0.28")
    assert fee(Decimal("0.02"), {}) == Decimal("0.01")
    assert fee(Decimal("0.00"), {}) == Decimal("0.00")
    assert fee(Decimal("1.40"), {"mturk": {"masters": True}}) == Decimal("0.35")
    assert RECRUITER.bonus_fee(Decimal("2.60")) == Decimal("0.52")


@pytest.mark.parametrize("answer", [None, "", "no XML", "<a><b/></a>"])
def test_answers_without_a_code_have_none(answer: str | None) -> None:
    assert code_of(answer) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--url", "http://study.example.org", "--live"], "a recruiter sends people to an address with https://"),
        (["--url", "https://study.example.org", "--live", "--endpoint"], "there is no answer from"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(trade: Trade, tmp_path: Path, words: list[str], sentence: str) -> None:
    if words[-1] == "--endpoint":
        words = [*words, f"http://127.0.0.1:{free_port()}"]
    make_trade(trade.engine, trade.emulator, tmp_path / "other", name="other")
    url = trade.engine.url.render_as_string(hide_password=False)

    done = subprocess.run(
        [sys.executable, "-m", "turk.cli", "launch", "other", *words, "--db", url],
        env={**os.environ, "AWS_MAX_ATTEMPTS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("turk: ")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
