"""Bonuses in two steps: a batch is set up, and then paid; each order to pay pays again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, InvalidOperation

from turk.emulator.ledger import Entry
from turk.emulator.prolific.errors import ApiError, not_found
from turk.emulator.prolific.money import CENT, fee
from turk.emulator.prolific.records import Bonus, BonusBatch, PaidBonus, Study, Submission
from turk.emulator.prolific.workspace import Workspace


def set_up(workspace: Workspace, study: Study, table: str) -> BonusBatch:
    """Read lines of `id,amount`, of participants or submissions; nothing is paid yet."""
    lines = [line.strip() for line in table.splitlines() if line.strip()]
    if not lines:
        raise ApiError(400, {"csv_bonuses": ["This field may not be blank."]})
    rows = [_row(line) for line in lines]
    found = [(_find(workspace, study, key), key, amount) for key, amount in rows]
    strangers = [key for submission, key, _ in found if submission is None]
    if strangers:
        raise ApiError(400, {"csv_bonuses": [f"These did not take part in the study: {', '.join(strangers)}."]})
    bonuses = tuple(
        Bonus(submission.id, submission.participant_id, amount, fee(workspace, amount))
        for submission, _, amount in found
        if submission
    )
    batch = BonusBatch(workspace.new_id(), study.id, bonuses)
    workspace.batches[batch.id] = batch
    return batch


def _row(line: str) -> tuple[str, Decimal]:
    key, _, text = line.partition(",")
    try:
        amount = Decimal(text.strip())
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount <= 0 or amount != amount.quantize(CENT):
        raise ApiError(400, {"csv_bonuses": [f"Each line is an id, a comma and an amount such as 1.50; got {line}."]})
    return key.strip(), amount.quantize(CENT)


def _find(workspace: Workspace, study: Study, key: str) -> Submission | None:
    mine = [found for found in workspace.of_study(study.id) if key in (found.id, found.participant_id)]
    return mine[-1] if mine else None


def order(workspace: Workspace, batch_id: str) -> None:
    """Order a batch to be paid, which is done a little later; what it costs is set aside now."""
    batch = workspace.batches.get(batch_id)
    if batch is None:
        raise not_found("Bulk bonus payment", batch_id)
    entry = Entry(
        workspace.now(), workspace.id, "hold", available=-batch.total, held=batch.total, task_id=batch.study_id
    )
    workspace.ledger.post(workspace.account, entry)
    batch.payments += 1
    workspace.time.remind(workspace.now() + timedelta(seconds=workspace.options.settling), "bonuses", batch.id)


def settle(workspace: Workspace, batch: BonusBatch) -> None:
    """Pay a batch."""
    for bonus in batch.bonuses:
        for kind, amount in (("bonus", bonus.amount), ("bonus fee", bonus.fee)):
            entry = Entry(
                at=workspace.now(),
                account=workspace.id,
                kind=kind,
                held=-amount,
                spent=amount,
                task_id=batch.study_id,
                work_id=bonus.submission_id,
                person_id=bonus.participant_id,
            )
            workspace.ledger.post(workspace.account, entry)
        details = (batch.id, batch.study_id, bonus.submission_id, bonus.participant_id, bonus.amount)
        workspace.bonuses.append(PaidBonus(workspace.now(), *details))
        workspace.participant(bonus.participant_id).earned += bonus.amount
