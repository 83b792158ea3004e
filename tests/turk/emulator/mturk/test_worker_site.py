"""The worker's site as a browser and a program see it."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.turk.emulator.calling import external, make_hit
from turk.emulator.emulator import Emulator
from turk.emulator.fetching import Fetcher, Refused
from turk.emulator.mturk.questions import SCHEMAS, frame_url, read_question, write_answers
from turk.emulator.mturk.worker_client import Task


def page(emulator: Emulator, path: str, worker_id: str = "A1WORKER") -> str:
    """A page as HTML."""
    client = emulator.worker(worker_id)
    jar = urllib.request.HTTPCookieProcessor(client.fetcher.cookies)
    with urllib.request.build_opener(jar).open(f"{emulator.worker_site_url}{path}") as answer:
        text: str = answer.read().decode()
    return text


def raw(request: urllib.request.Request) -> tuple[int, str, Any]:
    """An answer with its status, text and headers."""
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def test_a_preview_does_not_say_who_looks(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]

    query = parse_qs(urlsplit(emulator.worker("A1WORKER").preview(hit)).query)

    assert query == {"study": ["7"], "assignmentId": ["ASSIGNMENT_ID_NOT_AVAILABLE"], "hitId": [hit]}


def test_an_accepted_hits_page_gets_four_parameters_and_keeps_its_own(emulator: Emulator, mturk: Any) -> None:
    hit = make_hit(mturk)["HITId"]

    task = emulator.worker("A1WORKER").accept(hit)

    assert parse_qs(urlsplit(task.url).query) == {
        "study": ["7"], "assignmentId": [task.assignment_id], "hitId": [hit], "workerId": ["A1WORKER"],
        "turkSubmitTo": [emulator.worker_site_url],
    }  # fmt: skip
    # An origin: the page itself appends /mturk/externalSubmit.
    assert urlsplit(task.submit_to).path == ""


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x", "https://a.example/x?p=1"),
        ("https://a.example/x?y=2", "https://a.example/x?y=2&p=1"),
        ("https://a.example/x?", "https://a.example/x?p=1"),
        ("https://a.example/x?y=2#z", "https://a.example/x?y=2&p=1#z"),
    ],
)
def test_a_frames_address_has_one_question_mark(url: str, expected: str) -> None:
    question = read_question(external(url))

    assert frame_url(question, [("p", "1")]) == expected


def test_fields_become_free_text_answers_and_reserved_names_are_left_out() -> None:
    fields = [
        ("assignmentId", "3A"),
        ("hitId", "3H"),
        ("workerId", "A1"),
        ("turkSubmitTo", "x"),
        ("b", "\x00é\n"),
        ("b", "2"),
    ]

    xml = write_answers(fields)

    assert "3A" not in xml
    assert "3H" not in xml
    assert xml.count("<Answer>") == 2
    assert "<FreeText>&#233;\n</FreeText>" in xml


def test_a_form_without_another_field_is_refused(emulator: Emulator, mturk: Any) -> None:
    worker = emulator.worker("A1WORKER")
    task = worker.accept(make_hit(mturk)["HITId"])

    with pytest.raises(Refused, match="at least one field besides assignmentId"):
        worker.submit(task, {})
    with pytest.raises(Refused, match="at least one field besides assignmentId"):
        worker.submit(task, {"hitId": "3H"})
    worker.submit(task, {"empty": ""})


def test_a_preview_cannot_be_submitted(emulator: Emulator, mturk: Any) -> None:
    hit, worker = make_hit(mturk)["HITId"], emulator.worker("A1WORKER")
    task = Task("ASSIGNMENT_ID_NOT_AVAILABLE", hit, "A1WORKER", "", emulator.worker_site_url, "1.40")

    with pytest.raises(Refused, match="Accept it before you submit"):
        worker.submit(task, {"a": "1"})


def test_work_is_submitted_once(emulator: Emulator, mturk: Any) -> None:
    worker = emulator.worker("A1WORKER")
    task = worker.accept(make_hit(mturk)["HITId"])
    worker.submit(task, {"a": "1"})

    with pytest.raises(Refused, match="already been submitted"):
        worker.submit(task, {"a": "2"})

    assert "<FreeText>1</FreeText>" in mturk.get_assignment(AssignmentId=task.assignment_id)["Assignment"]["Answer"]


@pytest.mark.slow
def test_another_workers_work_cannot_be_submitted_or_returned(emulator: Emulator, mturk: Any) -> None:
    task = emulator.worker("A1WORKER").accept(make_hit(mturk)["HITId"])
    thief = emulator.worker("A1THIEF")

    with pytest.raises(Refused, match="not yours"):
        thief.submit(task, {"a": "1"})
    with pytest.raises(Refused, match="not yours"):
        thief.give_back(task)


def test_the_frame_may_post_without_our_cookie(emulator: Emulator, mturk: Any) -> None:
    task = emulator.worker("A1WORKER").accept(make_hit(mturk)["HITId"])

    Fetcher(emulator.worker_site_url).post_form(
        "/mturk/externalSubmit", [("assignmentId", task.assignment_id), ("a", "1")]
    )

    assert mturk.get_assignment(AssignmentId=task.assignment_id)["Assignment"]["AssignmentStatus"] == "Submitted"


def test_fields_in_the_address_count_as_well(emulator: Emulator, mturk: Any) -> None:
    task = emulator.worker("A1WORKER").accept(make_hit(mturk)["HITId"])

    Fetcher(emulator.worker_site_url).post_form(f"/mturk/externalSubmit?assignmentId={task.assignment_id}&a=1")

    assert mturk.get_assignment(AssignmentId=task.assignment_id)["Assignment"]["Answer"].count("<Answer>") == 1


def test_a_get_submits_nothing(emulator: Emulator, mturk: Any) -> None:
    task = emulator.worker("A1WORKER").accept(make_hit(mturk)["HITId"])

    with pytest.raises(Refused) as caught:
        Fetcher(emulator.worker_site_url).get(f"/mturk/externalSubmit?assignmentId={task.assignment_id}&a=1")

    assert caught.value.status == 405


@pytest.mark.parametrize("worker_id", ["", "B1WORKER", "A", "a1worker", "A1-WORKER", "A" * 65, "A1 B"])
def test_a_worker_id_looks_like_one(emulator: Emulator, worker_id: str) -> None:
    with pytest.raises(Refused, match="A worker ID is A followed by capitals and digits"):
        emulator.worker(worker_id)


def test_strangers_are_sent_to_the_log_in(emulator: Emulator) -> None:
    with pytest.raises(Refused, match="Log in first"):
        Fetcher(emulator.worker_site_url).get("/hits")
    status, text, _ = raw(urllib.request.Request(f"{emulator.worker_site_url}/"))
    assert (status, "Be a worker" in text) == (200, True)


def test_logging_out_ends_it(emulator: Emulator) -> None:
    worker = emulator.worker("A1WORKER")

    worker.fetcher.post_form("/logout")

    with pytest.raises(Refused, match="Log in first"):
        worker.hits()


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://127.0.0.1:1"}])
@pytest.mark.parametrize("path", ["/login", "/hits/3H/accept", "/work/3A/return", "/qualifications/3Q"])
def test_another_sites_forms_do_nothing_but_submit(emulator: Emulator, path: str, headers: dict[str, str]) -> None:
    request = urllib.request.Request(f"{emulator.worker_site_url}{path}", b"worker_id=A1WORKER", headers)

    assert raw(request)[0] == 403


def test_other_host_names_are_refused(emulator: Emulator) -> None:
    for origin in (emulator.worker_site_url, emulator.endpoint_url):
        request = urllib.request.Request(f"{origin}/login", headers={"Host": "rebound.example.org"})
        assert raw(request)[0] == 403


def test_the_study_is_in_a_sandboxed_frame_of_its_height(emulator: Emulator, mturk: Any) -> None:
    task = emulator.worker("A1WORKER").accept(make_hit(mturk)["HITId"])

    html = page(emulator, f"/work/{task.assignment_id}")

    assert f'src="{task.url.replace("&", "&amp;")}" height="700" sandbox="allow-scripts allow-same-origin' in html
    assert "allow-top-navigation" not in html


def test_every_page_shows_what_it_is_about(emulator: Emulator, mturk: Any) -> None:
    made = mturk.create_qualification_type(Name="Took <part>", Description="D", QualificationTypeStatus="Active")
    type_id = made["QualificationType"]["QualificationTypeId"]
    hit = make_hit(mturk, Title="<b>Which?</b>")["HITId"]
    worker = emulator.worker("A1WORKER")
    task = worker.accept(hit)
    worker.submit(task, {"a": "1"})
    mturk.approve_assignment(AssignmentId=task.assignment_id, RequesterFeedback="Well done.")
    mturk.notify_workers(WorkerIds=["A1WORKER"], Subject="Thanks", MessageText="See you.")

    assert "&lt;b&gt;Which?&lt;/b&gt;" in page(emulator, "/hits")
    assert "You have done or accepted this HIT" in page(emulator, f"/hits/{hit}")
    assert "your work was submitted" in page(emulator, f"/work/{task.assignment_id}")
    assert "Well done." in page(emulator, "/work")
    assert "See you." in page(emulator, "/messages")
    assert "Took &lt;part&gt;" in page(emulator, "/qualifications")
    assert "Ask for the qualification" in page(emulator, f"/qualifications/{type_id}")
    assert "A1WORKER" in page(emulator, "/login")


@pytest.mark.slow
def test_unknown_hits_are_said_to_be_unknown(emulator: Emulator) -> None:
    worker = emulator.worker("A1WORKER")

    with pytest.raises(Refused, match="no such HIT"):
        worker.preview("3NONE")
    with pytest.raises(Refused, match="no such HIT"):
        worker.accept("3NONE")
    with pytest.raises(Refused, match="not yours"):
        worker.fetcher.get("/work/3NONE")


def test_the_state_of_ones_work_can_be_asked_for(emulator: Emulator, mturk: Any) -> None:
    worker, other = emulator.worker("A1WORKER"), emulator.worker("A1OTHER")
    task = worker.accept(make_hit(mturk)["HITId"])

    assert worker.fetcher.get(f"/work/{task.assignment_id}/state") == {"status": "Accepted"}
    assert other.fetcher.get(f"/work/{task.assignment_id}/state") == {"status": "Gone"}
    assert worker.fetcher.get(f"/work/{task.assignment_id}")["task"]["url"] == task.url


def test_html_questions_are_shown_in_an_origin_of_nobodys(emulator: Emulator, mturk: Any) -> None:
    content = "<!DOCTYPE html><title>q</title><form method=post></form>"
    question = (
        f'<HTMLQuestion xmlns="{SCHEMAS}/2011-11-11/HTMLQuestion.xsd"><HTMLContent><![CDATA[{content}]]></HTMLContent>'
        "<FrameHeight>0</FrameHeight></HTMLQuestion>"
    )
    worker = emulator.worker("A1WORKER")
    task = worker.accept(make_hit(mturk, Question=question)["HITId"])

    status, text, headers = raw(urllib.request.Request(task.url))

    assert (status, text) == (200, content)
    assert headers["Content-Security-Policy"].startswith("sandbox allow-scripts allow-forms")
    assert "assignmentId=" + task.assignment_id in task.url


def test_question_forms_can_be_filled_in(emulator: Emulator, mturk: Any) -> None:
    form = (
        f'<QuestionForm xmlns="{SCHEMAS}/2005-10-01/QuestionForm.xsd"><Question>'
        "<QuestionIdentifier>q1</QuestionIdentifier><QuestionContent><Text>Which is real?</Text></QuestionContent>"
        "<AnswerSpecification><FreeTextAnswer/>"
        "</AnswerSpecification></Question></QuestionForm>"
    )
    worker = emulator.worker("A1WORKER")
    task = worker.accept(make_hit(mturk, Question=form)["HITId"])

    text = raw(urllib.request.Request(task.url))[1]

    assert "Which is real?" in text
    assert f'name="assignmentId" value="{task.assignment_id}"' in text
    worker.submit(task, {"q1": "left"})


def test_pages_allow_no_script_but_our_own(emulator: Emulator) -> None:
    _, _, headers = raw(urllib.request.Request(f"{emulator.worker_site_url}/login"))

    assert "script-src 'self'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
