"""A photo is colored in a real browser, by mouse, by keyboard and by touch, and comes out as a run makes it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from skimage import data

from evalsuite.db import make_engine
from evalsuite.hint_files import read_points
from evalsuite.images import decode
from evalsuite.studio.kept import Kept, start
from tests.conftest import migrate
from tests.e2e.researcher import PHONE, barriers, visiting
from tests.serving import serving
from tests.webapp.conftest import config_of
from tests.webapp.runs import import_three_runs
from webapp import create_app

PATIENCE_MS = 120_000
"""The coloring process starts with the first question, on a machine that is busy with tests."""


@dataclass(frozen=True)
class Served:
    """A site with a coloring process."""

    address: str
    kept: Kept
    photo: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site with three runs, and an old photo to color."""
    folder = tmp_path_factory.mktemp("site")
    url = f"sqlite:///{folder / 'evalsuite.db'}"
    migrate(url)
    engine = make_engine(url)
    import_three_runs(engine, folder)
    engine.dispose()
    photo = folder / "old coffee.jpg"
    Image.fromarray(data.coffee()[40:360, 100:500]).convert("L").resize((640, 512)).save(photo)
    kept = start({})
    app = create_app(replace(config_of(url, folder), coloring_socket=kept.socket))
    with serving(app) as port:
        yield Served(f"http://127.0.0.1:{port}", kept, photo)
    app.extensions["engine"].dispose()
    kept.end()


@pytest.fixture
def visit(browser: Browser, served: Served) -> Iterator[Page]:
    """A page that came in; wrong scripts, broken policies and requests elsewhere fail the test."""
    with visiting(browser, served.address, expected="503", own=("blob:",)) as page:
        page.set_default_timeout(PATIENCE_MS)
        yield page


@pytest.fixture
def touch(browser: Browser, served: Served) -> Iterator[Page]:
    """The same on a telephone."""
    telephone = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    with visiting(browser, served.address, expected="503", own=("blob:",), **telephone) as page:
        page.set_default_timeout(PATIENCE_MS)
        yield page


def bring(page: Page, served: Served) -> None:
    """Bring the old photo along and open the editor on it."""
    page.goto(f"{served.address}/color")
    page.set_input_files("input[type=file]", str(served.photo))
    page.get_by_role("button", name="Color it").click()
    page.locator(".coloring .stage").wait_for()


def settled(page: Page) -> None:
    """Wait for the picture of the present points."""
    expect(page.locator(".said")).to_have_attribute("data-kind", "ready", timeout=PATIENCE_MS)


def spot(page: Page, across: float, down: float, part: str = ".coloring .stage") -> tuple[float, float]:
    """Where a part of the stage is on the screen."""
    page.locator(part).scroll_into_view_if_needed()
    box = page.locator(part).bounding_box()
    assert box
    return box["x"] + across * box["width"], box["y"] + down * box["height"]


def take(page: Page, button: str, folder: Path) -> Path:
    """Take something home."""
    with page.expect_download(timeout=PATIENCE_MS) as taken:
        page.get_by_role("button", name=button).click()
    path = folder / taken.value.suggested_filename
    taken.value.save_as(path)
    return path


def count(page: Page, folder: Path) -> int:
    return len(read_points(take(page, "Hint file", folder)))


def test_by_mouse_the_pixels_are_those_of_a_run_with_the_hint_file(visit: Page, served: Served, tmp_path: Path) -> None:
    bring(visit, served)
    for across, down, swatch in ((0.5, 0.4, 1), (0.12, 0.9, 3)):
        visit.mouse.click(*spot(visit, across, down))
        visit.locator(".swatches button").nth(swatch).click()
    visit.mouse.click(*spot(visit, 0.9, 0.1))
    expect(visit.locator(".source")).to_contain_text("No network is at hand")
    visit.mouse.click(*spot(visit, 0.62, 0.3, ".gamut"))
    # Drag the last point to another place.
    visit.mouse.move(*spot(visit, 0.9, 0.1))
    visit.mouse.down()
    visit.mouse.move(*spot(visit, 0.8, 0.2), steps=4)
    visit.mouse.up()
    settled(visit)
    hints, gray, colored = (take(visit, name, tmp_path) for name in ("Hint file", "Gray photo", "Colored photo"))
    whole = take(visit, "In full size", tmp_path)

    (tmp_path / "photos").mkdir()
    (tmp_path / "hints").mkdir()
    gray.rename(tmp_path / "photos" / "old coffee.png")
    hints.rename(tmp_path / "hints" / "old coffee.csv")
    points = read_points(tmp_path / "hints" / "old coffee.csv")
    run = ["run", "--images", str(tmp_path / "photos"), "--colorizers", "levin2004", "--no-reference", "--resize"]
    given = [
        "native",
        "--metrics",
        "colorfulness",
        "--hint-files",
        str(tmp_path / "hints"),
        "--out",
        str(tmp_path / "run"),
    ]
    subprocess.run([sys.executable, "-m", "evalsuite.cli", *run, *given], check=True, capture_output=True)

    made = decode((tmp_path / "run" / "outputs" / "levin2004" / "old coffee.png").read_bytes())
    assert np.array_equal(decode(colored.read_bytes()), made)
    assert made.shape == (410, 512, 3)
    assert decode(whole.read_bytes()).shape == (512, 640, 3)
    assert [round(point.x / 512, 1) for point in points] == [0.5, 0.1, 0.8]
    assert len({(point.a, point.b) for point in points}) == 3
    assert np.ptp(made, axis=2).max() > 40


