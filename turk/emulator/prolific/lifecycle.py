"""The life of submissions and studies: reserved, begun, completed, decided or given up; and what time does to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from turk.emulator.ledger import NotEnough
from turk.emulator.prolific.bonuses import settle
from turk.emulator.prolific.errors import ParticipantError, refused
from turk.emulator.prolific.hooks import announce
from turk.emulator.prolific.money import accepted, pay, set_aside, slots_left
from turk.emulator.prolific.records import (
    ACTIVE,
    APPROVED,
    AWAITING,
    COMPLETED,
    PAUSED,
    PENDING,
    REJECTED,
    RESERVED,
    RETURNED,
    SCHEDULED,
    SCREENED_OUT,
    TIMED_OUT,
    UNPUBLISHED,
    Message,
    Participant,
    Study,
    Submission,
)
from turk.emulator.prolific.workspace import Workspace

RESERVATION = timedelta(minutes=10)
REVIEW_TIME = timedelta(days=21)


def move(workspace: Workspace, study: Study, status: str) -> None:
    """Put a study into another state, if there is enough money for that."""
    before, study.status = study.status, status
    try:
        set_aside(workspace, study)
    except NotEnough:
        study.status = before
        raise
    if status != before:
        announce(workspace, "study.status.change", study.id, metadata={}, status=status)


def publish(workspace: Workspace, study: Study) -> None:
    """Offer a study to participants."""
    move(workspace, study, ACTIVE)
    study.published_at = workspace.now()


def settle_study(workspace: Workspace, study: Study) -> None:
    """Set aside what a study needs now, and see whether it has all it wanted.

    Source: docs.prolific.com, "The study object", status.
    """
    set_aside(workspace, study)
    if study.status == ACTIVE and workspace.free_places(study) == 0 and not _under_way(workspace, study):
        move(workspace, study, AWAITING)
    if study.status == AWAITING and accepted(workspace, study) >= study.places:
        move(workspace, study, COMPLETED)


def _under_way(workspace: Workspace, study: Study) -> bool:
    return any(found.status in (RESERVED, ACTIVE) for found in workspace.of_study(study.id))


def become(workspace: Workspace, submission: Submission, status: str) -> None:
    """Put a submission into another state, and tell."""
    submission.status = status
    person = submission.participant_id
    announce(workspace, "submission.status.change", submission.id, participant_id=person, status=status)
    announce(workspace, "study.progress.change", submission.study_id)
    settle_study(workspace, workspace.study(submission.study_id))


def reserve(workspace: Workspace, participant: Participant, study: Study) -> Submission:
    """Give a participant one of a study's free places, to be started within ten minutes."""
    now = workspace.now()
    submission = Submission(
        workspace.new_id(), workspace.time.number(), study.id, participant.id, now, now + RESERVATION
    )
    workspace.submissions[submission.id] = submission
    workspace.time.remind(submission.deadline, "deadline", submission.id)
    become(workspace, submission, RESERVED)
    return submission


def start(workspace: Workspace, submission: Submission) -> None:
    """Begin the work; nothing changes if it had begun."""
    if submission.status != RESERVED:
        return
    minutes = workspace.study(submission.study_id).fields["maximum_allowed_time"]
    submission.started_at = workspace.now()
    submission.deadline = workspace.now() + timedelta(minutes=minutes)
    workspace.time.remind(submission.deadline, "deadline", submission.id)
    become(workspace, submission, ACTIVE)


def await_review(workspace: Workspace, submission: Submission) -> None:
    """Let the researcher decide; after 21 days, time does."""
    submission.approve_at = workspace.now() + REVIEW_TIME
    workspace.time.remind(submission.approve_at, "approve", submission.id)
    become(workspace, submission, AWAITING)


def give_back(workspace: Workspace, submission: Submission) -> None:
    """Let a participant leave a study early, or withdraw completed work that is not decided."""
    if submission.status not in PENDING:
        raise ParticipantError("Only work that is not decided can be returned.")
    become(workspace, submission, RETURNED)


def approve(workspace: Workspace, submission: Submission) -> None:
    """Pay the reward; nothing changes if it was paid."""
    if submission.status == APPROVED:
        return
    if submission.status != AWAITING:
        raise refused(f"Submission {submission.id} is {submission.status}; only {AWAITING} can be approved.")
    reward(workspace, submission)


def reward(workspace: Workspace, submission: Submission) -> None:
    """Pay the reward of a submission whose place is held."""
    study = workspace.study(submission.study_id)
    pay(workspace, study, submission, study.reward)
    become(workspace, submission, APPROVED)


def reject(workspace: Workspace, submission: Submission, message: str, category: str) -> None:
    """Refuse to pay; nothing changes if that was done before."""
    if submission.status == REJECTED:
        return
    if submission.status != AWAITING:
        raise refused(f"Submission {submission.id} is {submission.status}; only {AWAITING} can be rejected.")
    submission.feedback, submission.category = message, category
    write(workspace, submission.participant_id, message, submission.study_id)
    become(workspace, submission, REJECTED)


def request_return(workspace: Workspace, submission: Submission, reasons: list[str]) -> None:
    """Ask a participant to return a submission."""
    submission.return_requested = workspace.now()
    text = f"The researcher asks you to return your submission. Reasons: {'; '.join(reasons)}"
    write(workspace, submission.participant_id, text, submission.study_id)


def write(workspace: Workspace, recipient_id: str, body: str, study_id: str | None) -> None:
    """Send a participant a message."""
    message = Message(workspace.new_id(), workspace.now(), workspace.researcher_id, recipient_id, body, study_id)
    workspace.messages.append(message)


def screen_out(workspace: Workspace, submission: Submission, amount: Decimal) -> None:
    """Pay who does not fit a fixed amount, for a limited number of times; then the study pauses.

    That more people than there are slots wait for review is assumed.
    """
    study = workspace.study(submission.study_id)
    if slots_left(workspace, study) == 0:
        await_review(workspace, submission)
        return
    pay(workspace, study, submission, amount)
    become(workspace, submission, SCREENED_OUT)
    if study.status == ACTIVE and slots_left(workspace, study) == 0 and workspace.free_places(study):
        move(workspace, study, PAUSED)


def catch_up(workspace: Workspace) -> None:
    """Let everything happen that was due by now, each at its own time."""
    workspace.time.run(lambda kind, key, due: _happen(workspace, kind, key, due))


def _happen(workspace: Workspace, kind: str, key: str, due: datetime) -> None:
    if kind == "bonuses":
        settle(workspace, workspace.batches[key])
    elif kind == "publish":
        _publish_on_time(workspace, workspace.studies.get(key), due)
    else:
        _end(workspace, kind, workspace.submissions[key], due)


def _publish_on_time(workspace: Workspace, study: Study | None, due: datetime) -> None:
    if study and study.status == SCHEDULED and study.publish_at == due:
        try:
            publish(workspace, study)
        except NotEnough:
            move(workspace, study, UNPUBLISHED)


def _end(workspace: Workspace, kind: str, submission: Submission, due: datetime) -> None:
    under_way = submission.status in (RESERVED, ACTIVE)
    if kind == "deadline" and under_way and submission.deadline == due:
        become(workspace, submission, TIMED_OUT)
    elif submission.status == AWAITING and (
        kind == "bulk approve" or (kind, submission.approve_at) == ("approve", due)
    ):
        reward(workspace, submission)
