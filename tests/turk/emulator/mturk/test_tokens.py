"""UniqueRequestTokens: a call repeated after an error is not done twice, for a day."""

from __future__ import annotations

from typing import Any

import pytest

from tests.turk.emulator.calling import HIT, balance, code_of, do_hit, external, make_hit, refused
from turk.emulator.emulator import Emulator


def test_a_hit_is_made_once_and_the_second_answer_names_it(mturk: Any) -> None:
    hit = make_hit(mturk, UniqueRequestToken="first")["HITId"]

    error = refused(make_hit, client=mturk, UniqueRequestToken="first")

    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.HitAlreadyExists"
    assert hit in error["Message"]
    assert mturk.list_hits()["NumResults"] == 1


def test_the_token_also_holds_for_a_hit_made_of_a_type(mturk: Any) -> None:
    hit = make_hit(mturk, UniqueRequestToken="first")
    values = {"HITTypeId": hit["HITTypeId"], "LifetimeInSeconds": 60, "Question": external()}

    assert code_of(mturk.create_hit_with_hit_type, UniqueRequestToken="first", **values) == "HitAlreadyExists"


@pytest.mark.slow
def test_a_token_is_forgotten_after_a_day(emulator: Emulator, mturk: Any) -> None:
    make_hit(mturk, UniqueRequestToken="first")

    emulator.admin.advance(seconds=86_399)
    assert code_of(make_hit, client=mturk, UniqueRequestToken="first") == "HitAlreadyExists"
    emulator.admin.advance(seconds=1)

    assert make_hit(mturk, UniqueRequestToken="first")


def test_tokens_of_two_requesters_have_nothing_to_do_with_each_other(mturk: Any, other: Any) -> None:
    assert make_hit(mturk, UniqueRequestToken="first")["HITId"] != make_hit(other, UniqueRequestToken="first")["HITId"]


def test_a_call_that_failed_does_not_use_up_its_token(mturk: Any) -> None:
    refused(make_hit, client=mturk, UniqueRequestToken="first", Reward="99999.00")

    assert make_hit(mturk, UniqueRequestToken="first")


@pytest.mark.slow
def test_a_bonus_is_paid_once_and_the_second_answer_names_the_request(emulator: Emulator, mturk: Any) -> None:
    assignment = do_hit(emulator, make_hit(mturk)["HITId"])
    bonus = {"WorkerId": "A1WORKER", "AssignmentId": assignment, "BonusAmount": "1.00", "Reason": "Early."}
    first = mturk.send_bonus(UniqueRequestToken="b1", **bonus)["ResponseMetadata"]["RequestId"]
    before = balance(mturk)

    error = refused(mturk.send_bonus, UniqueRequestToken="b1", **bonus)

    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.DuplicateRequest"
    assert error["Message"].startswith(f'The idempotency token "b1" has already been processed. Request ID: {first} (')
    assert balance(mturk) == before
    emulator.admin.advance(days=1)
    mturk.send_bonus(UniqueRequestToken="b1", **bonus)
    assert mturk.list_bonus_payments(AssignmentId=assignment)["NumResults"] == 2


def test_a_bonus_without_a_token_is_paid_each_time(emulator: Emulator, mturk: Any) -> None:
    assignment = do_hit(emulator, make_hit(mturk)["HITId"])

    for _ in range(2):
        mturk.send_bonus(WorkerId="A1WORKER", AssignmentId=assignment, BonusAmount="1.00", Reason="Early.")

    assert mturk.list_bonus_payments(AssignmentId=assignment)["NumResults"] == 2


def test_a_hit_grows_once(mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    grow = {"HITId": hit, "NumberOfAdditionalAssignments": 2, "UniqueRequestToken": "more"}
    mturk.create_additional_assignments_for_hit(**grow)

    assert code_of(mturk.create_additional_assignments_for_hit, **grow) == "DuplicateRequest"
    assert mturk.get_hit(HITId=hit)["HIT"]["MaxAssignments"] == HIT["MaxAssignments"] + 2


def test_a_token_has_64_characters_at_most(mturk: Any) -> None:
    assert make_hit(mturk, UniqueRequestToken="t" * 64)
    assert refused(make_hit, client=mturk, UniqueRequestToken="t" * 65)["Error"]["Code"] == "ValidationException"
