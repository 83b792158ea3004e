"""What Prolific's answers mean: which state a submission is in, and what a study offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from turk.recruiters.contract import TaskFound, TaskState, WorkFound, WorkState

STATES: Mapping[str, WorkState] = {
    "RESERVED": "active",
    "ACTIVE": "active",
    "AWAITING REVIEW": "submitted",
    "APPROVED": "approved",
    "PARTIALLY APPROVED": "approved",
    "REJECTED": "rejected",
    "RETURNED": "gone",
    "TIMED-OUT": "gone",
    "SCREENED OUT": "screened_out",
}
OFFERS: Mapping[str, TaskState] = {"ACTIVE": "open", "COMPLETED": "closed"}
"""Of studies; all others are paused, but for those that wait for their last people to be decided."""


def task_found(study: Mapping[str, Any], works: Sequence[Mapping[str, Any]]) -> TaskFound:
    """What a study offers now, by its submissions."""
    states = [STATES[one["status"]] for one in works]
    taken = sum(state in ("active", "submitted", "approved") for state in states)
    places = study["total_available_places"]
    state = OFFERS.get(study["status"], "paused")
    if study["status"] == "AWAITING REVIEW" and taken >= places:
        state = "open"
    return TaskFound(study["id"], places, states.count("active"), state)


def work_found(study: Mapping[str, Any], one: Mapping[str, Any]) -> WorkFound:
    """How a submission stands."""
    state, at = STATES[one["status"]], one["completed_at"]
    return WorkFound(
        ref=one["id"],
        task=study["id"],
        person=one["participant_id"],
        state=state,
        code=one["study_code"],
        submitted_at=datetime.fromisoformat(at) if at else None,
        paid_usd=_screen_out(study) if state == "screened_out" else None,
    )


def _screen_out(study: Mapping[str, Any]) -> Decimal | None:
    """What who was screened out got, where somebody gave the study such a code on Prolific's pages."""
    actions = (action for code in study["completion_codes"] for action in code["actions"])
    paid = (action["fixed_screen_out_reward"] for action in actions if action["action"] == "FIXED_SCREEN_OUT_PAYMENT")
    return next((Decimal(cents) / 100 for cents in paid), None)
