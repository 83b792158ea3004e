"""Workers: blocked, unblocked, written to."""

from __future__ import annotations

from typing import Any

from turk.emulator.mturk.calls import Answer, Call, Parameters
from turk.emulator.mturk.errors import invalid
from turk.emulator.mturk.records import APPROVED, REJECTED, Message

RECIPIENTS, SUBJECT_LIMIT, TEXT_LIMIT = 100, 200, 4096


def create_block(call: Call, p: Parameters) -> Answer:
    """Keep a worker from accepting the requester's HITs."""
    key = (call.owner, call.worker(p["WorkerId"]).id)
    call.market.blocks[key] = (call.market.time.number(), p["Reason"])
    return {}


def delete_block(call: Call, p: Parameters) -> Answer:
    """Let a worker back; nothing happens if there was no block."""
    call.market.blocks.pop((call.owner, call.worker(p["WorkerId"]).id), None)
    return {}


def list_blocks(call: Call, p: Parameters) -> Answer:
    """List who is blocked, and why."""
    blocks = [
        (number, worker, why) for (owner, worker), (number, why) in call.market.blocks.items() if owner == call.owner
    ]
    found, answer = call.page(blocks, lambda block: block[0], p)
    return {**answer, "WorkerBlocks": [{"WorkerId": worker, "Reason": why} for _, worker, why in found]}


def notify_workers(call: Call, p: Parameters) -> Answer:
    """Write to workers; only those whose work the requester has decided get it."""
    if len(p["WorkerIds"]) > RECIPIENTS or not p["WorkerIds"]:
        raise invalid("WorkerIds", f"1 to {RECIPIENTS} Workers can be notified at a time.")
    for name, limit in {"Subject": SUBJECT_LIMIT, "MessageText": TEXT_LIMIT}.items():
        if len(p[name]) > limit or not p[name].strip():
            raise invalid(name, f"it has 1 to {limit} characters.")
    failures = [_notify(call, worker_id, p) for worker_id in dict.fromkeys(p["WorkerIds"])]
    return {"NotifyWorkersFailureStatuses": [failure for failure in failures if failure]}


def _notify(call: Call, worker_id: str, p: Parameters) -> Answer | None:
    worker = call.market.workers.get(worker_id)
    if worker and any(_decided(call, worker_id)):
        worker.inbox.append(Message(call.market.now(), call.owner, p["Subject"], p["MessageText"]))
        return None
    message = "You have not approved or rejected work from this Worker." if worker else "The Worker ID is not valid."
    return {"NotifyWorkersFailureCode": "HardFailure", "NotifyWorkersFailureMessage": message, "WorkerId": worker_id}


def _decided(call: Call, worker_id: str) -> list[bool]:
    return [
        True
        for assignment in call.market.assignments.values()
        if assignment.worker_id == worker_id
        and assignment.status in (APPROVED, REJECTED)
        and call.market.hits[assignment.hit_id].owner == call.owner
    ]


OPERATIONS: dict[str, Any] = {
    "CreateWorkerBlock": create_block,
    "DeleteWorkerBlock": delete_block,
    "ListWorkerBlocks": list_blocks,
    "NotifyWorkers": notify_workers,
}
