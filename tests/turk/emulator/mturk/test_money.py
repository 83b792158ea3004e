"""Fees, holds, payments and the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.turk.emulator.calling import balance, client_of, code_of, do_hit, make_hit, refused
from turk.emulator.emulator import Emulator, Settings
from turk.emulator.mturk.fees import BASE, MANY, MASTERS, fee
from turk.emulator.mturk.requirements import MASTERS_SANDBOX


@pytest.mark.parametrize(
    ("amount", "share", "expected"),
    [
        # The three amounts in the rounding rules of Amazon's pricing page: 0.104, 0.105 and 0.108.
        ("0.52", BASE, "0.10"),
        ("0.525", BASE, "0.11"),
        ("0.54", BASE, "0.11"),
        ("0.01", BASE, "0.01"),
        ("0.00", BASE, "0.01"),
        ("1.40", BASE, "0.28"),
        ("1.40", BASE + MANY, "0.56"),
        ("1.00", BASE + MASTERS, "0.25"),
        ("1.00", BASE + MANY + MASTERS, "0.45"),
    ],
)
def test_a_fee_is_rounded_half_up_and_at_least_a_cent(amount: str, share: Decimal, expected: str) -> None:
    assert fee(Decimal(amount), share) == Decimal(expected)


@pytest.mark.parametrize(
    ("places", "requirements", "held"),
    [
        (9, [], "15.12"),  # 9 x (1.40 + 0.28)
        (10, [], "19.60"),  # 10 x (1.40 + 0.56)
        (1, [{"QualificationTypeId": MASTERS_SANDBOX, "Comparator": "Exists"}], "1.75"),
        (10, [{"QualificationTypeId": MASTERS_SANDBOX, "Comparator": "Exists"}], "20.30"),  # 10 x (1.40 + 0.63)
        (1, [{"QualificationTypeId": MASTERS_SANDBOX, "Comparator": "DoesNotExist"}], "1.68"),
    ],
)
def test_reward_and_fee_of_every_place_are_held(mturk: Any, places: int, requirements: Any, held: str) -> None:
    make_hit(mturk, MaxAssignments=places, QualificationRequirements=requirements)

    assert balance(mturk) == (str(Decimal("10000.00") - Decimal(held)), held)


def test_forty_people_cost_what_the_price_list_says_in_batches_of_nine_and_at_once(mturk: Any, other: Any) -> None:
    for places in (9, 9, 9, 9, 4):
        make_hit(mturk, MaxAssignments=places)
    make_hit(other, MaxAssignments=40)

    assert balance(mturk)[1] == "67.20"
    assert balance(other)[1] == "78.40"


@pytest.mark.slow
def test_approving_spends_what_was_held(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=2)
    assignment = do_hit(emulator, hit["HITId"])

    mturk.approve_assignment(AssignmentId=assignment)

    assert balance(mturk) == ("9996.64", "1.68")
    assert emulator.worker("A1WORKER").earned() == "1.40"
    kinds = [(row["kind"], row["spent"]) for row in emulator.admin.rows("ledger", work_id=assignment)]
    assert kinds == [("reward", "1.40"), ("fee", "0.28")]


def test_rejected_work_costs_nothing(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)
    assignment = do_hit(emulator, hit["HITId"])

    mturk.reject_assignment(AssignmentId=assignment, RequesterFeedback="Every answer was left.")

    assert balance(mturk) == ("10000.00", "0.00")
    assert emulator.worker("A1WORKER").earned() == "0.00"


@pytest.mark.slow
def test_what_an_expired_hit_no_longer_needs_is_free_again(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=3)
    emulator.worker("A1WORKER").accept(hit["HITId"])

    mturk.update_expiration_for_hit(HITId=hit["HITId"], ExpireAt=0)

    assert balance(mturk)[1] == "1.68"


def test_a_hit_that_cannot_be_paid_for_is_not_made(mturk: Any) -> None:
    error = refused(make_hit, client=mturk, MaxAssignments=9, Reward="1000.00")

    assert error["TurkErrorCode"] == "AWS.MechanicalTurk.InsufficientFunds"
    assert error["Message"].startswith("This Requester has insufficient funds in their account")
    assert mturk.list_hits()["HITs"] == []
    assert balance(mturk) == ("10000.00", "0.00")


def test_growing_and_reviving_a_hit_need_money_too(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=4, Reward="1500.00")["HITId"]

    assert code_of(mturk.create_additional_assignments_for_hit, HITId=hit, NumberOfAdditionalAssignments=2) == (
        "InsufficientFunds"
    )
    mturk.update_expiration_for_hit(HITId=hit, ExpireAt=0)
    make_hit(mturk, MaxAssignments=1, Reward="3000.00")
    later = emulator.market.now().timestamp() + 3600
    assert code_of(mturk.update_expiration_for_hit, HITId=hit, ExpireAt=later) == "InsufficientFunds"
    assert mturk.get_hit(HITId=hit)["HIT"]["HITStatus"] == "Reviewable"


def test_a_dearer_hit_type_needs_money_too(mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=9, Reward="100.00")["HITId"]
    dear = mturk.create_hit_type(AssignmentDurationInSeconds=60, Reward="2000.00", Title="T", Description="D")

    assert code_of(mturk.update_hit_type_of_hit, HITId=hit, HITTypeId=dear["HITTypeId"]) == "InsufficientFunds"
    assert balance(mturk)[1] == "1080.00"

    cheap = mturk.create_hit_type(AssignmentDurationInSeconds=60, Reward="1.00", Title="T", Description="D")
    mturk.update_hit_type_of_hit(HITId=hit, HITTypeId=cheap["HITTypeId"])
    assert balance(mturk) == ("9989.20", "10.80")


@pytest.mark.slow
def test_a_bonus_is_paid_out_of_the_account_with_a_fee_that_knows_no_surcharge(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=10)
    assignment = do_hit(emulator, hit["HITId"])
    before = Decimal(balance(mturk)[0])

    mturk.send_bonus(WorkerId="A1WORKER", AssignmentId=assignment, BonusAmount="0.55", Reason="It took longer.")

    assert before - Decimal(balance(mturk)[0]) == Decimal("0.66")
    assert emulator.worker("A1WORKER").history()[0]["bonuses"] == [{"amount": "0.55", "reason": "It took longer."}]


@pytest.mark.slow
def test_a_bonus_that_cannot_be_paid_with_its_fee_is_not_paid_at_all(emulator: Emulator) -> None:
    with Emulator(Settings(balance=Decimal("2.78"))) as poor:
        client = client_of(poor.endpoint_url)
        assignment = do_hit(poor, make_hit(client, MaxAssignments=1)["HITId"])
        bonus = {"WorkerId": "A1WORKER", "AssignmentId": assignment, "Reason": "Thank you."}

        assert code_of(client.send_bonus, BonusAmount="1.00", **bonus) == "InsufficientFunds"
        assert balance(client) == ("1.10", "1.68")

        client.send_bonus(BonusAmount="0.92", **bonus)
        assert balance(client) == ("0.00", "1.68")


def test_overriding_a_rejection_is_paid_out_of_the_account(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=1)
    assignment = do_hit(emulator, hit["HITId"])
    mturk.reject_assignment(AssignmentId=assignment, RequesterFeedback="A mistake of ours.")
    emulator.admin.act("deposit", account="AKIDEXAMPLE", amount="-9999.00")

    assert code_of(mturk.approve_assignment, AssignmentId=assignment, OverrideRejection=True) == "InsufficientFunds"
    assert mturk.get_assignment(AssignmentId=assignment)["Assignment"]["AssignmentStatus"] == "Rejected"

    emulator.admin.act("deposit", account="AKIDEXAMPLE", amount="0.68")
    mturk.approve_assignment(AssignmentId=assignment, OverrideRejection=True)
    assert balance(mturk) == ("0.00", "0.00")


@pytest.mark.slow
def test_the_ledger_adds_up_to_the_account(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=4)
    mturk.approve_assignment(AssignmentId=do_hit(emulator, hit["HITId"], "A1ONE"))
    mturk.reject_assignment(AssignmentId=do_hit(emulator, hit["HITId"], "A1TWO"), RequesterFeedback="No.")
    assignment = do_hit(emulator, hit["HITId"], "A1THREE")
    mturk.send_bonus(WorkerId="A1THREE", AssignmentId=assignment, BonusAmount="0.10", Reason="Early.")

    rows, [account] = emulator.admin.view("ledger"), emulator.admin.view("accounts")

    for pot in ("available", "held", "spent"):
        assert sum(Decimal(row[pot]) for row in rows) == Decimal(account[pot])
    assert sum(Decimal(account[pot]) for pot in ("available", "held", "spent")) == Decimal("10000.00")