def test_the_keyboard_alone_is_enough(visit: Page, served: Served, tmp_path: Path) -> None:
    bring(visit, served)
    expect(visit.locator(".said")).to_contain_text("Put a point")
    visit.locator(".keys summary").focus()
    for _ in range(12):
        visit.keyboard.press("Shift+Tab")
        if visit.evaluate("() => document.activeElement.className") == "stage":
            break
    for key in ("Shift+ArrowLeft", "ArrowUp", "ArrowUp"):
        visit.keyboard.press(key)
    expect(visit.locator(".said")).to_contain_text("Column 246, row 203")
    visit.keyboard.press("Enter")
    expect(visit.locator(".swatches button").first).to_be_visible()
    visit.keyboard.press("2")
    for _ in range(6):
        visit.keyboard.press("Shift+ArrowRight")
    visit.keyboard.press("Enter")
    visit.locator(".gamut").focus()
    for key in ("ArrowUp", "ArrowUp", "ArrowRight"):
        visit.keyboard.press(key)
    settled(visit)
    first, second = read_points(take(visit, "Hint file", tmp_path))
    visit.locator(".coloring .stage").focus()
    visit.keyboard.press("ArrowDown")
    visit.keyboard.press("m")
    moved = read_points(take(visit, "Hint file", tmp_path))[1]
    visit.locator(".coloring .stage").focus()
    visit.keyboard.press("Delete")
    after_deleting = count(visit, tmp_path)
    visit.keyboard.press("Control+z")
    after_undoing = count(visit, tmp_path)
    visit.keyboard.press("Control+y")
    after_redoing = count(visit, tmp_path)
    visit.get_by_role("button", name="Start over").press("Enter")
    after_resetting = count(visit, tmp_path)
    visit.reload()
    visit.locator(".coloring .stage").wait_for()
    visit.keyboard.press("b")

    assert (first.x, first.y, second.x, second.y) == (246, 203, 306, 203)
    assert (second.a, second.b) == (2, 4)
    assert (moved.x, moved.y) == (306, 204)
    assert (after_deleting, after_undoing, after_redoing, after_resetting) == (1, 2, 1, 0)


def test_by_touch_on_a_telephone(touch: Page, served: Served, tmp_path: Path) -> None:
    bring(touch, served)

    touch.touchscreen.tap(*spot(touch, 0.5, 0.4))
    touch.locator(".swatches button").nth(2).tap()
    touch.touchscreen.tap(*spot(touch, 0.2, 0.8))
    touch.touchscreen.tap(*spot(touch, 0.6, 0.35, ".gamut"))
    settled(touch)
    touch.get_by_role("button", name="Undo").tap()
    touch.get_by_role("button", name="Redo").tap()
    settled(touch)
    wide = touch.evaluate("() => document.documentElement.scrollWidth")
    touch.reload()
    touch.locator(".coloring .stage").wait_for()

    assert wide <= 390
    assert count(touch, tmp_path) == 2


def test_a_process_that_dies_in_the_middle_loses_nothing(visit: Page, served: Served, tmp_path: Path) -> None:
    bring(visit, served)
    visit.mouse.click(*spot(visit, 0.5, 0.4))
    settled(visit)
    before = process_of(served)
    with visit.expect_request("**/api/color"):
        visit.locator(".swatches button").nth(1).click()
    visit.wait_for_timeout(150)
    os.kill(before, signal.SIGKILL)
    # Where the answer was out before the process died, only the next question starts it anew.
    visit.mouse.click(*spot(visit, 0.3, 0.6))

    visit.wait_for_timeout(500)
    settled(visit)

    assert count(visit, tmp_path) == 2
    assert process_of(served) != before


