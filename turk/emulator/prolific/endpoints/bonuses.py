"""Bonuses, in two steps."""

from __future__ import annotations

from turk.emulator.prolific.bonuses import order, set_up
from turk.emulator.prolific.calls import Answer, Call, Endpoint
from turk.emulator.prolific.views import batch


def create_bonus_payments(call: Call) -> Answer:
    """Set a batch of bonuses up."""
    study = call.workspace.study(call.text("study_id"))
    return Answer(201, batch(set_up(call.workspace, study, call.text("csv_bonuses"))))


def pay_bonus_payments(call: Call, batch_id: str) -> Answer:
    """Pay a batch, once for each call."""
    order(call.workspace, batch_id)
    return Answer(202, {"message": "The bonuses will be paid in the next minutes."})


ENDPOINTS = (
    Endpoint("create-bonus-payments", "POST", "/submissions/bonus-payments/", create_bonus_payments),
    Endpoint("pay-bonus-payments", "POST", "/bulk-bonus-payments/<batch_id>/pay/", pay_bonus_payments),
)
