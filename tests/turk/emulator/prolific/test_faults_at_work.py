"""Faults by script, as a researcher and a participant meet them."""

from __future__ import annotations

import json
import time

import pytest

from tests.turk.emulator.prolific.studying import STUDY, Researcher, do_study, hook, person, with_actions
from tests.turk.emulator.receiving import Receiver
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Refused


def test_a_throttled_call_is_a_429_and_nothing_is_done(emulator: Emulator, prolific: Researcher) -> None:
    emulator.prolific_admin.script({"kind": "throttle", "on": "create-study", "times": [1]})

    prolific.refused("POST", "/studies/", STUDY, 429)

    assert prolific.get("/studies/")["results"] == []
    assert prolific.study()


def test_an_error_before_the_work_leaves_nothing_behind(emulator: Emulator, prolific: Researcher) -> None:
    emulator.prolific_admin.script({"kind": "error_before", "on": "create-study"})

    prolific.refused("POST", "/studies/", STUDY, 502)

    assert prolific.get("/studies/")["results"] == []


def test_an_error_after_paying_bonuses_has_paid_them(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    submission = do_study(emulator, study)
    table = {"study_id": study, "csv_bonuses": f"{submission},1.00"}
    batch = prolific.post("/submissions/bonus-payments/", **table)["id"]
    emulator.prolific_admin.script({"kind": "error_after", "on": "pay-bonus-payments", "times": [1]})

    prolific.refused("POST", f"/bulk-bonus-payments/{batch}/pay/", status=502)
    prolific.post(f"/bulk-bonus-payments/{batch}/pay/")
    emulator.prolific_admin.advance(seconds=60)

    # Who tries again without looking pays twice, as on the platform.
    assert prolific.get(f"/submissions/{submission}/")["bonus_payments"] == [100, 100]


@pytest.mark.slow
def test_a_slow_answer_is_slow(emulator: Emulator, prolific: Researcher) -> None:
    emulator.prolific_admin.script({"kind": "slow", "on": "get-user", "seconds": 0.3})

    begin = time.monotonic()
    prolific.get("/users/me/")

    assert time.monotonic() - begin >= 0.3


@pytest.mark.slow
def test_a_lost_event_never_comes(emulator: Emulator, prolific: Researcher, receiver: Receiver) -> None:
    made = hook(prolific, receiver.url)
    emulator.prolific_admin.script({"kind": "lose_event", "on": "submission.*", "times": [2]})

    do_study(emulator, prolific.study())
    emulator.prolific_admin.flush()

    assert [json.loads(body)["status"] for _, body in receiver.requests] == ["RESERVED", "AWAITING REVIEW"]
    events = prolific.get(f"/hooks/subscriptions/{made}/events/")["results"]
    assert [event["status"] for event in events] == ["SUCCEEDED", "PENDING", "SUCCEEDED"]


def test_a_doubled_event_comes_twice_under_one_id(emulator: Emulator, prolific: Researcher, receiver: Receiver) -> None:
    hook(prolific, receiver.url)
    emulator.prolific_admin.script({"kind": "double_event", "on": "submission.*", "times": [1]})

    emulator.participant(person()).reserve(prolific.study())
    emulator.prolific_admin.flush()

    ids = [headers["x-event-id"] for headers, _ in receiver.requests]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_who_comes_back_twice_sees_that_it_was_done(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    emulator.prolific_admin.script({"kind": "submit_twice", "on": study})
    participant = emulator.participant(person())
    submission = participant.take(study).submission_id

    with pytest.raises(Refused, match="409: You have no study under way"):
        participant.complete("C0FFEE")

    assert prolific.state_of("submissions", submission) == "AWAITING REVIEW"


@pytest.mark.slow
def test_who_returns_after_finishing_is_not_paid_and_the_place_is_free(
    emulator: Emulator, prolific: Researcher
) -> None:
    codes = with_actions({"action": "AUTOMATICALLY_APPROVE"})
    study = prolific.study(total_available_places=1, completion_codes=codes)
    emulator.prolific_admin.script({"kind": "return_after_finishing", "on": study, "times": [1]})
    participant = emulator.participant(person())
    submission = participant.take(study).submission_id

    with pytest.raises(Refused, match="409: You have returned this submission"):
        participant.complete("ACT")

    assert prolific.state_of("submissions", submission) == "RETURNED"
    assert participant.earned() == "0.00"
    do_study(emulator, study, 2, "ACT")


def test_both_platforms_share_clock_and_faults(emulator: Emulator) -> None:
    emulator.admin.script({"kind": "slow", "seconds": 0.0})

    assert emulator.admin.advance(hours=1) == emulator.prolific_admin.view("clock")["now"]
    assert emulator.prolific_admin.view("faults") == emulator.admin.view("faults")
