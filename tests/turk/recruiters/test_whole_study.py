from decimal import Decimal

import pytest

from evalsuite.db import session_scope
from tests.turk.recruiters.trade import Trade
from turk.hiring import extend
from turk.payroll import due, pay
from turk.stopping import wind_up
from turk.syncing import sync


@pytest.mark.slow
def test_a_whole_study_from_launch_to_close_costs_to_the_cent_what_the_server_says(trade: Trade) -> None:
    bill = trade.launch()
    assert (bill.places, bill.total_usd) == (3, Decimal("5.04"))
    trade.agrees()
    for worker in ("A1", "A2", "A3"):
        trade.work(worker)
    with trade.books() as books:
        found = sync(books)
        owed = due(books)
        paid = pay(books, owed)
        again = pay(books, due(books))
    assert (found.works, found.unmatched, found.released) == ({"submitted": 3}, 0, 0)
    assert len(owed.approvals) == 3
    assert (paid.approvals, paid.bonuses, paid.usd) == (3, 0, Decimal("5.04"))
    assert (again.approvals, again.bonuses, again.usd) == (0, 0, Decimal(0))
    trade.agrees()
    with trade.books() as books:
        assert extend(books) == 0
        assert wind_up(books) == 1
    assert trade.account().spent == Decimal("5.04")
    assert trade.account().held == 0
    assert trade.places() == ["done"] * 3
    with session_scope(trade.engine, read_only=True):
        assert {hit.status for hit in trade.emulator.market.hits.values()} == {"Disposed"}
