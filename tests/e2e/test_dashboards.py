"""The dashboards in a real browser: every page in both themes, and everything that moves."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, Page, expect
from scipy.special import ndtri
from scipy.stats import binomtest

from evalsuite.color import rgb_to_lab
from evalsuite.color_difference import ciede2000
from tests.e2e.researcher import barriers_by_theme, enter, opened, too_wide, visiting
from tests.serving import serving
from tests.webapp.answered import add_study
from tests.webapp.conftest import config_of
from tests.webapp.runs import runs_database
from webapp import create_app

AT = "at=squash-24"
PAGES = (
    "/",
    "/run/1",
    f"/leaderboard/1?{AT}",
    f"/leaderboard/1?{AT}&pin=2",
    f"/leaderboard/1?{AT}&style=zhang2016",
    f"/compare/1?{AT}",
    f"/gallery/1?{AT}",
    f"/gallery/1?{AT}&m=fool_rate&order=best",
    f"/gallery/1?{AT}&m=convincing",
    f"/photo/5?{AT}",
    "/color",
    f"/judge/1?{AT}",
    "/shares",
    "/login",
    "/leaderboard/99",
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A site with three runs, served from a thread."""
    folder = tmp_path_factory.mktemp("site")
    url = runs_database(folder, add_study)
    app = create_app(config_of(url, folder))
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"
    app.extensions["engine"].dispose()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Page]:
    """A page that came in; wrong scripts, broken policies and requests elsewhere fail the test."""
    with visiting(browser, address, expected="404 (NOT FOUND)") as page:
        yield page


def test_nothing_serious_keeps_anybody_from_reading_a_page(visit: Page, address: str) -> None:
    found = {path: barriers_by_theme(opened(visit, address + path)) for path in PAGES}

    assert {path: wrong for path, wrong in found.items() if any(wrong.values())} == {}


def test_pages_fit_a_phone(browser: Browser, address: str) -> None:
    assert too_wide(browser, address, PAGES) == {}


def test_pages_say_the_same_without_scripts(browser: Browser, visit: Page, address: str) -> None:
    context = enter(browser, address, java_script_enabled=False)
    plain, tools = context.new_page(), r" Wipe Hold: reference Show .*? Zoom 1:1| Start \(Enter\)"
    told = " Judging needs JavaScript: it shows pictures for exact times."
    for path in PAGES:
        plain.goto(address + path)
        opened(visit, address + path)
        without, with_scripts = (re.sub(r"\s+", " ", page.locator("main").inner_text()) for page in (plain, visit))
        assert re.sub(tools, "", with_scripts) == without.replace(told, "")
    context.close()


def test_a_method_is_found_as_one_types_and_back_brings_the_old_view(visit: Page, address: str) -> None:
    opened(visit, f"{address}/leaderboard/1?{AT}")
    rows = visit.locator("table.board tbody tr")
    expect(rows).to_have_count(4)

    visit.keyboard.press("/")
    visit.keyboard.type("riv")

    expect(rows).to_have_count(1)
    assert visit.url.endswith(f"?{AT}&q=riv")
    expect(visit.get_by_role("searchbox", name="Method")).to_be_focused()
    visit.go_back()
    expect(rows).to_have_count(4)


def test_sorting_is_a_link_that_marks_its_column(visit: Page, address: str) -> None:
    opened(visit, f"{address}/leaderboard/1?{AT}")

    visit.get_by_role("columnheader", name="AuC").get_by_role("link").click()

    expect(visit.locator("th[aria-sort]")).to_have_text(re.compile("AuC"))
    assert "by=auc" in visit.url


def test_the_theme_stays_chosen_on_every_page(visit: Page, address: str) -> None:
    opened(visit, address)
    background = "getComputedStyle(document.body).backgroundColor"
    before = visit.evaluate(background)

    visit.get_by_role("button", name="Theme").click()
    chosen = visit.evaluate(background)
    opened(visit, f"{address}/run/1")

    assert before != chosen == visit.evaluate(background)


