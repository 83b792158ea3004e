"""Faults by script, as a requester and a worker meet them."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.turk.emulator.calling import balance, client_of, do_hit, make_hit, refused
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Refused


def test_a_throttled_call_is_refused_and_nothing_is_done(emulator: Emulator, mturk: Any) -> None:
    emulator.admin.script({"kind": "throttle", "on": "CreateHIT", "times": [1]})

    error = refused(make_hit, client=mturk)

    assert (error["Error"]["Code"], error["Error"]["Message"]) == ("ThrottlingException", "Rate exceeded")
    assert mturk.list_hits()["NumResults"] == 0
    assert make_hit(mturk)


@pytest.mark.slow
def test_boto3_waits_and_tries_again_when_it_is_throttled(emulator: Emulator) -> None:
    emulator.admin.script({"kind": "throttle", "on": "GetAccountBalance", "limit": 2})

    answer = client_of(emulator.endpoint_url, attempts=3).get_account_balance()

    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


def test_an_error_before_the_work_leaves_nothing_behind(emulator: Emulator, mturk: Any) -> None:
    emulator.admin.script({"kind": "error_before", "on": "CreateHIT"})

    error = refused(make_hit, client=mturk)

    assert error["Error"]["Code"] == "ServiceFault"
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert mturk.list_hits()["NumResults"] == 0


def test_an_error_after_the_work_leaves_the_work(emulator: Emulator, mturk: Any) -> None:
    emulator.admin.script({"kind": "error_after", "on": "CreateHIT", "times": [1]})

    assert refused(make_hit, client=mturk, UniqueRequestToken="t")["Error"]["Code"] == "ServiceFault"
    error = refused(make_hit, client=mturk, UniqueRequestToken="t")

    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.HitAlreadyExists"
    [hit] = mturk.list_hits()["HITs"]
    assert hit["HITId"] in error["Message"]


@pytest.mark.slow
def test_without_a_token_boto3s_own_second_try_pays_twice(emulator: Emulator) -> None:
    client = client_of(emulator.endpoint_url, attempts=2)
    assignment = do_hit(emulator, make_hit(client)["HITId"])
    emulator.admin.script({"kind": "error_after", "on": "SendBonus", "times": [1]})

    client.send_bonus(WorkerId="A1WORKER", AssignmentId=assignment, BonusAmount="1.00", Reason="Early.")

    assert client.list_bonus_payments(AssignmentId=assignment)["NumResults"] == 2


@pytest.mark.slow
def test_a_slow_answer_is_slow_and_others_do_not_wait_for_it(emulator: Emulator, mturk: Any) -> None:
    emulator.admin.script({"kind": "slow", "on": "GetAccountBalance", "seconds": 1.0})

    begin = time.monotonic()
    balance(mturk)

    assert time.monotonic() - begin >= 1.0
    begin = time.monotonic()
    mturk.list_hits()
    assert time.monotonic() - begin < 1.0


@pytest.mark.slow
def test_an_assignment_comes_back_to_somebody_else_under_its_id(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    emulator.admin.script({"kind": "reuse_assignment"})
    first, second = emulator.worker("A1FIRST"), emulator.worker("A1SECOND")
    given_up = first.accept(hit)
    first.give_back(given_up)

    task = second.accept(hit)

    assert task.assignment_id == given_up.assignment_id
    with pytest.raises(Refused, match="not yours"):
        first.submit(given_up, {"a": "1"})
    second.submit(task, {"a": "2"})
    assert mturk.get_assignment(AssignmentId=task.assignment_id)["Assignment"]["WorkerId"] == "A1SECOND"
    rows = emulator.admin.rows("assignments", id=task.assignment_id)
    assert [(row["worker_id"], row["status"]) for row in rows] == [("A1FIRST", "Returned"), ("A1SECOND", "Submitted")]


def test_the_deadline_of_a_reused_assignment_is_its_own(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    emulator.admin.script({"kind": "reuse_assignment"})
    first = emulator.worker("A1FIRST")
    first.give_back(first.accept(hit))
    emulator.admin.advance(seconds=1000)
    task = emulator.worker("A1SECOND").accept(hit)

    emulator.admin.advance(seconds=1000)
    assert [row["status"] for row in emulator.admin.rows("assignments", worker_id="A1SECOND")] == ["Accepted"]
    emulator.admin.advance(seconds=800)

    assert emulator.admin.rows("assignments", worker_id="A1SECOND")[0]["status"] == "Abandoned"
    assert task.assignment_id


@pytest.mark.slow
def test_a_submission_that_arrives_twice_counts_once_and_shows_the_second_answer(
    emulator: Emulator, mturk: Any
) -> None:
    hit = make_hit(mturk)["HITId"]
    emulator.admin.script({"kind": "submit_twice"})
    worker = emulator.worker("A1WORKER")
    task = worker.accept(hit)

    with pytest.raises(Refused, match="already been submitted"):
        worker.submit(task, {"a": "1"})

    assert mturk.list_assignments_for_hit(HITId=hit)["NumResults"] == 1


def test_a_worker_who_finished_has_returned_the_hit(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)["HITId"]
    emulator.admin.script({"kind": "return_after_finishing", "times": [1]})
    worker = emulator.worker("A1WORKER")

    with pytest.raises(Refused, match="returned this HIT"):
        worker.submit(worker.accept(hit), {"a": "1"})

    assert mturk.list_assignments_for_hit(HITId=hit)["NumResults"] == 0
    assert mturk.get_hit(HITId=hit)["HIT"]["HITStatus"] == "Assignable"
    worker.submit(worker.accept(hit), {"a": "1"})


@pytest.mark.slow
def test_what_happened_can_be_looked_up(emulator: Emulator, mturk: Any) -> None:
    emulator.admin.script({"kind": "throttle", "on": "List*", "rate": 1.0, "limit": 1}, seed=9)
    refused(mturk.list_hits)
    mturk.list_hits()

    assert emulator.admin.view("happened") == [{"kind": "throttle", "on": "List*", "subject": "ListHITs", "count": 1}]
    assert emulator.admin.view("faults")["seed"] == 9
