"""The workspace: participant groups, who may take part, messages, balance."""

from __future__ import annotations

from typing import Any

import pytest

from tests.turk.emulator.prolific.studying import Researcher, do_study, person
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Refused


def group(prolific: Researcher, *numbers: int, **more: Any) -> str:
    """Make a group of participants."""
    people = [person(number) for number in numbers]
    body = {"name": "Group", "workspace_id": prolific.workspace_id(), "participant_ids": people, **more}
    return str(prolific.post("/participant-groups/", **body)["id"])


def members(prolific: Researcher, group_id: str) -> list[str]:
    """List who is in a group."""
    return [row["participant_id"] for row in prolific.get(f"/participant-groups/{group_id}/participants/")["results"]]


def sees(emulator: Emulator, number: int) -> list[str]:
    """List the studies that a participant sees."""
    return [study["study_id"] for study in emulator.participant(person(number)).studies()]


def test_a_group_is_made_renamed_and_deleted(prolific: Researcher) -> None:
    made = group(prolific, 1, 2, description="Who was here.")

    shown = prolific.get(f"/participant-groups/{made}/")
    assert (shown["name"], shown["participant_count"], shown["is_deleted"]) == ("Group", 2, False)
    assert shown["description"] == "Who was here."
    assert prolific.patch(f"/participant-groups/{made}/", name="Other")["name"] == "Other"
    assert prolific.ask("DELETE", f"/participant-groups/{made}/").status == 204

    assert prolific.ask("GET", f"/participant-groups/{made}/").status == 404
    workspace = {"workspace_id": prolific.workspace_id()}
    assert [row["is_deleted"] for row in prolific.get("/participant-groups/", **workspace)["results"]] == [True]
    assert prolific.get("/participant-groups/", active="true", **workspace)["results"] == []


def test_members_are_added_removed_and_replaced_and_repeats_are_ignored(prolific: Researcher) -> None:
    made = group(prolific, 1)
    path = f"/participant-groups/{made}/participants/"

    prolific.post(path, participant_ids=[person(1), person(2)])
    assert members(prolific, made) == [person(1), person(2)]
    reply = prolific.ask("DELETE", path, {"participant_ids": [person(1), person(7)]})
    assert [row["participant_id"] for row in reply.body["results"]] == [person(2)]
    prolific.patch(f"/participant-groups/{made}/", participant_ids=[person(2), person(3)])

    assert members(prolific, made) == [person(2), person(3)]


def test_a_group_belongs_to_the_workspace(prolific: Researcher) -> None:
    assert "workspace_id" in prolific.refused("POST", "/participant-groups/", {"name": "Group"})
    assert "name" in prolific.refused("POST", "/participant-groups/", {"workspace_id": prolific.workspace_id()})
    assert prolific.ask("GET", "/participant-groups/").status == 404
    project = prolific.get(f"/workspaces/{prolific.workspace_id()}/projects/")["results"][0]["id"]
    assert prolific.get("/participant-groups/", project_id=project) == {"results": []}


def test_groups_let_in_and_keep_out(emulator: Emulator, prolific: Researcher) -> None:
    made = group(prolific, 1)
    only = prolific.study(filters=[{"filter_id": "participant_group_allowlist", "selected_values": [made]}])
    others = prolific.study(filters=[{"filter_id": "participant_group_blocklist", "selected_values": [made]}])

    assert (sees(emulator, 1), sees(emulator, 2)) == ([only], [others])
    with pytest.raises(Refused, match="409: This study is not available to you"):
        emulator.participant(person(2)).take(only)


@pytest.mark.slow
def test_earlier_studies_let_in_and_keep_out(emulator: Emulator, prolific: Researcher) -> None:
    first = prolific.study(total_available_places=1)
    do_study(emulator, first, 1)

    again = prolific.study(filters=[{"filter_id": "previous_studies_allowlist", "selected_values": [first]}])
    new = prolific.study(filters=[{"filter_id": "previous_studies_blocklist", "selected_values": [first]}])

    assert (sees(emulator, 1), sees(emulator, 2)) == ([again], [new])


