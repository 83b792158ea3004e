"""HITs: made, shown, listed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from turk.emulator.mturk.calls import Answer, Call, Parameters
from turk.emulator.mturk.errors import HIT_ALREADY_EXISTS, HIT_LAYOUT_DOES_NOT_EXIST, invalid, request_error
from turk.emulator.mturk.notices import publish
from turk.emulator.mturk.operations.hit_types import find_or_make
from turk.emulator.mturk.places import check_funds, refresh
from turk.emulator.mturk.questions import read_question
from turk.emulator.mturk.records import DISPOSED, REVIEWABLE, Hit, HitType
from turk.emulator.mturk.views import money, show_hit

MOST_ASSIGNMENTS = 1_000_000_000
LIFETIME = (30, 31_536_000)
ANNOTATION_LIMIT = 255


def create_hit(call: Call, p: Parameters) -> Answer:
    """Make a HIT, and its HIT type where there is none with these values."""
    check_token(call, p)
    return _create(call, find_or_make(call, p), p)


def create_hit_with_hit_type(call: Call, p: Parameters) -> Answer:
    """Make a HIT of a type."""
    check_token(call, p)
    return _create(call, call.hit_type(p["HITTypeId"]), p)


def check_token(call: Call, p: Parameters) -> None:
    """Refuse to make a HIT twice."""
    made = call.market.tokens.find(call.owner, "hit", p.get("UniqueRequestToken"), call.market.now())
    if made:
        raise request_error(HIT_ALREADY_EXISTS, f"The HIT {made} was already made with this UniqueRequestToken.")


def _create(call: Call, hit_type: HitType, p: Parameters) -> Answer:
    market = call.market
    _check(p)
    hit = Hit(
        id=market.ids.capitals(30, "3"),
        number=market.time.number(),
        owner=call.owner,
        type=hit_type,
        group_id=f"3G{hit_type.id[2:]}",
        question=read_question(p["Question"]),
        annotation=p.get("RequesterAnnotation"),
        max_assignments=p.get("MaxAssignments", 1),
        created_at=market.now(),
        expires_at=market.now() + timedelta(seconds=p["LifetimeInSeconds"]),
    )
    check_funds(market, hit)
    market.hit_types.setdefault(hit_type.id, hit_type)
    market.hits[hit.id] = hit
    market.tokens.keep(call.owner, "hit", p.get("UniqueRequestToken"), market.now(), hit.id)
    market.time.remind(hit.expires_at, "expire", hit.id)
    publish(market, "HITCreated", hit)
    refresh(market, hit)
    return {"HIT": show_hit(market, hit)}


def _check(p: Parameters) -> None:
    if "HITLayoutId" in p:
        raise request_error(HIT_LAYOUT_DOES_NOT_EXIST, f"Hit layout {p['HITLayoutId']} does not exist.")
    for name in ("AssignmentReviewPolicy", "HITReviewPolicy"):
        if name in p:
            raise invalid(name, "this server has no review policies. Decide assignments one by one.")
    if "Question" not in p:
        raise invalid("Question", "either a Question or a HITLayoutId must be provided.")
    check_range("MaxAssignments", p.get("MaxAssignments", 1), (1, MOST_ASSIGNMENTS))
    check_range("LifetimeInSeconds", p["LifetimeInSeconds"], LIFETIME)
    if len(p.get("RequesterAnnotation", "")) > ANNOTATION_LIMIT:
        raise invalid("RequesterAnnotation", f"it must not be longer than {ANNOTATION_LIMIT} characters.")


def check_range(name: str, value: int, limits: tuple[int, int]) -> None:
    """Refuse a number outside its documented range."""
    if not limits[0] <= value <= limits[1]:
        raise invalid(name, f"it must be between {limits[0]} and {limits[1]}, and is {value}.")


def get_hit(call: Call, p: Parameters) -> Answer:
    """Show a HIT, also one that was deleted."""
    return {"HIT": show_hit(call.market, call.hit(p["HITId"]))}


def _list(call: Call, p: Parameters, hits: list[Hit], scope: str) -> Answer:
    found, answer = call.page(hits, lambda hit: hit.number, p, scope=scope)
    return {**answer, "HITs": [show_hit(call.market, hit) for hit in found]}


def _own(call: Call) -> list[Hit]:
    return [hit for hit in call.market.hits.values() if hit.owner == call.owner and hit.status != DISPOSED]


def list_hits(call: Call, p: Parameters) -> Answer:
    """List the requester's HITs that were not deleted."""
    return _list(call, p, _own(call), "")


def list_reviewable_hits(call: Call, p: Parameters) -> Answer:
    """List HITs whose work is done or whose time is over."""
    status, type_id = p.get("Status", REVIEWABLE), p.get("HITTypeId")
    hits = [hit for hit in _own(call) if hit.status == status and type_id in (None, hit.type.id)]
    return _list(call, p, hits, f"{status}:{type_id}")


def list_hits_for_qualification_type(call: Call, p: Parameters) -> Answer:
    """List HITs that ask for a qualification."""
    type_id = p["QualificationTypeId"]
    hits = [hit for hit in _own(call) if any(need.type_id == type_id for need in hit.type.requirements)]
    return _list(call, p, hits, type_id)


def get_account_balance(call: Call, p: Parameters) -> Answer:
    """Tell what can be spent, and what is held for open places."""
    account = call.market.account(call.owner)
    return {"AvailableBalance": money(account.available), "OnHoldBalance": money(account.held)}


OPERATIONS: dict[str, Any] = {
    "CreateHIT": create_hit,
    "CreateHITWithHITType": create_hit_with_hit_type,
    "GetHIT": get_hit,
    "ListHITs": list_hits,
    "ListReviewableHITs": list_reviewable_hits,
    "ListHITsForQualificationType": list_hits_for_qualification_type,
    "GetAccountBalance": get_account_balance,
}
