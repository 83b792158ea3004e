"""Whole stories, as somebody else's test suite would tell them with boto3."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.turk.emulator.calling import balance, external, make_hit
from turk.emulator.emulator import Emulator
from turk.emulator.mturk.questions import ANSWERS


@pytest.mark.slow
def test_create_list_accept_submit_approve_bonus_delete(emulator: Emulator, mturk: Any) -> None:
    hit_type = mturk.create_hit_type(
        Title="Transcribe a receipt", Description="Type what you see.", Keywords="text", Reward="0.15",
        AssignmentDurationInSeconds=600, AutoApprovalDelayInSeconds=86_400,
    )["HITTypeId"]  # fmt: skip
    hits = [
        mturk.create_hit_with_hit_type(
            HITTypeId=hit_type,
            MaxAssignments=2,
            LifetimeInSeconds=3_600,
            Question=external(),
            RequesterAnnotation=str(n),
        )["HIT"]["HITId"]
        for n in range(3)
    ]
    assert {hit["HITId"] for page in mturk.get_paginator("list_hits").paginate() for hit in page["HITs"]} == set(hits)

    for worker_id in ("A1ADA", "A2BOB"):
        worker = emulator.worker(worker_id)
        for offer in worker.hits():
            worker.submit(worker.accept(offer["hit_id"]), {"total": f"12.50 {worker_id}"})

    for hit in mturk.list_reviewable_hits(HITTypeId=hit_type)["HITs"]:
        for assignment in mturk.list_assignments_for_hit(HITId=hit["HITId"])["Assignments"]:
            answer = ElementTree.fromstring(assignment["Answer"])
            text = answer.findtext(f"{{{ANSWERS}}}Answer/{{{ANSWERS}}}FreeText")
            assert text == f"12.50 {assignment['WorkerId']}"
            mturk.approve_assignment(AssignmentId=assignment["AssignmentId"])
            mturk.send_bonus(
                WorkerId=assignment["WorkerId"], AssignmentId=assignment["AssignmentId"], BonusAmount="0.05",
                Reason="All right.", UniqueRequestToken=assignment["AssignmentId"],
            )  # fmt: skip
        mturk.delete_hit(HITId=hit["HITId"])

    assert mturk.list_hits()["NumResults"] == 0
    # 6 x (0.15 + 0.03) for the work and 6 x (0.05 + 0.01) for the bonuses.
    assert balance(mturk) == (str(Decimal("10000.00") - Decimal("1.08") - Decimal("0.36")), "0.00")
    assert emulator.worker("A1ADA").earned() == "0.60"


@pytest.mark.slow
def test_a_worker_takes_part_once_in_batches_of_nine(emulator: Emulator, mturk: Any) -> None:
    made = mturk.create_qualification_type(Name="Took part", Description="D", QualificationTypeStatus="Active")
    type_id = made["QualificationType"]["QualificationTypeId"]
    need = {
        "QualificationTypeId": type_id, "Comparator": "DoesNotExist", "ActionsGuarded": "DiscoverPreviewAndAccept",
    }  # fmt: skip
    for batch in range(3):
        make_hit(mturk, MaxAssignments=9, QualificationRequirements=[need], RequesterAnnotation=str(batch))

    for number in range(27):
        worker = emulator.worker(f"A{number}")
        first, *_ = worker.hits()
        task = worker.accept(first["hit_id"])
        mturk.associate_qualification_with_worker(
            QualificationTypeId=type_id, WorkerId=worker.worker_id, IntegerValue=1, SendNotification=False
        )
        worker.submit(task, {"done": "yes"})
        assert worker.hits() == []
        assert worker.messages() == []

    pages = mturk.get_paginator("list_reviewable_hits").paginate(PaginationConfig={"PageSize": 2})
    assert sum(len(page["HITs"]) for page in pages) == 3


@pytest.mark.slow
def test_force_expiring_and_deleting_everything_cleans_up(emulator: Emulator, mturk: Any) -> None:
    for n in range(12):
        make_hit(mturk, MaxAssignments=1 + n)
    worker = emulator.worker("A1ADA")
    worker.submit(worker.accept(worker.hits()[0]["hit_id"]), {"a": "1"})

    for page in mturk.get_paginator("list_hits").paginate(PaginationConfig={"PageSize": 100}):
        for hit in page["HITs"]:
            mturk.update_expiration_for_hit(HITId=hit["HITId"], ExpireAt=0)
            for assignment in mturk.list_assignments_for_hit(HITId=hit["HITId"], AssignmentStatuses=["Submitted"])[
                "Assignments"
            ]:
                mturk.reject_assignment(AssignmentId=assignment["AssignmentId"], RequesterFeedback="A test.")
            mturk.delete_hit(HITId=hit["HITId"])

    assert mturk.list_hits()["NumResults"] == 0
    assert balance(mturk) == ("10000.00", "0.00")


@pytest.mark.parametrize("delay", [0, 3600])
def test_forgotten_work_is_paid_by_time(emulator: Emulator, mturk: Any, delay: int) -> None:
    hit = make_hit(mturk, MaxAssignments=2, AutoApprovalDelayInSeconds=delay)["HITId"]
    for worker_id in ("A1ADA", "A2BOB"):
        worker = emulator.worker(worker_id)
        worker.submit(worker.accept(hit), {"a": "1"})

    emulator.admin.advance(hours=1)

    assert mturk.get_hit(HITId=hit)["HIT"]["NumberOfAssignmentsCompleted"] == 2
    assert balance(mturk) == ("9996.64", "0.00")
