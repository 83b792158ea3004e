"""The worker's site in Chromium: a study on another site in the frame, with third-party cookies blocked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.turk.emulator.calling import external, make_hit
from turk.emulator.emulator import Emulator

pytestmark = pytest.mark.e2e
PATIENCE_MS = 30_000


class Study(BaseHTTPRequestHandler):
    """A study's page: it says what it was given, sets a cookie, and has the form that the platform expects."""

    def do_GET(self) -> None:
        """Write the page without any script: the platform's parameters are in the address."""
        given = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        rows = "".join(f"<li>{escape(name)}={escape(value)}</li>" for name, value in sorted(given.items()))
        form = (
            f'<form method="post" action="{escape(given.get("turkSubmitTo", ""))}/mturk/externalSubmit">'
            f'<input type="hidden" name="assignmentId" value="{escape(given["assignmentId"])}">'
            '<input type="hidden" name="answer" value="left"><button>Finish</button></form>'
        )
        cookie = escape(self.headers.get("Cookie") or "no cookie")
        body = f"<!doctype html><title>Study</title><ul>{rows}</ul><p id=cookie>{cookie}</p>{form}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Set-Cookie", "seen=yes; Path=/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""


@pytest.fixture(scope="module")
def study() -> Iterator[str]:
    """The address of a study on 127.0.0.1; the worker's site is on localhost, which is another site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Study) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/enter?study=7"
        server.shutdown()


def log_in(page: Page, emulator: Emulator, worker_id: str) -> None:
    """Log in by hand."""
    page.set_default_timeout(PATIENCE_MS)
    page.goto(emulator.worker_site_url)
    page.fill("#worker_id", worker_id)
    page.click("main button")


def test_preview_accept_and_submit_in_the_frame(emulator: Emulator, mturk: Any, study: str, strict: Browser) -> None:
    hit = make_hit(mturk, Question=external(study))["HITId"]
    page = strict.new_context().new_page()
    log_in(page, emulator, "A1WORKER")
    frame = page.frame_locator("iframe")

    page.click("text=Preview")
    assert frame.locator("li").all_inner_texts() == [
        "assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE",
        f"hitId={hit}",
        "study=7",
    ]
    page.click("text=Accept")
    page.wait_for_url("**/work/*")
    given = dict(text.split("=", 1) for text in frame.locator("li").all_inner_texts())
    assert given == {
        "assignmentId": page.url.rsplit("/", 1)[1], "hitId": hit, "study": "7", "workerId": "A1WORKER",
        "turkSubmitTo": emulator.worker_site_url,
    }  # fmt: skip
    # The study has set a cookie twice by now, and has never got it back.
    assert frame.locator("#cookie").inner_text() == "no cookie"
    frame.locator("button").click()
    page.wait_for_selector("text=your work was submitted")

    [assignment] = mturk.list_assignments_for_hit(HITId=hit)["Assignments"]
    assert (assignment["WorkerId"], assignment["AssignmentId"]) == ("A1WORKER", given["assignmentId"])
    page.context.close()


def test_a_preview_that_is_submitted_is_refused_in_the_frame(
    emulator: Emulator, mturk: Any, study: str, strict: Browser
) -> None:
    hit = make_hit(mturk, Question=external(f"{study}&amp;turkSubmitTo={emulator.worker_site_url}"))["HITId"]
    page = strict.new_context().new_page()
    log_in(page, emulator, "A1WORKER")
    page.click("text=Preview")

    page.frame_locator("iframe").locator("button").click()

    page.frame_locator("iframe").locator("text=Accept it before you submit").wait_for()
    assert mturk.list_assignments_for_hit(HITId=hit)["NumResults"] == 0
    page.context.close()


def test_everything_works_without_scripts(emulator: Emulator, mturk: Any, study: str, strict: Browser) -> None:
    hit = make_hit(mturk, Question=external(study), MaxAssignments=1)["HITId"]
    page = strict.new_context(java_script_enabled=False).new_page()
    log_in(page, emulator, "A1WORKER")
    page.click("text=Accept and work")
    page.click("text=Return")
    page.wait_for_selector("text=HITs on offer")
    page.click("text=Accept and work")
    page.frame_locator("iframe").locator("button").click()
    page.frame_locator("iframe").locator("text=has arrived").wait_for()
    page.click("text=Your work")

    page.wait_for_selector("text=Submitted")

    assert mturk.get_hit(HITId=hit)["HIT"]["HITStatus"] == "Reviewable"
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_fit_their_window_and_break_no_policy(
    emulator: Emulator, mturk: Any, study: str, strict: Browser, scheme: Any, width: int
) -> None:
    make_hit(mturk, Title="Which photo is real? " * 5, Question=external(study))
    context = strict.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    log_in(page, emulator, "A1WORKER")
    page.click("text=Accept and work")
    addresses = [page.url] + [
        f"{emulator.worker_site_url}/{path}" for path in ("hits", "work", "qualifications", "login")
    ]

    for address in [*addresses, f"{emulator.endpoint_url}/_emulator/"]:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address

    assert not wrong
    context.close()
