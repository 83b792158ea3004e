"""What a worker can do on the worker's site: find, preview, accept, submit, return, ask for a qualification."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from turk.emulator.mturk.answer_keys import grade, read_key
from turk.emulator.mturk.errors import WorkerError
from turk.emulator.mturk.lifecycle import accept, give_up, submit
from turk.emulator.mturk.market import Market
from turk.emulator.mturk.operations.qualifications import grant
from turk.emulator.mturk.places import count
from turk.emulator.mturk.questions import RESERVED, frame_url, read_answers, read_question, write_answers
from turk.emulator.mturk.records import (
    ASSIGNABLE,
    RETURNED,
    Assignment,
    Hit,
    QualificationRequest,
    QualificationType,
    Worker,
)
from turk.emulator.mturk.requirements import SYSTEM, unmet

PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"


def findable(market: Market, worker: Worker) -> list[Hit]:
    """List the HITs on offer that a worker gets to see, newest first."""
    offered = [hit for hit in market.hits.values() if hit.status == ASSIGNABLE]
    seen = [hit for hit in offered if not unmet(market, worker, hit, "Discover")]
    return sorted(seen, key=lambda hit: -hit.number)


def find(market: Market, hit_id: str) -> Hit:
    """Find a HIT."""
    if hit_id not in market.hits:
        raise WorkerError("There is no such HIT.")
    return market.hits[hit_id]


def obstacle(market: Market, worker: Worker, hit: Hit, action: str) -> str | None:
    """Say what keeps a worker from previewing or accepting a HIT, or None."""
    if action == "Accept" and (hit.owner, worker.id) in market.blocks:
        return "This requester has blocked you."
    names = [type_name(market, need.type_id) for need in unmet(market, worker, hit, action)]
    return f"You do not meet this HIT's qualification requirements: {', '.join(names)}." if names else None


def type_name(market: Market, type_id: str) -> str:
    """Tell a qualification's name."""
    return SYSTEM.get(type_id) or market.qualification_types[type_id].name


def preview_url(market: Market, worker: Worker, hit: Hit, site: str) -> str:
    """Give the address of a HIT's page before it is accepted; it does not say who looks."""
    reason = obstacle(market, worker, hit, "Preview")
    if reason:
        raise WorkerError(reason)
    return _frame(hit, [("assignmentId", PREVIEW), ("hitId", hit.id)], site)


def work_url(market: Market, assignment: Assignment, site: str) -> str:
    """Give the address of an accepted HIT's page; turkSubmitTo is an origin, and the page adds the path."""
    parameters = [
        ("assignmentId", assignment.id),
        ("hitId", assignment.hit_id),
        ("workerId", assignment.worker_id),
        ("turkSubmitTo", market.options.worker_site),
    ]
    return _frame(market.hits[assignment.hit_id], parameters, site)


def _frame(hit: Hit, parameters: list[tuple[str, str]], site: str) -> str:
    if hit.question.url:
        return frame_url(hit.question, parameters)
    query = "&".join(f"{name}={value}" for name, value in parameters)
    return f"{site}/frames/{hit.id}?{query}"


def take(market: Market, worker: Worker, hit: Hit) -> Assignment:
    """Accept a HIT."""
    reason = obstacle(market, worker, hit, "Accept")
    if reason:
        raise WorkerError(reason)
    return accept(market, worker, hit)


def own(market: Market, worker: Worker | None, assignment_id: str) -> Assignment:
    """Find an assignment of this worker; without a worker, the identifier is proof enough."""
    assignment = market.assignments.get(assignment_id)
    if assignment is None or (worker is not None and assignment.worker_id != worker.id):
        raise WorkerError("This HIT is not yours: it was returned, its time ran out, or somebody else has it.")
    return assignment


