"""The emulator as a whole: its ports, its own API, and starting anew."""

from __future__ import annotations

import socket
import time
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest

from evalsuite.errors import UserError
from tests.turk.emulator.calling import client_of, do_hit, make_hit
from turk.emulator.emulator import Emulator, Settings
from turk.emulator.faults import Rule
from turk.emulator.fetching import Fetcher, Refused
from turk.emulator.serving import LocalServer, free_port
from turk.emulator.testing import START


def test_api_and_workers_site_are_two_origins_and_the_site_is_another_host(emulator: Emulator) -> None:
    assert emulator.endpoint_url.startswith("http://127.0.0.1:")
    assert emulator.worker_site_url.startswith("http://localhost:")
    assert emulator.endpoint_url.rsplit(":", 1)[1] != emulator.worker_site_url.rsplit(":", 1)[1]


@pytest.mark.slow
def test_ports_and_host_can_be_chosen() -> None:
    settings = Settings(mturk_port=free_port(), worker_port=free_port(), site_host="127.0.0.1")

    with Emulator(settings) as running:
        assert running.endpoint_url == f"http://127.0.0.1:{settings.mturk_port}"
        assert running.worker_site_url == f"http://127.0.0.1:{settings.worker_port}"
        assert running.worker("A1WORKER").hits() == []


@pytest.mark.slow
def test_a_port_that_is_taken_is_said_to_be_taken_and_nothing_stays_open() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port, free = taken.getsockname()[1], free_port()
        with (
            pytest.raises(UserError, match=f"emulator: port {port} must be free"),
            Emulator(Settings(mturk_port=free, worker_port=port)),
        ):
            pass

    with LocalServer(Emulator().mturk.api.app, free) as server:
        assert server.port == free


def test_the_servers_listen_on_loopback_only(emulator: Emulator) -> None:
    for server in emulator.servers:
        assert server.server is not None
        assert server.server.server_address[0] == "127.0.0.1"


def test_the_clock_is_put_forward_from_outside(emulator: Emulator) -> None:
    assert emulator.admin.view("clock") == {"now": START.isoformat(), "frozen": True}

    told = emulator.admin.advance(days=1, hours=2, seconds=3)

    assert told == (START + timedelta(days=1, hours=2, seconds=3)).isoformat()
    with pytest.raises(Refused, match="400: clock: time only goes forward"):
        emulator.admin.advance(seconds=-1)
    with pytest.raises(Refused, match="advance: seconds, hours and days are numbers"):
        emulator.admin.act("advance", days="soon")


def test_unknown_views_and_actions_name_the_known(emulator: Emulator) -> None:
    with pytest.raises(Refused, match="404: There is no view money; there are accounts, assignments"):
        emulator.admin.view("money")
    with pytest.raises(Refused, match="404: There is no action explode; there are advance, deposit, faults, flush"):
        emulator.admin.act("explode")


@pytest.mark.slow
def test_a_bad_script_changes_nothing(emulator: Emulator) -> None:
    emulator.admin.script({"kind": "slow", "seconds": 0.0}, seed=3)

    with pytest.raises(Refused, match="faults: rule 1: kind is one of"):
        emulator.admin.script({"kind": "explode"})

    assert emulator.admin.view("faults")["seed"] == 3


def test_workers_are_described_from_outside(emulator: Emulator) -> None:
    emulator.admin.act("worker", worker_id="A1FRANCE", country="FR", masters=True, prior_approved=3)

    [worker] = emulator.admin.rows("workers", id="A1FRANCE")

    assert (worker["place"], worker["masters"], worker["prior_approved"]) == (
        {"country": "FR", "subdivision": None}, True, 3,
    )  # fmt: skip
    for wrong in ({"masters": "yes"}, {"shoe_size": 9}):
        with pytest.raises(Refused, match="worker: fields are country"):
            emulator.admin.act("worker", worker_id="A1FRANCE", **wrong)


def test_money_is_paid_in_and_taken_out(emulator: Emulator, mturk: Any) -> None:
    mturk.get_account_balance()
    emulator.admin.act("deposit", account="AKIDEXAMPLE", amount="5.50")
    assert mturk.get_account_balance()["AvailableBalance"] == "10005.50"

    with pytest.raises(Refused, match="deposit: no more can be taken than is there"):
        emulator.admin.act("deposit", account="AKIDEXAMPLE", amount="-10005.51")
    with pytest.raises(Refused, match="deposit: the amount is in dollars"):
        emulator.admin.act("deposit", account="AKIDEXAMPLE", amount="much")
    assert mturk.get_account_balance()["AvailableBalance"] == "10005.50"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}])
def test_another_sites_page_cannot_use_the_emulators_own_api(emulator: Emulator, headers: dict[str, str]) -> None:
    request = urllib.request.Request(f"{emulator.endpoint_url}/_emulator/advance", b"days=3", headers)

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)

    assert caught.value.code == 403
    caught.value.close()


def test_the_overview_is_a_page_with_buttons(emulator: Emulator, mturk: Any) -> None:
    do_hit(emulator, make_hit(mturk, Title="<i>Which?</i>")["HITId"])
    with urllib.request.urlopen(
        urllib.request.Request(f"{emulator.endpoint_url}/_emulator/advance", b"days=3")
    ) as answer:
        html = answer.read().decode()

    assert "05 Mar 2026 12:00:00 UTC" in html
    assert "&lt;i&gt;Which?&lt;/i&gt;" in html
    for heading in ("Accounts (1)", "Ledger (5)", "Hits (1)", "Assignments (1)"):
        assert heading in html


def test_starting_anew_forgets_everything_but_the_ports(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]
    do_hit(emulator, hit)
    emulator.admin.script({"kind": "throttle"})
    emulator.admin.advance(days=1)
    endpoint = emulator.endpoint_url

    emulator.admin.act("reset")

    assert emulator.endpoint_url == endpoint
    assert emulator.admin.view("clock")["now"] == START.isoformat()
    for view in ("accounts", "ledger", "hits", "assignments", "workers", "notices", "happened"):
        assert emulator.admin.view(view) == []
    assert mturk.list_hits()["NumResults"] == 0
    assert make_hit(mturk)["HITId"] == hit


@pytest.mark.slow
def test_time_passes_by_itself_when_nobody_calls() -> None:
    with Emulator(Settings(start=START, frozen=True)) as running:
        assignment = do_hit(running, make_hit(client_of(running.endpoint_url))["HITId"])
        running.controls.clock.advance(259_200)
        for _ in range(1200):
            if running.market.assignments[assignment].status == "Approved":
                break
            time.sleep(0.05)

        assert running.market.assignments[assignment].status == "Approved"


@pytest.mark.slow
def test_faults_have_their_own_seed_if_wanted() -> None:
    with Emulator(Settings(seed=5, fault_seed=6, rules=[Rule("slow", rate=0.0)])) as running:
        assert running.admin.view("faults")["seed"] == 6
    assert Emulator(Settings(seed=5)).controls.faults.seed == 5


def test_a_refusal_that_is_no_json_is_told_as_it_is(emulator: Emulator) -> None:
    with pytest.raises(Refused, match="405"):
        Fetcher(emulator.endpoint_url).get("/")
