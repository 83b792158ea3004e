"""What Amazon took for its service."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from turk.emulator.mturk.records import Hit, Requirement

CENT = Decimal("0.01")
# Amazon Mechanical Turk Pricing, as of 21 July 2015.
BASE = Decimal("0.20")
MANY = Decimal("0.20")
MANY_FROM = 10
MASTERS = Decimal("0.05")
MASTERS_TYPES = {"2F1QJWKUDD8XADTFD2Q0G6UTO95ALH", "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6"}


def fee(amount: Decimal, share: Decimal) -> Decimal:
    """Take a share of an amount: half a cent goes up, and a cent is the least.

    Source: Amazon Mechanical Turk Pricing, "What rounding rules are applied when calculating fees?"
    """
    return max((amount * share).quantize(CENT, ROUND_HALF_UP), CENT)


def share_of_reward(max_assignments: int, requirements: Iterable[Requirement]) -> Decimal:
    """Tell the share that is taken for an assignment: more from 10 assignments on, and for Masters."""
    many = MANY if max_assignments >= MANY_FROM else Decimal(0)
    masters = any(need.type_id in MASTERS_TYPES and need.comparator == "Exists" for need in requirements)
    return BASE + many + (MASTERS if masters else Decimal(0))


def reward_fee(hit: Hit) -> Decimal:
    """Tell the fee for one assignment of a HIT."""
    return fee(hit.type.reward, share_of_reward(hit.max_assignments, hit.type.requirements))


def bonus_fee(amount: Decimal) -> Decimal:
    """Tell the fee for a bonus: the surcharges are on rewards only."""
    return fee(amount, BASE)