def process_of(served: Served) -> int:
    """The process that computes, below its keeper."""
    keeper = served.kept.process.pid
    [child] = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    return int(child)


def test_a_photo_of_a_run_opens_from_its_page(visit: Page, served: Served, tmp_path: Path) -> None:
    visit.goto(f"{served.address}/photo/5?at=squash-24")
    visit.get_by_role("link", name="Color it yourself").click()
    visit.locator(".coloring .stage").wait_for()
    visit.mouse.click(*spot(visit, 0.5, 0.5))
    settled(visit)

    colored = take(visit, "Colored photo", tmp_path)

    assert decode(colored.read_bytes()).shape == (24, 24, 3)
    assert not visit.get_by_role("button", name="In full size").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_keeps_anybody_from_coloring(visit: Page, served: Served, theme: Any) -> None:
    visit.emulate_media(color_scheme=theme)
    bring(visit, served)
    visit.mouse.click(*spot(visit, 0.5, 0.4))
    visit.locator(".swatches button").first.click()
    settled(visit)

    assert barriers(visit) == {}


OPENING = """
import { mount } from "/static/coloring/editor.js";
const place = document.createElement("main");
document.body.replaceChildren(place);
const gray = await (await fetch(document.body.dataset.gray)).blob();
"""
CLOCK = """
window.changes = [];
window.editor = await mount(place, {
  gray, deadline: 3, color: async () => gray, onPoints: (points, change) => window.changes.push([points, change]),
  onDeadline: () => { document.body.dataset.over = "1"; },
});
document.body.dataset.ready = "1";
"""
DRAFTS = """
window.asked = [];
const slow = (signal) => new Promise((done, fail) => {
  setTimeout(done, 700);
  signal?.addEventListener("abort", () => { window.asked.push("given up"); fail(new Error("given up")); });
});
window.editor = await mount(place, {
  gray, drafts: () => true,
  color: async (points, draft, signal) => {
    window.asked.push(`${points.length} ${draft ? "draft" : "own"}`);
    if (!draft && points.length) await slow(signal);
    return gray;
  },
});
document.body.dataset.ready = "1";
"""


def alone(page: Page, served: Served, script: str) -> None:
    """Open a page with nothing on it but the editor, as another page would mount it."""
    page.route(
        "**/static/color.js*", lambda route: route.fulfill(body=OPENING + script, content_type="text/javascript")
    )
    page.route(
        re.compile(r"/color$"),
        lambda route: route.fulfill(
            body='<!doctype html><title>t</title><link rel="stylesheet" href="/static/coloring/style.css">'
            '<body data-gray="/color/gray?run=1&photo=5"><script type="module" src="/static/color.js"></script>',
            content_type="text/html",
        ),
    )
    page.goto(f"{served.address}/color")
    page.wait_for_selector("body[data-ready]")


def test_in_a_study_the_time_is_over_after_its_seconds_and_every_change_was_told(visit: Page, served: Served) -> None:
    alone(visit, served, CLOCK)
    visit.mouse.click(*spot(visit, 0.5, 0.5))
    expect(visit.locator(".clock")).to_contain_text("left")
    visit.wait_for_selector("body[data-over]")
    visit.mouse.click(*spot(visit, 0.2, 0.2))

    [[points, change]] = visit.evaluate("() => window.changes")
    assert len(points) == 1
    assert change["kind"] == "add"
    assert 0 < change["at_ms"] < 3500
    expect(visit.locator(".clock")).to_have_text("The time is over.")
    expect(visit.get_by_role("button", name="Undo")).to_be_disabled()


def test_a_draft_is_shown_first_and_its_successor_makes_way_for_the_next_point(visit: Page, served: Served) -> None:
    alone(visit, served, DRAFTS)
    visit.evaluate("() => new Promise((done) => setTimeout(done, 300))")
    for across in (0.3, 0.7):
        visit.mouse.click(*spot(visit, across, 0.5))
        visit.wait_for_timeout(250)
    settled(visit)

    assert visit.evaluate("() => window.asked") == ["0 own", "1 draft", "1 own", "given up", "2 draft", "2 own"]
