"""Accounts and the ledger: every cent is available, held for open places, or spent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from evalsuite.errors import UserError

ZERO = Decimal(0)


class NotEnough(Exception):
    """There is less money than was asked for; each platform has its own words for it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger: what it did to the three pots, and on whose behalf.

    Args:
        at: The time.
        account: Whose money it is.
        kind: What it was for: deposit, hold, release, reward, fee, ...
        available: The change of what can be spent.
        held: The change of what is set aside for open places.
        spent: The change of what is gone.
        task_id: The HIT or study.
        work_id: The assignment or submission.
        person_id: The worker or participant.
    """

    at: datetime
    account: str
    kind: str
    available: Decimal = ZERO
    held: Decimal = ZERO
    spent: Decimal = ZERO
    task_id: str | None = None
    work_id: str | None = None
    person_id: str | None = None


@dataclass(slots=True)
class Account:
    """Somebody's money; `available + held + spent` is what was ever paid in."""

    id: str
    customer_id: str
    available: Decimal = ZERO
    held: Decimal = ZERO
    spent: Decimal = ZERO


@dataclass(slots=True)
class Ledger:
    """All accounts' lines, in order."""

    entries: list[Entry] = field(default_factory=list)

    def post(self, account: Account, *entries: Entry) -> None:
        """Write lines and move the money, all or none: what is not there cannot be moved."""
        change = sum((entry.available for entry in entries), ZERO)
        if change < 0 and account.available + change < 0:
            raise NotEnough
        for entry in entries:
            account.available += entry.available
            account.held += entry.held
            account.spent += entry.spent
            self.entries.append(entry)


def deposit(ledger: Ledger, account: Account, value: Any, at: datetime) -> None:
    """Put money into an account, or take out what is available."""
    try:
        amount = Decimal(str(value)).quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError) as error:
        raise UserError(f"deposit: the amount is in dollars, such as 25.00; got {value}.") from error
    if account.available + amount < 0:
        raise UserError(f"deposit: no more can be taken than is there; got {amount} of {account.available}.")
    ledger.post(account, Entry(at, account.id, "deposit", available=amount))
