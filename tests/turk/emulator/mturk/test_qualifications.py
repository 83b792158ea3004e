"""Qualification types and qualifications: made, granted, revoked, asked for, tested."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.turk.emulator.calling import code_of, external, make_hit, refused
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Refused
from turk.emulator.mturk.questions import SCHEMAS
from turk.emulator.mturk.requirements import LOCALE
from turk.emulator.testing import START

FORM = f"""
<QuestionForm xmlns="{SCHEMAS}/2005-10-01/QuestionForm.xsd">
  <Question>
    <QuestionIdentifier>capital</QuestionIdentifier>
    <QuestionContent><Text>The capital of France?</Text></QuestionContent>
    <AnswerSpecification><SelectionAnswer><StyleSuggestion>radiobutton</StyleSuggestion><Selections>
      <Selection><SelectionIdentifier>P</SelectionIdentifier><Text>Paris</Text></Selection>
      <Selection><SelectionIdentifier>L</SelectionIdentifier><Text>Lyon</Text></Selection>
    </Selections></SelectionAnswer></AnswerSpecification>
  </Question>
  <Question>
    <QuestionIdentifier>why</QuestionIdentifier>
    <QuestionContent><Text>How do you know?</Text></QuestionContent>
    <AnswerSpecification><FreeTextAnswer/></AnswerSpecification>
  </Question>
</QuestionForm>"""


def answer_key(mapping: str = "") -> str:
    """Ten points for Paris, three for anything else."""
    return f"""
<AnswerKey xmlns="{SCHEMAS}/2005-10-01/AnswerKey.xsd">
  <Question>
    <QuestionIdentifier>capital</QuestionIdentifier>
    <AnswerOption><SelectionIdentifier>P</SelectionIdentifier><AnswerScore>10</AnswerScore></AnswerOption>
    <DefaultScore>3</DefaultScore>
  </Question>{mapping}
