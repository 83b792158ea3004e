"""Webhooks: subscribed, confirmed, signed, listed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.turk.emulator.prolific.studying import Researcher, do_study, hook, person
from tests.turk.emulator.receiving import Receiver, receiving
from turk.emulator.emulator import Emulator


def payloads(emulator: Emulator, receiver: Receiver) -> list[dict[str, Any]]:
    """Wait for what was sent, and list it."""
    emulator.prolific_admin.flush()
    return [json.loads(body) for _, body in receiver.requests]


def test_every_change_of_a_submission_is_told(emulator: Emulator, prolific: Researcher, receiver: Receiver) -> None:
    hook(prolific, receiver.url)

    submission = do_study(emulator, prolific.study())
    prolific.approve(submission)

    told = payloads(emulator, receiver)
    assert [item["status"] for item in told] == ["RESERVED", "ACTIVE", "AWAITING REVIEW", "APPROVED"]
    assert told[0] == {
        "resource_id": submission, "event_type": "submission.status.change", "participant_id": person(),
        "status": "RESERVED",
    }  # fmt: skip


@pytest.mark.slow
def test_every_change_of_a_study_is_told(emulator: Emulator, prolific: Researcher, receiver: Receiver) -> None:
    hook(prolific, receiver.url, "study.status.change")

    study = prolific.study(total_available_places=1)
    prolific.approve(do_study(emulator, study))

    told = payloads(emulator, receiver)
    assert [item["status"] for item in told] == ["ACTIVE", "AWAITING REVIEW", "COMPLETED"]
    assert told[0] == {
        "resource_id": study, "event_type": "study.status.change", "metadata": {}, "status": "ACTIVE",
    }  # fmt: skip


@pytest.mark.slow
def test_progress_is_told_without_details(emulator: Emulator, prolific: Researcher, receiver: Receiver) -> None:
    hook(prolific, receiver.url, "study.progress.change")
    study = prolific.study()

    emulator.participant(person()).reserve(study)

    assert payloads(emulator, receiver) == [{"resource_id": study, "event_type": "study.progress.change"}]


@pytest.mark.slow
def test_messages_are_signed_with_the_secret_over_time_and_body(
    emulator: Emulator, prolific: Researcher, receiver: Receiver
) -> None:
    hook(prolific, receiver.url)
    do_study(emulator, prolific.study())
    emulator.prolific_admin.flush()
    [secret] = prolific.get("/hooks/secrets/", workspace_id=prolific.workspace_id())["results"]

    for headers, body in receiver.requests:
        stamp = headers["x-prolific-request-timestamp"]
        digest = hmac.new(secret["value"].encode(), stamp.encode() + body, hashlib.sha256).digest()
        assert headers["x-prolific-request-signature"] == base64.b64encode(digest).decode()
        assert abs(int(stamp) - time.time()) < 60
        assert headers["content-type"] == "application/json"
    ids = [headers["x-event-id"] for headers, _ in receiver.requests]
    times = [float(headers["x-timestamp"]) for headers, _ in receiver.requests]
    assert len(set(ids)) == len(ids) == 3
    assert times == sorted(times)


def test_another_secret_takes_the_place_of_the_first(emulator: Emulator, prolific: Researcher) -> None:
    workspace = prolific.workspace_id()

    first, second = (prolific.post("/hooks/secrets/", workspace_id=workspace) for _ in range(2))

    assert first["value"] != second["value"]
    assert prolific.get("/hooks/secrets/", workspace_id=workspace)["results"] == [second]


def test_a_subscription_needs_a_secret_first_and_a_target_on_this_machine(
    prolific: Researcher, receiver: Receiver
) -> None:
    workspace = prolific.workspace_id()
    body = {"workspace_id": workspace, "event_type": "study.status.change", "target_url": receiver.url}
    assert "Create a secret" in prolific.refused("POST", "/hooks/subscriptions/", body)
    prolific.post("/hooks/secrets/", workspace_id=workspace)

    away = {**body, "target_url": "https://example.org/hook"}
    assert "only go to this machine" in prolific.refused("POST", "/hooks/subscriptions/", away)
    assert "event_type" in prolific.refused("POST", "/hooks/subscriptions/", {**body, "event_type": "study.born"})
    prolific.refused("POST", "/hooks/subscriptions/", {**body, "workspace_id": "other"}, 404)


def test_nothing_is_sent_before_a_subscription_is_confirmed(
    emulator: Emulator, prolific: Researcher, receiver: Receiver
) -> None:
    made = hook(prolific, receiver.url, confirm=False)

    assert "X-Hook-Secret" in prolific.refused("POST", f"/hooks/subscriptions/{made}/", {"secret": "wrong"})
    assert "Confirm" in prolific.refused("PATCH", f"/hooks/subscriptions/{made}/", {"is_enabled": True})
    do_study(emulator, prolific.study())

    assert payloads(emulator, receiver) == []
    assert prolific.get("/hooks/subscriptions/")["results"] == []
    assert len(prolific.get("/hooks/subscriptions/", is_enabled="false")["results"]) == 1


@pytest.mark.slow
def test_a_subscription_rests_moves_and_ends(emulator: Emulator, prolific: Researcher, receiver: Receiver) -> None:
    made = hook(prolific, receiver.url)
    path = f"/hooks/subscriptions/{made}/"

    assert prolific.patch(path, is_enabled=False)["is_enabled"] is False
    do_study(emulator, prolific.study(), 1)
    assert payloads(emulator, receiver) == []
    changed = prolific.patch(path, is_enabled=True, event_type="study.status.change")
    assert (changed["is_enabled"], changed["event_type"]) == (True, "study.status.change")
    for wrong in ({"is_enabled": "yes"}, {"event_type": "study.born"}, {"target_url": "https://example.org/"}):
        prolific.refused("PATCH", path, wrong)
    prolific.study()
    assert [item["status"] for item in payloads(emulator, receiver)] == ["ACTIVE"]
    assert prolific.get(path)["target_url"] == receiver.url
    assert prolific.ask("DELETE", path).status == 204

    assert prolific.ask("GET", path).status == 404


@pytest.fixture
def grumpy() -> Iterator[Receiver]:
    """A subscriber that refuses every second message for good."""
    with receiving(lambda number: 200 if number % 2 else 400) as found:
        yield found


@pytest.mark.slow
def test_events_are_listed_with_how_they_fared(emulator: Emulator, prolific: Researcher, grumpy: Receiver) -> None:
    made = hook(prolific, grumpy.url)
    submission = do_study(emulator, prolific.study())
    emulator.prolific_admin.flush()
    path = f"/hooks/subscriptions/{made}/events/"

    events = prolific.get(path)["results"]

    assert [event["status"] for event in events] == ["SUCCEEDED", "FAILED", "SUCCEEDED"]
    assert events[0]["payload"]["status"] == "RESERVED"
    assert events[0]["resource_id"] == submission
    assert prolific.get(path, status="failed")["results"] == events[1:2]
    assert prolific.get(path, offset=1, limit=1)["results"] == events[1:2]
    assert prolific.get(path, resource_id="other")["results"] == []
    for wrong in ({"status": "lost"}, {"offset": "-1"}, {"limit": "0"}):
        assert prolific.ask("GET", path, **wrong).status == 400


def test_the_event_types_are_listed(prolific: Researcher) -> None:
    types = [row["event_type"] for row in prolific.get("/hooks/event-types/")["results"]]

    assert types == ["study.status.change", "study.progress.change", "submission.status.change"]
