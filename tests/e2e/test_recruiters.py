"""The study in the recruiters' own sites, in Chromium with third-party cookies blocked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from evalsuite.db import session_scope
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.site import QUICK, texts_for
from tests.serving import serving
from tests.turk.recruiters.trade import PARAMETERS
from tests.turk.studies_made import SECRET, make_study
from turk.books import open_books
from turk.emulator.emulator import Emulator, Settings
from turk.hiring import Wish, draw_up, hire
from turk.payroll import due
from turk.recruiters.contract import Where
from turk.recruiters.registry import recruiter
from turk.studies import find_study
from turk.syncing import sync
from turk.tables import SessionRow, StudyRow, TrialRow
from webapp import create_app
from webapp.config import Config

TRIALS = {**QUICK, "exposure_ms": 100, "practice": 1, "test": 2, "catch": 0, "fixation_ms": 50, "gap_ms": 100}


@dataclass
class Fair:
    """A study on offer, the recruiters' sites, and our own."""

    emulator: Emulator
    engine: Engine
    url: str
    row: StudyRow

    def launch(self) -> None:
        """Offer the study as `turk launch` does."""
        server = self.emulator.prolific_url if self.row.recruiter == "prolific" else self.emulator.endpoint_url
        wish = Wish("street", self.url, Where(endpoint=server))
        hire(self.engine, wish, draw_up(self.engine, wish, recruiter), SECRET, recruiter)

    def owed(self) -> int:
        """How many people are to be paid, by the recruiter's own list."""
        with open_books(self.engine, "street", SECRET, recruiter) as books:
            sync(books)
            return len(due(books).approvals)

    def state(self) -> tuple[str, int]:
        """The state of the only session, and how many answers of it are kept."""
        with Session(self.engine) as db:
            session = db.scalars(select(SessionRow)).one()
            answered = db.scalars(select(TrialRow).where(TrialRow.state == "answered")).all()
            return session.state, len(answered)


@pytest.fixture
def fair(
    request: pytest.FixtureRequest, sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Fair]:
    """Our site on 127.0.0.1 and the recruiter's on localhost: to browsers, two sites."""
    for name, value in {"AWS_ACCESS_KEY_ID": "K", "AWS_SECRET_ACCESS_KEY": "S", "PROLIFIC_TOKEN": "T"}.items():
        monkeypatch.setenv(name, value)
    parameters = {**PARAMETERS, **TRIALS}
    row = make_study(
        sqlite_engine, tmp_path / "street", recruiter=request.param, state="built", catch=None, conditions=("ours",),
        parameters=parameters, texts=texts_for(parameters, conditions=("ours",), catch=None),
    )  # fmt: skip
    with session_scope(sqlite_engine) as db:
        found = find_study(db, "street")
        found.audit = {"sha256": found.sha256, "passed": True, "auc": 0.501, "limit": 0.53}
    with Emulator(Settings(start=datetime.now(UTC))) as emulator:
        url = sqlite_engine.url.render_as_string(hide_password=False)
        config = Config(
            url, SECRET, tmp_path, tmp_path, recruiter_origins=(emulator.worker_site_url,),
            prolific_site=emulator.participant_site_url,
        )  # fmt: skip
        app = create_app(config)
        with serving(app) as port:
            yield Fair(emulator, sqlite_engine, f"http://127.0.0.1:{port}", row)
        app.extensions["engine"].dispose()


@pytest.fixture
def window(strict: Browser) -> Iterator[Page]:
    """A page whose scripts break nothing and no policy."""
    context = strict.new_context(locale="en-US", viewport={"width": 1200, "height": 1000})
    page, wrong = context.new_page(), list[str]()
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    assert not context.cookies("http://127.0.0.1")
    context.close()
    assert not wrong


def log_in(page: Page, site: str, who: str) -> None:
    """Log in at a recruiter's site by hand."""
    page.goto(site)
    page.locator("main input").first.fill(who)
    page.locator("main button").first.click()


