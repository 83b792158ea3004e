"""What a study costs: the reward from a wage and the length of a session, the recruiter's fee, and hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

SECONDS_PER_TRIAL = 5.0
READING_MINUTES = 2.0
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Fee:
    """What a recruiter takes on top of rewards: a share, at least a cent for each, and what to know about it."""

    share: Decimal
    note: str


FEES: Mapping[str, Fee] = {
    "link": Fee(Decimal("0"), "a link has no fee"),
    "prolific": Fee(Decimal("0.3333"), "Prolific takes about a third; see your workspace for the exact fee"),
    "mturk": Fee(Decimal("0.20"), "MTurk takes 20% where a HIT has at most 9 assignments, which this suite keeps to"),
}
MTURK_LARGE = Decimal("0.40")
"""MTurk's fee for a HIT of 10 or more assignments, which batches of nine avoid."""


@dataclass(frozen=True)
class Price:
    """What people are paid, with the fee, in dollars, and how long they work."""

    rewards_usd: Decimal
    fees_usd: Decimal
    hours: float

    @property
    def total_usd(self) -> Decimal:
        """Rewards and fees."""
        return self.rewards_usd + self.fees_usd


def minutes_of(trials: int) -> float:
    """How long a session of so many trials, practice and catch trials included, takes with reading."""
    return READING_MINUTES + trials * SECONDS_PER_TRIAL / 60


def reward_for(minutes: float, wage_usd: Decimal) -> Decimal:
    """The reward that pays a wage per hour, rounded up to a cent."""
    return (wage_usd * Decimal(str(minutes)) / 60).quantize(CENT, ROUND_UP)


def price(people: int, reward_usd: Decimal, minutes: float, fee: Decimal) -> Price:
    """What so many people cost; the fee of each is rounded to a cent, and at least one where there is a fee.

    Example:
        >>> price(40, Decimal("1.40"), 7, FEES["mturk"].share).total_usd
        Decimal('67.20')
    """
    each = (reward_usd * fee).quantize(CENT, ROUND_HALF_UP)
    each = max(each, CENT) if fee and reward_usd else each
    return Price(people * reward_usd, people * each, people * minutes / 60)


def affordable(budget_usd: Decimal, reward_usd: Decimal, fee: Decimal) -> int | None:
    """How many people a budget pays; None where they cost nothing."""
    each = price(1, reward_usd, 0, fee).total_usd
    return None if each == 0 else int(budget_usd // each)
