"""Studies: drafted, published, grown, paused, stopped, scheduled; and their money."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.turk.emulator.prolific.studying import CODE, REVIEW, STUDY, Researcher, do_study, person, with_actions
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Refused
from turk.emulator.testing import START

PLACE = 150 + 50


@pytest.mark.slow
def test_a_draft_has_its_fields_and_costs_nothing(prolific: Researcher) -> None:
    reply = prolific.ask("POST", "/studies/", STUDY)

    assert reply.status == 201
    assert reply.body["status"] == "UNPUBLISHED"
    assert {name: reply.body[name] for name in STUDY} == STUDY
    assert reply.body["total_cost"] == 3 * PLACE
    assert prolific.get(f"/studies/{reply.body['id']}/") == reply.body
    assert prolific.money() == (1_000_000, 1_000_000)


@pytest.mark.parametrize(
    "name",
    [
        "name",
        "description",
        "external_study_url",
        "prolific_id_option",
        "total_available_places",
        "estimated_completion_time",
        "reward",
    ],
)
def test_required_fields_are_asked_for_by_name(prolific: Researcher, name: str) -> None:
    body = {key: value for key, value in STUDY.items() if key != name}

    assert prolific.refused("POST", "/studies/", body) == f'{{"{name}": ["This field is required."]}}'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", 7),
        ("description", ["text"]),
        ("external_study_url", "http://study.example.org/"),
        ("external_study_url", "study"),
        ("external_study_url", 7),
        ("prolific_id_option", "guess"),
        ("prolific_id_option", ["question"]),
        ("total_available_places", 0),
        ("total_available_places", 1.5),
        ("total_available_places", True),
        ("estimated_completion_time", "9"),
        ("reward", -1),
        ("device_compatibility", ["watch"]),
        ("device_compatibility", "desktop"),
        ("peripheral_requirements", ["smell"]),
        ("maximum_allowed_time", 25),
        ("maximum_allowed_time", 1441),
        ("maximum_allowed_time", "long"),
        ("filters", "everybody"),
        ("filters", [{"selected_values": []}]),
        ("filters", [{"filter_id": "and"}]),
        ("filters", [{"filter_id": "age"}]),
        ("submissions_config", []),
        ("submissions_config", {"max_submissions_per_participant": 0}),
        ("submissions_config", {"max_concurrent_submissions": "many"}),
        ("is_external_study_url_secure", "yes"),
        ("completion_codes", "C0FFEE"),
        ("completion_codes", ["C0FFEE"]),
    ],
)
def test_fields_outside_their_limits_are_refused_by_name(prolific: Researcher, name: str, value: Any) -> None:
    assert prolific.refused("POST", "/studies/", {**STUDY, name: value}).startswith(f'{{"{name}"')
    assert prolific.get("/studies/")["results"] == []


@pytest.mark.slow
def test_the_time_limit_is_two_minutes_plus_twice_the_time_and_twice_its_root(prolific: Researcher) -> None:
    assert prolific.post("/studies/", **STUDY)["maximum_allowed_time"] == 2 + 2 * 9 + 2 * 3
    assert prolific.post("/studies/", **{**STUDY, "maximum_allowed_time": 60})["maximum_allowed_time"] == 60
    assert prolific.post("/studies/", **{**STUDY, "estimated_completion_time": 1000})["maximum_allowed_time"] == 2066


def test_a_study_on_this_machine_needs_no_https(prolific: Researcher) -> None:
    url = "http://127.0.0.1:5000/?PROLIFIC_PID={{%PROLIFIC_PID%}}"

    assert prolific.post("/studies/", **{**STUDY, "external_study_url": url})["external_study_url"] == url


def test_a_draft_can_be_changed_in_all_and_deleted(prolific: Researcher) -> None:
    study = prolific.study(publish=False)

    changed = prolific.patch(f"/studies/{study}/", name="Other", reward=90, estimated_completion_time=4)

    assert (changed["name"], changed["reward"], changed["maximum_allowed_time"]) == ("Other", 90, 14)
    assert "reward" in prolific.refused("PATCH", f"/studies/{study}/", {"reward": "much"})
    assert prolific.ask("DELETE", f"/studies/{study}/").status == 200
    assert prolific.ask("GET", f"/studies/{study}/").status == 404


def test_publishing_sets_rewards_and_fees_of_all_places_aside(prolific: Researcher) -> None:
    study = prolific.study()

    assert prolific.state_of("studies", study) == "ACTIVE"
    assert prolific.money() == (1_000_000 - 3 * PLACE, 1_000_000)
    assert prolific.get("/studies/")["results"][0]["published_at"] == "2026-03-02T12:00:00.000000Z"


def test_a_study_that_cannot_be_paid_for_stays_a_draft(prolific: Researcher) -> None:
    study = prolific.study(publish=False, total_available_places=10_000)

    assert "Not enough funds" in prolific.refused("POST", f"/studies/{study}/transition/", {"action": "PUBLISH"})
    assert prolific.state_of("studies", study) == "UNPUBLISHED"
    assert prolific.money() == (1_000_000, 1_000_000)


def test_a_study_needs_a_completion_code_to_be_published(prolific: Researcher) -> None:
    study = prolific.study(publish=False, completion_codes=[])

    assert prolific.get(f"/studies/{study}/")["is_ready_to_publish"] is False
    assert "completion_codes" in prolific.refused("POST", f"/studies/{study}/transition/", {"action": "PUBLISH"})


MOVES = {
    ("UNPUBLISHED", "PUBLISH"): "ACTIVE",
    ("UNPUBLISHED", "SCHEDULE_PUBLISH"): "SCHEDULED",
    ("SCHEDULED", "CANCEL_PUBLISH"): "UNPUBLISHED",
    ("ACTIVE", "PAUSE"): "PAUSED",
    ("ACTIVE", "STOP"): "COMPLETED",
    ("PAUSED", "START"): "ACTIVE",
    ("PAUSED", "STOP"): "COMPLETED",
}
ACTIONS = ["PUBLISH", "SCHEDULE_PUBLISH", "CANCEL_PUBLISH", "PAUSE", "START", "STOP"]
WAYS = {
    "UNPUBLISHED": [],
    "SCHEDULED": ["SCHEDULE_PUBLISH"],
    "ACTIVE": ["PUBLISH"],
    "PAUSED": ["PUBLISH", "PAUSE"],
    "COMPLETED": ["PUBLISH", "STOP"],
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("state", list(WAYS))
def test_the_documented_table_of_moves_and_no_other(prolific: Researcher, state: str, action: str) -> None:
    study, later = prolific.study(publish=False), str(START + timedelta(days=1))
    for step in WAYS[state]:
        prolific.post(f"/studies/{study}/transition/", action=step, publish_at=later)
    assert prolific.state_of("studies", study) == state

    reply = prolific.ask("POST", f"/studies/{study}/transition/", {"action": action, "publish_at": later})

    after = MOVES.get((state, action))
    assert reply.status == (200 if after else 400)
    assert prolific.state_of("studies", study) == (after or state)


def test_an_unknown_move_names_the_known(prolific: Researcher) -> None:
    assert "PUBLISH" in prolific.refused("POST", f"/studies/{prolific.study()}/transition/", {"action": "EXPLODE"})


def test_a_scheduled_study_is_published_when_its_time_has_come(emulator: Emulator, prolific: Researcher) -> None:
    study, later = prolific.study(publish=False), START + timedelta(hours=5)
    for wrong in ("soon", str(START), "2027-01-01T00:00:00"):
        body = {"action": "SCHEDULE_PUBLISH", "publish_at": wrong}
        assert "publish_at" in prolific.refused("POST", f"/studies/{study}/transition/", body)
    prolific.post(f"/studies/{study}/transition/", action="SCHEDULE_PUBLISH", publish_at=str(later))

    emulator.prolific_admin.advance(hours=4.99)
    assert prolific.state_of("studies", study) == "SCHEDULED"
    emulator.prolific_admin.advance(hours=0.01)

    assert prolific.state_of("studies", study) == "ACTIVE"


@pytest.mark.slow
def test_a_scheduled_study_that_cannot_be_paid_for_then_is_a_draft_again(
    emulator: Emulator, prolific: Researcher
) -> None:
    study = prolific.study(publish=False, total_available_places=10_000)
    later = str(START + timedelta(hours=5))
    prolific.post(f"/studies/{study}/transition/", action="SCHEDULE_PUBLISH", publish_at=later)

    emulator.prolific_admin.advance(hours=6)

    assert prolific.state_of("studies", study) == "UNPUBLISHED"


def test_a_published_study_cannot_be_deleted_or_rewritten(prolific: Researcher) -> None:
    study = prolific.study()

    assert "cannot be deleted" in prolific.refused("DELETE", f"/studies/{study}/")
    assert "cannot be changed" in prolific.refused("PATCH", f"/studies/{study}/", {"reward": 200})
    assert prolific.patch(f"/studies/{study}/", reward=150, internal_name="pilot")["internal_name"] == "pilot"
    assert "internal_name" in prolific.refused("PATCH", f"/studies/{study}/", {"internal_name": 7})


def test_places_only_grow_and_are_paid_for_at_once(prolific: Researcher) -> None:
    study = prolific.study()

    prolific.patch(f"/studies/{study}/", total_available_places=5)
    assert prolific.money() == (1_000_000 - 5 * PLACE, 1_000_000)
    for wrong in (4, 5.5, "6"):
        assert "increased" in prolific.refused("PATCH", f"/studies/{study}/", {"total_available_places": wrong})
    assert "Not enough" in prolific.refused("PATCH", f"/studies/{study}/", {"total_available_places": 9_999})

    assert prolific.get(f"/studies/{study}/")["total_available_places"] == 5


def test_a_change_that_is_refused_in_part_changes_nothing(prolific: Researcher) -> None:
    study = prolific.study()

    prolific.refused("PATCH", f"/studies/{study}/", {"internal_name": "x", "total_available_places": 1})

    assert prolific.get(f"/studies/{study}/")["internal_name"] is None


@pytest.mark.slow
def test_how_often_one_may_take_part_can_be_changed_later(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    do_study(emulator, study)
    with pytest.raises(Refused, match="409: You have taken part"):
        do_study(emulator, study)

    config = prolific.patch(f"/studies/{study}/", submissions_config={"max_submissions_per_participant": 2})

    assert config["submissions_config"] == {"max_submissions_per_participant": 2, "max_concurrent_submissions": -1}
    do_study(emulator, study)
    rows = prolific.get("/submissions/", study=study)["results"]
    assert [row["has_siblings"] for row in rows] == [True, True]
    assert "submissions_config" in prolific.refused("PATCH", f"/studies/{study}/", {"submissions_config": 3})


@pytest.mark.slow
def test_a_study_awaits_review_when_all_places_are_completed(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=2)
    first = do_study(emulator, study, 1)
    second = emulator.participant(person(2)).take(study).submission_id
    assert prolific.state_of("studies", study) == "ACTIVE"
    emulator.participant(person(2)).complete("C0FFEE")
    assert prolific.state_of("studies", study) == "AWAITING REVIEW"

    prolific.approve(first)
    assert prolific.state_of("studies", study) == "AWAITING REVIEW"
    prolific.approve(second)

    assert prolific.state_of("studies", study) == "COMPLETED"
    assert prolific.money() == (1_000_000 - 2 * PLACE, 1_000_000 - 2 * PLACE)


@pytest.mark.slow
def test_while_a_study_is_active_who_is_rejected_is_replaced(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=2)
    prolific.reject(do_study(emulator, study, 1))

    assert prolific.money() == (1_000_000 - 2 * PLACE, 1_000_000)
    do_study(emulator, study, 2)
    do_study(emulator, study, 3)

    assert prolific.state_of("studies", study) == "AWAITING REVIEW"


def test_after_that_a_rejected_place_is_opened_by_starting_again(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=2)
    prolific.approve(do_study(emulator, study, 1))
    prolific.reject(do_study(emulator, study, 2))

    assert prolific.state_of("studies", study) == "AWAITING REVIEW"
    assert prolific.money() == (1_000_000 - PLACE, 1_000_000 - PLACE)
    assert emulator.participant(person(3)).studies() == []

    assert prolific.move(study, "START") == "ACTIVE"
    assert prolific.money() == (1_000_000 - 2 * PLACE, 1_000_000 - PLACE)
    prolific.approve(do_study(emulator, study, 3))
    assert prolific.state_of("studies", study) == "COMPLETED"


def test_starting_again_with_no_free_place_changes_nothing(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=1)
    do_study(emulator, study)

    assert prolific.move(study, "START") == "AWAITING REVIEW"


def test_starting_again_needs_the_money(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=1)
    prolific.reject(do_study(emulator, study))
    emulator.prolific_admin.act("deposit", amount="-9999.00")

    assert "Not enough" in prolific.refused("POST", f"/studies/{study}/transition/", {"action": "START"})
    assert prolific.state_of("studies", study) == "AWAITING REVIEW"


@pytest.mark.slow
def test_a_completed_study_is_active_again_when_it_grows(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=1)
    prolific.approve(do_study(emulator, study))
    assert prolific.state_of("studies", study) == "COMPLETED"

    assert prolific.patch(f"/studies/{study}/", total_available_places=2)["status"] == "ACTIVE"
    do_study(emulator, study, 2)


def test_a_completed_study_that_cannot_grow_stays_completed(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=1)
    prolific.approve(do_study(emulator, study))

    assert "Not enough" in prolific.refused("PATCH", f"/studies/{study}/", {"total_available_places": 9_999})
    assert prolific.state_of("studies", study) == "COMPLETED"
    assert prolific.get(f"/studies/{study}/")["total_available_places"] == 1


def test_a_paused_study_takes_nobody_and_lets_who_is_in_finish(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    inside = emulator.participant(person(1))
    inside.take(study)
    prolific.move(study, "PAUSE")

    assert emulator.participant(person(2)).studies() == []
    assert prolific.money() == (1_000_000 - 3 * PLACE, 1_000_000)
    assert inside.complete("C0FFEE") == "AWAITING REVIEW"
    prolific.move(study, "START")
    assert emulator.participant(person(2)).studies()


@pytest.mark.slow
def test_a_stopped_study_keeps_the_money_of_work_under_way_only(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    inside = emulator.participant(person(1))
    submission = inside.take(study).submission_id
    prolific.move(study, "STOP")

    assert prolific.money() == (1_000_000 - PLACE, 1_000_000)
    inside.complete("C0FFEE")
    prolific.approve(submission)
    assert prolific.money() == (1_000_000 - PLACE, 1_000_000 - PLACE)
    assert prolific.state_of("studies", study) == "COMPLETED"


def test_lists_are_filtered_by_state_and_project(emulator: Emulator, prolific: Researcher) -> None:
    draft, active = prolific.study(publish=False), prolific.study()
    project = prolific.get(f"/workspaces/{prolific.workspace_id()}/projects/")["results"][0]["id"]

    assert [row["id"] for row in prolific.get("/studies/", state="(active|paused)")["results"]] == [active]
    assert [row["id"] for row in prolific.get("/studies/", state="UNPUBLISHED")["results"]] == [draft]
    assert prolific.ask("GET", "/studies/", state="lost").status == 400
    rows = prolific.get(f"/projects/{project}/studies/", ordering="-date_created", page_size=1)["results"]
    assert [row["id"] for row in rows] == [active]
    assert prolific.get("/projects/other/studies/")["results"] == []


@pytest.mark.slow
def test_places_taken_leave_out_who_returned_or_was_too_late(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    do_study(emulator, study, 1)
    returned = emulator.participant(person(2))
    returned.give_back(returned.take(study).submission_id)
    emulator.participant(person(3)).take(study)
    emulator.prolific_admin.advance(hours=1)

    [row] = prolific.get("/studies/")["results"]

    assert (row["places_taken"], row["number_of_submissions"], row["total_available_places"]) == (1, 3, 3)
    counts = prolific.get(f"/studies/{study}/submissions/counts/")
    assert counts["TOTAL"] == 3
    assert {state: number for state, number in counts.items() if number} == {
        "AWAITING REVIEW": 1, "RETURNED": 1, "TIMED-OUT": 1, "TOTAL": 3,
    }  # fmt: skip


def test_what_a_study_costs_is_told_before_and_after(emulator: Emulator, prolific: Researcher) -> None:
    assert prolific.post("/study-cost-calculator/", reward=150, total_available_places=3) == {"total_cost": 3 * PLACE}
    assert "reward" in prolific.refused("POST", "/study-cost-calculator/", {"total_available_places": 3})
    study = prolific.study()
    prolific.approve(do_study(emulator, study))

    cost = prolific.get(f"/studies/{study}/cost/")

    assert cost["rewards"]["rewards"] == {"amount": 150, "currency": "USD"}
    assert cost["rewards"]["fees"] == {"amount": 50, "currency": "USD"}
    assert cost["bonuses"]["rewards"] == {"amount": 0, "currency": "USD"}


SCREENING = {"action": "FIXED_SCREEN_OUT_PAYMENT", "fixed_screen_out_reward": 20, "slots": 2}


@pytest.mark.parametrize(
    "codes",
    [
        [{"code": "A", "code_type": "OTHER"}],
        [{"code": "", "code_type": "OTHER", "actions": []}],
        [{"code": 7, "code_type": "OTHER", "actions": []}],
        [{"code": "A", "code_type": 7, "actions": []}],
        [{"code": "A", "code_type": "OTHER", "actions": "none"}],
        [{"code": "A", "code_type": "OTHER", "actions": [], "actor": "robot"}],
        [{"code": "A", "code_type": "OTHER", "actions": [{"action": "EXPLODE"}]}],
        [{"code": "A", "code_type": "OTHER", "actions": ["EXPLODE"]}],
        [{"code": "A", "code_type": "OTHER", "actions": [{"action": "ADD_TO_PARTICIPANT_GROUP"}]}],
        [{"code": "A", "code_type": "OTHER", "actions": [{"action": "REQUEST_RETURN"}]}],
        [{"code": "A", "code_type": "OTHER", "actions": [REVIEW, {"action": "AUTOMATICALLY_APPROVE"}]}],
        [{"code": "A", "code_type": "OTHER", "actions": [{"action": "DYNAMIC_PAYMENT"}]}],
        [{"code": "A", "code_type": "OTHER", "actions": [{**SCREENING, "fixed_screen_out_reward": 150}]}],
        [{"code": "A", "code_type": "OTHER", "actions": [{**SCREENING, "slots": 0}]}],
        [{"code": "A", "code_type": "OTHER", "actions": [SCREENING]}, {**CODE, "actions": [SCREENING]}],
        [CODE, CODE],
        [{"code": None, "code_type": "OTHER", "actions": [REVIEW]}],
        [{"code": None, "code_type": "OTHER", "actions": [], "actor": "researcher"}],
        [CODE, {"code": None, "code_type": "OTHER", "actions": []}],
    ],
)
def test_completion_codes_outside_the_documented_rules_are_refused(prolific: Researcher, codes: Any) -> None:
    assert "completion_codes" in prolific.refused("POST", "/studies/", {**STUDY, "completion_codes": codes})


def test_of_a_published_studys_codes_only_screen_out_slots_grow(prolific: Researcher) -> None:
    study = prolific.study(completion_codes=with_actions(SCREENING))
    more = [{"code": "ACT", "actions": [{"action": "FIXED_SCREEN_OUT_PAYMENT", "slots": 5}]}]

    changed = prolific.patch(f"/studies/{study}/", completion_codes=more)

    assert changed["completion_codes"] == with_actions({**SCREENING, "slots": 5}, actor="participant")
    assert prolific.money() == (1_000_000 - 3 * PLACE - 5 * 27, 1_000_000)
    for wrong in ([CODE], "ACT", [{"code": "C0FFEE", "actions": more[0]["actions"]}]):
        assert "slots" in prolific.refused("PATCH", f"/studies/{study}/", {"completion_codes": wrong})
    fewer = [{"code": "ACT", "actions": [{**SCREENING, "slots": 1}]}]
    assert "increased" in prolific.refused("PATCH", f"/studies/{study}/", {"completion_codes": fewer})
