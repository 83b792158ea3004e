"""The participants' page wherever it may be: every protocol and language, a frame, another tab, a large zoom."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Frame, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.e2e.frames import Recruiter
from tests.e2e.site import Site, answer_trials, arrive, begin
from turk.registry import protocols
from turk.tables import SessionRow, TrialRow

SHORT = {"practice": 1, "test": 3, "catch": 0}
LANGUAGES = ("en-US", "de-DE", "es-ES", "zh-CN")
WITHOUT_STORAGE = """for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
}"""
HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def rows(site: Site, kind: Any) -> list[Any]:
    """All rows of a table, in order."""
    with Session(site.engine) as db:
        return list(db.scalars(select(kind).order_by(kind.id)))


def pressed(page: Page) -> str:
    """Do with the keyboard alone what the page asks for; say what it was."""
    state = page.wait_for_function(
        """() => document.querySelector("output") ? "end" : document.querySelector(".answers kbd") ? "ask"
            : document.querySelector(".verdict") ? "told" : document.querySelector("input[type=radio]") ? "radio"
            : document.querySelector("textarea") ? "words" : document.querySelector("article .main") ? "page" : null"""
    ).json_value()
    before = page.locator("main").inner_html()
    keys = {"ask": "1", "told": "Enter", "radio": "Tab Space Enter", "words": "Tab Tab Enter", "page": "Tab Enter"}
    for key in keys.get(str(state), "").split():
        page.keyboard.press(key)
    if state != "end":
        page.wait_for_function("(old) => document.querySelector('main').innerHTML !== old", arg=before)
    return str(state)


@pytest.mark.parametrize(("name", "locale"), list(zip(sorted(protocols()), LANGUAGES * 2, strict=False)))
def test_every_protocol_is_taken_to_its_end_by_keyboard_alone(page: Page, site: Site, name: str, locale: str) -> None:
    site.add_study(protocol=name, parameters=SHORT, catch=None)
    page.set_viewport_size({"width": 1000, "height": 700})
    page.goto(f"{site.url}/study/street?lang={locale[:2]}")
    done = []
    while (state := pressed(page)) != "end":
        done.append(state)

    [session] = rows(site, SessionRow)
    assert session.state == "finished"
    assert session.locale == locale[:2]
    assert page.locator("html").get_attribute("lang") == locale[:2]
    assert done.count("ask") >= 4
    assert page.locator("output").text_content() == session.code


def in_frame(page: Page, recruiter: Recruiter, address: str) -> Frame:
    """Show an address in a frame of the recruiter's page."""
    page.goto(f"{recruiter.url}/?{address}")
    frame = page.frames[1]
    frame.wait_for_selector("h1")
    return frame


def take(frame: Frame) -> None:
    """Go through a study with the mouse, from consent to the comment."""
    frame.get_by_role("button", name="I want to take part").click()
    frame.get_by_label("No", exact=True).check()
    frame.get_by_role("button", name="Continue").click()
    frame.get_by_role("button", name="Start").click()
    while not frame.locator("textarea").count():
        frame.wait_for_selector(".answers button, article button.main")
        if frame.locator(".answers button").count():
            frame.locator(".answers button").first.click()
            frame.wait_for_function("() => !document.querySelector('.answers kbd')")
        elif frame.get_by_role("heading", name="The practice is over").count():
            frame.get_by_role("button", name="Continue").click()
    frame.get_by_role("button", name="Send and finish").click()


def test_a_study_is_taken_in_a_frame_of_another_site_and_its_form_arrives_there(
    page: Page, site: Site, recruiter: Recruiter
) -> None:
    site.add_study(recruiter="mturk", parameters=SHORT, catch=None)
    recruiter.forms.clear()
    page.add_init_script(WITHOUT_STORAGE)
    who = f"assignmentId=A1&hitId=H1&workerId=W1&turkSubmitTo={recruiter.url}"
    take(in_frame(page, recruiter, f"{site.url}/study/street?{who}"))
    expect(page.frame_locator("iframe").get_by_text("Received.")).to_be_visible()

    [session] = rows(site, SessionRow)
    assert recruiter.forms == [{"assignmentId": ["A1"], "code": [session.code]}]
    assert rows(site, TrialRow)[0].exposure["isolated"] is False
    assert not page.context.cookies()


