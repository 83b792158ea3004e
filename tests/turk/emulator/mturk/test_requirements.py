"""Qualification requirements: which workers see, preview and accept a HIT."""

from __future__ import annotations

from typing import Any

import pytest

from tests.turk.emulator.calling import code_of, do_hit, make_hit
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Refused
from turk.emulator.mturk.requirements import ADULT, LOCALE, MASTERS, NUMBER_APPROVED, PERCENT_APPROVED

US = [{"Country": "US"}]


def may_accept(emulator: Emulator, mturk: Any, need: dict[str, Any], worker_id: str = "A1WORKER") -> bool:
    """Whether a worker may accept a HIT that asks for this."""
    hit = make_hit(mturk, QualificationRequirements=[need])["HITId"]
    listed = {item["hit_id"]: item for item in emulator.worker(worker_id).hits()}
    return listed[hit]["accept"] is None


@pytest.fixture
def own_type(emulator: Emulator, mturk: Any) -> str:
    """A qualification type whose value is 5 for A1WORKER."""
    made = mturk.create_qualification_type(Name="Score", Description="D", QualificationTypeStatus="Active")
    type_id: str = made["QualificationType"]["QualificationTypeId"]
    emulator.worker("A1WORKER")
    mturk.associate_qualification_with_worker(QualificationTypeId=type_id, WorkerId="A1WORKER", IntegerValue=5)
    return type_id


@pytest.mark.parametrize(
    ("comparator", "values", "met"),
    [
        ("LessThan", [5], False),
        ("LessThan", [6], True),
        ("LessThanOrEqualTo", [5], True),
        ("LessThanOrEqualTo", [4], False),
        ("GreaterThan", [4], True),
        ("GreaterThan", [5], False),
        ("GreaterThanOrEqualTo", [5], True),
        ("GreaterThanOrEqualTo", [6], False),
        ("EqualTo", [5], True),
        ("EqualTo", [4], False),
        ("NotEqualTo", [4], True),
        ("NotEqualTo", [5], False),
        ("In", [1, 5], True),
        ("In", [1, 4], False),
        ("NotIn", [1, 4], True),
        ("NotIn", [1, 5], False),
        ("Exists", None, True),
        ("DoesNotExist", None, False),
    ],
)
def test_every_comparator_compares(
    emulator: Emulator, mturk: Any, own_type: str, comparator: str, values: list[int] | None, met: bool
) -> None:
    need = {"QualificationTypeId": own_type, "Comparator": comparator, **({"IntegerValues": values} if values else {})}

    assert may_accept(emulator, mturk, need) is met


@pytest.mark.parametrize("comparator", ["LessThan", "NotEqualTo", "NotIn", "Exists"])
def test_who_lacks_a_qualification_passes_only_where_it_must_not_exist(
    emulator: Emulator, mturk: Any, own_type: str, comparator: str
) -> None:
    values = {} if comparator == "Exists" else {"IntegerValues": [9]}
    need = {"QualificationTypeId": own_type, "Comparator": comparator, **values}

    assert not may_accept(emulator, mturk, need, "A1STRANGER")
    absent = {"QualificationTypeId": own_type, "Comparator": "DoesNotExist"}
    assert may_accept(emulator, mturk, absent, "A1STRANGER")


def test_a_revoked_qualification_does_not_exist(emulator: Emulator, mturk: Any, own_type: str) -> None:
    mturk.disassociate_qualification_from_worker(QualificationTypeId=own_type, WorkerId="A1WORKER")

    assert may_accept(emulator, mturk, {"QualificationTypeId": own_type, "Comparator": "DoesNotExist"})


@pytest.mark.parametrize(
    ("comparator", "places", "met"),
    [
        ("EqualTo", US, True),
        ("EqualTo", [{"Country": "US", "Subdivision": "CA"}], True),
        ("EqualTo", [{"Country": "US", "Subdivision": "NY"}], False),
        ("NotEqualTo", US, False),
        ("NotEqualTo", [{"Country": "DE"}], True),
        ("In", [{"Country": "DE"}, {"Country": "US"}], True),
        ("In", [{"Country": "DE"}, {"Country": "FR"}], False),
        ("NotIn", [{"Country": "DE"}, {"Country": "FR"}], True),
    ],
)
def test_places_are_countries_and_parts_of_them(
    emulator: Emulator, mturk: Any, comparator: str, places: Any, met: bool
) -> None:
    emulator.admin.act("worker", worker_id="A1WORKER", country="US", subdivision="CA")
    need = {"QualificationTypeId": LOCALE, "Comparator": comparator, "LocaleValues": places}

    assert may_accept(emulator, mturk, need) is met


