"""Qualification types: made, shown, listed, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from turk.emulator.mturk.answer_keys import read_key
from turk.emulator.mturk.calls import Answer, Call, Parameters
from turk.emulator.mturk.errors import (
    QUALIFICATION_TYPE_ALREADY_EXISTS,
    invalid,
    request_error,
)
from turk.emulator.mturk.market import Market
from turk.emulator.mturk.questions import read_question
from turk.emulator.mturk.records import QualificationType
from turk.emulator.mturk.requirements import SYSTEM
from turk.emulator.mturk.views import show_qualification_type

NAME_FREE_AFTER = timedelta(hours=48)
# The system's own types are older than everything else.
EPOCH = datetime.fromisoformat("2005-11-02T00:00:00+00:00")


def create_qualification_type(call: Call, p: Parameters) -> Answer:
    """Make up a property that workers can have."""
    market = call.market
    if any(_name_taken(call, known, p["Name"]) for known in market.qualification_types.values()):
        message = (
            "You have already created a QualificationType with this name. A QualificationType's name must be unique "
            "among all of the QualificationTypes created by the same user."
        )
        raise request_error(QUALIFICATION_TYPE_ALREADY_EXISTS, message)
    if not p["Name"].strip():
        raise invalid("Name", "it must not be empty.")
    made = QualificationType(
        id=market.ids.capitals(30, "3"), number=market.time.number(), owner=call.owner, created_at=market.now(),
        name=p["Name"], description=p["Description"], keywords=p.get("Keywords"), status=p["QualificationTypeStatus"],
    )  # fmt: skip
    _change(made, p)
    market.qualification_types[made.id] = made
    return {"QualificationType": show_qualification_type(made)}


def _name_taken(call: Call, known: QualificationType, name: str) -> bool:
    freed = known.deleted_at is not None and call.market.now() - known.deleted_at >= NAME_FREE_AFTER
    return known.owner == call.owner and known.name == name and not freed


def _change(found: QualificationType, p: Parameters) -> None:
    """Take over the values given, after all of them have been checked."""
    test = p.get("Test", found.test)
    auto = p.get("AutoGranted", found.auto_granted)
    _check_test(p, test)
    if test and auto:
        raise invalid("AutoGranted", "a type with a Test cannot be granted automatically.")
    found.description = p.get("Description", found.description)
    found.status = p.get("QualificationTypeStatus", found.status)
    found.retry_delay = p.get("RetryDelayInSeconds", found.retry_delay)
    found.auto_granted, found.auto_value = auto, p.get("AutoGrantedValue", found.auto_value)
    if "Test" in p:
        found.test, found.test_duration, found.answer_key = test, p["TestDurationInSeconds"], p.get("AnswerKey")


def _check_test(p: Parameters, test: str | None) -> None:
    if "AnswerKey" in p and "Test" not in p:
        raise invalid("AnswerKey", "it goes with a Test.")
    if "Test" not in p:
        return
    if "TestDurationInSeconds" not in p:
        raise invalid("TestDurationInSeconds", "it must be specified with a Test.")
    if not read_question(p["Test"], name="Test").items:
        raise invalid("Test", "it must be a QuestionForm.")
    if "AnswerKey" in p:
        read_key(p["AnswerKey"])


def get_qualification_type(call: Call, p: Parameters) -> Answer:
    """Show a qualification type, also another requester's or the system's."""
    found = _system_types().get(p["QualificationTypeId"])
    found = found or call.qualification_type(p["QualificationTypeId"], own=False)
    return {"QualificationType": show_qualification_type(found)}


def _system_types() -> dict[str, QualificationType]:
    return {
        type_id: QualificationType(
            type_id, number, "", EPOCH, name, f"{name}, which the system keeps.", requestable=False
        )
        for number, (type_id, name) in enumerate(SYSTEM.items(), -len(SYSTEM))
    }


def list_qualification_types(call: Call, p: Parameters) -> Answer:
    """Search qualification types, one's own or all."""
    query, own, requestable = p.get("Query", "").lower(), p.get("MustBeOwnedByCaller", False), p["MustBeRequestable"]
    records = [
        found
        for found in _all_types(call.market)
        if (not own or found.owner == call.owner)
        and (found.requestable or not requestable)
        and query in f"{found.name} {found.description} {found.keywords or ''}".lower()
    ]
    # Numbers of the system's types are negative; a page starts after 0.
    shift = len(SYSTEM) + 1
    found, answer = call.page(records, lambda item: item.number + shift, p, scope=f"{query}:{own}:{requestable}")
    return {**answer, "QualificationTypes": [show_qualification_type(item) for item in found]}


def _all_types(market: Market) -> Iterable[QualificationType]:
    yield from _system_types().values()
    yield from (found for found in market.qualification_types.values() if not found.deleted_at)


def update_qualification_type(call: Call, p: Parameters) -> Answer:
    """Change a qualification type; name and keywords stay, and a test cannot be taken away."""
    found = call.qualification_type(p["QualificationTypeId"])
    _change(found, p)
    return {"QualificationType": show_qualification_type(found)}


def delete_qualification_type(call: Call, p: Parameters) -> Answer:
    """Delete a qualification type; workers keep theirs, waiting requests are refused, the name is free in two days."""
    found = call.qualification_type(p["QualificationTypeId"])
    found.deleted_at = call.market.now()
    for request in call.market.requests.values():
        if request.type_id == found.id and request.status == "Pending":
            request.status = "Rejected"
    uses = [
        known.id
        for known in call.market.hit_types.values()
        if any(need.type_id == found.id for need in known.requirements)
    ]
    for type_id in uses:
        del call.market.hit_types[type_id]
    return {}


OPERATIONS: dict[str, Any] = {
    "CreateQualificationType": create_qualification_type,
    "GetQualificationType": get_qualification_type,
    "ListQualificationTypes": list_qualification_types,
    "UpdateQualificationType": update_qualification_type,
    "DeleteQualificationType": delete_qualification_type,
}
