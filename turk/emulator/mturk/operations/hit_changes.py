"""HITs: given more places or time, ended, deleted, looked at, changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from turk.emulator.mturk.calls import Answer, Call, Parameters, refuse_repeated
from turk.emulator.mturk.errors import (
    INVALID_HIT_STATE,
    INVALID_MAXIMUM_ASSIGNMENTS_INCREASE,
    invalid,
    request_error,
    wrong_status,
)
from turk.emulator.mturk.fees import MANY_FROM
from turk.emulator.mturk.lifecycle import expire
from turk.emulator.mturk.notices import publish
from turk.emulator.mturk.operations.hits import LIFETIME, MOST_ASSIGNMENTS, check_range
from turk.emulator.mturk.places import check_funds, dispose, refresh
from turk.emulator.mturk.records import (
    ASSIGNABLE,
    DISPOSED,
    REVIEWABLE,
    REVIEWING,
    SUBMITTED,
    UNASSIGNABLE,
    Hit,
)

LIVING = (ASSIGNABLE, UNASSIGNABLE, REVIEWABLE, REVIEWING)


def _living(call: Call, hit_id: str) -> Hit:
    hit = call.hit(hit_id)
    if hit.status == DISPOSED:
        raise wrong_status(INVALID_HIT_STATE, LIVING, hit.status)
    return hit


def create_additional_assignments(call: Call, p: Parameters) -> Answer:
    """Give a HIT more places, but not from fewer than ten to ten or more."""
    market, hit, more = call.market, _living(call, p["HITId"]), p["NumberOfAdditionalAssignments"]
    refuse_repeated(call, "additional", p)
    if more < 1 or hit.max_assignments + more > MOST_ASSIGNMENTS:
        raise invalid("NumberOfAdditionalAssignments", f"it must be at least 1, and is {more}.")
    if hit.max_assignments < MANY_FROM <= hit.max_assignments + more:
        message = "HITs created with fewer than 10 assignments cannot be extended to have 10 or more assignments."
        raise request_error(INVALID_MAXIMUM_ASSIGNMENTS_INCREASE, message)
    check_funds(market, replace(hit, max_assignments=hit.max_assignments + more))
    hit.max_assignments += more
    market.tokens.keep(call.owner, "additional", p.get("UniqueRequestToken"), market.now(), call.request_id)
    publish(market, "HITExtended", hit)
    refresh(market, hit)
    return {}


def update_expiration(call: Call, p: Parameters) -> Answer:
    """End a HIT now, or let it last longer; its time cannot be shortened otherwise."""
    market, hit, at = call.market, _living(call, p["HITId"]), p["ExpireAt"]
    if at <= market.now():
        if not hit.expired:
            hit.expires_at = market.now()
            expire(market, hit)
        return {}
    if at < hit.expires_at and not hit.expired:
        raise invalid("ExpireAt", "it must be later than the current expiration, or in the past to expire the HIT now.")
    check_range("ExpireAt", int((at - market.now()).total_seconds()), (0, LIFETIME[1]))
    check_funds(market, replace(hit, expired=False))
    hit.expires_at, hit.expired = at, False
    market.time.remind(at, "expire", hit.id)
    publish(market, "HITExtended", hit)
    refresh(market, hit)
    return {}


def delete_hit(call: Call, p: Parameters) -> Answer:
    """Delete a HIT whose work is done and decided."""
    hit = call.hit(p["HITId"])
    undecided = any(assignment.status == SUBMITTED for assignment in call.market.of_hit(hit.id))
    if hit.status not in (REVIEWABLE, REVIEWING) or undecided:
        # The space after the comma is the live service's (boto3's thread 2107).
        raise wrong_status(INVALID_HIT_STATE, ("Reviewing", " Reviewable"), hit.status)
    dispose(call.market, hit)
    return {}


def update_review_status(call: Call, p: Parameters) -> Answer:
    """Mark a HIT as being looked at, or take the mark back."""
    hit, revert = call.hit(p["HITId"]), p.get("Revert", False)
    needed, then = (REVIEWING, REVIEWABLE) if revert else (REVIEWABLE, REVIEWING)
    if hit.status != needed:
        raise wrong_status(INVALID_HIT_STATE, (needed,), hit.status)
    hit.status = then
    return {}


def update_hit_type(call: Call, p: Parameters) -> Answer:
    """Give a HIT the properties of another type; what it costs is held anew."""
    market, hit, hit_type = call.market, _living(call, p["HITId"]), call.hit_type(p["HITTypeId"])
    check_funds(market, replace(hit, type=hit_type))
    hit.type, hit.group_id = hit_type, f"3G{hit_type.id[2:]}"
    refresh(market, hit)
    return {}


OPERATIONS: dict[str, Any] = {
    "CreateAdditionalAssignmentsForHIT": create_additional_assignments,
    "UpdateExpirationForHIT": update_expiration,
    "DeleteHIT": delete_hit,
    "UpdateHITReviewStatus": update_review_status,
    "UpdateHITTypeOfHIT": update_hit_type,
}