</AnswerKey>"""


PERCENT = (
    "<QualificationValueMapping><PercentageMapping><MaximumSummedScore>40</MaximumSummedScore></PercentageMapping>"
    "</QualificationValueMapping>"
)


def make_type(client: Any, **changes: Any) -> str:
    """Make up a qualification type."""
    values = {"Name": "Took part", "Description": "In our study.", "QualificationTypeStatus": "Active", **changes}
    type_id: str = client.create_qualification_type(**values)["QualificationType"]["QualificationTypeId"]
    return type_id


def test_a_type_shows_what_it_was_made_with(mturk: Any) -> None:
    type_id = make_type(mturk, Keywords="study", AutoGranted=True, AutoGrantedValue=4, RetryDelayInSeconds=60)

    shown = mturk.get_qualification_type(QualificationTypeId=type_id)["QualificationType"]

    assert shown == {
        "QualificationTypeId": type_id, "CreationTime": START, "Name": "Took part", "Description": "In our study.",
        "Keywords": "study", "QualificationTypeStatus": "Active", "RetryDelayInSeconds": 60, "IsRequestable": True,
        "AutoGranted": True, "AutoGrantedValue": 4,
    }  # fmt: skip


@pytest.mark.slow
def test_a_name_is_taken_once_by_a_requester(mturk: Any, other: Any) -> None:
    make_type(mturk)

    error = refused(make_type, client=mturk)
    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.QualificationTypeAlreadyExists"
    assert error["Message"].startswith("You have already created a QualificationType with this name.")
    assert make_type(other)


def test_a_deleted_types_name_is_free_after_two_days(emulator: Emulator, mturk: Any) -> None:
    type_id = make_type(mturk)
    mturk.delete_qualification_type(QualificationTypeId=type_id)

    assert code_of(mturk.get_qualification_type, QualificationTypeId=type_id) == "QualificationTypeDoesNotExist"
    assert code_of(make_type, client=mturk) == "QualificationTypeAlreadyExists"
    emulator.admin.advance(hours=48)
    assert make_type(mturk) != type_id


def test_deleting_a_type_refuses_requests_and_deletes_hit_types_and_keeps_hits(emulator: Emulator, mturk: Any) -> None:
    type_id = make_type(mturk)
    emulator.worker("A1WORKER").ask(type_id)
    need = {"QualificationTypeId": type_id, "Comparator": "DoesNotExist"}
    hit = make_hit(mturk, QualificationRequirements=[need])

    mturk.delete_qualification_type(QualificationTypeId=type_id)

    assert mturk.list_qualification_requests()["NumResults"] == 0
    values = {"HITTypeId": hit["HITTypeId"], "LifetimeInSeconds": 60, "Question": hit["Question"]}
    assert code_of(mturk.create_hit_with_hit_type, **values) == "HITTypeDoesNotExist"
    assert emulator.worker("A1WORKER").accept(hit["HITId"])


def test_types_are_searched_among_all_or_ones_own(mturk: Any, other: Any) -> None:
    make_type(mturk, Name="Mine")
    make_type(other, Name="Theirs")

    def names(**query: Any) -> set[str]:
        found = mturk.list_qualification_types(MaxResults=100, **query)["QualificationTypes"]
        return {item["Name"] for item in found}

    assert names(MustBeRequestable=True) == {"Mine", "Theirs"}
    assert names(MustBeRequestable=True, MustBeOwnedByCaller=True) == {"Mine"}
    assert names(MustBeRequestable=False, Query="locale") == {"Worker_Locale"}
    assert names(MustBeRequestable=False) == {
        "Mine", "Theirs", "Masters", "Worker_Adult", "Worker_Locale", "Worker_NumberHITsApproved",
        "Worker_PercentAssignmentsApproved",
    }  # fmt: skip
    assert not mturk.get_qualification_type(QualificationTypeId=LOCALE)["QualificationType"]["IsRequestable"]


def test_a_type_is_changed_except_for_its_name(mturk: Any) -> None:
    type_id = make_type(mturk)

    changed = mturk.update_qualification_type(
        QualificationTypeId=type_id, Description="New", QualificationTypeStatus="Inactive", RetryDelayInSeconds=5
    )["QualificationType"]

    assert (changed["Name"], changed["Description"]) == ("Took part", "New")
    assert (changed["QualificationTypeStatus"], changed["RetryDelayInSeconds"]) == ("Inactive", 5)


@pytest.mark.parametrize(
    "change",
    [
        {"Test": FORM},
        {"AnswerKey": answer_key()},
        {"Test": FORM, "TestDurationInSeconds": 60, "AutoGranted": True},
        {"Test": external(), "TestDurationInSeconds": 60},
        {"Name": " "},
    ],
    ids=["no duration", "key without test", "granted though tested", "another kind of question", "no name"],
)
def test_tests_have_their_rules(mturk: Any, change: dict[str, Any]) -> None:
    assert code_of(make_type, client=mturk, **change) == "InvalidParameterValue"


@pytest.mark.parametrize(
    "key",
    ["<AnswerKey", "<AnswerKey/>", answer_key("<QualificationValueMapping/>"), answer_key(PERCENT.replace("40", "0"))],
)
def test_an_answer_key_that_cannot_be_used_is_a_parse_error(mturk: Any, key: str) -> None:
    values = {"Test": FORM, "TestDurationInSeconds": 60, "AnswerKey": key}

    assert code_of(make_type, client=mturk, **values) == "XMLParseError"


@pytest.mark.slow
def test_a_qualification_is_given_unasked_with_an_email_unless_told_otherwise(emulator: Emulator, mturk: Any) -> None:
    type_id, worker = make_type(mturk), emulator.worker("A1WORKER")
    grant = {"QualificationTypeId": type_id, "WorkerId": "A1WORKER"}

    mturk.associate_qualification_with_worker(**grant, SendNotification=False)
    assert worker.messages() == []
    mturk.associate_qualification_with_worker(**grant, IntegerValue=7)

    assert [item["subject"] for item in worker.messages()] == ["Qualification assigned: Took part"]
    score = mturk.get_qualification_score(**grant)["Qualification"]
    assert score == {**grant, "GrantTime": START, "IntegerValue": 7, "Status": "Granted"}


def test_a_revoked_qualification_is_listed_as_such(emulator: Emulator, mturk: Any) -> None:
    type_id, worker = make_type(mturk), emulator.worker("A1WORKER")
    grant = {"QualificationTypeId": type_id, "WorkerId": "A1WORKER"}
    mturk.associate_qualification_with_worker(**grant)

    mturk.disassociate_qualification_from_worker(**grant, Reason="The study is over.")

    assert worker.messages()[0]["text"] == "The study is over."
    assert mturk.list_workers_with_qualification_type(QualificationTypeId=type_id)["NumResults"] == 0
    [gone] = mturk.list_workers_with_qualification_type(QualificationTypeId=type_id, Status="Revoked")["Qualifications"]
    assert gone["WorkerId"] == "A1WORKER"
    error = refused(mturk.get_qualification_score, **grant)
    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.InvalidQualificationState"
    assert "with a status of: Granted" in error["Message"]
    assert code_of(mturk.disassociate_qualification_from_worker, **grant) == "InvalidQualificationState"


def test_a_qualification_that_nobody_gave_does_not_exist(emulator: Emulator, mturk: Any) -> None:
    type_id = make_type(mturk)
    emulator.worker("A1WORKER")

    error = refused(mturk.get_qualification_score, QualificationTypeId=type_id, WorkerId="A1WORKER")

    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.QualificationDoesNotExist"
    assert error["Message"].startswith("You requested a Qualification that does not exist. (")


def test_an_unknown_worker_is_an_error_of_its_own(mturk: Any) -> None:
    error = refused(mturk.create_worker_block, WorkerId="A1NOBODY", Reason="R")

    assert error["Error"]["Code"] == "ParameterValidationError"
    assert error["Error"]["Message"].startswith('The value "A1NOBODY" is not valid for the parameter WorkerId.')


def test_only_the_owner_gives_a_qualification(emulator: Emulator, mturk: Any, other: Any) -> None:
    grant = {"QualificationTypeId": make_type(mturk), "WorkerId": "A1WORKER"}
    emulator.worker("A1WORKER")

    assert code_of(other.associate_qualification_with_worker, **grant) == "PermissionDeniedException"
    assert code_of(other.get_qualification_score, **grant) == "PermissionDeniedException"


@pytest.mark.slow
def test_a_worker_asks_and_the_requester_decides(emulator: Emulator, mturk: Any) -> None:
    type_id = make_type(mturk)
    assert emulator.worker("A1YES").ask(type_id) == "Sent. The requester decides."
    emulator.worker("A1NO").ask(type_id)

    yes, no = mturk.list_qualification_requests(QualificationTypeId=type_id)["QualificationRequests"]
    assert (yes["WorkerId"], yes["SubmitTime"]) == ("A1YES", START)
    mturk.accept_qualification_request(QualificationRequestId=yes["QualificationRequestId"], IntegerValue=3)
    mturk.reject_qualification_request(QualificationRequestId=no["QualificationRequestId"], Reason="Full.")

    score = mturk.get_qualification_score(QualificationTypeId=type_id, WorkerId="A1YES")["Qualification"]
    assert score["IntegerValue"] == 3
    assert emulator.worker("A1NO").messages()[0]["text"] == "Full."
    assert mturk.list_qualification_requests()["NumResults"] == 0
    again = {"QualificationRequestId": no["QualificationRequestId"]}
    assert code_of(mturk.accept_qualification_request, **again) == "InvalidQualificationRequestState"
    unknown = {"QualificationRequestId": "3NONE"}
    assert code_of(mturk.reject_qualification_request, **unknown) == "QualificationRequestDoesNotExist"


def test_a_worker_asks_once_or_after_the_delay(emulator: Emulator, mturk: Any) -> None:
    once, often = make_type(mturk, Name="Once"), make_type(mturk, Name="Often", RetryDelayInSeconds=600)
    worker = emulator.worker("A1WORKER")
    for type_id in (once, often):
        worker.ask(type_id)
        with pytest.raises(Refused, match="has not decided yet"):
            worker.ask(type_id)
    for request in mturk.list_qualification_requests()["QualificationRequests"]:
        mturk.reject_qualification_request(QualificationRequestId=request["QualificationRequestId"])

    with pytest.raises(Refused, match="can be asked for once"):
        worker.ask(once)
    with pytest.raises(Refused, match="too early"):
        worker.ask(often)
    emulator.admin.advance(seconds=600)
    assert worker.ask(often) == "Sent. The requester decides."
    with pytest.raises(Refused, match="no such qualification"):
        worker.ask("3NONE")


def test_an_automatic_qualification_is_granted_at_once(emulator: Emulator, mturk: Any) -> None:
    type_id = make_type(mturk, AutoGranted=True, AutoGrantedValue=9)

    assert emulator.worker("A1WORKER").ask(type_id) == "Granted."

    score = mturk.get_qualification_score(QualificationTypeId=type_id, WorkerId="A1WORKER")["Qualification"]
    assert score["IntegerValue"] == 9


@pytest.mark.parametrize(
    ("mapping", "answer", "value"), [("", "P", 10), ("", "L", 3), (PERCENT, "P", 25), (PERCENT, "L", 8)]
)
def test_a_test_with_a_key_scores_itself(emulator: Emulator, mturk: Any, mapping: str, answer: str, value: int) -> None:
    type_id = make_type(mturk, Test=FORM, TestDurationInSeconds=60, AnswerKey=answer_key(mapping))

    said = emulator.worker("A1WORKER").ask(type_id, {"capital": answer, "why": "School."})

    assert said == f"Granted, with a score of {value}."
    score = mturk.get_qualification_score(QualificationTypeId=type_id, WorkerId="A1WORKER")["Qualification"]
    assert score["IntegerValue"] == value


def test_a_test_without_a_key_waits_with_its_answers(emulator: Emulator, mturk: Any) -> None:
    type_id = make_type(mturk, Test=FORM, TestDurationInSeconds=60)
    emulator.worker("A1WORKER").ask(type_id, {"capital": "P", "why": "School."})

    [request] = mturk.list_qualification_requests()["QualificationRequests"]

    assert request["Test"] == FORM
    assert "<QuestionIdentifier>capital</QuestionIdentifier><SelectionIdentifier>P<" in request["Answer"]
    assert "<QuestionIdentifier>why</QuestionIdentifier><FreeText>School.<" in request["Answer"]


def test_a_grant_time_is_that_of_the_last_grant(emulator: Emulator, mturk: Any) -> None:
    grant = {"QualificationTypeId": make_type(mturk), "WorkerId": "A1WORKER"}
    emulator.worker("A1WORKER")
    mturk.associate_qualification_with_worker(**grant)
    emulator.admin.advance(hours=1)

    mturk.associate_qualification_with_worker(**grant)

    assert mturk.get_qualification_score(**grant)["Qualification"]["GrantTime"] == START + timedelta(hours=1)