def hand_in(market: Market, worker: Worker | None, assignment_id: str, fields: Sequence[tuple[str, str]]) -> Assignment:
    """Take in what the page in the frame posted; faults by script happen here."""
    if assignment_id == PREVIEW:
        raise WorkerError("You are previewing this HIT. Accept it before you submit.")
    assignment = own(market, worker, assignment_id)
    hit = market.hits[assignment.hit_id]
    if all(name in RESERVED for name, _ in fields):
        raise WorkerError("The form must have at least one field besides assignmentId.")
    answer = write_answers(fields, hit.question.items)
    if market.faults.draw("return_after_finishing", hit.id):
        give_up(market, assignment, RETURNED)
        raise WorkerError("You have returned this HIT.")
    submit(market, assignment, answer)
    if market.faults.draw("submit_twice", hit.id):
        submit(market, assignment, answer)
    return assignment


def send_back(market: Market, worker: Worker, assignment_id: str) -> None:
    """Return a HIT."""
    give_up(market, own(market, worker, assignment_id), RETURNED)


def ask(market: Market, worker: Worker, type_id: str, fields: Sequence[tuple[str, str]]) -> str:
    """Ask for a qualification, with answers if there is a test; say what came of it."""
    found = requestable(market, worker, type_id)
    if found.auto_granted:
        grant(market, found.id, worker.id, found.auto_value)
        return "Granted."
    items = read_question(found.test, name="Test").items if found.test else ()
    answer = write_answers(fields, items) if items else None
    request = QualificationRequest(
        market.ids.capitals(30, "3"), market.time.number(), found.id, worker.id, market.now(), found.test, answer
    )
    market.requests[request.id] = request
    if answer is None or found.answer_key is None:
        return "Sent. The requester decides."
    value = grade(read_key(found.answer_key), read_answers(answer))
    request.status = "Granted"
    grant(market, found.id, worker.id, value)
    return f"Granted, with a score of {value}."


def requestable(market: Market, worker: Worker, type_id: str) -> QualificationType:
    """Find a qualification type that a worker may ask for now."""
    found = market.qualification_types.get(type_id)
    if found is None or found.deleted_at or found.status != "Active":
        raise WorkerError("There is no such qualification.")
    earlier = [item for item in market.requests.values() if (item.type_id, item.worker_id) == (type_id, worker.id)]
    if any(item.status == "Pending" for item in earlier):
        raise WorkerError("You have asked for this qualification, and the requester has not decided yet.")
    if earlier and found.retry_delay is None:
        raise WorkerError("This qualification can be asked for once.")
    if earlier and market.now() - earlier[-1].submitted_at < timedelta(seconds=found.retry_delay or 0):
        raise WorkerError("It is too early to ask for this qualification again.")
    return found


def summary(market: Market, worker: Worker, hit: Hit) -> dict[str, Any]:
    """Tell a worker about a HIT."""
    return {
        "hit_id": hit.id,
        "title": hit.type.title,
        "description": hit.type.description,
        "keywords": hit.type.keywords,
        "requester": market.account(hit.owner).customer_id,
        "reward": f"{hit.type.reward:.2f}",
        "duration": hit.type.duration,
        "places": count(market, hit).available,
        "expires_at": hit.expires_at,
        "height": hit.question.height,
        "preview": obstacle(market, worker, hit, "Preview"),
        "accept": obstacle(market, worker, hit, "Accept"),
        "taken": any(assignment.worker_id == worker.id for assignment in market.of_hit(hit.id)),
    }


def record(market: Market, assignment: Assignment) -> dict[str, Any]:
    """Tell a worker about an assignment."""
    hit = market.hits[assignment.hit_id]
    bonuses = [bonus for bonus in market.bonuses if bonus.assignment_id == assignment.id]
    return {
        "assignment_id": assignment.id,
        "hit_id": hit.id,
        "title": hit.type.title,
        "reward": f"{hit.type.reward:.2f}",
        "status": assignment.status,
        "deadline": assignment.deadline,
        "feedback": assignment.feedback,
        "bonuses": [{"amount": f"{bonus.amount:.2f}", "reason": bonus.reason} for bonus in bonuses],
    }
