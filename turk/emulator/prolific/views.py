"""Records as the API shows them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from turk.emulator.prolific.hooks import state
from turk.emulator.prolific.money import cents, total_cost
from turk.emulator.prolific.records import (
    PLACE_FREE,
    BonusBatch,
    Event,
    Group,
    Message,
    Study,
    Submission,
    Subscription,
)
from turk.emulator.prolific.workspace import Workspace


def when(at: datetime | None) -> str | None:
    """Write a time."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


def short_study(workspace: Workspace, study: Study) -> dict[str, Any]:
    """Show a study in a list."""
    submissions = workspace.of_study(study.id)
    return {
        "id": study.id,
        "name": study.name,
        "internal_name": study.fields["internal_name"],
        "status": study.status,
        "study_type": "SINGLE",
        "estimated_completion_time": study.fields["estimated_completion_time"],
        "total_available_places": study.places,
        "places_taken": sum(found.status not in PLACE_FREE for found in submissions),
        "number_of_submissions": len(submissions),
        "reward": study.fields["reward"],
        "total_cost": cents(total_cost(workspace, study.reward, study.places)),
        "published_at": when(study.published_at),
        "publish_at": when(study.publish_at),
        "date_created": when(study.created_at),
        "is_ready_to_publish": bool(study.codes),
    }


def full_study(workspace: Workspace, study: Study) -> dict[str, Any]:
    """Show a study."""
    people = {"researcher": {"id": workspace.researcher_id}, "project": workspace.project_id}
    return {**study.fields, **short_study(workspace, study), **people}


def short_submission(workspace: Workspace, submission: Submission) -> dict[str, Any]:
    """Show a submission in a list."""
    same = [found.participant_id for found in workspace.of_study(submission.study_id)]
    return {
        "id": submission.id,
        "participant_id": submission.participant_id,
        "status": submission.status,
        "started_at": when(submission.started_at),
        "completed_at": when(submission.completed_at),
        "has_siblings": same.count(submission.participant_id) > 1,
        "study_code": submission.code,
        "return_requested": when(submission.return_requested),
    }


def full_submission(workspace: Workspace, submission: Submission) -> dict[str, Any]:
    """Show a submission."""
    bonuses = [cents(bonus.amount) for bonus in workspace.bonuses if bonus.submission_id == submission.id]
    return {
        "id": submission.id,
        "study_id": submission.study_id,
        "participant": submission.participant_id,
        "status": submission.status,
        "started_at": when(submission.started_at),
        "completed_at": when(submission.completed_at),
        "entered_code": submission.code,
        "parent_study_id": None,
        "bonus_payments": bonuses,
        "return_requested": when(submission.return_requested),
    }


def batch(found: BonusBatch) -> dict[str, Any]:
    """Show a batch of bonuses."""
    amount = sum(cents(bonus.amount) for bonus in found.bonuses)
    total = cents(found.total)
    return {
        "id": found.id,
        "study": found.study_id,
        "amount": amount,
        "fees": total - amount,
        "vat": 0,
        "total_amount": total,
    }


def group(workspace: Workspace, found: Group) -> dict[str, Any]:
    """Show a participant group."""
    return {
        "id": found.id,
        "name": found.name,
        "description": found.description,
        "workspace_id": workspace.id,
        "organisation_id": None,
        "project_id": None,
        "participant_count": len(found.members),
        "is_deleted": found.deleted,
        "feeder_studies": _feeders(workspace, found),
    }


def _feeders(workspace: Workspace, found: Group) -> list[dict[str, Any]]:
    rows = []
    for study in workspace.studies.values():
        codes = [
            {"code": code["code"], "code_type": code["code_type"], "action": action["action"]}
            for code in study.codes
            for action in code["actions"]
            if action.get("participant_group") == found.id
        ]
        name = {"name": study.name, "internal_name": study.fields["internal_name"]}
        if codes:
            rows.append({"id": study.id, **name, "status": study.status, "feeder_completion_codes": codes})
    return rows


def members(found: Group) -> dict[str, Any]:
    """Show who is in a group."""
    rows = [{"participant_id": key, "datetime_created": when(at)} for key, at in found.members.items()]
    return {"results": rows}


def message(found: Message) -> dict[str, Any]:
    """Show a message."""
    return {
        "id": found.id,
        "sender_id": found.sender_id,
        "body": found.body,
        "sent_at": when(found.sent_at),
        "type": "message",
        "channel_id": found.recipient_id,
        "data": {"study_id": found.study_id},
    }


def subscription(workspace: Workspace, found: Subscription) -> dict[str, Any]:
    """Show a webhook."""
    return {
        "id": found.id,
        "event_type": found.event_type,
        "target_url": found.target_url,
        "is_enabled": found.enabled,
        "workspace_id": workspace.id,
    }


def event(workspace: Workspace, found: Event) -> dict[str, Any]:
    """Show an event of a webhook."""
    return {
        "id": found.id,
        "datetime_created": when(found.at),
        "datetime_updated": when(found.at),
        "event_type": found.event_type,
        "resource_id": found.resource_id,
        "status": state(workspace, found),
        "target_url": workspace.subscriptions[found.subscription_id].target_url,
        "payload": found.payload,
    }
