from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from evalsuite.errors import UserError
from tests.turk.recruiters.trade import Trade, make_trade
from turk.cli import group
from turk.emulator.emulator import Emulator
from turk.payroll import due, pay
from turk.recruiters.contract import Unsure
from turk.syncing import sync
from turk.writing import write_to

pytestmark = pytest.mark.slow


@pytest.fixture
def trade(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> Trade:
    """Two people who were paid, and one who waits."""
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street")
    trade.launch()
    for worker in ("A1", "A2"):
        trade.work(worker)
    with trade.books() as books:
        sync(books)
        pay(books, due(books))
    trade.work("A3")
    return trade


def inbox(trade: Trade, worker: str) -> list[str]:
    return [str(message["subject"]) for message in trade.emulator.worker(worker).messages()]


def test_everyone_whose_work_was_decided_is_written_to_once(trade: Trade) -> None:
    with trade.books() as books:
        written = [write_to(books, (), "Thank you", "It is over.") for _ in range(2)]
        write_to(books, [next(ref for ref, state in trade.works().items() if state == "approved")], "More", "Words.")

    assert written == [(2, ()), (0, ())]
    assert [inbox(trade, worker) for worker in ("A1", "A2", "A3")] == [["More", "Thank you"], ["Thank you"], []]
    trade.agrees()


def test_a_message_that_was_perhaps_sent_is_not_sent_again(trade: Trade) -> None:
    trade.emulator.admin.script({"kind": "error_after", "on": "NotifyWorkers", "limit": 1})
    with trade.books() as books, pytest.raises(Unsure):
        write_to(books, (), "Thank you", "It is over.")
    with trade.books() as books:
        assert write_to(books, (), "Thank you", "It is over.") == (1, ())
    assert [inbox(trade, worker) for worker in ("A1", "A2")] == [["Thank you"], ["Thank you"]]


def test_what_is_refused_is_told_and_may_be_sent_later(trade: Trade) -> None:
    with trade.books() as books:
        desk = books.desk

        class Refusing:
            """A desk that writes to nobody."""

            def __getattr__(self, name: str) -> Any:
                return getattr(desk, name)

            def message(self, people: Any, subject: str, text: str) -> None:
                desk.message(["A9"], subject, text)

        sent, troubles = write_to(replace(books, desk=Refusing()), (), "Thank you", "It is over.")
        assert (sent, len(troubles)) == (0, 2)
        assert "1 people were not written to" in troubles[0]
        assert write_to(books, (), "Thank you", "It is over.") == (2, ())


@pytest.mark.parametrize(
    ("refs", "subject", "text", "sentence"),
    [
        ((), " ", "x", r"--subject: 1 to 200 characters; got 0. Nobody was written to"),
        ((), "x", "x" * 4097, r"--text: 1 to 4,096 characters; got 4,097"),
        (("3NONE",), "x", "x", r"3NONE: study 'street' has no such work that was decided"),
    ],
)
def test_wrong_words_are_refused(trade: Trade, refs: Any, subject: str, text: str, sentence: str) -> None:
    with trade.books() as books, pytest.raises(UserError, match=sentence):
        write_to(books, refs, subject, text)


def test_the_command_writes(trade: Trade, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of tests that is long enough to be one")
    url = trade.engine.url.render_as_string(hide_password=False)
    words = ["message", "street", "--subject", "Thank you", "--text", "It is over.", "--db", url]

    done = CliRunner().invoke(group, words, standalone_mode=False)

    assert done.output == "street: 2 people were written to\n"
    assert inbox(trade, "A1") == ["Thank you"]
