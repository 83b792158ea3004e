"""Pages: their size, and tokens that say where the next one starts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.turk.emulator.calling import code_of, do_hit, make_hit
from turk.emulator.emulator import Emulator


@pytest.mark.slow
def test_pages_cover_the_list_once_and_the_last_has_no_token(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=5)["HITId"]
    ids = [do_hit(emulator, hit, f"A{n}") for n in range(5)]

    pages = list(mturk.get_paginator("list_assignments_for_hit").paginate(HITId=hit, PaginationConfig={"PageSize": 2}))

    assert [[item["AssignmentId"] for item in page["Assignments"]] for page in pages] == [ids[:2], ids[2:4], ids[4:]]
    assert [page["NumResults"] for page in pages] == [2, 2, 1]
    assert ["NextToken" in page for page in pages] == [True, True, False]


def test_a_page_that_is_just_full_is_the_last(mturk: Any) -> None:
    for _ in range(2):
        make_hit(mturk)

    page = mturk.list_hits(MaxResults=2)

    assert page["NumResults"] == 2
    assert "NextToken" not in page


@pytest.mark.slow
def test_a_page_has_ten_by_default_and_a_hundred_at_most(mturk: Any) -> None:
    for _ in range(11):
        make_hit(mturk, MaxAssignments=1)

    assert mturk.list_hits()["NumResults"] == 10
    assert mturk.list_hits(MaxResults=100)["NumResults"] == 11


@pytest.mark.slow
def test_what_comes_in_meanwhile_neither_repeats_nor_hides_anything(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk, MaxAssignments=4)["HITId"]
    early = [do_hit(emulator, hit, f"A{n}") for n in range(3)]
    first = mturk.list_assignments_for_hit(HITId=hit, MaxResults=2)
    late = do_hit(emulator, hit, "A9")

    second = mturk.list_assignments_for_hit(HITId=hit, MaxResults=2, NextToken=first["NextToken"])

    assert [item["AssignmentId"] for item in second["Assignments"]] == [early[2], late]


@pytest.mark.parametrize("token", ["1", "WzIsICJ4Il0", "%%%", "a" * 255])
def test_a_token_that_was_made_up_is_refused(mturk: Any, token: str) -> None:
    assert code_of(mturk.list_hits, NextToken=token) == "InvalidParameterValue"


@pytest.mark.slow
def test_a_token_belongs_to_its_list(emulator: Emulator, mturk: Any, other: Any) -> None:
    hits = [make_hit(mturk)["HITId"] for _ in range(3)]
    make_hit(other)
    for worker in ("A1", "A2"):
        do_hit(emulator, hits[0], worker)
    token = mturk.list_hits(MaxResults=1)["NextToken"]
    assignments = mturk.list_assignments_for_hit(HITId=hits[0], MaxResults=1)["NextToken"]

    assert code_of(mturk.list_reviewable_hits, NextToken=token) == "InvalidParameterValue"
    assert code_of(other.list_hits, NextToken=token) == "InvalidParameterValue"
    wrong = {"HITId": hits[1], "NextToken": assignments}
    assert code_of(mturk.list_assignments_for_hit, **wrong) == "InvalidParameterValue"


@pytest.mark.slow
def test_blocks_and_qualifications_come_in_pages_too(emulator: Emulator, mturk: Any) -> None:
    made = mturk.create_qualification_type(Name="Took part", Description="D", QualificationTypeStatus="Active")
    type_id = made["QualificationType"]["QualificationTypeId"]
    for worker_id in ("A1", "A2", "A3"):
        emulator.worker(worker_id)
        mturk.create_worker_block(WorkerId=worker_id, Reason=f"why {worker_id}")
        mturk.associate_qualification_with_worker(QualificationTypeId=type_id, WorkerId=worker_id)

    blocks = mturk.list_worker_blocks(MaxResults=2)
    rest = mturk.list_worker_blocks(MaxResults=2, NextToken=blocks["NextToken"])
    people = mturk.get_paginator("list_workers_with_qualification_type").paginate(
        QualificationTypeId=type_id, PaginationConfig={"PageSize": 1}
    )

    assert [item["WorkerId"] for item in blocks["WorkerBlocks"] + rest["WorkerBlocks"]] == ["A1", "A2", "A3"]
    assert [item["WorkerId"] for page in people for item in page["Qualifications"]] == ["A1", "A2", "A3"]
