"""A site with a study on a free port, and a real Chromium to visit it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect
from sqlalchemy import Engine

from tests.conftest import CHROMIUM
from tests.e2e.frames import Recruiter
from tests.e2e.site import Site
from tests.serving import serving
from tests.turk.studies_made import SECRET, SYNTHETIC_KEY
from webapp import create_app
from webapp.config import Config

HERE = str(Path(__file__).parent)
PATIENCE_MS = 30_000
"""Machines that test are busy; nothing here is about speed."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser."""
    for item in items:
        if str(item.path).startswith(HERE):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """A headless Chromium for all tests."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own context; errors of its scripts and broken policies fail the test."""
    context = browser.new_context(locale="en-US", viewport={"width": 1100, "height": 800})
    page = context.new_page()
    expect.set_options(timeout=PATIENCE_MS)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert not wrong


@pytest.fixture(scope="session")
def recruiter() -> Iterator[Recruiter]:
    """Another site, which shows studies in a frame and receives their form."""
    made = Recruiter()
    with serving(made) as port:
        made.url = f"http://localhost:{port}"  # another site than 127.0.0.1 to a browser
        yield made


@pytest.fixture
def site(engine: Engine, tmp_path: Path, recruiter: Recruiter) -> Iterator[Site]:
    """The site over each database in turn, served from a thread."""
    url = engine.url.render_as_string(hide_password=False)
    settings: dict[str, Any] = {"studies_dir": tmp_path / "studies", "thumbnails_dir": tmp_path / "thumbnails"}
    settings |= {"synthetic_key": SYNTHETIC_KEY, "recruiter_origins": (recruiter.url,)}
    app = create_app(Config(database_url=url, secret_key=SECRET, **settings))
    with serving(app) as port:
        yield Site(f"http://127.0.0.1:{port}", engine, tmp_path)
    app.extensions["engine"].dispose()
