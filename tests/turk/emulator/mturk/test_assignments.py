"""Assignments: accepted, submitted, decided; bonuses; messages to workers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.turk.emulator.calling import balance, code_of, do_hit, make_hit, refused
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Refused
from turk.emulator.testing import START


def shown(mturk: Any, assignment_id: str) -> dict[str, Any]:
    """An assignment as the API shows it."""
    answer: dict[str, Any] = mturk.get_assignment(AssignmentId=assignment_id)["Assignment"]
    return answer


def test_an_assignment_shows_who_did_what_when(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    worker = emulator.worker("A1WORKER")
    task = worker.accept(hit)
    emulator.admin.advance(seconds=90)
    worker.submit(task, {"choice": "left", "note": "a <b> & 'c' ü"})

    assignment = shown(mturk, task.assignment_id)

    assert assignment == {
        "AssignmentId": task.assignment_id,
        "WorkerId": "A1WORKER",
        "HITId": hit,
        "AssignmentStatus": "Submitted",
        "AcceptTime": START,
        "Deadline": START + timedelta(seconds=1800),
        "SubmitTime": START + timedelta(seconds=90),
        "AutoApprovalTime": START + timedelta(seconds=90, days=3),
        "Answer": (
            '<?xml version="1.0" encoding="ASCII"?><QuestionFormAnswers xmlns="http://mechanicalturk.amazonaws.com/'
            'AWSMechanicalTurkDataSchemas/2005-10-01/QuestionFormAnswers.xsd"><Answer><QuestionIdentifier>choice'
            "</QuestionIdentifier><FreeText>left</FreeText></Answer><Answer><QuestionIdentifier>note"
            "</QuestionIdentifier><FreeText>a &lt;b&gt; &amp; 'c' &#252;</FreeText></Answer></QuestionFormAnswers>"
        ),
    }
    assert mturk.get_assignment(AssignmentId=task.assignment_id)["HIT"]["HITId"] == hit


def test_an_assignment_is_seen_by_the_requester_only_after_it_was_submitted(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    task = emulator.worker("A1WORKER").accept(hit)

    assert mturk.list_assignments_for_hit(HITId=hit)["NumResults"] == 0
    error = refused(mturk.get_assignment, AssignmentId=task.assignment_id)
    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidAssignmentState"
    assert "with a status of: Reviewable,Approved,Rejected" in error["Message"]
    assert mturk.get_hit(HITId=hit)["HIT"]["NumberOfAssignmentsPending"] == 1


def test_assignments_are_listed_by_state_in_the_order_they_came_in(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=4)["HITId"]
    ids = [do_hit(emulator, hit, f"A{n}") for n in range(4)]
    mturk.approve_assignment(AssignmentId=ids[2])
    mturk.reject_assignment(AssignmentId=ids[0], RequesterFeedback="No.")

    def listed(*statuses: str) -> list[str]:
        found = mturk.list_assignments_for_hit(HITId=hit, AssignmentStatuses=list(statuses))["Assignments"]
        return [assignment["AssignmentId"] for assignment in found]

    assert listed() == ids
    assert listed("Submitted") == [ids[1], ids[3]]
    assert listed("Approved", "Rejected") == [ids[0], ids[2]]


def test_approving_says_when_and_why(emulator: Emulator, mturk: Any) -> None:
    assignment = do_hit(emulator, make_hit(mturk)["HITId"])
    emulator.admin.advance(hours=1)

    mturk.approve_assignment(AssignmentId=assignment, RequesterFeedback="Thank you.")

    found = shown(mturk, assignment)
    assert (found["AssignmentStatus"], found["ApprovalTime"]) == ("Approved", START + timedelta(hours=1))
    assert found["RequesterFeedback"] == emulator.worker("A1WORKER").history()[0]["feedback"] == "Thank you."


def test_work_is_approved_once(emulator: Emulator, mturk: Any) -> None:
    assignment = do_hit(emulator, make_hit(mturk)["HITId"])
    mturk.approve_assignment(AssignmentId=assignment)
    before = balance(mturk)

    error = refused(mturk.approve_assignment, AssignmentId=assignment)

    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidAssignmentState"
    assert error["Message"].startswith("This operation can be called with a status of: Submitted (")
    assert (
        code_of(mturk.reject_assignment, AssignmentId=assignment, RequesterFeedback="No.") == "InvalidAssignmentState"
    )
    assert (
        code_of(mturk.approve_assignment, AssignmentId=assignment, OverrideRejection=True) == "InvalidAssignmentState"
    )
    assert balance(mturk) == before


def test_a_rejection_needs_a_message(emulator: Emulator, mturk: Any) -> None:
    assignment = do_hit(emulator, make_hit(mturk)["HITId"])

    assert code_of(mturk.reject_assignment, AssignmentId=assignment, RequesterFeedback="") == "InvalidParameterValue"


@pytest.mark.parametrize("feedback", ["x" * 1025, "a\x00b", "a\x0bb", "a\x1fb"])
def test_feedback_has_its_limits(emulator: Emulator, mturk: Any, feedback: str) -> None:
    assignment = do_hit(emulator, make_hit(mturk)["HITId"])

    for decide in (mturk.approve_assignment, mturk.reject_assignment):
        assert code_of(decide, AssignmentId=assignment, RequesterFeedback=feedback) == "InvalidParameterValue"
    mturk.approve_assignment(AssignmentId=assignment, RequesterFeedback="x" * 1000 + "\t\n\r")


def test_a_rejection_can_be_overridden_for_thirty_days(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    early, late = do_hit(emulator, hit, "A1ONE"), do_hit(emulator, hit, "A1TWO")
    for assignment in (early, late):
        mturk.reject_assignment(AssignmentId=assignment, RequesterFeedback="No.")

    assert code_of(mturk.approve_assignment, AssignmentId=early) == "InvalidAssignmentState"
    emulator.admin.advance(days=30)
    mturk.approve_assignment(AssignmentId=early, OverrideRejection=True)
    assert shown(mturk, early)["AssignmentStatus"] == "Approved"
    emulator.admin.advance(seconds=1)
    assert code_of(mturk.approve_assignment, AssignmentId=late, OverrideRejection=True) == "InvalidAssignmentState"


def test_a_rejection_cannot_be_overridden_once_the_hit_is_deleted(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    assignment = do_hit(emulator, hit)
    mturk.reject_assignment(AssignmentId=assignment, RequesterFeedback="No.")
    mturk.delete_hit(HITId=hit)

    assert code_of(mturk.approve_assignment, AssignmentId=assignment, OverrideRejection=True) == "InvalidHITState"


def test_work_that_nobody_decides_is_approved_when_its_delay_is_over(emulator: Emulator, mturk: Any) -> None:
    assignment = do_hit(emulator, make_hit(mturk)["HITId"])

    emulator.admin.advance(seconds=259_199)
    assert shown(mturk, assignment)["AssignmentStatus"] == "Submitted"
    emulator.admin.advance(days=1)

    found = shown(mturk, assignment)
    assert (found["AssignmentStatus"], found["ApprovalTime"]) == ("Approved", START + timedelta(days=3))
    assert emulator.worker("A1WORKER").earned() == "1.40"


def test_a_delay_of_nothing_approves_at_once(emulator: Emulator, mturk: Any) -> None:
    assignment = do_hit(emulator, make_hit(mturk, AutoApprovalDelayInSeconds=0)["HITId"])

    assert shown(mturk, assignment)["AssignmentStatus"] == "Approved"


def test_rejected_work_is_not_approved_by_time(emulator: Emulator, mturk: Any) -> None:
    assignment = do_hit(emulator, make_hit(mturk)["HITId"])
    mturk.reject_assignment(AssignmentId=assignment, RequesterFeedback="No.")

    emulator.admin.advance(days=10)

    assert shown(mturk, assignment)["AssignmentStatus"] == "Rejected"


def test_work_that_is_late_is_abandoned_and_its_place_free(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    worker = emulator.worker("A1SLOW")
    task = worker.accept(hit)

    emulator.admin.advance(seconds=1800)

    with pytest.raises(Refused, match="its time ran out"):
        worker.submit(task, {"answer": "left"})
    assert mturk.get_hit(HITId=hit)["HIT"]["HITStatus"] == "Assignable"
    assert do_hit(emulator, hit, "A1QUICK") != task.assignment_id
    assert code_of(mturk.get_assignment, AssignmentId=task.assignment_id) == "AssignmentDoesNotExist"
    assert [row["status"] for row in emulator.admin.rows("assignments", worker_id="A1SLOW")] == ["Abandoned"]


def test_a_worker_does_a_hit_once(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    do_hit(emulator, hit)

    with pytest.raises(Refused, match="once by each worker"):
        emulator.worker("A1WORKER").accept(hit)


def test_nobody_gets_a_place_that_is_not_there(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    emulator.worker("A1ONE").accept(hit)

    with pytest.raises(Refused, match="no more places"):
        emulator.worker("A1TWO").accept(hit)


@pytest.mark.slow
def test_submitted_work_cannot_be_returned(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    worker = emulator.worker("A1ONE")
    task = worker.accept(hit)
    worker.submit(task, {"a": "1"})

    with pytest.raises(Refused, match="has not been submitted"):
        worker.give_back(task)


def test_a_bonus_is_for_work_that_was_submitted(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    task = emulator.worker("A1WORKER").accept(hit)
    bonus = {"WorkerId": "A1WORKER", "AssignmentId": task.assignment_id, "BonusAmount": "1.00", "Reason": "Early."}

    error = refused(mturk.send_bonus, **bonus)
    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.AssignmentDoesNotExist"
    emulator.worker("A1WORKER").submit(task, {"a": "1"})
    mturk.send_bonus(**bonus)


@pytest.mark.parametrize(
    "change", [{"WorkerId": "A1OTHER"}, {"BonusAmount": "0"}, {"BonusAmount": "0.00"}, {"Reason": " "}]
)
def test_a_bonus_goes_to_who_did_the_work_with_a_reason(emulator: Emulator, mturk: Any, change: dict[str, str]) -> None:
    assignment = do_hit(emulator, make_hit(mturk)["HITId"])
    bonus = {"WorkerId": "A1WORKER", "AssignmentId": assignment, "BonusAmount": "1.00", "Reason": "Early."}

    assert code_of(mturk.send_bonus, **{**bonus, **change}) == "InvalidParameterValue"


@pytest.mark.slow
def test_bonuses_are_listed_by_hit_or_by_assignment(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    first, second = do_hit(emulator, hit, "A1ONE"), do_hit(emulator, hit, "A1TWO")
    mturk.send_bonus(WorkerId="A1ONE", AssignmentId=first, BonusAmount="1", Reason="One")
    mturk.send_bonus(WorkerId="A1TWO", AssignmentId=second, BonusAmount="2.5", Reason="Two")

    by_hit = mturk.list_bonus_payments(HITId=hit)["BonusPayments"]
    [by_assignment] = mturk.list_bonus_payments(AssignmentId=second)["BonusPayments"]

    assert [bonus["BonusAmount"] for bonus in by_hit] == ["1.00", "2.50"]
    assert by_assignment == {
        "WorkerId": "A1TWO", "BonusAmount": "2.50", "AssignmentId": second, "Reason": "Two", "GrantTime": START,
    }  # fmt: skip
    assert code_of(mturk.list_bonus_payments) == "InvalidParameterValue"


def test_workers_are_written_to_when_their_work_was_decided(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    mturk.approve_assignment(AssignmentId=do_hit(emulator, hit, "A1DECIDED"))
    do_hit(emulator, hit, "A1WAITING")
    mail = {"Subject": "A second part", "MessageText": "It is open."}

    failures = mturk.notify_workers(WorkerIds=["A1DECIDED", "A1WAITING", "A1NOBODY"], **mail)

    found = [(item["WorkerId"], item["NotifyWorkersFailureCode"]) for item in failures["NotifyWorkersFailureStatuses"]]
    assert found == [("A1WAITING", "HardFailure"), ("A1NOBODY", "HardFailure")]
    assert [item["subject"] for item in emulator.worker("A1DECIDED").messages()] == ["A second part"]
    assert emulator.worker("A1WAITING").messages() == []


@pytest.mark.parametrize(
    "change",
    [
        {"WorkerIds": [f"A{n}" for n in range(101)]},
        {"WorkerIds": []},
        {"Subject": "x" * 201},
        {"MessageText": "x" * 4097},
    ],
    ids=["101 workers", "no workers", "subject", "text"],
)
def test_messages_have_their_limits(mturk: Any, change: dict[str, Any]) -> None:
    mail = {"Subject": "S", "MessageText": "T", "WorkerIds": ["A1"]}

    assert code_of(mturk.notify_workers, **{**mail, **change}) == "InvalidParameterValue"
