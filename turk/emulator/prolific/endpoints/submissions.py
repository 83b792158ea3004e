"""Submissions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from turk.emulator.prolific.calls import Answer, Call, Endpoint
from turk.emulator.prolific.completion import complete_for
from turk.emulator.prolific.errors import invalid, refused
from turk.emulator.prolific.lifecycle import approve, reject, request_return
from turk.emulator.prolific.records import (
    ACTIVE,
    APPROVED,
    AWAITING,
    REJECTED,
    RETURNED,
    SCREENED_OUT,
    SUBMISSION_STATES,
    TIMED_OUT,
    Study,
    Submission,
)
from turk.emulator.prolific.views import full_submission, short_submission

SHORTEST_MESSAGE = 100
CATEGORIES = (
    "TOO_QUICKLY",
    "TOO_SLOWLY",
    "FAILED_INSTRUCTIONS",
    "INCOMP_LONGITUDINAL",
    "FAILED_CHECK",
    "LOW_EFFORT",
    "MALINGERING",
    "NO_CODE",
    "BAD_CODE",
    "NO_DATA",
    "UNSUPP_DEVICE",
    "OTHER",
)
FLAGS = {
    "returned": RETURNED,
    "awaiting_review": AWAITING,
    "approved": APPROVED,
    "active": ACTIVE,
    "timeout": TIMED_OUT,
    "rejected": REJECTED,
    "screened_out": SCREENED_OUT,
}
ORDERS: dict[str, Callable[[Submission], Any]] = {
    "started_at": lambda found: (found.started_at, found.number),
    "completed_at": lambda found: (str(found.completed_at or ""), found.number),
    "status": lambda found: found.status,
    "participant_id": lambda found: found.participant_id,
    "study_code": lambda found: found.code or "",
    "submission_reward": lambda found: 0,
    "study_name": lambda found: 0,
}


def list_submissions(call: Call, study: Study) -> Answer:
    """List a study's submissions in the order asked for."""
    text = call.query.get("ordering", "started_at")
    if text.lstrip("-") not in ORDERS:
        raise invalid(ordering=f"Choose one of {', '.join(ORDERS)}, or one with - before it.")
    found = sorted(call.workspace.of_study(study.id), key=ORDERS[text.lstrip("-")], reverse=text.startswith("-"))
    wanted = [submission for submission in found if _wanted(call, submission)]
    return Answer(200, {"results": [short_submission(call.workspace, submission) for submission in wanted]})


def _wanted(call: Call, submission: Submission) -> bool:
    state = call.query.get("status", "").upper().replace("_", " ").replace("TIMED OUT", TIMED_OUT)
    if state and state not in SUBMISSION_STATES:
        raise invalid(status=f"Choose one of {', '.join(SUBMISSION_STATES)}.")
    completed = call.flag("completed")
    return (
        state in ("", submission.status)
        and completed in (None, submission.completed_at is not None)
        and all(call.flag(name) in (None, submission.status == status) for name, status in FLAGS.items())
    )


def get_submissions(call: Call) -> Answer:
    """List submissions in pages; the study must be named."""
    if not call.query.get("study"):
        raise invalid(study="This field is required.")
    rows = list_submissions(call, call.workspace.study(call.query["study"])).body["results"]
    return call.page(rows, lambda row: row)


def get_submission(call: Call, submission_id: str) -> Answer:
    """Show a submission."""
    return Answer(200, full_submission(call.workspace, call.workspace.submission(submission_id)))


def transition_submission(call: Call, submission_id: str) -> Answer:
    """Approve, reject or complete a submission."""
    submission, action = call.workspace.submission(submission_id), call.body.get("action")
    if action == "APPROVE":
        approve(call.workspace, submission)
    elif action == "REJECT":
        reject(call.workspace, submission, *_read_rejection(call))
    elif action == "COMPLETE":
        data = call.body.get("completion_code_data") or {}
        complete_for(call.workspace, submission, call.text("completion_code"), data if isinstance(data, dict) else {})
    else:
        raise invalid(action="Choose APPROVE, REJECT or COMPLETE; the emulator has no other action.")
    return get_submission(call, submission_id)


def _read_rejection(call: Call) -> tuple[str, str]:
    message, category = call.text("message"), call.body.get("rejection_category")
    if len(message) < SHORTEST_MESSAGE:
        raise invalid(message=f"Ensure this field has at least {SHORTEST_MESSAGE} characters.")
    if category not in CATEGORIES:
        raise invalid(rejection_category=f"Choose one of {', '.join(CATEGORIES)}.")
    return message, category


def request_submission_return(call: Call, submission_id: str) -> Answer:
    """Ask a participant to return a submission."""
    submission = call.workspace.submission(submission_id)
    request_return(call.workspace, submission, call.texts("request_return_reasons"))
    full = full_submission(call.workspace, submission)
    return Answer(200, {name: full[name] for name in ("id", "status", "participant", "return_requested")})


def bulk_approve(call: Call) -> Answer:
    """Approve many submissions, a little later; the answer does not wait for it."""
    at = call.workspace.now() + timedelta(seconds=call.workspace.options.settling)
    found = [call.workspace.submission(key) for key in _read_bulk(call)]
    wrong = [item.id for item in found if item.status not in (AWAITING, APPROVED)]
    if wrong:
        raise refused(f"Only submissions that are {AWAITING} can be approved; these are not: {', '.join(wrong)}.")
    for submission in found:
        call.workspace.time.remind(at, "bulk approve", submission.id)
    return Answer(200, {"message": "The request to bulk approve has been made successfully."})


def _read_bulk(call: Call) -> list[str]:
    if "submission_ids" in call.body:
        return call.texts("submission_ids")
    study = call.workspace.study(call.text("study_id"))
    people = set(call.texts("participant_ids"))
    mine = [found for found in call.workspace.of_study(study.id) if found.participant_id in people]
    missing = people - {found.participant_id for found in mine}
    if missing:
        raise invalid(participant_ids=f"These did not take part in the study: {', '.join(sorted(missing))}.")
    return [found.id for found in mine if found.status in (AWAITING, APPROVED)]


ENDPOINTS = (
    Endpoint("get-submissions", "GET", "/submissions/", get_submissions),
    Endpoint("get-submission", "GET", "/submissions/<submission_id>/", get_submission),
    Endpoint("transition-submission", "POST", "/submissions/<submission_id>/transition/", transition_submission),
    Endpoint(
        "request-submission-return", "POST", "/submissions/<submission_id>/request-return/", request_submission_return
    ),
    Endpoint("bulk-approve-submissions", "POST", "/submissions/bulk-approve/", bulk_approve),
)
