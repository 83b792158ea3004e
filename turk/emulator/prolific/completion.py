"""How a submission ends: with a code, whose actions are done."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from turk.emulator.prolific.errors import ParticipantError, invalid, refused
from turk.emulator.prolific.lifecycle import (
    await_review,
    become,
    request_return,
    reward,
    screen_out,
    write,
)
from turk.emulator.prolific.money import CENT, pay
from turk.emulator.prolific.records import (
    ACTIVE,
    AWAITING,
    CENTS,
    ON_OFFER,
    PARTLY,
    RETURNED,
    SCREEN_OUT,
    TIMED_OUT,
    Participant,
    Submission,
    action_of,
)
from turk.emulator.prolific.workspace import Workspace

NO_CODE = "NOCODE"
LEAST, MOST = 8, 99
"""Of the reward, in percent: SubmissionTransition, completion_code_data."""


def finish(workspace: Workspace, participant: Participant, text: str | None) -> Submission:
    """Take a participant back from a study, with or without a code; faults by script happen here."""
    submission = _under_way(workspace, participant)
    if workspace.faults.draw("return_after_finishing", submission.study_id):
        become(workspace, submission, RETURNED)
        raise ParticipantError("You have returned this submission.")
    _complete(workspace, submission, text)
    if workspace.faults.draw("submit_twice", submission.study_id):
        submission = _under_way(workspace, participant)
    return submission


def _under_way(workspace: Workspace, participant: Participant) -> Submission:
    mine = [found for found in workspace.submissions.values() if found.participant_id == participant.id]
    found = [item for item in mine if item.status == ACTIVE] or [item for item in mine if _late(workspace, item)]
    if not found:
        raise ParticipantError("You have no study under way: it was completed or returned, or its time ran out.")
    return found[-1]


def _late(workspace: Workspace, submission: Submission) -> bool:
    """Tell whether who is late may still come in, as nobody has taken the place.

    Source: researcher-help.prolific.co, "Setting the Maximum Allowed Time".
    """
    study = workspace.study(submission.study_id)
    return submission.status == TIMED_OUT and study.status in ON_OFFER and workspace.free_places(study) > 0


def _complete(workspace: Workspace, submission: Submission, text: str | None) -> None:
    code = workspace.study(submission.study_id).code(text)
    submission.completed_at = workspace.now()
    if code is None or code["actor"] != "participant":
        # Reported: a wrong code, or NOCODE, waits for the researcher.
        submission.code = text or NO_CODE
        await_review(workspace, submission)
    else:
        submission.code = text
        carry_out(workspace, submission, code, {})


def complete_for(workspace: Workspace, submission: Submission, text: str, data: Mapping[str, Any]) -> None:
    """Complete a submission with one of the researcher's own codes; nothing changes the second time."""
    code = workspace.study(submission.study_id).code(text)
    if code is None or code["actor"] != "researcher":
        raise invalid(completion_code="It is not a code of this study whose actor is the researcher.")
    if submission.code == text and submission.status not in (ACTIVE, AWAITING):
        return
    if submission.status not in (ACTIVE, AWAITING):
        raise refused(f"Submission {submission.id} is {submission.status}; only {ACTIVE} or {AWAITING} is completed.")
    _check_share(code, data)
    submission.completed_at = submission.completed_at or workspace.now()
    submission.code = text
    carry_out(workspace, submission, code, data)


def _check_share(code: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    share = data.get("percentage_of_reward")
    number = isinstance(share, int | float) and not isinstance(share, bool)
    if action_of(code, "DYNAMIC_PAYMENT") and not (number and LEAST <= float(share or 0) <= MOST):
        raise invalid(percentage_of_reward=f"Must be between {LEAST} and {MOST}.")


def carry_out(workspace: Workspace, submission: Submission, code: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """Do a code's actions: groups first, then what becomes of the submission."""
    _change_groups(workspace, submission, code)
    screening = action_of(code, SCREEN_OUT)
    asking = action_of(code, "REQUEST_RETURN")
    if screening:
        screen_out(workspace, submission, screening["fixed_screen_out_reward"] / CENTS)
    elif action_of(code, "DYNAMIC_PAYMENT"):
        _pay_part(workspace, submission, data)
    elif action_of(code, "AUTOMATICALLY_APPROVE"):
        reward(workspace, submission)
    else:
        await_review(workspace, submission)
    if asking:
        request_return(workspace, submission, [str(asking["return_reason"])])


def _change_groups(workspace: Workspace, submission: Submission, code: Mapping[str, Any]) -> None:
    for action in code["actions"]:
        group = workspace.groups.get(action.get("participant_group", ""))
        if group is None or group.deleted:
            continue
        if action["action"] == "ADD_TO_PARTICIPANT_GROUP":
            group.members.setdefault(submission.participant_id, workspace.now())
        else:
            group.members.pop(submission.participant_id, None)


def _pay_part(workspace: Workspace, submission: Submission, data: Mapping[str, Any]) -> None:
    study = workspace.study(submission.study_id)
    share = Decimal(str(data["percentage_of_reward"])) / 100
    pay(workspace, study, submission, (study.reward * share).quantize(CENT, ROUND_HALF_UP))
    if data.get("message_to_participant"):
        write(workspace, submission.participant_id, str(data["message_to_participant"]), study.id)
    become(workspace, submission, PARTLY)
