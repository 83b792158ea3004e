"""How people come from a recruiter and go back to it."""

from __future__ import annotations

from typing import Any

import pytest

from turk.arrivals import Arrival, arrive, departure
from turk.refusals import Refused

MTURK = {
    "assignmentId": "3A1", "hitId": "3H1", "workerId": "A1W", "turkSubmitTo": "https://workersandbox.mturk.com",
}  # fmt: skip
PROLIFIC = {"PROLIFIC_PID": "5f0", "STUDY_ID": "60a", "SESSION_ID": "61b"}


def test_a_plain_link_brings_somebody_without_a_name() -> None:
    assert arrive("link", {"lang": "de"}) == Arrival("link", None)


@pytest.mark.parametrize("parameter", ["id", "participant"])
def test_a_link_may_name_its_visitor(parameter: str) -> None:
    assert arrive("link", {parameter: "S17"}) == Arrival("link", "S17")


def test_prolific_names_person_study_and_submission() -> None:
    assert arrive("prolific", PROLIFIC) == Arrival("prolific", "5f0", {"study": "60a", "submission": "61b"})


def test_mturk_names_worker_assignment_hit_and_where_to_send_the_form() -> None:
    facts = {"assignment": "3A1", "hit": "3H1", "submit_to": "https://workersandbox.mturk.com"}

    assert arrive("mturk", MTURK) == Arrival("mturk", "A1W", facts)


@pytest.mark.parametrize(
    ("recruiter", "query"),
    [
        ("link", {"preview": "1"}),
        ("prolific", {"preview": "1"}),
        ("mturk", {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "3H1"}),
        ("mturk", {}),
    ],
)
def test_who_only_looks_has_no_name(recruiter: str, query: dict[str, str]) -> None:
    arrival = arrive(recruiter, query)

    assert arrival.preview
    assert arrival.person is None


@pytest.mark.parametrize("missing", sorted(PROLIFIC))
def test_prolific_without_a_parameter_is_refused(missing: str) -> None:
    with pytest.raises(Refused, match=f"{missing}: missing in the address") as refused:
        arrive("prolific", {**PROLIFIC, missing: ""})
    assert refused.value.kind == "bad"


@pytest.mark.parametrize("missing", ["hitId", "workerId", "turkSubmitTo"])
def test_mturk_without_a_parameter_is_refused(missing: str) -> None:
    with pytest.raises(Refused, match=f"{missing}: missing in the address"):
        arrive("mturk", {name: value for name, value in MTURK.items() if name != missing})


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "http://www.mturk.com",
        "https://www.mturk.com.evil.example",
        "https://www.mturk.com@evil.example",
        "https://www.mturk.com:8443",
        "//www.mturk.com",
        "javascript:alert(1)",
        "https://[",
    ],
)
def test_a_form_goes_to_mturk_alone(address: str) -> None:
    with pytest.raises(Refused, match="turkSubmitTo: an address of MTurk"):
        arrive("mturk", {**MTURK, "turkSubmitTo": address})


def test_a_path_behind_mturks_address_is_dropped() -> None:
    arrival = arrive("mturk", {**MTURK, "turkSubmitTo": "https://WWW.mturk.com/somewhere?else"})

    assert arrival.facts["submit_to"] == "https://www.mturk.com"


def test_an_emulator_can_be_allowed() -> None:
    address = "http://127.0.0.1:5005"

    assert arrive("mturk", {**MTURK, "turkSubmitTo": address}, (address,)).facts["submit_to"] == address


@pytest.mark.parametrize("value", ["x" * 201, "nul\x00", "\ud800", ["a"], 7])
def test_names_that_no_recruiter_gives_are_refused(value: Any) -> None:
    with pytest.raises(Refused):
        arrive("link", {"id": value})


def test_a_finished_session_shows_its_code() -> None:
    assert departure("link", {}, "CODE") == {"kind": "code", "code": "CODE"}


def test_a_finished_assignment_is_sent_to_mturk_as_a_form() -> None:
    back = departure("mturk", arrive("mturk", MTURK).facts, "CODE")

    assert back == {
        "kind": "form",
        "action": "https://workersandbox.mturk.com/mturk/externalSubmit",
        "fields": {"assignmentId": "3A1", "code": "CODE"},
    }


def test_a_synthetic_session_of_an_mturk_study_has_a_code() -> None:
    assert departure("mturk", {}, "CODE") == {"kind": "code", "code": "CODE"}
