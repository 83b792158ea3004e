"""Records as the API shows them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from turk.emulator.mturk.market import Market
from turk.emulator.mturk.places import count
from turk.emulator.mturk.records import (
    APPROVED,
    REJECTED,
    Assignment,
    Bonus,
    Hit,
    Qualification,
    QualificationRequest,
    QualificationType,
    Requirement,
)


def money(amount: Decimal) -> str:
    """Write dollars with two places."""
    return f"{amount:.2f}"


def present(**fields: Any) -> dict[str, Any]:
    """Leave out what is not known."""
    return {name: value for name, value in fields.items() if value is not None}


def show_requirement(need: Requirement) -> dict[str, Any]:
    """Show what a HIT asks of workers."""
    places = [present(Country=place.country, Subdivision=place.subdivision) for place in need.places]
    return present(
        QualificationTypeId=need.type_id,
        Comparator=need.comparator,
        IntegerValues=list(need.integers) or None,
        LocaleValues=places or None,
        RequiredToPreview=need.guarded != "Accept",
        ActionsGuarded=need.guarded,
    )


def show_hit(market: Market, hit: Hit) -> dict[str, Any]:
    """Show a HIT."""
    places = count(market, hit)
    return present(
        HITId=hit.id,
        HITTypeId=hit.type.id,
        HITGroupId=hit.group_id,
        CreationTime=hit.created_at,
        Title=hit.type.title,
        Description=hit.type.description,
        Question=hit.question.xml,
        Keywords=hit.type.keywords or None,
        HITStatus=hit.status,
        MaxAssignments=hit.max_assignments,
        Reward=money(hit.type.reward),
        AutoApprovalDelayInSeconds=hit.type.auto_approval_delay,
        Expiration=hit.expires_at,
        AssignmentDurationInSeconds=hit.type.duration,
        RequesterAnnotation=hit.annotation,
        QualificationRequirements=[show_requirement(need) for need in hit.type.requirements],
        HITReviewStatus="NotReviewed",
        NumberOfAssignmentsPending=places.pending,
        NumberOfAssignmentsAvailable=places.available,
        NumberOfAssignmentsCompleted=places.decided,
    )


def show_assignment(assignment: Assignment) -> dict[str, Any]:
    """Show an assignment that was submitted."""
    return present(
        AssignmentId=assignment.id,
        WorkerId=assignment.worker_id,
        HITId=assignment.hit_id,
        AssignmentStatus=assignment.status,
        AutoApprovalTime=assignment.auto_approval_at,
        AcceptTime=assignment.accepted_at,
        SubmitTime=assignment.submitted_at,
        ApprovalTime=assignment.decided_at.get(APPROVED),
        RejectionTime=assignment.decided_at.get(REJECTED),
        Deadline=assignment.deadline,
        Answer=assignment.answer,
        RequesterFeedback=assignment.feedback,
    )


def show_qualification_type(found: QualificationType) -> dict[str, Any]:
    """Show a qualification type."""
    return present(
        QualificationTypeId=found.id,
        CreationTime=found.created_at,
        Name=found.name,
        Description=found.description,
        Keywords=found.keywords,
        QualificationTypeStatus=found.status,
        Test=found.test,
        TestDurationInSeconds=found.test_duration,
        AnswerKey=found.answer_key,
        RetryDelayInSeconds=found.retry_delay,
        IsRequestable=found.requestable,
        AutoGranted=found.auto_granted or None,
        AutoGrantedValue=found.auto_value if found.auto_granted else None,
    )


def show_qualification(found: Qualification) -> dict[str, Any]:
    """Show a worker's qualification."""
    return present(
        QualificationTypeId=found.type_id,
        WorkerId=found.worker_id,
        GrantTime=found.granted_at,
        IntegerValue=found.value,
        Status=found.status,
    )


def show_request(found: QualificationRequest) -> dict[str, Any]:
    """Show a worker's wish for a qualification."""
    return present(
        QualificationRequestId=found.id,
        QualificationTypeId=found.type_id,
        WorkerId=found.worker_id,
        Test=found.test,
        Answer=found.answer,
        SubmitTime=found.submitted_at,
    )


def show_bonus(bonus: Bonus) -> dict[str, Any]:
    """Show a bonus."""
    return {
        "WorkerId": bonus.worker_id,
        "BonusAmount": money(bonus.amount),
        "AssignmentId": bonus.assignment_id,
        "Reason": bonus.reason,
        "GrantTime": bonus.granted_at,
    }