@pytest.mark.slow
def test_the_systems_qualifications_follow_a_workers_past(emulator: Emulator, mturk: Any) -> None:
    emulator.admin.act("worker", worker_id="A1GOOD", prior_approved=990, prior_rejected=10, masters=True)
    emulator.admin.act("worker", worker_id="A1POOR", prior_approved=90, prior_rejected=30, adult=False)
    needs: dict[str, dict[str, Any]] = {
        "percent": {
            "QualificationTypeId": PERCENT_APPROVED,
            "Comparator": "GreaterThanOrEqualTo",
            "IntegerValues": [99],
        },
        "number": {"QualificationTypeId": NUMBER_APPROVED, "Comparator": "GreaterThan", "IntegerValues": [100]},
        "masters": {"QualificationTypeId": MASTERS, "Comparator": "Exists"},
        "adult": {"QualificationTypeId": ADULT, "Comparator": "EqualTo", "IntegerValues": [1]},
    }

    for need in needs.values():
        assert may_accept(emulator, mturk, need, "A1GOOD")
        assert not may_accept(emulator, mturk, need, "A1POOR")


def test_the_approval_rate_reads_100_until_100_hits_are_decided(emulator: Emulator, mturk: Any) -> None:
    need = {"QualificationTypeId": PERCENT_APPROVED, "Comparator": "EqualTo", "IntegerValues": [100]}
    emulator.admin.act("worker", worker_id="A1NEW", prior_approved=50, prior_rejected=49)
    assert may_accept(emulator, mturk, need, "A1NEW")

    assignment = do_hit(emulator, make_hit(mturk)["HITId"], "A1NEW")
    mturk.reject_assignment(AssignmentId=assignment, RequesterFeedback="No.")

    assert not may_accept(emulator, mturk, need, "A1NEW")


@pytest.mark.slow
def test_own_approvals_count(emulator: Emulator, mturk: Any) -> None:
    emulator.admin.act("worker", worker_id="A1NEW", prior_approved=0, prior_rejected=0)
    need = {"QualificationTypeId": NUMBER_APPROVED, "Comparator": "GreaterThanOrEqualTo", "IntegerValues": [1]}
    assert not may_accept(emulator, mturk, need, "A1NEW")

    mturk.approve_assignment(AssignmentId=do_hit(emulator, make_hit(mturk)["HITId"], "A1NEW"))

    assert may_accept(emulator, mturk, need, "A1NEW")


@pytest.mark.parametrize(
    ("guard", "seen", "previewed"),
    [
        ({}, True, True),
        ({"ActionsGuarded": "Accept"}, True, True),
        ({"ActionsGuarded": "PreviewAndAccept"}, True, False),
        ({"RequiredToPreview": True}, True, False),
        ({"ActionsGuarded": "DiscoverPreviewAndAccept"}, False, False),
    ],
)
def test_guards_keep_a_worker_from_seeing_previewing_and_accepting(
    emulator: Emulator, mturk: Any, guard: dict[str, Any], seen: bool, previewed: bool
) -> None:
    emulator.admin.act("worker", worker_id="A1FRANCE", country="FR")
    need = {"QualificationTypeId": LOCALE, "Comparator": "EqualTo", "LocaleValues": US, **guard}
    hit = make_hit(mturk, QualificationRequirements=[need])["HITId"]
    worker = emulator.worker("A1FRANCE")

    assert (hit in [item["hit_id"] for item in worker.hits()]) is seen
    if previewed:
        assert "ASSIGNMENT_ID_NOT_AVAILABLE" in worker.preview(hit)
    else:
        with pytest.raises(Refused, match="qualification requirements: Worker_Locale"):
            worker.preview(hit)
    with pytest.raises(Refused, match="qualification requirements: Worker_Locale"):
        worker.accept(hit)


def test_all_requirements_must_be_met(emulator: Emulator, mturk: Any, own_type: str) -> None:
    needs = [
        {"QualificationTypeId": LOCALE, "Comparator": "EqualTo", "LocaleValues": US},
        {"QualificationTypeId": own_type, "Comparator": "GreaterThan", "IntegerValues": [5]},
    ]
    hit = make_hit(mturk, QualificationRequirements=needs)["HITId"]

    with pytest.raises(Refused, match="requirements: Score"):
        emulator.worker("A1WORKER").accept(hit)