def test_a_link_is_taken_in_a_frame_of_a_site_that_was_named(page: Page, site: Site, recruiter: Recruiter) -> None:
    site.add_study(parameters=SHORT, catch=None)
    frame = in_frame(page, recruiter, f"{site.url}/study/street")
    take(frame)
    expect(frame.locator("output")).to_be_visible()

    [session] = rows(site, SessionRow)
    assert session.state == "finished"
    assert frame.locator("output").text_content() == session.code


def test_another_tab_of_the_same_link_goes_on_with_the_same_pairs(page: Page, site: Site) -> None:
    site.add_study(parameters=SHORT, catch=None)
    arrive(page, site)
    begin(page)
    answer_trials(page, 2)
    page.wait_for_selector('.stage[data-phase="ask"]')
    before = [image.get_attribute("src") for image in page.locator(".stimulus").all()]
    other = page.context.new_page()
    page.close()
    other.goto(f"{site.url}/study/street")
    other.wait_for_selector('.stage[data-phase="ask"]')
    after = [image.get_attribute("src") for image in other.locator(".stimulus").all()]

    assert before == after
    assert len(rows(site, SessionRow)) == 1


def test_whoever_comes_after_a_finished_session_is_somebody_else(page: Page, site: Site) -> None:
    site.add_study(parameters=SHORT, catch=None)
    arrive(page, site)
    begin(page)
    answer_trials(page, 40)
    page.get_by_role("button", name="Send and finish").click()
    code = page.locator("output").text_content()
    page.reload()
    expect(page.locator("output")).to_have_text(str(code))
    other = page.context.new_page()
    other.goto(f"{site.url}/study/street")

    expect(other.get_by_role("heading", name="Taking part is your choice")).to_be_visible()


def test_another_language_is_the_same_session(page: Page, site: Site) -> None:
    site.add_study(parameters=SHORT, catch=None)
    page.goto(f"{site.url}/study/street")
    page.get_by_role("button", name="I want to take part").wait_for()
    page.get_by_role("link", name="Deutsch").click()
    page.get_by_role("button", name="möchte teilnehmen").first.click()
    expect(page.get_by_role("heading", name="Ihr Farbsehen")).to_be_visible()

    [session] = rows(site, SessionRow)
    [row] = site.studies()
    assert session.locale == "de"
    assert session.consent_version == row.config["texts"]["de"]["consent_version"]


def test_a_tab_that_is_hidden_before_the_answer_spoils_the_trial_too(page: Page, site: Site) -> None:
    site.add_study(parameters={"practice": 0})
    arrive(page, site)
    begin(page)
    page.wait_for_selector(".answers kbd")
    page.evaluate(HIDE, True)
    page.evaluate(HIDE, False)
    answer_trials(page, 1)
    page.wait_for_selector('.stage[data-phase^="show"]')

    first, *_, last = rows(site, TrialRow)
    assert first.valid is False
    assert len(first.exposure["visibility_ms"]) == 2
    assert last.replaces == first.number


@pytest.mark.parametrize(("width", "height"), [(640, 400), (600, 480)])
def test_at_double_zoom_question_and_answers_are_in_sight(page: Page, site: Site, width: int, height: int) -> None:
    site.add_study(parameters={"size": 256, **SHORT}, catch=None)
    page.set_viewport_size({"width": width, "height": height})
    arrive(page, site)
    begin(page)
    page.wait_for_selector(".answers kbd")
    boxes = [box for box in (one.bounding_box() for one in page.locator(".prompt p, .prompt button").all()) if box]

    assert boxes
    assert all(box["y"] >= 0 and box["y"] + box["height"] <= height for box in boxes)
