"""The API over HTTP: tokens, errors, pages."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.turk.emulator.prolific.studying import Researcher, do_study
from turk.emulator.emulator import Emulator, Settings
from turk.emulator.prolific.api import ENDPOINTS
from turk.emulator.prolific.workspace import Workspace


@pytest.mark.parametrize("header", ["", "Token", "Token ", "Bearer LOCAL", "LOCAL"])
def test_without_a_token_nothing_is_done(emulator: Emulator, header: str) -> None:
    request = urllib.request.Request(f"{emulator.prolific_url}/api/v1/studies/", headers={"Authorization": header})

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)

    with caught.value as error:
        assert error.code == 401
        assert json.loads(error.read())["error"]["title"] == "Unauthorized"


@pytest.mark.slow
def test_a_wrong_token_is_refused_when_there_is_a_right_one() -> None:
    with Emulator(Settings(prolific_token="right")) as running:
        assert Researcher(running.prolific_url, "right").get("/studies/") == {"results": []}
        assert "wrong" in Researcher(running.prolific_url, "wrong").refused("GET", "/studies/", status=401)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/surveys/", 404),
        ("PUT", "/studies/", 405),
        ("GET", "/studies/000000000000000000000000/", 404),
        ("GET", "/submissions/000000000000000000000000/", 404),
        ("GET", "/participant-groups/000000000000000000000000/", 404),
        ("GET", "/hooks/subscriptions/000000000000000000000000/", 404),
        ("GET", "/workspaces/000000000000000000000000/", 404),
        ("POST", "/bulk-bonus-payments/000000000000000000000000/pay/", 404),
    ],
)
def test_what_is_not_there_is_said_in_the_envelope(prolific: Researcher, method: str, path: str, status: int) -> None:
    prolific.refused(method, path, {}, status)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"'])
def test_a_body_that_is_no_object_is_refused(prolific: Researcher, body: bytes) -> None:
    assert "body must be a JSON" in prolific.refused("POST", "/studies/", body)


def test_every_endpoint_answers_or_refuses_in_the_envelope(emulator: Emulator, prolific: Researcher) -> None:
    for endpoint in ENDPOINTS:
        path = endpoint.path.replace("<", "").replace(">", "")
        reply = prolific.ask(endpoint.method, path, None if endpoint.method == "GET" else {})
        assert reply.status < 500, endpoint
        if reply.status >= 400:
            assert reply.body["error"]["status"] == reply.status


def test_a_bug_of_the_emulators_is_not_a_documented_answer(
    emulator: Emulator, prolific: Researcher, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(self: Workspace, study_id: str) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(Workspace, "study", broken)

    assert "bug" in prolific.refused("GET", "/studies/1/", status=500)
    assert "broken" in caplog.text


def test_an_address_without_its_last_slash_leads_to_the_one_with_it(prolific: Researcher) -> None:
    assert prolific.get("/studies") == {"results": []}


@pytest.mark.slow
def test_submissions_come_in_pages_of_twenty_and_nothing_after_the_last(
    emulator: Emulator, prolific: Researcher
) -> None:
    study = prolific.study(total_available_places=25)
    made = [do_study(emulator, study, number) for number in range(25)]

    first = prolific.get("/submissions/", study=study)["results"]
    second = prolific.get("/submissions/", study=study, page=2)["results"]

    assert [row["id"] for row in first + second] == made
    assert len(first) == 20
    assert len(prolific.get("/submissions/", study=study, page_size=100)["results"]) == 25
    assert len(prolific.get("/submissions/", study=study, page_size=7, page=4)["results"]) == 4
    assert prolific.ask("GET", "/submissions/", study=study, page=3).status == 404


@pytest.mark.parametrize("query", [{"page": "0"}, {"page": "two"}, {"page_size": "-1"}, {"page_size": "٣"}])
def test_pages_are_whole_numbers_from_one(prolific: Researcher, query: dict[str, str]) -> None:
    study = prolific.study()

    reply = prolific.ask("GET", "/submissions/", study=study, **query)

    assert reply.status == 400
    assert list(reply.body["error"]["detail"]) == list(query)


def test_a_study_without_submissions_has_an_empty_page(prolific: Researcher) -> None:
    assert prolific.get("/submissions/", study=prolific.study())["results"] == []


def test_other_sites_cannot_reach_the_server_under_their_own_name(emulator: Emulator) -> None:
    for origin in (emulator.prolific_url, emulator.participant_site_url):
        request = urllib.request.Request(f"{origin}/", headers={"Host": "evil.example"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        with caught.value as error:
            assert error.code == 403


@pytest.mark.slow
def test_the_own_api_knows_the_workspace(emulator: Emulator, prolific: Researcher) -> None:
    do_study(emulator, prolific.study())

    for view in ("accounts", "ledger", "studies", "submissions", "participants", "workspaces"):
        assert emulator.prolific_admin.view(view), view
    emulator.prolific_admin.act("deposit", amount="5.50")
    assert prolific.money()[1] == 1_000_550
    emulator.prolific_admin.act("reset")
    assert emulator.prolific_admin.view("studies") == []
    assert prolific.money() == (1_000_000, 1_000_000)


def test_the_overview_is_a_page(emulator: Emulator, prolific: Researcher) -> None:
    do_study(emulator, prolific.study(name="<i>Which?</i>"))

    with urllib.request.urlopen(f"{emulator.prolific_url}/_emulator/") as answer:
        html = answer.read().decode()

    assert "&lt;i&gt;Which?&lt;/i&gt;" in html
    assert "Submissions (1)" in html


def test_an_address_beside_the_api_is_said_in_plain_words(emulator: Emulator) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{emulator.prolific_url}/nowhere")
    with caught.value as error:
        assert (error.code, error.headers.get_content_type()) == (404, "text/plain")
