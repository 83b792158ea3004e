"""Qualification requirements: which are allowed, and which a worker meets."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from turk.emulator.mturk.errors import QUALIFICATION_TYPE_DOES_NOT_EXIST, invalid, request_error
from turk.emulator.mturk.market import Market
from turk.emulator.mturk.records import APPROVED, REJECTED, Hit, Place, Requirement, Worker

PERCENT_APPROVED, NUMBER_APPROVED = "000000000000000000L0", "00000000000000000040"
LOCALE, ADULT = "00000000000000000071", "00000000000000000060"
MASTERS, MASTERS_SANDBOX = "2F1QJWKUDD8XADTFD2Q0G6UTO95ALH", "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6"
SYSTEM = {
    PERCENT_APPROVED: "Worker_PercentAssignmentsApproved",
    NUMBER_APPROVED: "Worker_NumberHITsApproved",
    LOCALE: "Worker_Locale",
    ADULT: "Worker_Adult",
    MASTERS: "Masters",
    MASTERS_SANDBOX: "Masters",
}
COMPARE: dict[str, Callable[[int, int], bool]] = {
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
}
ACTIONS = ("Discover", "Preview", "Accept")
GUARDS = {"Accept": ACTIONS[2:], "PreviewAndAccept": ACTIONS[1:], "DiscoverPreviewAndAccept": ACTIONS}
LIMIT, INTEGERS_IN_SET, PLACES_IN_SET = 10, 15, 30
NAME = "QualificationRequirements"
# "Percent reads 100 until 100 HITs are done": what users of psiTurk found out (thread 291).
PERCENT_FROM = 100


def read_requirements(market: Market, raw: Sequence[Mapping[str, Any]]) -> tuple[Requirement, ...]:
    """Check what a HIT asks of workers."""
    if len(raw) > LIMIT:
        raise invalid(NAME, f"a HIT can have up to {LIMIT} Qualification requirements, and this one has {len(raw)}.")
    return tuple(_read(market, item) for item in raw)


def _read(market: Market, raw: Mapping[str, Any]) -> Requirement:
    type_id, comparator = raw["QualificationTypeId"], raw["Comparator"]
    known = market.qualification_types.get(type_id)
    if type_id not in SYSTEM and (known is None or known.deleted_at or known.status != "Active"):
        raise request_error(
            QUALIFICATION_TYPE_DOES_NOT_EXIST, f"QualificationType {type_id} does not exist or is not active."
        )
    integers = tuple(raw.get("IntegerValues", ()))
    places = tuple(Place(item["Country"], item.get("Subdivision")) for item in raw.get("LocaleValues", ()))
    if "ActionsGuarded" in raw and "RequiredToPreview" in raw:
        raise invalid(NAME, "ActionsGuarded should not be used in combination with RequiredToPreview.")
    guarded = raw.get("ActionsGuarded") or ("PreviewAndAccept" if raw.get("RequiredToPreview") else "Accept")
    requirement = Requirement(type_id, comparator, integers, places, guarded)
    _check_values(requirement)
    return requirement


def _check_values(need: Requirement) -> None:
    kind, count = (
        ("LocaleValues", len(need.places)) if need.type_id == LOCALE else ("IntegerValues", len(need.integers))
    )
    other = need.integers if need.type_id == LOCALE else need.places
    if other:
        raise invalid(NAME, f"the Qualification {need.type_id} is compared with {kind} only.")
    if need.comparator in ("Exists", "DoesNotExist"):
        if count:
            raise invalid(NAME, f"{kind} must not be present if Comparator is {need.comparator}.")
    elif need.comparator in ("In", "NotIn"):
        most = PLACES_IN_SET if need.type_id == LOCALE else INTEGERS_IN_SET
        if not 1 <= count <= most:
            raise invalid(NAME, f"{need.comparator} compares with 1 to {most} {kind}, and there are {count}.")
    elif need.type_id == LOCALE and need.comparator in COMPARE:
        raise invalid(NAME, "LocaleValues can only be used with EqualTo, NotEqualTo, In and NotIn.")
    elif count != 1:
        raise invalid(NAME, f"{need.comparator} compares with a single element of {kind}, and there are {count}.")


def unmet(market: Market, worker: Worker, hit: Hit, action: str) -> list[Requirement]:
    """List the requirements that keep a worker from an action (Discover, Preview, Accept)."""
    return [
        need for need in hit.type.requirements if action in GUARDS[need.guarded] and not meets(market, worker, need)
    ]


def meets(market: Market, worker: Worker, need: Requirement) -> bool:
    """Tell whether a worker meets a requirement; assumed: who lacks a Qualification passes DoesNotExist only."""
    has, value = score(market, worker, need.type_id)
    if need.comparator in ("Exists", "DoesNotExist"):
        return has == (need.comparator == "Exists")
    if not has:
        return False
    if need.type_id == LOCALE:
        inside = any(worker.place.within(place) for place in need.places)
        return inside == (need.comparator in ("EqualTo", "In"))
    if value is None:
        return False
    if need.comparator in COMPARE:
        return COMPARE[need.comparator](value, need.integers[0])
    return (value in need.integers) == (need.comparator in ("EqualTo", "In"))


def score(market: Market, worker: Worker, type_id: str) -> tuple[bool, int | None]:
    """Tell whether a worker has a qualification, and its value."""
    if type_id in SYSTEM:
        return _system_score(market, worker, type_id)
    found = market.qualifications.get((type_id, worker.id))
    return (found is not None and found.status == "Granted", found.value if found else None)


def _system_score(market: Market, worker: Worker, type_id: str) -> tuple[bool, int | None]:
    own = [assignment.status for assignment in market.assignments.values() if assignment.worker_id == worker.id]
    approved = worker.prior_approved + own.count(APPROVED)
    decided = approved + worker.prior_rejected + own.count(REJECTED)
    if type_id == NUMBER_APPROVED:
        return True, approved
    if type_id == PERCENT_APPROVED:
        return True, 100 if decided < PERCENT_FROM else 100 * approved // decided
    if type_id == ADULT:
        return True, int(worker.adult)
    return (True, None) if type_id == LOCALE else (worker.masters, None)
