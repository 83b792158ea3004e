"""Assignments: shown, listed, approved, rejected; and bonuses."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

from turk.emulator.mturk.calls import Answer, Call, Parameters, refuse_repeated
from turk.emulator.mturk.errors import (
    ASSIGNMENT_DOES_NOT_EXIST,
    INVALID_ASSIGNMENT_STATE,
    INVALID_HIT_STATE,
    invalid,
    request_error,
    wrong_status,
)
from turk.emulator.mturk.fees import bonus_fee
from turk.emulator.mturk.lifecycle import approve, pay, reject
from turk.emulator.mturk.records import ACCEPTED, APPROVED, DISPOSED, REJECTED, SUBMITTED, Assignment, Bonus, Hit
from turk.emulator.mturk.views import show_assignment, show_bonus, show_hit

FEEDBACK_LIMIT = 1024
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
OVERRIDE_WITHIN = timedelta(days=30)


def get_assignment(call: Call, p: Parameters) -> Answer:
    """Show an assignment that was submitted, with its HIT."""
    assignment, hit = call.assignment(p["AssignmentId"])
    if assignment.status == ACCEPTED:
        raise wrong_status(INVALID_ASSIGNMENT_STATE, ("Reviewable", APPROVED, REJECTED))
    return {"Assignment": show_assignment(assignment), "HIT": show_hit(call.market, hit)}


def list_assignments(call: Call, p: Parameters) -> Answer:
    """List a HIT's submitted assignments in the order in which they came in."""
    hit = call.hit(p["HITId"])
    statuses = p.get("AssignmentStatuses") or [SUBMITTED, APPROVED, REJECTED]
    records = [assignment for assignment in call.market.of_hit(hit.id) if assignment.status in statuses]
    scope = f"{hit.id}:{','.join(sorted(statuses))}"
    found, answer = call.page(records, lambda assignment: assignment.number, p, scope=scope)
    return {**answer, "Assignments": [show_assignment(assignment) for assignment in found]}


def approve_assignment(call: Call, p: Parameters) -> Answer:
    """Approve submitted work, or work that was rejected no longer ago than its 30 days."""
    assignment, hit = call.assignment(p["AssignmentId"])
    feedback = _feedback(p)
    if assignment.status == REJECTED and p.get("OverrideRejection", False):
        _check_override(call, assignment, hit)
    elif assignment.status != SUBMITTED:
        raise wrong_status(INVALID_ASSIGNMENT_STATE, (SUBMITTED,))
    approve(call.market, assignment, feedback)
    return {}


def _check_override(call: Call, assignment: Assignment, hit: Hit) -> None:
    if hit.status == DISPOSED:
        raise wrong_status(INVALID_HIT_STATE, ("Assignable", "Unassignable", "Reviewable", "Reviewing"), hit.status)
    if assignment.submitted_at and call.market.now() - assignment.submitted_at > OVERRIDE_WITHIN:
        message = "A rejection can be overridden for assignments that were submitted within the previous 30 days."
        raise request_error(INVALID_ASSIGNMENT_STATE, message)


def reject_assignment(call: Call, p: Parameters) -> Answer:
    """Reject submitted work, with a message for the worker."""
    assignment, _ = call.assignment(p["AssignmentId"])
    feedback = _feedback(p)
    if not feedback:
        raise invalid("RequesterFeedback", "a rejection needs a message for the worker.")
    if assignment.status != SUBMITTED:
        raise wrong_status(INVALID_ASSIGNMENT_STATE, (SUBMITTED,))
    reject(call.market, assignment, feedback)
    return {}


def _feedback(p: Parameters) -> str | None:
    feedback: str | None = p.get("RequesterFeedback")
    if feedback is not None and (len(feedback) > FEEDBACK_LIMIT or FORBIDDEN.search(feedback)):
        raise invalid("RequesterFeedback", f"it has up to {FEEDBACK_LIMIT} characters, and no control characters.")
    return feedback


def send_bonus(call: Call, p: Parameters) -> Answer:
    """Pay a worker something more for an assignment that was submitted."""
    refuse_repeated(call, "bonus", p)
    market, amount = call.market, Decimal(p["BonusAmount"])
    assignment, hit = call.assignment(p["AssignmentId"])
    if assignment.status == ACCEPTED:
        # Users report this answer while the work is still being done (Mephisto's thread 1081).
        raise request_error(ASSIGNMENT_DOES_NOT_EXIST, f"Assignment {assignment.id} does not exist.")
    if assignment.worker_id != p["WorkerId"]:
        raise invalid("WorkerId", f"{p['WorkerId']} did not do the assignment {assignment.id}.")
    if amount <= 0 or not p["Reason"].strip():
        raise invalid("BonusAmount or Reason", "a bonus is more than nothing and has a reason.")
    pay(market, hit, assignment, [("bonus", amount), ("bonus fee", bonus_fee(amount))], held=False)
    details = (hit.id, assignment.id, assignment.worker_id, amount, p["Reason"], market.now())
    market.bonuses.append(Bonus(market.time.number(), call.owner, *details))
    market.tokens.keep(call.owner, "bonus", p.get("UniqueRequestToken"), market.now(), call.request_id)
    return {}


def list_bonus_payments(call: Call, p: Parameters) -> Answer:
    """List the bonuses of a HIT or of an assignment."""
    if ("HITId" in p) == ("AssignmentId" in p):
        raise invalid("HITId", "either the HITId or the AssignmentId must be specified.")
    hit_id, assignment_id = p.get("HITId"), p.get("AssignmentId")
    if hit_id:
        call.hit(hit_id)
    own = (bonus for bonus in call.market.bonuses if bonus.owner == call.owner)
    records = [bonus for bonus in own if hit_id == bonus.hit_id or assignment_id == bonus.assignment_id]
    found, answer = call.page(records, lambda bonus: bonus.number, p, scope=f"{hit_id}:{assignment_id}")
    return {**answer, "BonusPayments": [show_bonus(bonus) for bonus in found]}


OPERATIONS: dict[str, Any] = {
    "GetAssignment": get_assignment,
    "ListAssignmentsForHIT": list_assignments,
    "ApproveAssignment": approve_assignment,
    "RejectAssignment": reject_assignment,
    "SendBonus": send_bonus,
    "ListBonusPayments": list_bonus_payments,
}
