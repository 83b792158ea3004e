"""Simulated people in Chromium: they see the pages that anybody sees, and click as anybody does, in real time."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from evalsuite.errors import UserError
from turk.guests import Hall
from turk.observers import Observer
from turk.study import Stimulus
from turk.visitor import See
from turk.watching import screen_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FrameLocator, Page, Response

    Place: TypeAlias = Page | FrameLocator

ARGUMENTS = ("--no-sandbox", "--test-third-party-cookie-phaseout")
"""Third-party cookies are blocked, as browsers do in the recruiters' frames."""
WIDTH, HEIGHT = 1280, 1000
PATIENCE_MS = 60_000
ASK = '.stage[data-phase="ask"] ~ .prompt .answers kbd'
NEXT = f"{ASK}, .verdict, article .main"
"""What a page waits with: a question, feedback, or a button that goes on."""


@dataclass
class Onlooker:
    """Somebody before a window: what came with the images that are shown, and what they would answer."""

    observer: Observer
    see: See
    seen: dict[str, Stimulus] = field(default_factory=dict)
    screen: Mapping[str, Any] = field(default_factory=dict)
    answered: int = 0
    finished: bool = False

    def notice(self, response: Response) -> None:
        """Look at what the window was sent."""
        if "/i/" in response.url:
            self.seen[response.url.rsplit("/", 1)[1]] = self.see(response.body())
        elif response.url.endswith("/api/session/finish"):
            # The page leaves at once, and takes the answer's body with it.
            self.finished = response.ok
        elif response.url.endswith("/api/session/begin") or "/api/trials/" in response.url:
            self.screen = response.json()["step"].get("screen", self.screen)

    def take(self, place: Place) -> None:
        """Go through the study, from its first page to its last."""
        while not self.finished:
            place.locator(NEXT).first.wait_for()
            if place.locator(ASK).count():
                self._answer(place)
            elif place.locator(".verdict").count():
                place.locator(".prompt .answers button").first.click()
                place.locator(".verdict").wait_for(state="detached")
            else:
                self._go_on(place)

    def _answer(self, place: Place) -> None:
        sources = [image.get_attribute("src") or "" for image in place.locator(".stimulus").all()]
        shown = [self.seen[source.rsplit("/", 1)[1]] for source in sources]
        screen = screen_of(dict(self.screen))
        choice = self.observer.answer(screen, shown, self.answered).choice
        place.locator(".prompt .answers button").nth(screen.choices.index(choice)).click()
        place.locator(ASK).first.wait_for(state="detached")
        self.answered += 1

    def _go_on(self, place: Place) -> None:
        heading = place.locator("article h1").inner_text()
        if place.locator('input[value="no"]').count():
            place.locator('input[value="no"]').check()
        place.locator("article .main").first.click()
        place.locator("article h1", has_text=heading).wait_for(state="detached")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a Chromium of this machine's, or the one that Playwright brought.

    Raises:
        UserError: There is no Playwright, or no Chromium.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        raise UserError("--browser: needs Playwright. pip install 'colorization-evalsuite[test]'") from None
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        try:
            browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        except Error as error:
            told = str(error).strip().splitlines()[0]
            raise UserError(
                f"--browser: no Chromium starts here ({told}). Give `playwright install chromium`."
            ) from None
        yield browser
        browser.close()


def come(hall: Hall, somebody: Onlooker, number: int, browser: Browser, way: Way) -> None:
    """Let somebody take the study in a window of their own."""
    context = browser.new_context(locale="en-US", viewport={"width": WIDTH, "height": HEIGHT})
    context.set_default_timeout(PATIENCE_MS)
    context.on("response", somebody.notice)
    try:
        way(hall, context.new_page(), somebody, number)
    finally:
        context.close()


def by_mturk(hall: Hall, page: Page, somebody: Onlooker, number: int) -> None:
    """Accept a HIT, take the study in its frame, and see that the form arrived."""
    _log_in(page, hall.emulator.worker_site_url, f"A{number:013d}")
    page.get_by_role("button", name="Accept and work").first.click()
    somebody.take(page.frame_locator("iframe"))
    page.wait_for_selector("text=your work was submitted")


def by_prolific(hall: Hall, page: Page, somebody: Onlooker, number: int) -> None:
    """Reserve a place, take the study in its own tab, and be sent back with the code."""
    _log_in(page, hall.emulator.participant_site_url, f"{number + 1:024x}")
    page.locator("article h2 a").first.click()
    page.get_by_role("button", name="Take part in this study").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open the study in another tab").click()
    somebody.take(opened.value)
    opened.value.wait_for_url(f"{hall.emulator.participant_site_url}/submissions/**")


def by_link(hall: Hall, page: Page, somebody: Onlooker, number: int) -> None:
    """Open the address, and see the code at its end."""
    page.goto(f"{hall.site.url}/study/{hall.study}?id=guest-{number}")
    somebody.take(page)
    page.wait_for_selector("output")


def _log_in(page: Page, site: str, name: str) -> None:
    page.goto(site)
    page.locator("main input").first.fill(name)
    page.locator("main button").first.click()


Way: TypeAlias = Callable[[Hall, "Page", Onlooker, int], None]
WAYS: Mapping[str, Way] = {"mturk": by_mturk, "prolific": by_prolific, "link": by_link}
