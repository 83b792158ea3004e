"""Places of a HIT: how many there are, what they cost, and the HIT's state that follows from them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from turk.emulator.ledger import Entry, NotEnough
from turk.emulator.mturk.fees import reward_fee
from turk.emulator.mturk.market import Market
from turk.emulator.mturk.notices import publish
from turk.emulator.mturk.records import (
    ACCEPTED,
    APPROVED,
    ASSIGNABLE,
    DISPOSED,
    REJECTED,
    REVIEWABLE,
    REVIEWING,
    SUBMITTED,
    UNASSIGNABLE,
    Hit,
)

# "HITs are automatically disposed of after 120 days" (DeleteHIT); assumed: after they became Reviewable.
DISPOSED_AFTER = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Places:
    """A HIT's places: free, taken and not submitted, submitted and not decided, decided."""

    available: int
    pending: int
    submitted: int
    decided: int


def count(market: Market, hit: Hit) -> Places:
    """Count a HIT's places."""
    states = Counter(assignment.status for assignment in market.of_hit(hit.id))
    decided = states[APPROVED] + states[REJECTED]
    taken = states[ACCEPTED] + states[SUBMITTED] + decided
    return Places(hit.max_assignments - taken, states[ACCEPTED], states[SUBMITTED], decided)


def needed(market: Market, hit: Hit) -> Decimal:
    """Tell what must be held for a HIT: reward and fee for each place that can still be paid."""
    places = count(market, hit)
    # Assumed: what a HIT can no longer use is free again as soon as it has expired.
    free = 0 if hit.expired or hit.status == DISPOSED else places.available
    return (free + places.pending + places.submitted) * (hit.type.reward + reward_fee(hit))


def check_funds(market: Market, hit: Hit) -> None:
    """Refuse a HIT, as it would become, that the account cannot pay for."""
    if needed(market, hit) - hit.held > market.account(hit.owner).available:
        raise NotEnough


def refresh(market: Market, hit: Hit) -> None:
    """Bring held money and state in line with the places, and tell what has changed."""
    settle(market, hit)
    before, places = hit.status, count(market, hit)
    if before == DISPOSED:
        return
    if places.available > 0 and not hit.expired:
        hit.status = ASSIGNABLE
    elif places.pending:
        hit.status = UNASSIGNABLE
    elif before not in (REVIEWABLE, REVIEWING):
        hit.status, hit.reviewable_at = REVIEWABLE, market.now()
        market.time.remind(market.now() + DISPOSED_AFTER, "dispose", hit.id)
        publish(market, "HITReviewable", hit)


def settle(market: Market, hit: Hit) -> None:
    """Hold more for a HIT, or release what it no longer needs."""
    change = needed(market, hit) - hit.held
    if change:
        kind = "hold" if change > 0 else "release"
        entry = Entry(market.now(), hit.owner, kind, available=-change, held=change, task_id=hit.id)
        market.ledger.post(market.account(hit.owner), entry)
        hit.held += change


def dispose(market: Market, hit: Hit) -> None:
    """Take a HIT off the books."""
    hit.status = DISPOSED
    settle(market, hit)
    publish(market, "HITDisposed", hit)
