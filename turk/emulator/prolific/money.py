"""Fees, and what is set aside for a study: every place that is free or under way is paid for in advance."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from turk.emulator.ledger import ZERO, Entry
from turk.emulator.prolific.records import (
    APPROVED,
    CENTS,
    ON_OFFER,
    PARTLY,
    PENDING,
    SCREENED_OUT,
    Study,
    Submission,
)
from turk.emulator.prolific.workspace import Workspace

CENT = Decimal("0.01")


def fee(workspace: Workspace, amount: Decimal) -> Decimal:
    """Take Prolific's share of an amount; that half a cent goes up is assumed."""
    return (amount * workspace.options.fee_share).quantize(CENT, ROUND_HALF_UP)


def with_fee(workspace: Workspace, amount: Decimal) -> Decimal:
    """Tell what an amount costs."""
    return amount + fee(workspace, amount)


def cents(amount: Decimal) -> int:
    """Tell an amount as the API does."""
    return int(amount * CENTS)


def screened_out(workspace: Workspace, study: Study) -> int:
    """Count who was screened out."""
    return sum(found.status == SCREENED_OUT for found in workspace.of_study(study.id))


def slots_left(workspace: Workspace, study: Study) -> int:
    """Count how many more participants may be screened out."""
    action = study.screen_out
    return max(0, action["slots"] - screened_out(workspace, study)) if action else 0


def needed(workspace: Workspace, study: Study) -> Decimal:
    """Tell what has to be set aside for a study in its state.

    Only studies on offer keep their free places and screen-out slots; work that is under way always keeps its place.
    """
    pending = sum(found.status in PENDING for found in workspace.of_study(study.id))
    if study.status not in ON_OFFER:
        return pending * with_fee(workspace, study.reward)
    places = pending + workspace.free_places(study)
    action = study.screen_out
    slot = with_fee(workspace, action["fixed_screen_out_reward"] / CENTS) if action else ZERO
    return places * with_fee(workspace, study.reward) + slots_left(workspace, study) * slot


def set_aside(workspace: Workspace, study: Study) -> None:
    """Hold or release what a study needs now, more or less than before; fails when there is not enough."""
    change = needed(workspace, study) - study.held
    if change:
        kind = "hold" if change > 0 else "release"
        entry = Entry(workspace.now(), workspace.id, kind, available=-change, held=change, task_id=study.id)
        workspace.ledger.post(workspace.account, entry)
        study.held += change


def pay(workspace: Workspace, study: Study, submission: Submission, amount: Decimal) -> None:
    """Pay a participant, and the fee, out of what is held for the study."""
    for kind, part in (("reward", amount), ("fee", fee(workspace, amount))):
        entry = Entry(
            at=workspace.now(),
            account=workspace.id,
            kind=kind,
            held=-part,
            spent=part,
            task_id=study.id,
            work_id=submission.id,
            person_id=submission.participant_id,
        )
        workspace.ledger.post(workspace.account, entry)
        study.held -= part
    workspace.participant(submission.participant_id).earned += amount


def total_cost(workspace: Workspace, reward: Decimal, places: int) -> Decimal:
    """Tell what a study costs when all its places are filled."""
    return with_fee(workspace, reward) * places


def spent_on(workspace: Workspace, study: Study) -> dict[str, Any]:
    """Tell what was spent on a study so far, rewards and bonuses apart."""
    sums = {kind: ZERO for kind in ("reward", "fee", "bonus", "bonus fee")}
    for entry in workspace.ledger.entries:
        if entry.task_id == study.id and entry.kind in sums:
            sums[entry.kind] += entry.spent
    return {
        "rewards": _breakdown(workspace, sums["reward"], sums["fee"]),
        "bonuses": _breakdown(workspace, sums["bonus"], sums["bonus fee"]),
    }


def _breakdown(workspace: Workspace, rewards: Decimal, fees: Decimal) -> dict[str, Any]:
    amounts = {"rewards": rewards, "fees": fees, "tax": ZERO}
    return {name: {"amount": cents(sum_), "currency": workspace.options.currency} for name, sum_ in amounts.items()}


def balance(workspace: Workspace) -> dict[str, Any]:
    """Show the workspace's balance: the total, and what is not set aside for places and bonuses."""
    account = workspace.account
    return {
        "currency_code": workspace.options.currency,
        "total_balance": cents(account.available + account.held),
        "balance_breakdown": _split(workspace, account.available + account.held),
        "available_balance": cents(account.available),
        "available_balance_breakdown": _split(workspace, account.available),
    }


def _split(workspace: Workspace, amount: Decimal) -> dict[str, int]:
    rewards = (amount / (1 + workspace.options.fee_share)).quantize(CENT, ROUND_HALF_UP)
    return {"rewards": cents(rewards), "fees": cents(amount - rewards), "vat": 0}


def accepted(workspace: Workspace, study: Study) -> int:
    """Count the submissions that were paid for as such."""
    return sum(found.status in (APPROVED, PARTLY) for found in workspace.of_study(study.id))