def take(place: Page | FrameLocator) -> None:
    """Take the study from consent to the last page, by mouse."""
    place.get_by_role("button", name="I want to take part").click()
    place.get_by_label("No", exact=True).check()
    place.get_by_role("button", name="Continue").click()
    place.get_by_role("button", name="Start").click()
    for _ in range(3):
        place.locator('.stage[data-phase="ask"]').wait_for()
        place.locator(".answers button").first.click()
        told = place.locator(".verdict")
        practice = place.get_by_role("heading", name="The practice is over")
        ended = place.locator("article textarea")
        ask = place.locator(".answers kbd")
        told.or_(practice).or_(ended).or_(ask).first.wait_for()
        if told.count():
            place.locator(".answers button").first.click()
            practice.or_(ended).first.wait_for()
        if practice.count():
            place.get_by_role("button", name="Continue").click()
    place.get_by_role("button", name="Send and finish").click()


def open_study(page: Page) -> Page:
    """Reserve a place at Prolific, and open the study in its tab."""
    page.locator("article h2 a").first.click()
    page.get_by_role("button", name="Take part in this study").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the study in another tab").click()
    place = opened.value
    place.set_default_timeout(PATIENCE_MS)
    return place


@pytest.mark.slow
@pytest.mark.parametrize("fair", ["mturk"], indirect=True)
def test_mturk_from_preview_to_the_form_in_its_own_frame(fair: Fair, window: Page) -> None:
    fair.launch()
    held: list[Any] = []

    def hold(route: Route) -> None:
        held.append((fair.state(), route.request))
        if len(held) == 1:
            route.abort()
        else:
            route.continue_()

    window.route("**/mturk/externalSubmit", hold)
    log_in(window, fair.emulator.worker_site_url, "A1WORKER")
    window.click("text=Preview")
    frame = window.frame_locator("iframe")
    expect(frame.get_by_role("button", name="Start")).to_be_visible()
    with Session(fair.engine) as db:
        assert db.scalars(select(SessionRow)).all() == []
    window.click("text=Accept")
    window.wait_for_url("**/work/*")

    take(frame)
    # The network fails just now: the answers are ours, and the button sends the form whenever it is asked.
    window.wait_for_timeout(500)
    assert held[0][0] == ("finished", 3)
    window.reload()
    expect(frame.get_by_role("button", name="Submit to finish")).to_be_visible()
    assert len(held) == 1
    frame.get_by_role("button", name="Submit to finish").click()
    window.wait_for_selector("text=your work was submitted")

    sent = held[1][1]
    assert sent.frame.parent_frame == window.main_frame
    assert sent.url.startswith(fair.emulator.worker_site_url)
    assert fair.owed() == 1


@pytest.mark.slow
@pytest.mark.parametrize("fair", ["mturk"], indirect=True)
def test_the_form_goes_at_once_when_nothing_is_in_the_way(fair: Fair, window: Page) -> None:
    fair.launch()
    log_in(window, fair.emulator.worker_site_url, "A1WORKER")
    window.click("text=Accept and work")

    take(window.frame_locator("iframe"))

    window.wait_for_selector("text=your work was submitted")
    assert fair.owed() == 1


@pytest.mark.slow
@pytest.mark.parametrize("fair", ["prolific"], indirect=True)
def test_prolific_from_its_list_and_back_with_the_code(fair: Fair, window: Page) -> None:
    fair.launch()
    log_in(window, fair.emulator.participant_site_url, "a" * 24)
    place = open_study(window)

    take(place)

    place.wait_for_url(f"{fair.emulator.participant_site_url}/submissions/**")
    assert fair.state() == ("finished", 3)
    assert fair.owed() == 1


@pytest.mark.slow
@pytest.mark.parametrize("fair", ["prolific"], indirect=True)
def test_who_declines_on_prolific_finds_the_way_back(fair: Fair, window: Page) -> None:
    fair.launch()
    log_in(window, fair.emulator.participant_site_url, "a" * 24)
    place = open_study(window)
    place.get_by_role("button", name="I do not want to take part").click()

    place.get_by_role("link", name="Go back to finish").click()

    place.wait_for_url(f"{fair.emulator.participant_site_url}/submissions/**")
    [submission] = fair.emulator.workspace.submissions.values()
    assert submission.return_requested is not None
    assert fair.owed() == 0
