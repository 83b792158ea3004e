"""Submissions: reserved, begun, completed, late, returned, approved, rejected; codes and their actions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.turk.emulator.prolific.studying import REASON, Researcher, do_study, person, with_actions
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Refused

PLACE = 150 + 50
SCREENING = {"action": "FIXED_SCREEN_OUT_PAYMENT", "fixed_screen_out_reward": 20, "slots": 2}
PART = {"actions": [{"action": "DYNAMIC_PAYMENT"}], "actor": "researcher"}


def test_a_submission_is_reserved_then_active_then_awaiting_review(emulator: Emulator, prolific: Researcher) -> None:
    study, participant = prolific.study(), emulator.participant(person())

    submission = participant.reserve(study)
    assert prolific.state_of("submissions", submission) == "RESERVED"
    emulator.prolific_admin.advance(seconds=60)
    part = participant.open(submission)
    assert prolific.state_of("submissions", submission) == "ACTIVE"
    emulator.prolific_admin.advance(seconds=300)
    assert participant.complete("C0FFEE") == "AWAITING REVIEW"

    assert part.url == (
        f"https://study.example.org/?PROLIFIC_PID={person()}&STUDY_ID={study}&SESSION_ID={submission}"
    )  # fmt: skip
    assert prolific.get(f"/submissions/{submission}/") == {
        "id": submission,
        "study_id": study,
        "participant": person(),
        "status": "AWAITING REVIEW",
        "started_at": "2026-03-02T12:01:00.000000Z",
        "completed_at": "2026-03-02T12:06:00.000000Z",
        "entered_code": "C0FFEE",
        "parent_study_id": None,
        "bonus_payments": [],
        "return_requested": None,
    }
    [row] = prolific.get("/submissions/", study=study)["results"]
    assert row == {
        "id": submission,
        "participant_id": person(),
        "status": "AWAITING REVIEW",
        "started_at": "2026-03-02T12:01:00.000000Z",
        "completed_at": "2026-03-02T12:06:00.000000Z",
        "has_siblings": False,
        "study_code": "C0FFEE",
        "return_requested": None,
    }


@pytest.mark.slow
def test_a_reservation_lasts_ten_minutes(emulator: Emulator, prolific: Researcher) -> None:
    study, participant = prolific.study(total_available_places=1), emulator.participant(person())
    submission = participant.reserve(study)

    emulator.prolific_admin.advance(seconds=599)
    assert prolific.state_of("submissions", submission) == "RESERVED"
    emulator.prolific_admin.advance(seconds=1)

    assert prolific.state_of("submissions", submission) == "TIMED-OUT"
    with pytest.raises(Refused, match="409: This submission is not under way"):
        participant.open(submission)
    assert emulator.participant(person(2)).studies()


def test_who_takes_too_long_is_timed_out_and_the_place_is_free(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=1)
    submission = emulator.participant(person(1)).take(study).submission_id

    emulator.prolific_admin.advance(seconds=26 * 60 - 1)
    assert prolific.state_of("submissions", submission) == "ACTIVE"
    emulator.prolific_admin.advance(seconds=1)

    assert prolific.state_of("submissions", submission) == "TIMED-OUT"
    do_study(emulator, study, 2)


def test_who_is_late_still_comes_in_while_nobody_has_the_place(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=2)
    late, later = emulator.participant(person(1)), emulator.participant(person(2))
    first, second = late.take(study).submission_id, later.take(study).submission_id
    emulator.prolific_admin.advance(hours=2)
    do_study(emulator, study, 3)

    assert late.complete("C0FFEE") == "AWAITING REVIEW"
    with pytest.raises(Refused, match="409: You have no study under way"):
        later.complete("C0FFEE")

    assert prolific.state_of("submissions", first) == "AWAITING REVIEW"
    assert prolific.state_of("submissions", second) == "TIMED-OUT"


def test_a_wrong_code_or_none_waits_for_the_researcher(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(completion_codes=with_actions({"action": "AUTOMATICALLY_APPROVE"}))

    wrong, none = do_study(emulator, study, 1, "GUESS"), do_study(emulator, study, 2, None)

    for submission, code in ((wrong, "GUESS"), (none, "NOCODE")):
        found = prolific.get(f"/submissions/{submission}/")
        assert (found["status"], found["entered_code"]) == ("AWAITING REVIEW", code)


def test_a_null_code_asks_participants_for_none(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(completion_codes=[{"code": None, "code_type": "COMPLETED", "actions": []}])

    found = prolific.get(f"/submissions/{do_study(emulator, study, code=None)}/")

    assert (found["status"], found["entered_code"]) == ("AWAITING REVIEW", None)


@pytest.mark.slow
def test_a_code_can_approve_at_once(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(completion_codes=with_actions({"action": "AUTOMATICALLY_APPROVE"}))

    submission = do_study(emulator, study, code="ACT")

    assert prolific.state_of("submissions", submission) == "APPROVED"
    assert prolific.money() == (1_000_000 - 3 * PLACE, 1_000_000 - PLACE)
    assert emulator.participant(person()).earned() == "1.50"


def test_a_code_can_ask_for_a_return(emulator: Emulator, prolific: Researcher) -> None:
    asking = {"action": "REQUEST_RETURN", "return_reason": "Your browser blocked the photos."}
    study = prolific.study(completion_codes=with_actions(asking))

    submission = do_study(emulator, study, code="ACT")

    found = prolific.get(f"/submissions/{submission}/")
    assert (found["status"], found["return_requested"]) == ("AWAITING REVIEW", "2026-03-02T12:00:00.000000Z")
    assert "Your browser blocked the photos." in emulator.participant(person()).messages()[0]["body"]


def test_codes_add_to_groups_and_remove_from_them(emulator: Emulator, prolific: Researcher) -> None:
    body = {"name": "Seen", "workspace_id": prolific.workspace_id()}
    seen, fresh, gone = (prolific.post("/participant-groups/", **body)["id"] for _ in range(3))
    prolific.post(f"/participant-groups/{fresh}/participants/", participant_ids=[person(1), person(2)])
    prolific.ask("DELETE", f"/participant-groups/{gone}/")
    moves = [
        ("ADD_TO_PARTICIPANT_GROUP", seen),
        ("REMOVE_FROM_PARTICIPANT_GROUP", fresh),
        ("ADD_TO_PARTICIPANT_GROUP", gone),
    ]
    codes = with_actions(*({"action": action, "participant_group": group} for action, group in moves))

    do_study(emulator, prolific.study(completion_codes=codes), 1, "ACT")

    def members(group: str) -> list[str]:
        return [row["participant_id"] for row in prolific.get(f"/participant-groups/{group}/participants/")["results"]]

    assert (members(seen), members(fresh)) == ([person(1)], [person(2)])
    feeders = prolific.get(f"/participant-groups/{seen}/")["feeder_studies"]
    assert feeders[0]["feeder_completion_codes"] == [
        {"code": "ACT", "code_type": "OTHER", "action": "ADD_TO_PARTICIPANT_GROUP"}
    ]


@pytest.mark.slow
def test_who_is_screened_out_is_paid_at_once_and_replaced(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=1, completion_codes=with_actions(SCREENING))
    assert prolific.money() == (1_000_000 - PLACE - 2 * 27, 1_000_000)

    submission = do_study(emulator, study, 1, "ACT")

    assert prolific.state_of("submissions", submission) == "SCREENED OUT"
    assert emulator.participant(person(1)).earned() == "0.20"
    assert prolific.money() == (1_000_000 - PLACE - 2 * 27, 1_000_000 - 27)
    prolific.approve(do_study(emulator, study, 2))
    assert prolific.money() == (1_000_000 - PLACE - 27, 1_000_000 - PLACE - 27)


def test_a_study_pauses_when_its_screen_out_slots_are_used_up(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(completion_codes=with_actions({**SCREENING, "slots": 1}))
    late = emulator.participant(person(2))
    second = late.take(study).submission_id
    do_study(emulator, study, 1, "ACT")

    assert prolific.state_of("studies", study) == "PAUSED"
    assert late.complete("ACT") == "AWAITING REVIEW"

    more = [{"code": "ACT", "actions": [{**SCREENING, "slots": 2}]}]
    prolific.patch(f"/studies/{study}/", completion_codes=more)
    assert prolific.move(study, "START") == "ACTIVE"
    prolific.approve(second)


@pytest.mark.slow
def test_a_researchers_code_pays_a_part(emulator: Emulator, prolific: Researcher) -> None:
    code = {"code": "PART", "code_type": "OTHER", **PART}
    study = prolific.study(completion_codes=[*with_actions(), code])
    submission = do_study(emulator, study, 1)
    data = {"percentage_of_reward": 30, "message_to_participant": "Thank you for the first half."}
    body = {"action": "COMPLETE", "completion_code": "PART", "completion_code_data": data}

    for _ in range(2):
        answer = prolific.post(f"/submissions/{submission}/transition/", **body)
        assert (answer["status"], answer["entered_code"]) == ("PARTIALLY APPROVED", "PART")

    assert emulator.participant(person(1)).earned() == "0.45"
    assert emulator.participant(person(1)).messages()[0]["body"] == "Thank you for the first half."
    assert prolific.money() == (1_000_000 - 2 * PLACE - 60, 1_000_000 - 60)
    assert do_study(emulator, study, 2, "PART")
    assert prolific.get("/submissions/", study=study, status="AWAITING_REVIEW")["results"]


@pytest.mark.parametrize("share", [None, 7, 100, "30", True])
def test_a_part_is_eight_to_ninety_nine_percent(emulator: Emulator, prolific: Researcher, share: Any) -> None:
    study = prolific.study(completion_codes=[{"code": "PART", "code_type": "OTHER", **PART}])
    submission = do_study(emulator, study)
    body = {"action": "COMPLETE", "completion_code": "PART", "completion_code_data": {"percentage_of_reward": share}}

    assert "between 8 and 99" in prolific.refused("POST", f"/submissions/{submission}/transition/", body)


@pytest.mark.slow
def test_only_a_researchers_code_completes_for_a_participant(emulator: Emulator, prolific: Researcher) -> None:
    code = {
        "code": "DONE",
        "code_type": "OTHER",
        "actions": [{"action": "AUTOMATICALLY_APPROVE"}],
        "actor": "researcher",
    }
    study = prolific.study(completion_codes=[*with_actions(), code])
    submission = emulator.participant(person()).take(study).submission_id
    path = f"/submissions/{submission}/transition/"

    for wrong in ("C0FFEE", "GUESS"):
        assert "actor is the researcher" in prolific.refused(
            "POST", path, {"action": "COMPLETE", "completion_code": wrong}
        )
    assert "required" in prolific.refused("POST", path, {"action": "COMPLETE"})
    assert prolific.post(path, action="COMPLETE", completion_code="DONE")["status"] == "APPROVED"
    returned = emulator.participant(person(2))
    given_back = returned.take(study).submission_id
    returned.give_back(given_back)
    body = {"action": "COMPLETE", "completion_code": "DONE"}
    assert "is RETURNED" in prolific.refused("POST", f"/submissions/{given_back}/transition/", body)


@pytest.mark.slow
def test_approving_pays_once_however_often_it_is_asked_for(emulator: Emulator, prolific: Researcher) -> None:
    submission = do_study(emulator, prolific.study())

    assert [prolific.approve(submission) for _ in range(3)] == ["APPROVED"] * 3

    assert prolific.money() == (1_000_000 - 3 * PLACE, 1_000_000 - PLACE)
    assert emulator.participant(person()).earned() == "1.50"
    assert len(emulator.prolific_admin.rows("ledger", kind="reward")) == 1


def test_a_rejection_needs_a_message_of_a_hundred_characters_and_a_category(
    emulator: Emulator, prolific: Researcher
) -> None:
    path = f"/submissions/{do_study(emulator, prolific.study())}/transition/"
    good = {"action": "REJECT", "message": REASON, "rejection_category": "TOO_QUICKLY"}

    assert "at least 100" in prolific.refused("POST", path, {**good, "message": "x" * 99})
    assert "message" in prolific.refused("POST", path, {**good, "message": None})
    assert "rejection_category" in prolific.refused("POST", path, {**good, "rejection_category": "UGLY"})
    assert [prolific.post(path, **good)["status"] for _ in range(2)] == ["REJECTED"] * 2

    participant = emulator.participant(person())
    assert participant.earned() == "0.00"
    assert participant.history()[0]["feedback"] == REASON
    assert len(participant.messages()) == 1


@pytest.mark.slow
def test_a_decision_cannot_be_turned(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    good, bad = do_study(emulator, study, 1), do_study(emulator, study, 2)
    prolific.approve(good)
    prolific.reject(bad)
    reject = {"action": "REJECT", "message": REASON, "rejection_category": "OTHER"}

    assert "is APPROVED" in prolific.refused("POST", f"/submissions/{good}/transition/", reject)
    assert "is REJECTED" in prolific.refused("POST", f"/submissions/{bad}/transition/", {"action": "APPROVE"})
    under_way = emulator.participant(person(3)).take(study).submission_id
    assert "is ACTIVE" in prolific.refused("POST", f"/submissions/{under_way}/transition/", {"action": "APPROVE"})
    for action in ("UNREJECT", "START", None):
        assert "APPROVE, REJECT or COMPLETE" in prolific.refused(
            "POST", f"/submissions/{bad}/transition/", {"action": action}
        )


def test_work_that_nobody_decides_is_approved_after_21_days(emulator: Emulator, prolific: Researcher) -> None:
    submission = do_study(emulator, prolific.study())

    emulator.prolific_admin.advance(days=21, seconds=-1)
    assert prolific.state_of("submissions", submission) == "AWAITING REVIEW"
    emulator.prolific_admin.advance(seconds=1)

    assert prolific.state_of("submissions", submission) == "APPROVED"


def test_many_are_approved_a_little_later_by_their_ids(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    done = [do_study(emulator, study, number) for number in (1, 2, 3)]
    prolific.approve(done[0])

    assert prolific.post("/submissions/bulk-approve/", submission_ids=done)
    assert prolific.state_of("submissions", done[1]) == "AWAITING REVIEW"
    emulator.prolific_admin.advance(seconds=60)

    assert [prolific.state_of("submissions", item) for item in done] == ["APPROVED"] * 3
    assert prolific.money() == (1_000_000 - 3 * PLACE, 1_000_000 - 3 * PLACE)


@pytest.mark.slow
def test_many_are_approved_by_their_participants(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    done = [do_study(emulator, study, number) for number in (1, 2)]
    people = [person(1), person(9)]

    strangers = {"study_id": study, "participant_ids": people}
    assert person(9) in prolific.refused("POST", "/submissions/bulk-approve/", strangers)
    prolific.post("/submissions/bulk-approve/", study_id=study, participant_ids=people[:1])
    emulator.prolific_admin.advance(seconds=60)

    assert [prolific.state_of("submissions", item) for item in done] == ["APPROVED", "AWAITING REVIEW"]


def test_bulk_approval_is_all_or_none(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    done, open_ = do_study(emulator, study, 1), emulator.participant(person(2)).take(study).submission_id

    assert open_ in prolific.refused("POST", "/submissions/bulk-approve/", {"submission_ids": [done, open_]})
    prolific.refused("POST", "/submissions/bulk-approve/", {"submission_ids": ["none"]}, 404)
    prolific.refused("POST", "/submissions/bulk-approve/", {"submission_ids": "none"})
    emulator.prolific_admin.advance(hours=1)

    assert prolific.state_of("submissions", done) == "AWAITING REVIEW"


@pytest.mark.slow
def test_a_researcher_asks_for_a_return_and_the_participant_returns(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    submission = do_study(emulator, study)
    reasons = {"request_return_reasons": ["Withdrew consent."]}

    answer = prolific.post(f"/submissions/{submission}/request-return/", **reasons)

    assert answer == {
        "id": submission, "status": "AWAITING REVIEW", "participant": person(),
        "return_requested": "2026-03-02T12:00:00.000000Z",
    }  # fmt: skip
    participant = emulator.participant(person())
    assert "Withdrew consent." in participant.messages()[0]["body"]
    participant.give_back(submission)
    assert prolific.state_of("submissions", submission) == "RETURNED"
    with pytest.raises(Refused, match="409: Only work that is not decided can be returned"):
        participant.give_back(submission)
    assert prolific.state_of("studies", study) == "ACTIVE"


def test_lists_are_filtered_in_the_documented_spellings(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=5)
    waiting, approved, late = (do_study(emulator, study, 1), do_study(emulator, study, 2), None)
    prolific.approve(approved)
    late = emulator.participant(person(3)).take(study).submission_id
    emulator.prolific_admin.advance(hours=1)

    def listed(**query: Any) -> list[str]:
        return [row["id"] for row in prolific.get("/submissions/", study=study, **query)["results"]]

    assert listed(status="awaiting_review") == listed(awaiting_review="YES") == [waiting]
    assert listed(status="TIMED-OUT") == listed(timeout="t") == listed(completed="0") == [late]
    assert listed(approved="1") == [approved]
    assert listed(approved="false", ordering="-started_at") == [late, waiting]
    by_person = prolific.get(f"/studies/{study}/submissions/", ordering="participant_id")["results"]
    assert [row["id"] for row in by_person] == [waiting, approved, late]
    for wrong in ({"status": "lost"}, {"ordering": "age"}, {"approved": "maybe"}):
        assert prolific.ask("GET", "/submissions/", study=study, **wrong).status == 400
    assert prolific.ask("GET", "/submissions/").status == 400
