"""The participant's site, as programs and browsers without scripts use it."""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import IO

import pytest

from tests.turk.emulator.prolific.studying import Researcher, do_study, person
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Fetcher, Refused


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows redirects within the site only."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Stop where another site begins."""
        if urllib.parse.urlsplit(newurl).netloc != req.host:
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class Browser:
    """A browser without scripts."""

    def __init__(self, site: str) -> None:
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.site, self.opener = site, urllib.request.build_opener(cookies, Stay())

    def open(self, path: str, form: dict[str, str] | None = None, **headers: str) -> str:
        """Open a page, or send a form."""
        data = None if form is None else urllib.parse.urlencode(form).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        with self.opener.open(urllib.request.Request(f"{self.site}{path}", data, names)) as answer:
            html: str = answer.read().decode()
            return html


@pytest.fixture
def browser(emulator: Emulator) -> Browser:
    """A browser in which a participant is logged in."""
    browser = Browser(emulator.participant_site_url)
    browser.open("/login", {"participant_id": person()})
    return browser


def test_the_site_is_another_origin_than_the_api(emulator: Emulator) -> None:
    assert emulator.prolific_url.startswith("http://127.0.0.1:")
    assert emulator.participant_site_url.startswith("http://localhost:")


@pytest.mark.slow
def test_a_participant_goes_through_a_study_by_links_and_forms(
    emulator: Emulator, prolific: Researcher, browser: Browser
) -> None:
    study = prolific.study()
    assert "Which photo is real?" in browser.open("/studies")
    page = browser.open(f"/studies/{study}")
    assert "<b>pairs</b>" in page
    assert "$10.00 an hour" in page

    page = browser.open(f"/studies/{study}/reserve", {})
    assert "A place is reserved for you" in page
    [link] = re.findall(r'href="(/submissions/\w+/open)"', page)
    with pytest.raises(urllib.error.HTTPError) as caught:
        browser.open(link)
    with caught.value as away:
        assert away.code == 303
        assert away.headers["Location"].startswith(f"https://study.example.org/?PROLIFIC_PID={person()}")
    assert "Completion code" in browser.open(link.removesuffix("/open"))
    page = browser.open("/submissions/complete?cc=C0FFEE")
    assert "Thank you, your submission was completed" in page

    assert "AWAITING REVIEW" in browser.open("/submissions")


@pytest.mark.slow
def test_a_description_keeps_its_harmless_tags_only(prolific: Researcher, browser: Browser) -> None:
    study = prolific.study(description='<h1>Hi</h1><script>alert(1)</script><b onclick="x">B</b> <i>I</i>')

    page = browser.open(f"/studies/{study}")

    assert "<h1>Hi</h1>&lt;script&gt;alert(1)&lt;/script&gt;&lt;b onclick=" in page
    assert "<i>I</i>" in page


@pytest.mark.slow
def test_names_and_messages_are_escaped(emulator: Emulator, prolific: Researcher, browser: Browser) -> None:
    study = prolific.study(name="<script>name</script>")
    body = {"recipient_id": person(), "body": "<script>body</script>", "study_id": study}
    prolific.ask("POST", "/messages/", body)
    do_study(emulator, study, code="<script>code</script>")

    for path in ("/studies", "/submissions", "/messages", f"/studies/{study}"):
        assert "<script>n" not in browser.open(path)
        assert "<script>b" not in browser.open(path)
        assert "<script>c" not in browser.open(path)


def test_who_is_not_logged_in_is_asked_to(emulator: Emulator) -> None:
    assert "Be a participant" in Browser(emulator.participant_site_url).open("/submissions/complete?cc=C0FFEE")
    with pytest.raises(Refused, match="401: Log in first"):
        Fetcher(emulator.participant_site_url).get("/studies")


@pytest.mark.parametrize("wrong", ["", "A1WORKER", "g" * 24, "a" * 23, "A" * 24])
def test_a_participant_id_has_24_hexadecimal_digits(emulator: Emulator, wrong: str) -> None:
    with pytest.raises(Refused, match="409: A participant ID has 24 hexadecimal digits"):
        emulator.participant(wrong)


@pytest.mark.slow
def test_logging_out_forgets_the_participant(emulator: Emulator, browser: Browser) -> None:
    assert "Be a participant" in browser.open("/logout", {})
    assert person() in browser.open("/login")
    assert "Be a participant" in browser.open("/")


def test_one_is_in_one_study_at_a_time(emulator: Emulator, prolific: Researcher) -> None:
    participant, first, second = emulator.participant(person()), prolific.study(), prolific.study()
    submission = participant.take(first).submission_id

    with pytest.raises(Refused, match="409: You are in another study"):
        participant.take(second)
    participant.give_back(submission)

    assert participant.take(second)


def test_a_place_that_is_taken_is_taken(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study(total_available_places=1)
    emulator.participant(person(1)).take(study)

    with pytest.raises(Refused, match="409: All places in this study are taken"):
        emulator.participant(person(2)).take(study)


@pytest.mark.slow
def test_submissions_of_others_and_studies_that_are_not_there(emulator: Emulator, prolific: Researcher) -> None:
    study = prolific.study()
    submission, other = do_study(emulator, study, 1), emulator.participant(person(2))

    for step in (lambda: other.open(submission), lambda: other.give_back(submission)):
        with pytest.raises(Refused, match="409: This is not your submission"):
            step()
    with pytest.raises(Refused, match="409: There is no such study"):
        other.reserve("none")


def test_coming_back_without_a_study_under_way_is_refused(emulator: Emulator, prolific: Researcher) -> None:
    participant = emulator.participant(person())
    participant.reserve(prolific.study())

    with pytest.raises(Refused, match="409: You have no study under way"):
        participant.complete("C0FFEE")


def test_the_state_can_be_asked_for_by_the_page(emulator: Emulator, prolific: Researcher) -> None:
    participant = emulator.participant(person())
    submission = participant.reserve(prolific.study())

    assert participant.fetcher.get(f"/submissions/{submission}/state") == {"status": "RESERVED"}


@pytest.mark.slow
def test_another_sites_page_cannot_act_for_a_participant(
    emulator: Emulator, prolific: Researcher, browser: Browser
) -> None:
    study = prolific.study()
    submission = emulator.participant(person()).reserve(study)
    tries = [
        (f"/studies/{study}/reserve", {}),
        (f"/submissions/{submission}/return", {}),
        (f"/submissions/{submission}/open", None),
        ("/login", {"participant_id": person(2)}),
    ]

    for path, form in tries:
        with pytest.raises(urllib.error.HTTPError) as caught:
            browser.open(path, form, Sec_Fetch_Site="cross-site")
        with caught.value as error:
            assert error.code == 403, path

    assert prolific.state_of("submissions", submission) == "RESERVED"
