"""HIT types: what many HITs have in common; the same values are the same type."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from turk.emulator.mturk.calls import Answer, Call, Parameters
from turk.emulator.mturk.errors import invalid
from turk.emulator.mturk.records import HitType
from turk.emulator.mturk.requirements import read_requirements

LENGTHS = {"Title": 128, "Description": 2000, "Keywords": 1000}
DURATION = (30, 31_536_000)
AUTO_APPROVAL = (0, 2_592_000)


def create_hit_type(call: Call, p: Parameters) -> Answer:
    """Register a HIT type, or name the one that has these values."""
    found = find_or_make(call, p)
    call.market.hit_types[found.id] = found
    return {"HITTypeId": found.id}


def find_or_make(call: Call, p: Parameters) -> HitType:
    """Find the requester's HIT type with these values, or make one that is not registered yet."""
    _check(p)
    wanted = HitType(
        id="",
        owner=call.owner,
        title=p["Title"],
        description=p["Description"],
        keywords=p.get("Keywords", ""),
        reward=Decimal(p["Reward"]),
        duration=p["AssignmentDurationInSeconds"],
        auto_approval_delay=p.get("AutoApprovalDelayInSeconds", AUTO_APPROVAL[1]),
        requirements=read_requirements(call.market, p.get("QualificationRequirements", ())),
    )
    same = (known for known in call.market.hit_types.values() if replace(known, id="") == wanted)
    return next(same, None) or replace(wanted, id=call.market.ids.capitals(30, "3"))


def _check(p: Parameters) -> None:
    for name, limit in LENGTHS.items():
        if len(p.get(name, "")) > limit:
            raise invalid(name, f"it must not be longer than {limit} characters, and has {len(p[name])}.")
    for name in ("Title", "Description"):
        if not p[name].strip():
            raise invalid(name, "it must not be empty.")
    for name, (low, high) in {
        "AssignmentDurationInSeconds": DURATION,
        "AutoApprovalDelayInSeconds": AUTO_APPROVAL,
    }.items():
        if not low <= p.get(name, high) <= high:
            raise invalid(name, f"it must be between {low} and {high}, and is {p[name]}.")


OPERATIONS: dict[str, Any] = {"CreateHITType": create_hit_type}
