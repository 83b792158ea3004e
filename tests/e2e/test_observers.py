"""Synthetic participants with known strengths in a real browser: what they look at is what the screen was sent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Response, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.e2e.site import Site, arrive, begin
from tests.turk.studies_made import SYNTHETIC_KEY
from turk.observers import Observer, make_population
from turk.simulate import eyes
from turk.study import Stimulus, Study
from turk.tables import SessionRow, TrialRow
from turk.watching import screen_of

KEYS = {"left": "ArrowLeft", "right": "ArrowRight"}


@dataclass
class Watcher:
    """Sits before a page: sees the images that arrive, and answers as an observer does."""

    page: Page
    study: Study
    observer: Observer
    seen: dict[str, Stimulus] = field(default_factory=dict)
    told: dict[str, object] = field(default_factory=dict)

    def watch(self) -> None:
        """Look at what the browser is sent, and say at the door that this is no person."""
        self.page.on("response", self._look)
        self.page.route("**/enter", self._say)

    def answer(self, number: int) -> None:
        """Answer the trial on the screen."""
        self.page.wait_for_selector('.stage[data-phase="ask"]')
        self.page.wait_for_selector(".answers kbd")
        sources = [image.get_attribute("src") or "" for image in self.page.locator(".stimulus").all()]
        shown = [self.seen[source.rsplit("/", 1)[1]] for source in sources]
        screen = screen_of(dict(self.told))
        self.page.keyboard.press(KEYS[self.observer.answer(screen, shown, number).choice])
        self.page.wait_for_function("() => !document.querySelector('.answers kbd')")

    def _look(self, response: Response) -> None:
        if "/i/" in response.url:
            self.seen[response.url.rsplit("/", 1)[1]] = eyes(self.study)(response.body())
        elif "/api/session/begin" in response.url:
            self.told = response.json()["step"]["screen"]

    def _say(self, route: Route) -> None:
        body = json.loads(route.request.post_data or "{}")
        body["synthetic"] = {"key": SYNTHETIC_KEY, "observer": "psychometric"}
        route.continue_(post_data=json.dumps(body))


@pytest.mark.slow
def test_a_handful_of_observers_takes_the_study_in_a_browser_and_answers_by_what_it_saw(
    browser: Browser, site: Site
) -> None:
    row = site.add_study(parameters={"practice": 0, "test": 6, "catch": 2})
    study = Study.from_json(row.config)
    population = make_population(study, {"ours": 0.4, "theirs": 0.1}, seed=3)
    for number in range(3):
        context = browser.new_context(locale="en-US", viewport={"width": 1100, "height": 800})
        page = context.new_page()
        watcher = Watcher(page, study, Observer(population, number))
        watcher.watch()
        arrive(page, site)
        begin(page)
        trial = 0
        while page.locator(".stage").count():
            watcher.answer(trial)
            trial += 1
            page.wait_for_selector('.stage[data-phase="ask"] ~ .prompt kbd, article textarea')
        page.get_by_role("button", name="Send and finish").click()
        expect(page.get_by_role("heading", name="Thank you!")).to_be_visible()
        context.close()

    with Session(site.engine) as db:
        sessions = list(db.scalars(select(SessionRow)))
        trials = list(db.scalars(select(TrialRow).where(TrialRow.state == "answered")))
    caught = [trial.correct for trial in trials if trial.kind == "catch"]
    assert [session.state for session in sessions] == ["finished"] * 3
    assert all(session.synthetic for session in sessions)
    assert len(caught) >= 6
    assert sum(map(bool, caught)) / len(caught) >= 0.7


def test_a_page_at_double_zoom_still_shows_all_of_a_trial(page: Page, site: Site) -> None:
    """200% zoom of a window of 1280 x 800 leaves 640 x 400 CSS pixels."""
    site.add_study(parameters={"size": 256})
    page.set_viewport_size({"width": 640, "height": 400})
    arrive(page, site)
    begin(page)
    page.wait_for_selector('.stage[data-phase="ask"]')
    boxes = [box for box in (place.bounding_box() for place in page.locator(".place").all()) if box]

    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 640 for box in boxes)
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= 400 for box in boxes)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