def test_lists_and_groups_of_filters(emulator: Emulator, prolific: Researcher) -> None:
    one = {"filter_id": "custom_allowlist", "selected_values": [person(1)]}
    two = {"filter_id": "custom_blocklist", "selected_values": [person(2)]}
    age = {"filter_id": "age", "selected_range": {"lower": 18, "upper": 99}}

    both = prolific.study(filters=[{"filter_id": "and", "selected_filters": [one, two, age]}])
    either = prolific.study(filters=[{"filter_id": "or", "selected_filters": [one, two]}])

    assert [sees(emulator, number) for number in (1, 2, 3)] == [[either, both], [], [either]]


@pytest.mark.slow
def test_only_so_many_work_at_a_time(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(submissions_config={"max_concurrent_submissions": 1})
    first = emulator.participant(person(1))
    first.take(study)

    assert sees(emulator, 2) == []
    first.complete("C0FFEE")
    assert sees(emulator, 2) == [study]


@pytest.mark.slow
def test_without_a_limit_one_takes_part_as_often_as_there_are_places(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(submissions_config={"max_submissions_per_participant": -1})

    for _ in range(3):
        do_study(emulator, study)

    assert prolific.state_of("studies", study) == "AWAITING REVIEW"


def test_participants_are_written_to_one_by_one_and_together(emulator: Emulator, prolific: Researcher) -> None:
    study, made = prolific.study(), group(prolific, 3)

    send = [
        ("/messages/", {"recipient_id": person(1), "body": "One", "study_id": study}),
        ("/messages/bulk/", {"ids": [person(1), person(2)], "body": "Two", "study_id": study}),
        ("/messages/participant-group/", {"participant_group_id": made, "body": "Three"}),
    ]
    for path, body in send:
        assert prolific.ask("POST", path, body).status == 204

    inboxes = [[message["body"] for message in emulator.participant(person(n)).messages()] for n in (1, 2, 3)]
    assert inboxes == [["Two", "One"], ["Two"], ["Three"]]
    [sent] = prolific.get("/messages/", user_id=person(2))["results"]
    assert (sent["body"], sent["data"], sent["sender_id"]) == (
        "Two", {"study_id": study}, prolific.get("/users/me/")["id"],
    )  # fmt: skip


@pytest.mark.slow
def test_messages_are_listed_by_person_or_since_a_time(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    prolific.ask("POST", "/messages/", {"recipient_id": person(1), "body": "Early", "study_id": study})
    emulator.prolific_admin.advance(hours=1)
    prolific.ask("POST", "/messages/", {"recipient_id": person(2), "body": "Late", "study_id": study})

    late = prolific.get("/messages/", created_after="2026-03-02T12:30:00+00:00")["results"]

    assert [message["body"] for message in late] == ["Late"]
    for wrong in ({}, {"created_after": "soon"}, {"created_after": "2026-03-02T12:30:00"}):
        assert prolific.ask("GET", "/messages/", **wrong).status == 400
    prolific.refused("POST", "/messages/", {"recipient_id": person(1), "study_id": study})
    prolific.refused("POST", "/messages/", {"recipient_id": person(1), "body": "Text", "study_id": "none"}, 404)


def test_the_balance_has_a_total_and_what_is_available(emulator: Emulator, prolific: Researcher) -> None:
    prolific.study()
    workspace = prolific.workspace_id()

    balance = prolific.get(f"/workspaces/{workspace}/balance/")

    assert (balance["total_balance"], balance["available_balance"]) == (1_000_000, 1_000_000 - 600)
    assert sum(balance["available_balance_breakdown"].values()) == balance["available_balance"]
    assert sum(balance["balance_breakdown"].values()) == balance["total_balance"]
    assert balance["currency_code"] == "USD"
    assert prolific.get(f"/workspaces/{workspace}/")["title"] == "Rehearsal"
