"""The participant's site in Chromium: a study in another tab, which sends the participant back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.turk.emulator.prolific.studying import Researcher, do_study, person
from turk.emulator.emulator import Emulator

pytestmark = pytest.mark.e2e
PATIENCE_MS = 30_000


class Study(BaseHTTPRequestHandler):
    """A study's only page: it says what it was given, and has the link back."""

    def do_GET(self) -> None:
        """Write the page."""
        given = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        rows = "".join(f"<li>{escape(name)}={escape(value)}</li>" for name, value in sorted(given.items()))
        link = f'<a href="{escape(given["back"])}/submissions/complete?cc=C0FFEE">Finish</a>'
        body = f"<!doctype html><title>Study</title><ul>{rows}</ul>{link}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The origin of a study on 127.0.0.1; the participant's site is on localhost, which is another site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Study) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture
def study(emulator: Emulator, server: str) -> str:
    """The study's address for the platform."""
    return f"{server}/enter?who={{{{%PROLIFIC_PID%}}}}&back={emulator.participant_site_url}"


def log_in(page: Page, emulator: Emulator) -> None:
    """Log in by hand."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto(emulator.participant_site_url)
    page.fill("#participant_id", person())
    page.click("main button")


@pytest.mark.parametrize("scripts", [True, False])
def test_take_part_in_another_tab_and_come_back(
    emulator: Emulator, prolific: Researcher, study: str, strict: Browser, scripts: bool
) -> None:
    made = prolific.study(external_study_url=study, is_external_study_url_secure=True)
    page = strict.new_context(java_script_enabled=scripts).new_page()
    log_in(page, emulator)
    page.click("text=Which photo is real?")
    page.click("text=Take part in this study")

    with page.context.expect_page() as opened:
        page.click("text=Open the study in another tab")
    tab = opened.value
    tab.set_default_timeout(PATIENCE_MS)
    given = dict(text.split("=", 1) for text in tab.locator("li").all_inner_texts())
    assert given["who"] == person()
    assert given["prolific_token"].count(".") == 2
    tab.click("text=Finish")
    tab.wait_for_selector("text=Thank you, your submission was completed")

    [row] = prolific.get("/submissions/", study=made)["results"]
    assert (row["status"], row["study_code"]) == ("AWAITING REVIEW", "C0FFEE")
    if scripts:
        page.wait_for_selector("text=Return and cancel the reward")
    page.context.close()


def test_a_code_can_be_entered_by_hand(emulator: Emulator, prolific: Researcher, study: str, strict: Browser) -> None:
    made = prolific.study(external_study_url=study)
    page = strict.new_context(java_script_enabled=False).new_page()
    log_in(page, emulator)
    page.click("text=Which photo is real?")
    page.click("text=Take part in this study")
    emulator.participant(person()).open(page.url.rsplit("/", 1)[1])
    page.reload()

    page.fill("#cc", "C0FFEE")
    page.click("text=Complete >> nth=-1")

    page.wait_for_selector("text=Thank you, your submission was completed")
    assert prolific.get("/submissions/", study=made, status="AWAITING_REVIEW")["results"]
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_their_window_and_break_no_policy(
    emulator: Emulator, prolific: Researcher, study: str, strict: Browser, scheme: Any, width: int
) -> None:
    made = prolific.study(external_study_url=study, name="Which photo is real? " * 5)
    prolific.reject(do_study(emulator, prolific.study(), 1))
    emulator.participant(person()).take(made)
    context = strict.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    log_in(page, emulator)
    [inside, *_] = emulator.participant(person()).history()
    paths = ["studies", f"studies/{made}", "submissions", f"submissions/{inside['submission_id']}", "messages", "login"]

    for address in [f"{emulator.participant_site_url}/{path}" for path in paths] + [
        f"{emulator.prolific_url}/_emulator/"
    ]:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address

    assert not wrong
    context.close()
