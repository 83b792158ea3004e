"""HITs: their values, states, growth and end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.turk.emulator.calling import HIT, client_of, code_of, do_hit, external, make_hit, refused
from turk.emulator.emulator import Emulator, Settings
from turk.emulator.mturk.questions import SCHEMAS
from turk.emulator.testing import START


def status(mturk: Any, hit_id: str) -> str:
    """The state of a HIT."""
    return str(mturk.get_hit(HITId=hit_id)["HIT"]["HITStatus"])


def test_a_hit_shows_what_it_was_made_with(mturk: Any) -> None:
    hit = make_hit(mturk, RequesterAnnotation="batch 1")

    shown = mturk.get_hit(HITId=hit["HITId"])["HIT"]

    assert shown == hit
    for name in ("Title", "Description", "Keywords", "Reward", "MaxAssignments", "Question"):
        assert shown[name] == HIT[name]
    assert shown["RequesterAnnotation"] == "batch 1"
    assert shown["CreationTime"] == START
    assert shown["Expiration"] == START + timedelta(days=1)
    assert (shown["HITStatus"], shown["HITReviewStatus"]) == ("Assignable", "NotReviewed")
    assert [shown[f"NumberOfAssignments{kind}"] for kind in ("Available", "Pending", "Completed")] == [3, 0, 0]


@pytest.mark.slow
def test_defaults_are_one_assignment_and_thirty_days_until_auto_approval(mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=None, AutoApprovalDelayInSeconds=None, Keywords=None)

    assert (hit["MaxAssignments"], hit["AutoApprovalDelayInSeconds"]) == (1, 2_592_000)
    assert "Keywords" not in hit


def test_the_same_values_are_the_same_hit_type(mturk: Any, other: Any) -> None:
    first, second, dearer = make_hit(mturk), make_hit(mturk, MaxAssignments=1), make_hit(mturk, Reward="1.50")
    values = {name: HIT[name] for name in ("Title", "Description", "Keywords", "Reward", "AssignmentDurationInSeconds")}
    registered = mturk.create_hit_type(AutoApprovalDelayInSeconds=259_200, **values)["HITTypeId"]

    assert first["HITTypeId"] == second["HITTypeId"] == registered != dearer["HITTypeId"]
    assert first["HITGroupId"] == second["HITGroupId"] != dearer["HITGroupId"]
    assert make_hit(other)["HITTypeId"] != registered


def test_a_hit_can_be_made_of_a_type(mturk: Any) -> None:
    hit_type = mturk.create_hit_type(AssignmentDurationInSeconds=60, Reward="0.5", Title="T", Description="D")[
        "HITTypeId"
    ]

    hit = mturk.create_hit_with_hit_type(HITTypeId=hit_type, LifetimeInSeconds=60, Question=external())["HIT"]

    assert (hit["HITTypeId"], hit["Title"], hit["Reward"]) == (hit_type, "T", "0.50")
    unknown = {"HITTypeId": "3NONE", "LifetimeInSeconds": 60, "Question": external()}
    assert code_of(mturk.create_hit_with_hit_type, **unknown) == "HITTypeDoesNotExist"


@pytest.mark.parametrize(
    "change",
    [
        {"Title": "x" * 129},
        {"Title": " "},
        {"Description": "x" * 2001},
        {"Keywords": "x" * 1001},
        {"RequesterAnnotation": "x" * 256},
        {"MaxAssignments": 0},
        {"MaxAssignments": 1_000_000_001},
        {"LifetimeInSeconds": 29},
        {"LifetimeInSeconds": 31_536_001},
        {"AssignmentDurationInSeconds": 29},
        {"AutoApprovalDelayInSeconds": 2_592_001},
        {"AutoApprovalDelayInSeconds": -1},
        {"Question": None},
        {"Question": external("http://study.example.org/")},
        {"Question": external("no address")},
        {"Question": external() + " " * 65_535},
        {"AssignmentReviewPolicy": {"PolicyName": "ScoreMyKnownAnswers/2011-09-01"}},
        {"HITReviewPolicy": {"PolicyName": "SimplePlurality/2011-09-01"}},
    ],
    ids=lambda change: f"{next(iter(change))}",
)
def test_values_outside_the_documented_limits_are_refused(mturk: Any, change: dict[str, Any]) -> None:
    assert code_of(make_hit, client=mturk, **change) == "InvalidParameterValue"
    assert mturk.list_hits()["NumResults"] == 0


@pytest.mark.parametrize(
    "question",
    [
        "<ExternalQuestion>",
        "no XML",
        "<ExternalQuestion><ExternalURL>https://a.example</ExternalURL><FrameHeight>5</FrameHeight></ExternalQuestion>",
        external(height="tall"),
        f'<HTMLQuestion xmlns="{SCHEMAS}/2011-11-11/HTMLQuestion.xsd"><FrameHeight>5</FrameHeight></HTMLQuestion>',
        f'<QuestionForm xmlns="{SCHEMAS}/2005-10-01/QuestionForm.xsd"/>',
    ],
)
def test_a_question_that_does_not_follow_its_schema_is_a_parse_error(mturk: Any, question: str) -> None:
    assert code_of(make_hit, client=mturk, Question=question) == "XMLParseError"


def test_plain_http_is_let_through_to_this_machine_only(mturk: Any) -> None:
    assert make_hit(mturk, Question=external("http://127.0.0.1:5000/enter"))["HITStatus"] == "Assignable"


def test_a_layout_does_not_exist(mturk: Any) -> None:
    assert code_of(make_hit, client=mturk, Question=None, HITLayoutId="3LAYOUT") == "HITLayoutDoesNotExist"


@pytest.mark.slow
def test_a_hit_goes_from_assignable_over_unassignable_to_reviewable(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=2)["HITId"]
    one, two = emulator.worker("A1ONE"), emulator.worker("A1TWO")

    first = one.accept(hit)
    assert status(mturk, hit) == "Assignable"
    second = two.accept(hit)
    assert status(mturk, hit) == "Unassignable"
    one.submit(first, {"a": "1"})
    assert status(mturk, hit) == "Unassignable"
    two.submit(second, {"a": "2"})
    assert status(mturk, hit) == "Reviewable"

    shown = mturk.get_hit(HITId=hit)["HIT"]
    assert [shown[f"NumberOfAssignments{kind}"] for kind in ("Available", "Pending", "Completed")] == [0, 0, 0]
    mturk.approve_assignment(AssignmentId=first.assignment_id)
    assert mturk.get_hit(HITId=hit)["HIT"]["NumberOfAssignmentsCompleted"] == 1


def test_a_returned_place_is_free_again(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    worker = emulator.worker("A1ONE")

    worker.give_back(worker.accept(hit))

    assert status(mturk, hit) == "Assignable"
    assert do_hit(emulator, hit, "A1TWO")


def test_a_rejected_place_is_not_free_again(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]

    mturk.reject_assignment(AssignmentId=do_hit(emulator, hit), RequesterFeedback="No.")

    assert status(mturk, hit) == "Reviewable"
    assert mturk.get_hit(HITId=hit)["HIT"]["NumberOfAssignmentsAvailable"] == 0


def test_a_hit_expires_by_itself_and_is_reviewable_when_nobody_works_on_it(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, LifetimeInSeconds=600)["HITId"]
    emulator.worker("A1ONE").accept(hit)

    emulator.admin.advance(seconds=600)
    assert status(mturk, hit) == "Unassignable"
    assert emulator.worker("A1TWO").hits() == []

    emulator.admin.advance(seconds=1200)
    assert status(mturk, hit) == "Reviewable"


@pytest.mark.parametrize("at", [0, START - timedelta(days=1), START])
def test_a_time_in_the_past_expires_a_hit_now(mturk: Any, at: Any) -> None:
    hit = make_hit(mturk)["HITId"]

    mturk.update_expiration_for_hit(HITId=hit, ExpireAt=at)

    shown = mturk.get_hit(HITId=hit)["HIT"]
    assert (shown["HITStatus"], shown["Expiration"]) == ("Reviewable", START)
    mturk.update_expiration_for_hit(HITId=hit, ExpireAt=at)


def test_a_hits_time_can_be_prolonged_and_not_shortened(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, LifetimeInSeconds=600)["HITId"]

    assert code_of(mturk.update_expiration_for_hit, HITId=hit, ExpireAt=START + timedelta(seconds=599)) == (
        "InvalidParameterValue"
    )
    mturk.update_expiration_for_hit(HITId=hit, ExpireAt=START + timedelta(seconds=900))
    emulator.admin.advance(seconds=899)
    assert status(mturk, hit) == "Assignable"
    emulator.admin.advance(seconds=1)
    assert status(mturk, hit) == "Reviewable"


def test_an_expired_hit_can_be_offered_again(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, LifetimeInSeconds=600)["HITId"]
    emulator.admin.advance(hours=1)

    mturk.update_expiration_for_hit(HITId=hit, ExpireAt=START + timedelta(hours=2))

    assert status(mturk, hit) == "Assignable"
    assert do_hit(emulator, hit)


def test_a_hit_grows_within_its_side_of_ten(mturk: Any) -> None:
    small, large = make_hit(mturk, MaxAssignments=3)["HITId"], make_hit(mturk, MaxAssignments=10)["HITId"]

    mturk.create_additional_assignments_for_hit(HITId=small, NumberOfAdditionalAssignments=6)
    mturk.create_additional_assignments_for_hit(HITId=large, NumberOfAdditionalAssignments=90)

    assert mturk.get_hit(HITId=small)["HIT"]["MaxAssignments"] == 9
    assert mturk.get_hit(HITId=large)["HIT"]["MaxAssignments"] == 100
    grow = {"HITId": small, "NumberOfAdditionalAssignments": 1}
    assert code_of(mturk.create_additional_assignments_for_hit, **grow) == "InvalidMaximumAssignmentsIncrease"
    grow["NumberOfAdditionalAssignments"] = 0
    assert code_of(mturk.create_additional_assignments_for_hit, **grow) == "InvalidParameterValue"


def test_a_reviewable_hit_is_offered_again_when_it_grows(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    do_hit(emulator, hit, "A1ONE")

    mturk.create_additional_assignments_for_hit(HITId=hit, NumberOfAdditionalAssignments=1)

    assert status(mturk, hit) == "Assignable"
    do_hit(emulator, hit, "A1TWO")
    assert status(mturk, hit) == "Reviewable"


def test_only_a_reviewable_hit_whose_work_is_decided_can_be_deleted(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    error = refused(mturk.delete_hit, HITId=hit)
    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidHITState"
    assert error["Message"].startswith(
        "This HIT is currently in the state 'Assignable'.  "
        "This operation can be called with a status of: Reviewing, Reviewable ("
    )

    assignment = do_hit(emulator, hit)
    assert "in the state 'Reviewable'" in refused(mturk.delete_hit, HITId=hit)["Message"]

    mturk.approve_assignment(AssignmentId=assignment)
    mturk.delete_hit(HITId=hit)
    assert status(mturk, hit) == "Disposed"
    assert mturk.list_hits()["HITs"] == []
    assert code_of(mturk.delete_hit, HITId=hit) == "InvalidHITState"


@pytest.mark.slow
def test_a_deleted_hit_can_no_longer_be_changed(mturk: Any) -> None:
    hit = make_hit(mturk)
    mturk.update_expiration_for_hit(HITId=hit["HITId"], ExpireAt=0)
    mturk.delete_hit(HITId=hit["HITId"])
    later = START + timedelta(days=9)

    assert code_of(mturk.update_expiration_for_hit, HITId=hit["HITId"], ExpireAt=later) == "InvalidHITState"
    grow = {"HITId": hit["HITId"], "NumberOfAdditionalAssignments": 1}
    assert code_of(mturk.create_additional_assignments_for_hit, **grow) == "InvalidHITState"
    change = {"HITId": hit["HITId"], "HITTypeId": hit["HITTypeId"]}
    assert code_of(mturk.update_hit_type_of_hit, **change) == "InvalidHITState"
    assert code_of(mturk.update_hit_review_status, HITId=hit["HITId"]) == "InvalidHITState"


def test_a_hit_is_disposed_of_120_days_after_its_work_is_done(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    do_hit(emulator, hit)

    emulator.admin.advance(days=119)
    assert status(mturk, hit) == "Reviewable"
    emulator.admin.advance(days=1)
    assert status(mturk, hit) == "Disposed"


def test_the_mark_of_being_reviewed_goes_on_and_off(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    do_hit(emulator, hit)
    assert code_of(mturk.update_hit_review_status, HITId=hit, Revert=True) == "InvalidHITState"

    mturk.update_hit_review_status(HITId=hit)

    assert status(mturk, hit) == "Reviewing"
    assert mturk.list_reviewable_hits()["HITs"] == []
    assert [item["HITId"] for item in mturk.list_reviewable_hits(Status="Reviewing")["HITs"]] == [hit]
    mturk.update_hit_review_status(HITId=hit, Revert=True)
    assert [item["HITId"] for item in mturk.list_reviewable_hits()["HITs"]] == [hit]


def test_reviewable_hits_are_listed_by_type(emulator: Emulator, mturk: Any) -> None:
    hits = [make_hit(mturk, MaxAssignments=1, Title=title) for title in ("One", "Two")]
    for hit in hits:
        do_hit(emulator, hit["HITId"])

    listed = mturk.list_reviewable_hits(HITTypeId=hits[1]["HITTypeId"])["HITs"]

    assert [hit["Title"] for hit in listed] == ["Two"]


def test_another_requesters_hit_is_nobody_elses(mturk: Any, other: Any) -> None:
    hit = make_hit(mturk)["HITId"]

    assert code_of(other.get_hit, HITId=hit) == "PermissionDeniedException"
    assert code_of(other.list_assignments_for_hit, HITId=hit) == "PermissionDeniedException"
    assert code_of(other.update_expiration_for_hit, HITId=hit, ExpireAt=0) == "PermissionDeniedException"


def test_a_hit_takes_on_another_type(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)
    other_type = mturk.create_hit_type(AssignmentDurationInSeconds=60, Reward="2.00", Title="New", Description="D")

    mturk.update_hit_type_of_hit(HITId=hit["HITId"], HITTypeId=other_type["HITTypeId"])

    shown = mturk.get_hit(HITId=hit["HITId"])["HIT"]
    assert (shown["Title"], shown["Reward"], shown["AssignmentDurationInSeconds"]) == ("New", "2.00", 60)
    assert emulator.worker("A1ONE").hits()[0]["reward"] == "2.00"


def test_there_are_no_review_results_and_no_uploaded_files(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    assignment = do_hit(emulator, hit)

    results = mturk.list_review_policy_results_for_hit(HITId=hit)
    assert (results["HITId"], set(results)) == (hit, {"HITId", "ResponseMetadata"})
    upload = {"AssignmentId": assignment, "QuestionIdentifier": "photo"}
    assert code_of(mturk.get_file_upload_url, **upload) == "InvalidParameterValue"


@pytest.mark.slow
def test_the_same_seed_gives_the_same_identifiers() -> None:
    def first_hit(seed: int) -> str:
        with Emulator(Settings(seed=seed)) as running:
            return str(make_hit(client_of(running.endpoint_url))["HITId"])

    assert first_hit(3) == first_hit(3) != first_hit(4)
