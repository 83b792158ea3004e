"""Accounts and the ledger: every cent is available, held for open places, or spent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from turk.emulator.mturk.errors import INSUFFICIENT_FUNDS, request_error

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger: what it did to the three pots, and on whose behalf."""

    at: datetime
    account: str
    kind: str
    available: Decimal = ZERO
    held: Decimal = ZERO
    spent: Decimal = ZERO
    hit_id: str | None = None
    assignment_id: str | None = None
    worker_id: str | None = None


@dataclass(slots=True)
class Account:
    """A requester's money; `available + held + spent` is what was ever paid in."""

    id: str
    customer_id: str
    available: Decimal = ZERO
    held: Decimal = ZERO
    spent: Decimal = ZERO


@dataclass(slots=True)
class Ledger:
    """All accounts' lines, in order."""

    entries: list[Entry] = field(default_factory=list)

    def post(self, account: Account, entry: Entry) -> None:
        """Write a line and move the money; what is not there cannot be moved."""
        if account.available + entry.available < 0 and entry.available < 0:
            raise insufficient_funds()
        account.available += entry.available
        account.held += entry.held
        account.spent += entry.spent
        self.entries.append(entry)


def insufficient_funds() -> Exception:
    """Say that the account is too empty, in the live service's words."""
    message = (
        "This Requester has insufficient funds in their account to complete this transaction. "
        "Please visit https://requester.mturk.com/prepayments/new to purchase Prepaid HITs."
    )
    return request_error(INSUFFICIENT_FUNDS, message)
