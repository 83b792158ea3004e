"""The life of assignments: accepted, submitted, decided, or given up; and what time does to them and to HITs."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from turk.emulator.ledger import ZERO, Entry
from turk.emulator.mturk.errors import WorkerError
from turk.emulator.mturk.fees import reward_fee
from turk.emulator.mturk.market import Market
from turk.emulator.mturk.notices import publish
from turk.emulator.mturk.places import DISPOSED_AFTER, count, dispose, refresh
from turk.emulator.mturk.records import (
    ABANDONED,
    ACCEPTED,
    APPROVED,
    DISPOSED,
    REJECTED,
    RETURNED,
    REVIEWABLE,
    REVIEWING,
    SUBMITTED,
    Assignment,
    Hit,
    Worker,
)


def accept(market: Market, worker: Worker, hit: Hit) -> Assignment:
    """Give a worker one of a HIT's free places."""
    if any(assignment.worker_id == worker.id for assignment in market.of_hit(hit.id)):
        raise WorkerError("You have already accepted this HIT, and a HIT can be done once by each worker.")
    if hit.expired or hit.status == DISPOSED or count(market, hit).available <= 0:
        raise WorkerError("There are no more places in this HIT.")
    assignment = Assignment(
        id=_assignment_id(market, hit),
        number=market.time.number(),
        hit_id=hit.id,
        worker_id=worker.id,
        accepted_at=market.now(),
        deadline=market.now() + timedelta(seconds=hit.type.duration),
    )
    market.add(assignment)
    market.time.remind(assignment.deadline, "deadline", assignment.id)
    publish(market, "AssignmentAccepted", hit, assignment)
    refresh(market, hit)
    return assignment


def _assignment_id(market: Market, hit: Hit) -> str:
    # Reported for the live service (psiTurk's thread 190): a returned assignment came back to somebody else, same id.
    given_up = [past.id for past in market.ended if past.hit_id == hit.id and past.id not in market.assignments]
    if given_up and market.faults.draw("reuse_assignment", hit.id):
        return given_up[-1]
    return market.ids.capitals(30, "3")


def submit(market: Market, assignment: Assignment, answer: str) -> None:
    """Take in a worker's results."""
    if assignment.status != ACCEPTED:
        raise WorkerError("This HIT has already been submitted.")
    hit = market.hits[assignment.hit_id]
    assignment.status, assignment.answer = SUBMITTED, answer
    assignment.submitted_at, assignment.number = market.now(), market.time.number()
    assignment.auto_approval_at = market.now() + timedelta(seconds=hit.type.auto_approval_delay)
    market.time.remind(assignment.auto_approval_at, "auto-approve", assignment.id)
    publish(market, "AssignmentSubmitted", hit, assignment)
    refresh(market, hit)


def give_up(market: Market, assignment: Assignment, status: str) -> None:
    """Free the place of a worker who returned the HIT, or let its time run out."""
    if assignment.status != ACCEPTED:
        raise WorkerError("Only work that has not been submitted can be returned.")
    hit = market.hits[assignment.hit_id]
    assignment.status = status
    market.drop(assignment)
    publish(market, "AssignmentReturned" if status == RETURNED else "AssignmentAbandoned", hit, assignment)
    refresh(market, hit)


def approve(market: Market, assignment: Assignment, feedback: str | None = None) -> None:
    """Pay a worker's reward and Amazon's fee; out of the account when the work had been rejected."""
    hit = market.hits[assignment.hit_id]
    fee, held = reward_fee(hit), assignment.status == SUBMITTED
    pay(market, hit, assignment, [("reward", hit.type.reward), ("fee", fee)], held=held)
    assignment.status, assignment.feedback = APPROVED, feedback
    assignment.decided_at[APPROVED] = market.now()
    publish(market, "AssignmentApproved", hit, assignment)
    refresh(market, hit)


def pay(market: Market, hit: Hit, assignment: Assignment, sums: list[tuple[str, Decimal]], *, held: bool) -> None:
    """Spend money that is held for a HIT, or that is available; the worker gets what is not a fee."""
    lines = [
        Entry(
            at=market.now(),
            account=hit.owner,
            kind=kind,
            available=ZERO if held else -amount,
            held=-amount if held else ZERO,
            spent=amount,
            task_id=hit.id,
            work_id=assignment.id,
            person_id=assignment.worker_id,
        )
        for kind, amount in sums
    ]
    market.ledger.post(market.account(hit.owner), *lines)
    for kind, amount in sums:
        hit.held -= amount if held else 0
        if not kind.endswith("fee"):
            market.worker(assignment.worker_id).earned += amount


def reject(market: Market, assignment: Assignment, feedback: str) -> None:
    """Refuse a worker's results; nothing is paid."""
    hit = market.hits[assignment.hit_id]
    assignment.status, assignment.feedback = REJECTED, feedback
    assignment.decided_at[REJECTED] = market.now()
    publish(market, "AssignmentRejected", hit, assignment)
    refresh(market, hit)


def expire(market: Market, hit: Hit) -> None:
    """End a HIT's time on offer."""
    hit.expired = True
    publish(market, "HITExpired", hit)
    refresh(market, hit)


def catch_up(market: Market) -> None:
    """Let everything happen that was due by now, each at its own time."""
    market.time.run(lambda kind, key, due: _happen(market, kind, key, due))


def _happen(market: Market, kind: str, key: str, due: datetime) -> None:
    if kind in ("deadline", "auto-approve"):
        assignment = market.assignments.get(key)
        if assignment:
            _end_assignment(market, kind, assignment, due)
    else:
        _end_hit(market, kind, market.hits[key], due)


def _end_assignment(market: Market, kind: str, assignment: Assignment, due: datetime) -> None:
    if kind == "deadline" and assignment.status == ACCEPTED and assignment.deadline == due:
        give_up(market, assignment, ABANDONED)
    elif kind == "auto-approve" and assignment.status == SUBMITTED and assignment.auto_approval_at == due:
        approve(market, assignment)


def _end_hit(market: Market, kind: str, hit: Hit, due: datetime) -> None:
    if kind == "expire" and hit.status != DISPOSED and not hit.expired and hit.expires_at == due:
        expire(market, hit)
    elif kind == "dispose" and hit.status in (REVIEWABLE, REVIEWING) and hit.reviewable_at == due - DISPOSED_AFTER:
        dispose(market, hit)
