"""The exported dashboard, served by nothing but a file server, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.sync_api import Page, expect

from tests.webapp.answered import add_study
from tests.webapp.runs import runs_database
from webapp.commands.export import command


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an export below a folder, as project pages have it."""
    folder = tmp_path_factory.mktemp("served")
    url = runs_database(folder, add_study)
    done = CliRunner().invoke(command, [str(folder / "site" / "below"), "--db", url, "--views", "10", "--photos", "4"])
    assert done.exit_code == 0, done.output
    served = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder / "site")))
    thread = threading.Thread(target=served.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{served.server_port}/below"
    served.shutdown()
    thread.join()
    served.server_close()


class Quiet(SimpleHTTPRequestHandler):
    """A file server that says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_the_copy_is_walked_from_its_first_page_to_a_photo_and_its_scripts_run(page: Page, copy: str) -> None:
    missing: list[str] = []
    page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)

    page.goto(f"{copy}/index.html")
    page.get_by_role("link", name="street").last.click()
    page.get_by_role("link", name="Gallery").click()
    page.locator("ol.tiles a").first.click()
    expect(page.get_by_role("heading", name="Photo p")).to_be_visible()
    page.get_by_role("slider", name="Wipe").fill("25")

    clip = "getComputedStyle(document.querySelectorAll('.layer')[1]).clipPath"
    assert page.evaluate(clip) == "inset(0px 0px 0px 25%)"
    page.get_by_label("Show").select_option("de2000")
    expect(page.locator("#legend figcaption")).to_contain_text("CIEDE2000, mean ")
    assert missing == []


def test_the_copy_can_be_read_as_plain_files(page: Page, copy: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Browsers refuse modules of files: pages then show all that does not move."""
    [folder] = [path for path in Path(tmp_path_factory.getbasetemp()).glob("served[0-9]*/site/below")]

    page.goto((folder / "index.html").as_uri())
    page.get_by_role("link", name="street").last.click()

    expect(page.get_by_role("heading", name="Leaderboard of street")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.bar')).display") == "flex"
