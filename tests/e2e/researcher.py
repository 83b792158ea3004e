"""A researcher before the dashboards in a real browser: how they come in, and what is wrong with what they see."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request

from tests.serving import PATIENCE_S
from tests.webapp.conftest import OWNER_TOKEN

PHONE = {"width": 390, "height": 844}
ABOUT_COLORS = ("color-contrast", "link-in-text-block")
"""Rules of axe."""


def enter(browser: Browser, address: str, **settings: Any) -> BrowserContext:
    """A browser that came in with the printed address."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
    page = context.new_page()
    page.goto(f"{address}/login?token={OWNER_TOKEN}")
    if not settings.get("java_script_enabled", True):
        page.get_by_role("button", name="Come in").click()
    # A page that is closed on its way to another one can keep Chromium from ever answering.
    page.wait_for_url(f"{address}/")
    page.close()
    return context


@contextmanager
def visiting(
    browser: Browser, address: str, expected: str | None = None, own: tuple[str, ...] = (), **settings: Any
) -> Iterator[Page]:
    """A page that came in; wrong scripts, broken policies and requests elsewhere fail the test.

    Args:
        browser: Who visits.
        address: The site's.
        expected: Words of an error that a test brings about itself.
        own: How addresses begin that are not elsewhere either, such as "blob:".
        settings: Of the browser's context.
    """
    context = enter(browser, address, **settings)
    page, wrong = context.new_page(), list[str]()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith((address, *own)) else wrong.append(asked.url))
    yield page
    context.close()
    assert [line for line in wrong if expected is None or expected not in line] == []


def opened(page: Page, address: str) -> Page:
    """The page, once its scripts and pictures are there and nothing more is asked for."""
    under_way: list[Request] = []

    def begin(request: Request) -> None:
        under_way.append(request)

    def end(request: Request) -> None:
        if request in under_way:
            under_way.remove(request)

    page.on("request", begin)
    page.on("requestfinished", end)
    page.on("requestfailed", end)
    page.goto(address)
    _settle(page, under_way)
    page.remove_listener("request", begin)
    page.remove_listener("requestfinished", end)
    page.remove_listener("requestfailed", end)
    return page


def _settle(page: Page, under_way: Sequence[Request]) -> None:
    """Wait for a tenth of a second without requests; Playwright's "networkidle" waits for half a second."""
    silent, until = 0, time.monotonic() + PATIENCE_S
    while silent < 5:
        page.wait_for_timeout(20)
        page.evaluate("0")  # answered once the page's scripts let it
        silent = 0 if under_way else silent + 1
        assert time.monotonic() < until, f"never answered: {[request.url for request in under_way]}"


def barriers(page: Page, rules: Sequence[str] = ()) -> dict[str, tuple[str, str]]:
    """What axe calls serious or critical on the page as it stands: rule to element and advice.

    Args:
        page: The page.
        rules: What to look for; all of axe's rules if there are none.
    """
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    return {
        wrong["id"]: (wrong["nodes"][0]["html"][:200], wrong["nodes"][0]["failureSummary"])
        for wrong in Axe().run(page, options={"resultTypes": ["violations"], **only}).response["violations"]
        if wrong["impact"] in ("serious", "critical")
    }


def barriers_by_theme(page: Page) -> dict[str, dict[str, tuple[str, str]]]:
    """The same in the light and in the dark theme, which differ in nothing but colors."""
    page.emulate_media(color_scheme="light")
    light = barriers(page)
    page.emulate_media(color_scheme="dark")
    return {"light": light, "dark": barriers(page, ABOUT_COLORS)}


def too_wide(browser: Browser, address: str, paths: Sequence[str]) -> dict[str, int]:
    """Pages that do not fit a phone, and how wide they are."""
    context = enter(browser, address, viewport=PHONE)
    page, widths = context.new_page(), {}
    for path in paths:
        opened(page, address + path)
        widths[path] = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    return {path: width for path, width in widths.items() if width > PHONE["width"]}
