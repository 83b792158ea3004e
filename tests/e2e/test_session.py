"""A participant's way through a study, in a real browser."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.e2e.site import Site, answer_trials, arrive, begin
from turk.tables import EventRow, SessionRow, TrialRow

THANKS = "Thank you!"


def rows(site: Site, kind: Any) -> list[Any]:
    """All rows of a table, in order."""
    with Session(site.engine) as db:
        return list(db.scalars(select(kind).order_by(kind.id)))


def finish(page: Page) -> None:
    """Send the last page."""
    page.get_by_role("button", name="Send and finish").click()
    expect(page.get_by_role("heading", name=THANKS)).to_be_visible()


def test_a_whole_session_with_a_reload_in_the_middle_keeps_every_answer(page: Page, site: Site) -> None:
    site.add_study()
    arrive(page, site)
    begin(page)
    answer_trials(page, 4)
    page.wait_for_selector('.stage[data-phase="ask"]')
    before = [image.get_attribute("src") for image in page.locator(".stimulus").all()]
    page.reload()
    page.wait_for_selector('.stage[data-phase="ask"]')
    after = [image.get_attribute("src") for image in page.locator(".stimulus").all()]
    answer_trials(page, 40)
    page.get_by_label("Your comment").fill("Nice pictures.")
    finish(page)

    [session] = rows(site, SessionRow)
    trials = rows(site, TrialRow)
    assert before == after
    assert session.state == "finished"
    assert session.comment == "Nice pictures."
    assert page.locator("output").text_content() == session.code
    assert {trial.state for trial in trials} == {"answered"}
    assert {trial.answer for trial in trials} == {"left"}
    assert sum(trial.replaces is None for trial in trials) == 8
    assert [trial.number for trial in trials if trial.exposure["again"]] == [4]
    assert not trials[4].valid
    assert 4 in {trial.replaces for trial in trials}
    assert all(trial.rt_ms > 0 for trial in trials)


def test_exposures_are_measured_frame_by_frame(page: Page, site: Site) -> None:
    site.add_study(exposure_ms=500)
    arrive(page, site)
    begin(page)
    answer_trials(page, 2)

    [first, *_] = rows(site, TrialRow)
    frame = 1000 / first.refresh_hz
    assert [shown["place"] for shown in first.exposure["shown"]] == first.turns
    for shown in first.exposure["shown"]:
        assert abs(shown["off_ms"] - shown["on_ms"] - 500) <= 1.5 * frame or shown["long_frames"]
        assert shown["frames"] > 1
        assert abs(shown["presented_ms"] - 500) < 100
    assert first.exposure["isolated"] is True
    assert first.exposure["trusted"] is True


def test_the_keyboard_alone_is_enough(page: Page, site: Site) -> None:
    site.add_study(parameters={"practice": 1, "test": 2, "catch": 0}, catch=None)
    page.goto(f"{site.url}/study/street")
    page.get_by_role("button", name="I want to take part").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_label("No", exact=True).wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Start").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".stage")
    answer_trials(page, 40, key="ArrowRight")
    page.get_by_label("Your comment").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name=THANKS)).to_be_visible()
    assert {trial.answer for trial in rows(site, TrialRow)} == {"right"}


def test_an_answer_waits_for_the_network_and_is_sent_once(page: Page, site: Site) -> None:
    site.add_study()
    arrive(page, site)
    begin(page)
    lost: list[str] = []

    def cut(route: Route) -> None:
        lost.append(route.request.url)
        route.abort("internetdisconnected")

    page.route("**/api/trials/*", cut)
    answer_trials(page, 1)
    expect(page.locator("#status")).to_contain_text("Your answers are safe")
    page.unroute("**/api/trials/*")
    expect(page.locator(".verdict")).to_be_visible()

    assert lost
    assert [trial.state for trial in rows(site, TrialRow)[:2]] == ["answered", "open"]


def test_an_answer_that_waits_survives_a_reload(page: Page, site: Site) -> None:
    site.add_study()
    arrive(page, site)
    begin(page)
    page.route("**/api/trials/*", lambda route: route.abort("internetdisconnected"))
    answer_trials(page, 1)
    expect(page.locator("#status")).to_contain_text("Your answers are safe")
    page.unroute("**/api/trials/*")
    page.reload()
    page.wait_for_selector('.stage[data-phase="ask"]')

    assert [trial.state for trial in rows(site, TrialRow)[:2]] == ["answered", "open"]


def test_the_newest_of_two_tabs_wins_and_the_older_one_can_take_over(page: Page, site: Site) -> None:
    site.add_study()
    arrive(page, site)
    begin(page)
    page.wait_for_selector('.stage[data-phase="ask"]')
    context: BrowserContext = page.context
    other = context.new_page()
    other.goto(page.url)
    other.wait_for_selector('.stage[data-phase="ask"]')
    page.bring_to_front()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="another window")).to_be_visible()
    page.get_by_role("button", name="Go on here").click()
    page.wait_for_selector('.stage[data-phase="ask"]')

    assert len(rows(site, SessionRow)) == 1
    assert all(trial.state != "answered" for trial in rows(site, TrialRow))


def test_a_tab_that_was_hidden_spoils_the_trial_and_a_fresh_pair_replaces_it(page: Page, site: Site) -> None:
    site.add_study(exposure_ms=1500, parameters={"practice": 0})
    arrive(page, site)
    begin(page)
    page.wait_for_selector('.stage[data-phase^="show"]')
    page.evaluate(
        """() => {
            Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
            Object.defineProperty(document, 'hidden', { get: () => false, configurable: true });
        }"""
    )
    page.get_by_role("button", name="Continue").click()
    page.wait_for_selector(".answers kbd")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector('.stage[data-phase^="show"]')

    first, *_, last = rows(site, TrialRow)
    assert first.valid is False
    assert first.exposure["hidden"] is True
    assert last.replaces == first.number
    assert last.photo not in {trial.photo for trial in rows(site, TrialRow)[:-1]}
    assert last.kind == first.kind


def test_leaving_is_asked_twice_and_gives_the_place_back(page: Page, site: Site) -> None:
    site.add_study(participants_per_condition=1, conditions=("ours",))
    arrive(page, site)
    begin(page)
    page.wait_for_selector('.stage[data-phase="ask"]')
    page.get_by_role("button", name="Stop and leave").click()
    page.get_by_role("button", name="No, go on").click()
    page.wait_for_selector('.stage[data-phase="ask"]')
    page.get_by_role("button", name="Stop and leave").click()
    page.get_by_role("button", name="Yes, stop").click()
    expect(page.get_by_role("heading", name="You have left")).to_be_visible()
    other = page.context.browser
    assert other is not None
    with other.new_context(locale="de-DE") as context:
        second = context.new_page()
        second.goto(f"{site.url}/study/street")
        expect(second.get_by_role("heading", name="Ob Sie teilnehmen, entscheiden Sie")).to_be_visible()


def test_who_comes_when_all_places_are_taken_is_told_before_consent(page: Page, site: Site) -> None:
    site.add_study(participants_per_condition=1, conditions=("ours",))
    arrive(page, site)
    browser = page.context.browser
    assert browser is not None
    with browser.new_context(locale="en-US") as context:
        second = context.new_page()
        second.goto(f"{site.url}/study/street")
        expect(second.get_by_role("heading", name="No place is left")).to_be_visible()


def test_a_window_that_is_too_small_is_told_and_can_be_made_larger(page: Page, site: Site) -> None:
    site.add_study(parameters={"size": 256})
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{site.url}/study/street")
    expect(page.get_by_text("too small")).to_be_visible()
    page.set_viewport_size({"width": 844, "height": 390})
    page.get_by_role("button", name="Check again").click()

    expect(page.get_by_role("heading", name="Taking part is your choice")).to_be_visible()


def test_nothing_is_asked_of_another_server_and_no_cookie_is_set(page: Page, site: Site) -> None:
    site.add_study()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    arrive(page, site)
    begin(page)
    answer_trials(page, 2)

    assert all(url.startswith(site.url) for url in asked)
    assert not page.context.cookies()


def test_what_happens_around_the_answers_is_kept(page: Page, site: Site) -> None:
    site.add_study()
    arrive(page, site)
    begin(page)
    page.wait_for_selector('.stage[data-phase="ask"]')
    page.set_viewport_size({"width": 1000, "height": 700})
    answer_trials(page, 3)

    assert "resize" in {event.kind for event in rows(site, EventRow)}


def test_the_preview_shows_a_demonstration_and_stores_nothing(page: Page, site: Site) -> None:
    site.add_study()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method + " " + request.url.removeprefix(site.url)))
    page.goto(f"{site.url}/study/street?preview=1")
    begin(page)
    page.wait_for_selector('.stage[data-phase="ask"]')
    page.wait_for_selector(".answers kbd")
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Next").click()

    expect(page.get_by_text("That was the demonstration")).to_be_visible()
    assert not rows(site, SessionRow)
    assert all(line.startswith("GET ") and "/api/" not in line for line in asked)
