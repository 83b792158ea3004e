"""A participant colors two photos with mouse, keyboard and touch; the result is scored and enters a study."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from playwright.sync_api import Browser, Frame, Locator, Page, Position, expect
from sqlalchemy import Engine, select

from evalsuite.cli import group as evalsuite
from evalsuite.db import session_scope
from evalsuite.results import open_run
from evalsuite.studio import kept
from tests.e2e.frames import Recruiter
from tests.e2e.site import Site, arrive, painted_texts
from tests.e2e.test_everywhere import WITHOUT_STORAGE, in_frame
from tests.serving import serving
from tests.turk.coloring_made import CONDITIONS, make_coloring_study
from tests.turk.studies_made import SECRET
from turk.cli import group as turk
from turk.coloring_tables import PointEventRow
from turk.tables import StudyRow, TrialRow
from webapp import create_app
from webapp.config import Config

WITHOUT, WITH = CONDITIONS


@pytest.fixture(scope="module")
def painter() -> Iterator[kept.Kept]:
    """A coloring process."""
    one = kept.start({})
    yield one
    one.end()


@pytest.fixture
def coloring_site(sqlite_engine: Engine, tmp_path: Path, painter: kept.Kept, recruiter: Recruiter) -> Iterator[Site]:
    """The site with a coloring process, served from a thread."""
    url = sqlite_engine.url.render_as_string(hide_password=False)
    known: Any = {"coloring_socket": painter.socket, "recruiter_origins": (recruiter.url,)}
    app = create_app(Config(url, SECRET, tmp_path / "studies", tmp_path / "thumbnails", **known))
    with serving(app) as port:
        yield Site(f"http://127.0.0.1:{port}", sqlite_engine, tmp_path)
    app.extensions["engine"].dispose()


@pytest.fixture
def study(coloring_site: Site) -> StudyRow:
    """Two photos after a tutorial, a minute and a half each, for machines that are busy."""
    times = {"practice": 1, "test": 2, "seconds": 90, "practice_seconds": 90}
    row = make_coloring_study(
        coloring_site.engine, coloring_site.folder / "paint", photos=3, parameters=times, texts=painted_texts(times)
    )
    return row


def editor(page: Page | Frame) -> Locator:
    """The photo under the editor, once it is there."""
    expect(page.locator(".coloring .stage")).to_be_visible()
    return page.locator(".coloring .stage")


def at(stage: Locator, x: float, y: float) -> Position:
    """A place of the photo in CSS pixels, from shares of its sides."""
    box = stage.bounding_box()
    assert box is not None
    return {"x": box["width"] * x, "y": box["height"] * y}


def saved(page: Page | Frame) -> None:
    """Wait until the server has everything and the picture is there."""
    expect(page.locator(".said")).to_have_text("Done.")
    expect(page.locator(".saved")).to_have_text("Everything is saved.")


def events(site: Site, number: int) -> list[PointEventRow]:
    """What was done at a photo of the session."""
    query = select(PointEventRow).join(TrialRow, TrialRow.id == PointEventRow.trial_id)
    with session_scope(site.engine, read_only=True) as db:
        db.expire_on_commit = False
        return list(db.scalars(query.where(TrialRow.number == number).order_by(PointEventRow.number)))


def by_mouse(page: Page) -> None:
    """Set two points, color one, drag it, delete the other, and take the deletion back."""
    stage = editor(page)
    stage.click(position=at(stage, 0.25, 0.25))
    page.locator(".gamut").click(position={"x": 150, "y": 110})
    stage.click(position=at(stage, 0.75, 0.75))
    page.get_by_role("button", name="Delete point").click()
    page.get_by_role("button", name="Undo").click()
    saved(page)


def by_keys(page: Page) -> None:
    """Set a point at the crosshair and give it the first recommended color, or one of the picker."""
    editor(page).focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        page.keyboard.press(key)
    saved(page)
    offered = page.get_by_role("group", name="Recommended").get_by_role("button")
    if offered.count():
        page.keyboard.press("1")
    saved(page)


def test_two_photos_by_mouse_and_keys_are_scored_and_judged_by_others(
    page: Page, browser: Browser, coloring_site: Site, study: StudyRow, tmp_path: Path
) -> None:
    arrive(page, coloring_site, "paint", "?id=ada")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Open the photo").click()
    by_mouse(page)
    page.reload()
    stage = editor(page)
    expect(page.locator(".coloring .stage")).to_be_visible()
    expect(page.get_by_role("button", name="Start over")).to_be_enabled()
    stage.click(position=at(stage, 0.5, 0.2))
    saved(page)
    page.get_by_role("button", name="Done with this photo").click()
    page.get_by_role("button", name="Continue").click()
    for color in (by_mouse, by_keys):
        page.get_by_role("button", name="Open the photo").click()
        color(page)
        page.get_by_role("button", name="Done with this photo").click()
    page.get_by_role("button", name="Send and finish").click()
    expect(page.get_by_text("Your completion code is:")).to_be_visible()
    assert page.context.cookies() == []

    kinds = [[one.kind for one in events(coloring_site, number)] for number in range(3)]
    assert kinds[1] == ["place", "color", "place", "delete", "place"]
    assert kinds[0] == [*kinds[1], "place"]
    assert kinds[2][0] == "place"
    times = [one.at_ms for one in events(coloring_site, 0)]
    assert times == sorted(times)

    # Every photo now has one condition; the second of the couple brings the other one.
    url = coloring_site.engine.url.render_as_string(hide_password=False)
    touched(browser, coloring_site)
    out = tmp_path / "colored"
    done = CliRunner().invoke(turk, ["collect", "paint", "--out", str(out), "--db", url], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    folders = [word for name in ("automatic", *CONDITIONS) for word in ("--outputs", f"{name}={out / name}")]
    scored = ["score", "--images", str(out / "photos"), *folders, "--metrics", "psnr_rgb", "--out", str(out / "run")]
    assert CliRunner().invoke(evalsuite, scored, catch_exceptions=False).exit_code == 0
    assert set(open_run(out / "run").colorizers) == {"automatic", *CONDITIONS}
    file = yaml.safe_load((out / "judge.yaml").read_text())
    file |= {"parameters": {"practice": 0, "test": 2, "catch": 0, "size": 64}}
    file["source"].pop("catch")
    (out / "judge.yaml").write_text(yaml.safe_dump(file, sort_keys=False))
    built = CliRunner().invoke(turk, ["build", str(out / "judge.yaml"), "--db", url], catch_exceptions=False)
    assert built.exit_code == 0, built.output
    lines = built.output.splitlines()
    assert [line for line in lines if "stimuli" in line] == [f"  2 photos, 8 stimuli (automatic, {WITHOUT}, {WITH})"]


def touched(browser: Browser, site: Site) -> None:
    """Somebody colors the same photos on a phone."""
    phone: Any = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True, "locale": "en-US"}
    context = browser.new_context(**phone)
    page = context.new_page()
    arrive(page, site, "paint", "?id=bo")
    page.get_by_role("button", name="Start").tap()
    for number in range(3):
        page.get_by_role("button", name="Open the photo").tap()
        stage = editor(page)
        stage.tap(position=at(stage, 0.3, 0.3))
        page.locator(".gamut").tap(position={"x": 80, "y": 60})
        saved(page)
        page.get_by_role("button", name="Done with this photo").tap()
        if number == 0:
            page.get_by_role("button", name="Continue").tap()
    page.get_by_role("button", name="Send and finish").tap()
    expect(page.get_by_text("Your completion code is:")).to_be_visible()
    context.close()


def test_the_time_ends_a_photo_by_itself_and_the_result_counts(page: Page, coloring_site: Site) -> None:
    times = {"practice": 0, "test": 1, "seconds": 12}
    folder = coloring_site.folder / "paint"
    make_coloring_study(coloring_site.engine, folder, photos=1, parameters=times, texts=painted_texts(times))
    arrive(page, coloring_site, "paint", "?id=ada")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Open the photo").click()
    stage = editor(page)
    stage.click(position=at(stage, 0.4, 0.4))

    expect(page.get_by_role("button", name="Send and finish")).to_be_visible()

    with session_scope(coloring_site.engine, read_only=True) as db:
        [trial] = db.scalars(select(TrialRow))
        assert (trial.answer, trial.rt_ms, trial.exposure) == ("time", 12_000.0, {"events": 1, "points": 1})


def test_a_lost_network_costs_no_point(page: Page, coloring_site: Site, study: StudyRow) -> None:
    arrive(page, coloring_site, "paint", "?id=ada")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Open the photo").click()
    stage = editor(page)
    page.route("**/api/photos/**", lambda route: route.abort())
    stage.click(position=at(stage, 0.4, 0.4))
    expect(page.locator("#status")).to_contain_text("No connection")
    stage.click(position=at(stage, 0.6, 0.6))
    assert events(coloring_site, 0) == []

    page.unroute("**/api/photos/**")

    saved(page)
    assert [one.kind for one in events(coloring_site, 0)] == ["place", "place"]


def test_photos_are_colored_in_a_frame_of_another_site_without_cookies_or_storage(
    page: Page, coloring_site: Site, recruiter: Recruiter
) -> None:
    times = {"practice": 0, "test": 1, "seconds": 90}
    folder = coloring_site.folder / "paint"
    make_coloring_study(coloring_site.engine, folder, photos=1, parameters=times, texts=painted_texts(times))
    page.add_init_script(WITHOUT_STORAGE)
    frame = in_frame(page, recruiter, f"{coloring_site.url}/study/paint?id=ada")
    frame.get_by_role("button", name="I want to take part").click()
    frame.get_by_label("No", exact=True).check()
    for step in ("Continue", "Start", "Open the photo"):
        frame.get_by_role("button", name=step).click()
    stage = editor(frame)
    stage.click(position=at(stage, 0.4, 0.4))
    frame.locator(".gamut").click(position={"x": 80, "y": 60})
    saved(frame)
    for step in ("Done with this photo", "Send and finish"):
        frame.get_by_role("button", name=step).click()
    expect(frame.get_by_text("Your completion code is:")).to_be_visible()

    assert [one.kind for one in events(coloring_site, 0)] == ["place", "color"]
    assert page.context.cookies() == []
