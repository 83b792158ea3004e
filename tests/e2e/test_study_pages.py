"""The pages of studies in a real browser: readable in both themes and on a phone, live, and replayed frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, Request, expect
from sqlalchemy import update

from evalsuite.db import session_scope
from tests.e2e.researcher import barriers_by_theme, enter, opened, too_wide, visiting
from tests.serving import serving
from tests.webapp.conftest import config_of
from tests.webapp.runs import runs_database
from tests.webapp.studies import BLINDED, DONE, NEW, add_studies
from turk.tables import SessionRow
from webapp import create_app

PAGES = (
    "/studies", f"/studies/{DONE}", f"/studies/{DONE}?who=synthetic", f"/studies/{BLINDED}", f"/studies/{NEW}",
    f"/studies/{DONE}/results", f"/studies/{BLINDED}/results", f"/studies/{DONE}/timing", f"/studies/{DONE}/metrics",
    f"/studies/{DONE}/sessions", "/sessions/1", "/trials/4",
)  # fmt: skip
MONITOR = f"/studies/{BLINDED}/monitor"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site with runs and studies."""
    folder = tmp_path_factory.mktemp("site")
    url = runs_database(folder, partial(add_studies, folder=folder))
    made = create_app(config_of(url, folder))
    yield made
    made.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    """The site, served from a thread."""
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Page]:
    """A page that came in; wrong scripts, broken policies and requests elsewhere fail the test."""
    with visiting(browser, address) as page:
        yield page


def test_nothing_serious_keeps_anybody_from_reading_a_page(visit: Page, address: str) -> None:
    found = {path: barriers_by_theme(opened(visit, address + path)) for path in PAGES}

    assert {path: wrong for path, wrong in found.items() if any(wrong.values())} == {}


def test_pages_fit_a_phone(browser: Browser, address: str) -> None:
    assert too_wide(browser, address, PAGES) == {}


def test_a_study_is_read_without_scripts(browser: Browser, address: str) -> None:
    context = enter(browser, address, java_script_enabled=False)
    page = context.new_page()

    opened(page, f"{address}/studies/{BLINDED}")
    expect(page.get_by_text("12 of 80", exact=True)).to_be_visible()
    opened(page, f"{address}/trials/4")

    expect(page.get_by_alt_text("The left image")).to_be_visible()
    expect(page.get_by_alt_text("The right image")).to_be_visible()
    expect(page.get_by_text("1533.4 ms", exact=False).first).to_be_visible()
    context.close()


def watched(page: Page) -> list[Request]:
    """The requests for the monitor from now on."""
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if request.url.endswith(MONITOR) else None)
    return asked


def hide(page: Page, hidden: bool) -> None:
    """Let the page believe that its tab went away, or came back."""
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def pass_by(page: Page, rounds: int) -> list[int]:
    """Let the page ask so many times, and return the statuses of the answers."""
    found = []
    for _ in range(rounds):
        with page.expect_response(lambda answer: answer.url.endswith(MONITOR)) as answered:
            page.clock.fast_forward(5_100)
        found.append(answered.value.status)
        page.wait_for_function("document.querySelector('[data-fragment-state]').textContent.startsWith('Live')")
    return found


def test_the_monitor_lives_while_it_is_looked_at(app: Flask, visit: Page, address: str) -> None:
    visit.clock.install()
    opened(visit, f"{address}/studies/{BLINDED}")
    asked = watched(visit)

    assert pass_by(visit, 3) == [200, 304, 304]
    with session_scope(app.extensions["engine"]) as db:
        db.execute(update(SessionRow).where(SessionRow.study_id == BLINDED, SessionRow.rank == 0).values(state="left"))
    assert pass_by(visit, 1) == [200]
    expect(visit.get_by_text("10 of 80", exact=True)).to_be_visible()

    hide(visit, True)
    before = len(asked)
    visit.clock.fast_forward(60_000)
    visit.wait_for_timeout(100)
    assert len(asked) == before
    with visit.expect_response(lambda answer: answer.url.endswith(MONITOR)) as answered:
        hide(visit, False)
    assert answered.value.status == 304


def test_a_trial_is_stepped_through_frame_by_frame_and_played(visit: Page, address: str) -> None:
    opened(visit, f"{address}/trials/4")
    frame, said = visit.get_by_role("slider", name="Frame"), visit.get_by_role("status")
    left, right = (visit.get_by_alt_text(f"The {side} image") for side in ("left", "right"))
    first, second = (left, right) if "left" in said.inner_text() else (right, left)

    shown = {}
    for number in (0, 29, 30, 91, 92, 95, 110, 126, 187, 240):
        frame.fill(str(number))
        shown[number] = (first.is_visible(), second.is_visible(), said.inner_text().partition(": ")[2])

    # The trial's images came at 500 and 2,100 ms and stayed for 1,033.4 ms, frames of 60 Hz.
    assert [number for number, (lit, _, _) in shown.items() if lit] == [30, 91]
    assert [number for number, (_, lit, _) in shown.items() if lit] == [126, 187]
    assert (shown[0][2], shown[92][2], shown[110][2], shown[240][2]) == ("cross", "mask", "blank", "question")
    visit.get_by_role("button", name="Play as it was seen").click()
    expect(visit.get_by_role("button", name="Stop")).to_be_visible()
    expect(first).to_be_visible()
    expect(second).to_be_visible()
    expect(visit.get_by_role("button", name="Play as it was seen")).to_be_visible()


def test_a_photo_on_which_a_metric_and_people_disagree_is_one_click_away(visit: Page, address: str) -> None:
    opened(visit, f"{address}/studies/{DONE}/metrics")
    visit.locator("select[name=m]").select_option("ciede2000")
    visit.wait_for_url("**/metrics?m=ciede2000")

    visit.locator(".tiles a").first.click()

    expect(visit.get_by_role("heading", level=1)).to_contain_text("Photo p")
