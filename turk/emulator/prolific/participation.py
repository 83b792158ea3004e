"""What the participant's site shows and does, besides pages."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from markupsafe import Markup, escape

from turk.emulator.prolific.eligibility import obstacle, on_offer
from turk.emulator.prolific.errors import ParticipantError
from turk.emulator.prolific.lifecycle import start
from turk.emulator.prolific.records import ACTIVE, RESERVED, Participant, Study, Submission
from turk.emulator.prolific.workspace import Workspace

PARTICIPANT_ID = re.compile("[0-9a-f]{24}")
TAGS = "b|i|em|strong|s|u|h1|h2|ol|ul|li|p"
"""What a description may contain: docs.prolific.com, "Create a draft study"."""


def find_study(workspace: Workspace, study_id: str) -> Study:
    """Find a study."""
    if study_id not in workspace.studies:
        raise ParticipantError("There is no such study.")
    return workspace.studies[study_id]


def own(workspace: Workspace, participant: Participant, submission_id: str) -> Submission:
    """Find a submission of this participant."""
    found = workspace.submissions.get(submission_id)
    if found is None or found.participant_id != participant.id:
        raise ParticipantError("This is not your submission.")
    return found


def study_url(workspace: Workspace, submission: Submission) -> str:
    """Give the address of the study for a submission, signed if the study is so."""
    study = workspace.study(submission.study_id)
    url = str(study.fields["external_study_url"])
    values = {"PROLIFIC_PID": submission.participant_id, "STUDY_ID": study.id, "SESSION_ID": submission.id}
    for name, value in values.items():
        url = url.replace(f"{{{{%{name}%}}}}", quote(value))
    return workspace.signer.sign(url, submission.id, workspace.id) if _signed(study) else url


def _signed(study: Study) -> bool:
    return bool(study.fields["is_external_study_url_secure"])


def open_study(workspace: Workspace, submission: Submission) -> str:
    """Begin, or go on with, the work: give the address of the study."""
    start(workspace, submission)
    if submission.status != ACTIVE:
        raise ParticipantError("This submission is not under way.")
    return study_url(workspace, submission)


def describe(study: Study) -> Markup:
    """Make a description safe: only the tags that are documented stay."""
    text = str(escape(study.fields["description"]))
    return Markup(re.sub(rf"&lt;(/?(?:{TAGS}))&gt;", r"<\1>", text))


def summary(workspace: Workspace, participant: Participant, study: Study) -> dict[str, Any]:
    """Tell a participant about a study."""
    minutes = study.fields["estimated_completion_time"]
    return {
        "study_id": study.id,
        "name": study.name,
        "description": describe(study),
        "reward": f"{study.reward:.2f}",
        "per_hour": f"{study.reward * 60 / minutes:.2f}",
        "minutes": minutes,
        "maximum_minutes": study.fields["maximum_allowed_time"],
        "places": workspace.free_places(study),
        "devices": study.fields["device_compatibility"],
        "why_not": obstacle(workspace, participant, study),
    }


def studies(workspace: Workspace, participant: Participant) -> list[dict[str, Any]]:
    """List what is on offer to a participant."""
    return [summary(workspace, participant, study) for study in on_offer(workspace, participant)]


def record(workspace: Workspace, submission: Submission) -> dict[str, Any]:
    """Tell a participant about a submission."""
    study = workspace.study(submission.study_id)
    bonuses = [bonus.amount for bonus in workspace.bonuses if bonus.submission_id == submission.id]
    return {
        "submission_id": submission.id,
        "study_id": study.id,
        "participant_id": submission.participant_id,
        "name": study.name,
        "reward": f"{study.reward:.2f}",
        "status": submission.status,
        "code": submission.code,
        "deadline": submission.deadline,
        "under_way": submission.status in (RESERVED, ACTIVE),
        "return_requested": submission.return_requested,
        "feedback": submission.feedback,
        "bonuses": [f"{amount:.2f}" for amount in bonuses],
    }


def history(workspace: Workspace, participant: Participant) -> list[dict[str, Any]]:
    """List a participant's submissions, newest first."""
    mine = [found for found in workspace.submissions.values() if found.participant_id == participant.id]
    return [record(workspace, found) for found in sorted(mine, key=lambda found: -found.number)]