def test_the_keys_are_listed(visit: Page, address: str) -> None:
    opened(visit, f"{address}/photo/5?{AT}")

    visit.keyboard.press("?")

    expect(visit.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    expect(visit.get_by_text("see the reference in its place")).to_be_visible()


def test_the_stage_wipes_flickers_and_takes_pictures_by_digit(visit: Page, address: str) -> None:
    opened(visit, f"{address}/photo/5?{AT}")
    stage, cut = visit.locator(".stage"), visit.locator(".layer").nth(1)
    clip = "getComputedStyle(document.querySelectorAll('.layer')[1]).clipPath"
    assert visit.evaluate(clip) == "inset(0px 0px 0px 50%)"

    visit.get_by_role("slider", name="Wipe").fill("25")
    assert visit.evaluate(clip) == "inset(0px 0px 0px 25%)"
    stage.focus()
    visit.keyboard.press("ArrowRight")
    assert visit.evaluate(clip) == "inset(0px 0px 0px 27%)"

    visit.keyboard.down(" ")
    expect(cut).to_be_hidden()
    visit.keyboard.up(" ")
    expect(cut).to_be_visible()

    visit.keyboard.press("3")
    expect(visit.locator("#right")).to_have_text("Good")
    visit.keyboard.press("r")
    expect(visit.locator("#left")).to_have_text("Good")
    visit.keyboard.press("4")
    expect(visit.locator("#right")).to_have_text("Rival")
    on_stage = visit.locator("#current").evaluate("image => image.src")
    assert on_stage == visit.locator("figure.on img").evaluate("image => image.src")


def test_all_pictures_zoom_together_and_pixels_stay_sharp(visit: Page, address: str) -> None:
    opened(visit, f"{address}/photo/5?{AT}")

    visit.locator(".stage").focus()
    visit.keyboard.press("+")
    visit.keyboard.press("ArrowRight")

    scales = "all => all.map((image) => getComputedStyle(image).transform.split(',')[0])"
    assert set(visit.locator(".layer img, .frame img").evaluate_all(scales)) == {"matrix(2"}
    assert visit.locator("#current").evaluate("image => getComputedStyle(image).imageRendering") == "pixelated"
    visit.keyboard.press("f")
    assert (
        visit.locator("#current").evaluate("image => getComputedStyle(image).transform") == "matrix(1, 0, 0, 1, 0, 0)"
    )


def test_pixels_are_read_and_differences_mapped_as_the_suite_computes_them(visit: Page, address: str) -> None:
    opened(visit, f"{address}/photo/5?{AT}")
    visit.keyboard.press("4")
    visit.locator(".stage").focus()
    visit.keyboard.press("Shift+ArrowRight")
    expect(visit.locator("#readout")).to_contain_text("Pixel 1, 0. Photo: RGB ")
    told = visit.locator("#readout").inner_text()

    colors = [tuple(map(int, rgb)) for rgb in re.findall(r"RGB (\d+) (\d+) (\d+)", told)]
    expected = _ciede2000(*colors)
    assert float(re.findall(r"CIEDE2000 ([\d.]+)", told)[0]) == pytest.approx(expected, abs=0.006)

    visit.get_by_label("Show").select_option("de2000")
    expect(visit.locator("#legend figcaption")).to_contain_text("CIEDE2000, mean ")
    expect(visit.locator("#legend text").nth(4)).to_have_text("20+")
    assert visit.locator(".layer canvas").count() == 1
    visit.get_by_label("Show").select_option("chroma")
    expect(visit.locator(".layer canvas")).to_have_count(2)
    visit.get_by_label("Show").select_option("")
    expect(visit.locator(".layer canvas")).to_have_count(0)


def test_the_judge_is_shown_pairs_as_participants_are_and_nothing_of_it_is_sent(visit: Page, address: str) -> None:
    opened(visit, f"{address}/judge/1?{AT}&n=4")
    sent: list[str] = []
    visit.on("request", lambda asked: sent.append(asked.method) if asked.method != "GET" else None)

    question, begin = visit.get_by_text("Which one was the fake?"), visit.get_by_role("button", name="Start")
    until = time.monotonic() + 240
    while not visit.get_by_role("heading", name="You judged").is_visible():
        # On a crowded machine exposures miss frames and are replaced; when all did, the page begins anew.
        assert time.monotonic() < until, "hardly an exposure was as planned"
        if question.is_visible():
            visit.keyboard.press("ArrowLeft")
            expect(question).to_be_hidden()
        elif begin.is_visible():
            visit.keyboard.press("Enter")
        visit.wait_for_timeout(100)

    rows = visit.locator("tbody tr")
    expect(rows.nth(0)).to_contain_text("You")
    expect(rows.nth(1)).to_contain_text("Study people-of-street")
    expect(rows.nth(1)).to_contain_text("40 people, 480 trials")
    assert sent == []


def test_the_judge_can_stop_and_is_told_how_it_went_so_far(visit: Page, address: str) -> None:
    opened(visit, f"{address}/judge/1?{AT}")

    visit.keyboard.press("Enter")
    expect(visit.get_by_text("Which one was the fake?")).to_be_visible(timeout=30_000)
    visit.keyboard.press("Escape")

    expect(visit.get_by_role("button", name="Start")).to_be_visible()


def test_the_browsers_d_prime_is_that_of_studies(visit: Page, address: str) -> None:
    """Of 10 fakes on each side, 8 and 3 answers "left": H = 8.5 / 11 and F = 3.5 / 11."""
    opened(visit, f"{address}/judge/1?{AT}")
    answers = [{"fake": side, "answer": "left" if k < lefts else "right"}
               for side, lefts in (("left", 8), ("right", 3)) for k in range(10)]  # fmt: skip

    found = visit.evaluate(
        "async (answers) => { const d = await import('/static/detection.js');"
        " return [d.sensitivity(answers).d, d.interval(6, 20), [0.001, 0.3, 0.5, 0.99].map(d.quantile)]; }",
        answers,
    )

    assert found[0] == pytest.approx((ndtri(8.5 / 11) - ndtri(3.5 / 11)) / 2**0.5)
    assert found[1] == pytest.approx(list(binomtest(6, 20).proportion_ci(method="wilson")), abs=1e-6)
    assert found[2] == pytest.approx(ndtri([0.001, 0.3, 0.5, 0.99]).tolist(), abs=1e-8)


def _ciede2000(photo: tuple[int, ...], output: tuple[int, ...]) -> float:
    """The difference of two colors as the suite has it."""
    pair = [rgb_to_lab(torch.tensor(color, dtype=torch.uint8).reshape(1, 3, 1, 1)) for color in (photo, output)]
    return float(ciede2000(*pair))


def test_the_browsers_ciede2000_agrees_with_the_published_pairs(visit: Page, address: str) -> None:
    pairs = _sharma()
    opened(visit, f"{address}/photo/5?{AT}")

    found = visit.evaluate(
        "async (pairs) => { const { de2000 } = await import('/static/lab.js');"
        " return pairs.map((p) => de2000(...p.slice(0, 6))); }",
        pairs,
    )

    assert found == pytest.approx([pair[6] for pair in pairs], abs=6e-5)


def _sharma() -> list[list[float]]:
    """Two colors and their published difference: Sharma, Wu, Dalal 2005, Table 1, the first ones and hard cases."""
    return [
        [50.0, 2.6772, -79.7751, 50.0, 0.0, -82.7485, 2.0425],
        [50.0, -1.3802, -84.2814, 50.0, 0.0, -82.7485, 1.0000],
        [50.0, 0.0, 0.0, 50.0, -1.0, 2.0, 2.3669],
        [50.0, 2.4900, -0.0010, 50.0, -2.4900, 0.0009, 7.1792],
        [50.0, 2.4900, -0.0010, 50.0, -2.4900, 0.0011, 7.2195],
        [50.0, -0.0010, 2.4900, 50.0, 0.0011, -2.4900, 4.7461],
        [50.0, 2.5, 0.0, 73.0, 25.0, -18.0, 27.1492],
        [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
        [22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373],
        [90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441],
        [2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082],
    ]


def test_a_shared_link_opens_one_view_elsewhere(browser: Browser, visit: Page, address: str) -> None:
    opened(visit, f"{address}/gallery/1?{AT}&order=best")
    visit.get_by_role("button", name="Make a link").click()
    link = visit.locator("tr.new input").input_value()
    elsewhere = browser.new_context()
    page = opened(elsewhere.new_page(), link)

    expect(page.get_by_text("Shared view of")).to_be_visible()
    shown = page.evaluate("[...document.images].filter((i) => i.complete && i.naturalWidth).length")
    page.goto(f"{address}/run/1")
    expect(page.get_by_role("heading", name="Come in")).to_be_visible()
    elsewhere.close()

    assert shown > 0


def test_every_control_is_reached_by_keyboard(visit: Page, address: str) -> None:
    opened(visit, f"{address}/photo/5?{AT}")
    reached = set()
    for _ in range(60):
        visit.keyboard.press("Tab")
        reached.add(visit.evaluate("document.activeElement.id || document.activeElement.className"))

    assert {"wipe", "flicker", "mode", "zoom", "pixels", "stage", "skip"} <= reached


def test_style_and_scripts_stay_small() -> None:
    static = Path(__file__).parents[2] / "webapp" / "static"

    def size(pattern: str) -> int:
        return sum(path.stat().st_size for path in static.glob(pattern))

    assert size("app.css") <= 15_000
    assert size("*.js") <= 40_000
    # Only who colors loads the last two.
    assert size("participant/*.js") - size("participant/coloring.js") <= 30_000
    assert size("participant/coloring.js") <= 10_000
    assert size("coloring/*.js") <= 30_000