@pytest.mark.parametrize(
    "need",
    [
        {"Comparator": "Exists", "IntegerValues": [1]},
        {"Comparator": "DoesNotExist", "IntegerValues": [1]},
        {"Comparator": "EqualTo"},
        {"Comparator": "EqualTo", "IntegerValues": [1, 2]},
        {"Comparator": "In", "IntegerValues": []},
        {"Comparator": "In", "IntegerValues": list(range(16))},
        {"Comparator": "NotIn", "IntegerValues": list(range(16))},
        {"Comparator": "EqualTo", "LocaleValues": US},
        {"Comparator": "EqualTo", "IntegerValues": [1], "ActionsGuarded": "Accept", "RequiredToPreview": False},
        {"QualificationTypeId": LOCALE, "Comparator": "LessThan", "LocaleValues": US},
        {"QualificationTypeId": LOCALE, "Comparator": "EqualTo", "LocaleValues": US * 2},
        {"QualificationTypeId": LOCALE, "Comparator": "EqualTo", "IntegerValues": [1]},
        {"QualificationTypeId": LOCALE, "Comparator": "In", "LocaleValues": US * 31},
    ],
)
def test_requirements_outside_the_documented_limits_are_refused(
    mturk: Any, own_type: str, need: dict[str, Any]
) -> None:
    needs = [{"QualificationTypeId": own_type, **need}]

    assert code_of(make_hit, client=mturk, QualificationRequirements=needs) == "InvalidParameterValue"


def test_fifteen_integers_and_thirty_places_are_allowed(mturk: Any, own_type: str) -> None:
    needs = [
        {"QualificationTypeId": own_type, "Comparator": "In", "IntegerValues": list(range(15))},
        {"QualificationTypeId": LOCALE, "Comparator": "NotIn", "LocaleValues": US * 30},
    ]

    assert len(make_hit(mturk, QualificationRequirements=needs)["QualificationRequirements"]) == 2


def test_a_hit_has_ten_requirements_at_most(mturk: Any, own_type: str) -> None:
    need = {"QualificationTypeId": own_type, "Comparator": "Exists"}

    assert make_hit(mturk, QualificationRequirements=[need] * 10)
    assert code_of(make_hit, client=mturk, QualificationRequirements=[need] * 11) == "InvalidParameterValue"


@pytest.mark.slow
def test_a_requirement_names_a_type_that_is_there_and_active(mturk: Any, own_type: str) -> None:
    need = {"QualificationTypeId": own_type, "Comparator": "Exists"}
    mturk.update_qualification_type(QualificationTypeId=own_type, QualificationTypeStatus="Inactive")

    for type_id in (own_type, "3NOSUCHTYPE"):
        needs = [{**need, "QualificationTypeId": type_id}]
        assert code_of(make_hit, client=mturk, QualificationRequirements=needs) == "QualificationTypeDoesNotExist"


def test_requirements_are_shown_as_they_were_made(mturk: Any, own_type: str) -> None:
    needs: list[dict[str, Any]] = [
        {
            "QualificationTypeId": own_type,
            "Comparator": "In",
            "IntegerValues": [1, 2],
            "ActionsGuarded": "PreviewAndAccept",
        },
        {"QualificationTypeId": LOCALE, "Comparator": "In", "LocaleValues": [{"Country": "US", "Subdivision": "WA"}]},
    ]

    first, second = make_hit(mturk, QualificationRequirements=needs)["QualificationRequirements"]

    assert {**needs[0], "RequiredToPreview": True} == first
    assert {**needs[1], "RequiredToPreview": False, "ActionsGuarded": "Accept"} == second


def test_hits_are_found_by_the_qualification_they_ask_for(mturk: Any, own_type: str) -> None:
    need = {"QualificationTypeId": own_type, "Comparator": "Exists"}
    hit = make_hit(mturk, QualificationRequirements=[need])["HITId"]
    make_hit(mturk)

    found = mturk.list_hits_for_qualification_type(QualificationTypeId=own_type)["HITs"]

    assert [item["HITId"] for item in found] == [hit]


def test_a_blocked_worker_accepts_none_of_the_requesters_hits(emulator: Emulator, mturk: Any, other: Any) -> None:
    mine, others = make_hit(mturk)["HITId"], make_hit(other)["HITId"]
    worker = emulator.worker("A1WORKER")
    mturk.create_worker_block(WorkerId="A1WORKER", Reason="Too quick.")

    with pytest.raises(Refused, match="blocked"):
        worker.accept(mine)
    assert worker.accept(others)
    assert mturk.list_worker_blocks()["WorkerBlocks"] == [{"WorkerId": "A1WORKER", "Reason": "Too quick."}]

    mturk.delete_worker_block(WorkerId="A1WORKER")
    assert worker.accept(mine)
    mturk.delete_worker_block(WorkerId="A1WORKER")
