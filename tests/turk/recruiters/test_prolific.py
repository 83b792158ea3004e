"""Prolific's desk against the emulated Prolific."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import Engine

from tests.turk.emulator.receiving import receiving
from tests.turk.recruiters.trade import Trade, make_trade
from tests.turk.studies_made import make_store, make_study
from tests.turk.walking import DEVICE, Clock, Walk, come, refusal
from turk import sessions
from turk.emulator.emulator import Emulator
from turk.emulator.prolific.participant_client import Participation
from turk.hiring import extend
from turk.payroll import decide, due, pay
from turk.recruiters.contract import (
    Approving,
    Blocked,
    Call,
    Deed,
    Done,
    Extending,
    Launching,
    NotDone,
    Offer,
    Paying,
    Task,
    Unsure,
    Where,
    Work,
)
from turk.recruiters.prolific import BONUS_LATENCY, ProlificDesk, open_desk
from turk.recruiters.prolific_offers import OUTCOMES, fee
from turk.recruiters.registry import recruiter
from turk.stopping import wind_up
from turk.store import Store
from turk.study import Study
from turk.syncing import sync

TOKEN = "a-token-that-nobody-may-see"
REASON = (
    "You answered every pair within half a second, before the second picture was shown at all, in all forty trials."
)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROLIFIC_TOKEN", TOKEN)
    monkeypatch.delenv("PROLIFIC_TOKEN_FILE", raising=False)


def person(number: int) -> str:
    return f"{number:024x}"


@dataclass
class Ledger:
    """What a call keeps, as the ledger's row does."""

    token: str = "turk-launch-1"
    facts: dict[str, Any] = field(default_factory=dict)

    def call(self) -> Call:
        return Call(self.token, datetime.now(UTC), dict(self.facts), self.facts.update)


@dataclass
class Scene:
    """A desk, an offer, and the emulator behind them."""

    emulator: Emulator
    desk: ProlificDesk
    offer: Offer

    def do(self, deed: Deed, token: str = "turk-launch-1", ledger: Ledger | None = None) -> Done:
        return self.desk.do(deed, (ledger or Ledger(token)).call())

    def launch(self, places: int = 2) -> Task:
        ref = self.do(Launching(self.offer, places)).ref or ""
        return Task(ref, places, "open", "turk-launch-1")

    def submit(self, task: Task, number: int = 1, outcome: str = "complete") -> Work:
        participant = self.emulator.participant(person(number))
        part = participant.take(task.ref)
        participant.complete(self.offer.facts["codes"][outcome])
        return Work(part.submission_id, task.ref, person(number))

    def paid(self) -> Decimal:
        return self.emulator.workspace.account.spent

    def studies(self) -> list[Any]:
        return list(self.emulator.workspace.studies.values())


@pytest.fixture
def scene(emulator: Emulator, sqlite_engine: Engine, tmp_path: Path) -> Scene:
    row = make_study(sqlite_engine, tmp_path / "street", recruiter="prolific", settings={"device": {"touch": False}})
    desk = open_desk(Where(endpoint=emulator.prolific_url, attempts=1))
    offer = Offer(Study.from_json(row.config), "https://study.example.org/study/street", 7.2)
    return Scene(emulator, desk, replace(offer, facts=desk.prepare(offer)))


@pytest.mark.slow
def test_the_study_is_offered_as_its_file_says(scene: Scene) -> None:
    task = scene.launch(places=12)

    [study] = scene.studies()
    assert study.id == task.ref
    assert study.status == "ACTIVE"
    fields = study.fields
    assert (fields["reward"], fields["total_available_places"], fields["estimated_completion_time"]) == (140, 12, 7)
    assert fields["external_study_url"] == (
        "https://study.example.org/study/street?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}"
        "&SESSION_ID={{%SESSION_ID%}}"
    )
    assert fields["device_compatibility"] == ["desktop"]
    assert fields["maximum_allowed_time"] == 60
    group = scene.offer.facts["group"]
    assert fields["filters"] == [{"filter_id": "participant_group_blocklist", "selected_values": [group]}]
    codes = {code["code"]: [action["action"] for action in code["actions"]] for code in fields["completion_codes"]}
    known = scene.offer.facts["codes"]
    assert codes[known["complete"]] == ["ADD_TO_PARTICIPANT_GROUP", "MANUALLY_REVIEW"]
    assert {tuple(codes[known[name]]) for name in OUTCOMES if name != "complete"} == {("REQUEST_RETURN",)}
    assert len(codes) == 4


def test_the_group_is_made_once(scene: Scene) -> None:
    again = scene.desk.prepare(scene.offer)

    assert again["group"] == scene.offer.facts["group"]
    assert len(scene.emulator.workspace.groups) == 1


@pytest.mark.slow
def test_launching_twice_makes_one_study_also_after_a_broken_answer(scene: Scene) -> None:
    scene.emulator.prolific_admin.script({"kind": "error_after", "on": "create-study", "times": [1]})
    ledger = Ledger()
    deed = Launching(scene.offer, 2)
    with pytest.raises(Unsure, match="out of order"):
        scene.do(deed, ledger=ledger)
    assert scene.desk.happened(deed, ledger.call()) is None

    first = scene.do(deed, ledger=ledger)

    assert scene.desk.happened(deed, ledger.call()) == first
    assert [study.status for study in scene.studies()] == ["ACTIVE"]
    assert ledger.facts == {"study": first.ref}


@pytest.mark.slow
def test_a_publication_whose_answer_was_lost_is_found(scene: Scene) -> None:
    scene.emulator.prolific_admin.script({"kind": "error_after", "on": "publish-study", "times": [1]})
    deed, ledger = Launching(scene.offer, 2), Ledger()
    with pytest.raises(Unsure):
        scene.do(deed, ledger=ledger)

    found = scene.desk.happened(deed, ledger.call())

    assert found is not None
    assert found.ref == scene.studies()[0].id


@pytest.mark.slow
def test_places_are_added_to_a_total_and_so_never_twice(scene: Scene) -> None:
    task = scene.launch(places=2)
    deed = Extending(task, 5)
    assert scene.desk.happened(deed, Ledger("x").call()) is None

    for _ in range(2):
        scene.do(deed)

    assert scene.studies()[0].places == 5
    assert scene.desk.happened(deed, Ledger("x").call()) == Done()


@pytest.mark.slow
def test_work_is_listed_page_by_page_with_its_state(scene: Scene) -> None:
    task = scene.launch(places=130)
    for number in range(125):
        scene.submit(task, number + 1)
    working = scene.emulator.participant(person(500)).take(task.ref).submission_id
    gone = scene.emulator.participant(person(501)).take(task.ref).submission_id
    scene.emulator.participant(person(501)).give_back(gone)

    listing = scene.desk.sync([task], [working, "0" * 24])

    states = {work.ref: work.state for work in listing.works}
    assert len(listing.works) == 128
    assert list(states.values()).count("submitted") == 125
    assert (states[working], states[gone], states["0" * 24]) == ("active", "gone", "gone")
    [found] = listing.tasks
    assert (found.places, found.pending, found.state) == (130, 1, "open")
    assert all(work.code == scene.offer.facts["codes"]["complete"] for work in listing.works if work.submitted_at)


@pytest.mark.slow
def test_work_is_approved_once(scene: Scene) -> None:
    work = scene.submit(scene.launch())
    deed = Approving(work)
    assert scene.desk.happened(deed, Ledger("a").call()) is None

    for _ in range(2):
        scene.do(deed, "a")

    assert scene.paid() == Decimal("1.40") + fee(Decimal("1.40"))
    assert scene.desk.happened(deed, Ledger("a").call()) == Done()


def test_a_bonus_is_ordered_once(scene: Scene) -> None:
    work = scene.submit(scene.launch())
    scene.do(Approving(work), "a")
    before, ledger = scene.paid(), Ledger("b")
    deed = Paying(work, Decimal("0.35"), "Thank you!")

    scene.do(deed, ledger=ledger)
    scene.emulator.admin.advance(seconds=120)

    assert scene.paid() - before == Decimal("0.35") + fee(Decimal("0.35"))
    assert scene.desk.happened(deed, ledger.call()) == Done()
    assert set(ledger.facts) == {"batch", "before", "ordered_at"}


@pytest.mark.slow
def test_an_order_of_a_bonus_that_nobody_knows_of_is_looked_up_before_it_is_given_again(scene: Scene) -> None:
    work = scene.submit(scene.launch())
    scene.do(Approving(work), "a")
    before, ledger = scene.paid(), Ledger("b")
    deed = Paying(work, Decimal("0.35"), "Thank you!")
    scene.emulator.prolific_admin.script({"kind": "error_after", "on": "pay-bonus-payments", "times": [1]})
    with pytest.raises(Unsure):
        scene.do(deed, ledger=ledger)

    with pytest.raises(Unsure, match="perhaps ordered"):
        scene.desk.happened(deed, ledger.call())
    scene.emulator.admin.advance(seconds=120)

    assert scene.desk.happened(deed, ledger.call()) == Done()
    assert scene.paid() - before == Decimal("0.35") + fee(Decimal("0.35"))


@pytest.mark.slow
def test_an_order_of_a_bonus_that_was_never_given_can_be_given_after_a_while(scene: Scene) -> None:
    work = scene.submit(scene.launch())
    scene.do(Approving(work), "a")
    before, ledger = scene.paid(), Ledger("b")
    deed = Paying(work, Decimal("0.35"), "Thank you!")
    scene.emulator.prolific_admin.script({"kind": "error_before", "on": "pay-bonus-payments", "times": [1]})
    with pytest.raises(Unsure):
        scene.do(deed, ledger=ledger)
    later = replace(scene.desk, clock=lambda: datetime.now(UTC) + BONUS_LATENCY)

    assert later.happened(deed, ledger.call()) is None
    later.do(deed, ledger.call())
    scene.emulator.admin.advance(seconds=120)

    assert scene.paid() - before == Decimal("0.35") + fee(Decimal("0.35"))


def test_a_bonus_that_was_never_set_up_did_not_happen(scene: Scene) -> None:
    work = scene.submit(scene.launch())

    assert scene.desk.happened(Paying(work, Decimal("0.35"), "Thanks"), Ledger("b").call()) is None


@pytest.mark.slow
def test_a_rejection_needs_a_reason_of_a_hundred_characters(scene: Scene) -> None:
    work = scene.submit(scene.launch())
    with pytest.raises(NotDone, match=r"at least 100 characters; got 8"):
        scene.desk.reject(work, "too fast")

    scene.desk.reject(work, REASON)

    assert scene.emulator.workspace.submissions[work.ref].status == "REJECTED"
    assert scene.paid() == 0


def test_a_rejection_cannot_be_taken_back_at_prolific(scene: Scene) -> None:
    work = scene.submit(scene.launch())
    scene.desk.reject(work, REASON)

    with pytest.raises(NotDone, match="was refused"):
        scene.do(Approving(work, override=True))


@pytest.mark.slow
def test_who_took_part_sees_the_study_no_more(scene: Scene) -> None:
    task = scene.launch()

    for _ in range(2):
        scene.desk.keep_out(scene.offer.facts, [person(7), person(8)])

    assert [study["study_id"] for study in scene.emulator.participant(person(7)).studies()] == []
    assert [study["study_id"] for study in scene.emulator.participant(person(9)).studies()] == [task.ref]


@pytest.mark.slow
def test_people_are_written_to_about_their_study(scene: Scene) -> None:
    task = scene.launch()
    scene.submit(task, 1)

    scene.desk.message([person(1)], "Results", "They are out.")

    [told] = scene.emulator.participant(person(1)).messages()
    assert "Results\n\nThey are out." in json.dumps(told).encode().decode("unicode_escape")
    with pytest.raises(NotDone, match="1 of these people took part in no study"):
        scene.desk.message([person(2)], "Results", "They are out.")


def test_a_study_pauses_goes_on_and_is_stopped_when_nobody_waits(scene: Scene) -> None:
    task = scene.launch()
    for _ in range(2):
        scene.desk.pause(task)
    assert scene.desk.sync([task], []).tasks[0].state == "paused"
    for _ in range(2):
        scene.desk.resume(task, datetime.now(UTC))
    assert scene.desk.sync([task], []).tasks[0].state == "open"
    work = scene.submit(task)
    assert not scene.desk.close(task)
    scene.do(Approving(work))

    assert scene.desk.close(task)
    assert scene.desk.close(task)

    assert scene.studies()[0].status == "COMPLETED"
    assert scene.emulator.workspace.account.held == 0


@pytest.mark.slow
def test_a_place_that_was_given_back_at_the_end_is_offered_again(scene: Scene) -> None:
    task = scene.launch(places=2)
    work = scene.submit(task, 1)
    scene.submit(task, 2)
    assert scene.desk.sync([task], []).tasks[0].state == "open"
    scene.desk.reject(work, REASON)

    assert scene.desk.sync([task], []).tasks[0].state == "paused"
    scene.desk.resume(task, datetime.now(UTC))

    assert scene.emulator.participant(person(3)).studies()


def test_the_balance_is_in_dollars_or_nothing_is_done(scene: Scene) -> None:
    assert scene.desk.balance() == Decimal("10000.00")
    options = scene.emulator.workspace.options
    scene.emulator.workspace.options = replace(options, currency="GBP")
    try:
        with pytest.raises(Blocked, match=r"paid in USD; the workspace's currency is GBP"):
            scene.desk.balance()
    finally:
        scene.emulator.workspace.options = options


@pytest.mark.slow
def test_without_funds_it_is_one_sentence_and_nothing_is_spent(scene: Scene) -> None:
    with pytest.raises(Blocked, match="too little money"):
        scene.do(Launching(scene.offer, 10_000))

    assert scene.paid() == 0
    assert scene.studies()[0].status == "UNPUBLISHED"


def test_a_wrong_token_is_one_sentence_that_does_not_show_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    options = scene.emulator.workspace.options
    scene.emulator.workspace.options = replace(options, token="another")
    try:
        with pytest.raises(Blocked, match="the token is wrong") as caught:
            scene.desk.balance()
    finally:
        scene.emulator.workspace.options = options
    assert TOKEN not in str(caught.value)
    assert TOKEN not in repr(scene.desk)


@pytest.mark.parametrize("value", [None, "", " ", "two\nlines", "t\u00f6ken"])
def test_without_a_token_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is None:
        monkeypatch.delenv("PROLIFIC_TOKEN")
    else:
        monkeypatch.setenv("PROLIFIC_TOKEN", value)

    with pytest.raises(Blocked, match="a token is needed, and none is set"):
        open_desk(Where(live=True))


def test_the_token_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PROLIFIC_TOKEN")
    monkeypatch.setenv("PROLIFIC_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(Blocked, match="PROLIFIC_TOKEN_FILE: it cannot be read"):
        open_desk(Where(live=True))
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    assert open_desk(Where(live=True)).api.token == TOKEN


def test_there_is_no_sandbox_to_be_asked() -> None:
    with pytest.raises(Blocked, match="no sandbox"):
        open_desk(Where())


def test_live_means_prolifics_own_server() -> None:
    assert open_desk(Where(live=True)).api.server == "https://api.prolific.com"


@pytest.mark.slow
def test_no_network_is_one_sentence() -> None:
    with pytest.raises(Unsure, match=r"there is no answer from http://127\.0\.0\.1:9"):
        open_desk(Where(endpoint="http://127.0.0.1:9", attempts=2)).balance()


@pytest.mark.parametrize(
    ("status", "kind"), [(302, NotDone), (403, Blocked), (404, NotDone), (429, Unsure), (503, Unsure)]
)
def test_every_answer_that_is_no_success_is_one_of_three_errors(status: int, kind: type[Exception]) -> None:
    with receiving(lambda number: status) as server:
        desk = open_desk(Where(endpoint=server.url.removesuffix("/notes"), attempts=2))
        with pytest.raises(kind):
            desk.api.post("/studies/", name="x")
        assert len(server.requests) == (2 if status == 429 else 1)


@pytest.mark.slow
def test_reading_is_tried_again_and_doing_is_not(scene: Scene) -> None:
    desk = open_desk(Where(endpoint=scene.emulator.prolific_url, attempts=3))
    scene.emulator.prolific_admin.script({"kind": "error_before", "on": "get-workspaces", "times": [1, 2]})
    assert desk.balance() == Decimal("10000.00")
    scene.emulator.prolific_admin.script({"kind": "throttle", "on": "create-study", "times": [1]})

    assert desk.do(Launching(scene.offer, 1), Ledger().call()).ref


def test_whoever_can_ask_nobody_has_no_workspace(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(scene.desk.api), "get", lambda *_, **__: {"results": []})

    with pytest.raises(Blocked, match="belongs to no workspace"):
        scene.desk.balance()


@dataclass
class ProlificTrade(Trade):
    """A study at the emulated Prolific."""

    @property
    def where(self) -> Where:
        return Where(endpoint=self.emulator.prolific_url, attempts=self.attempts)

    @property
    def store(self) -> Store:
        site = self.emulator.participant_site_url
        return make_store(self.engine, clock=self.clock, prolific_site=site)

    def take(self, number: int) -> Participation:
        client = self.emulator.participant(person(number))
        return client.take(str(client.studies()[0]["study_id"]))

    def walk(self, part: Participation) -> Walk:
        return come(self.store, self.name, **dict(parse_qsl(urlsplit(part.url).query)))

    def complete(self, number: int, departure: Mapping[str, Any]) -> str:
        address = urlsplit(departure["url"])
        assert f"{address.scheme}://{address.netloc}" == self.emulator.participant_site_url
        return self.emulator.participant(person(number)).complete(dict(parse_qsl(address.query))["cc"])

    def do_all(self, number: int) -> str:
        part = self.take(number)
        walk = self.walk(part).to_trials()
        while walk.step.name == "trial":
            self.clock.go(seconds=60)
            walk.answer()
        walk.step = sessions.finish(walk.store, walk.ticket)
        self.complete(number, walk.step.facts["departure"])
        return part.submission_id

    def account(self) -> Any:
        return self.emulator.workspace.account


@pytest.fixture
def prolific_trade(engine: Engine, emulator: Emulator, tmp_path: Path) -> ProlificTrade:
    made = make_trade(engine, emulator, tmp_path / "street", recruiter="prolific")
    return ProlificTrade(made.engine, made.emulator, made.name, recruiters=recruiter)


@pytest.mark.slow
def test_a_whole_study_from_launch_to_close_costs_what_the_server_says(prolific_trade: ProlificTrade) -> None:
    trade = prolific_trade
    bill = trade.launch()
    assert bill.total_usd == 3 * Decimal("1.87")
    trade.agrees()
    for number in (1, 2, 3):
        trade.do_all(number)
    with trade.books() as books:
        found = sync(books)
        paid = pay(books, due(books))
        again = pay(books, due(books))
    assert (found.works, found.unmatched) == ({"submitted": 3}, 0)
    assert (paid.approvals, paid.usd, again.usd) == (3, Decimal("5.61"), Decimal(0))
    with trade.books() as books:
        assert extend(books) == 0
        wind_up(books)
    trade.agrees()
    assert trade.account().spent == Decimal("5.61")
    assert trade.account().held == 0
    assert trade.places() == ["done"] * 3
    group = next(iter(trade.emulator.workspace.groups.values()))
    assert set(group.members) == {person(1), person(2), person(3)}


@pytest.mark.slow
def test_who_declines_comes_back_with_the_code_of_the_screened_out(prolific_trade: ProlificTrade) -> None:
    trade = prolific_trade
    trade.launch()
    part = trade.take(1)
    walk = trade.walk(part)
    walk.step = sessions.device(walk.store, walk.ticket, DEVICE)

    step = sessions.consent(walk.store, walk.ticket, "v1", False)

    assert step.name == "declined"
    assert trade.complete(1, step.facts["departure"]) == "AWAITING REVIEW"
    submission = trade.emulator.workspace.submissions[part.submission_id]
    assert submission.return_requested is not None
    with trade.books() as books:
        assert sync(books).unmatched == 1
        assert due(books).approvals == ()


@pytest.mark.slow
def test_who_finds_no_place_is_told_so_with_a_way_back(engine: Engine, emulator: Emulator, tmp_path: Path) -> None:
    made = make_trade(engine, emulator, tmp_path / "street", recruiter="prolific", participants_per_condition=1)
    trade = ProlificTrade(made.engine, made.emulator, made.name, recruiters=recruiter)
    trade.launch()
    part = trade.take(1)
    come(trade.store, PROLIFIC_PID=person(9), STUDY_ID="x", SESSION_ID="forged")

    refused = refusal(trade.walk, part)

    assert refused.kind == "no_place"
    assert refused.departure is not None
    trade.complete(1, refused.departure)
    codes = next(study for study in emulator.workspace.studies.values()).fields["completion_codes"]
    entered = emulator.workspace.submissions[part.submission_id].code
    assert [code["code_type"] for code in codes if code["code"] == entered] == ["NO_PLACE"]


@pytest.mark.slow
def test_who_has_taken_part_before_is_sent_back_too(prolific_trade: ProlificTrade) -> None:
    trade = prolific_trade
    trade.launch()
    trade.do_all(1)
    again = {"PROLIFIC_PID": person(1), "STUDY_ID": "x", "SESSION_ID": "another submission"}

    refused = refusal(come, trade.store, **again)

    assert refused.kind == "already"
    assert (refused.departure or {})["kind"] == "redirect"


@pytest.mark.slow
def test_a_forged_identifier_can_take_part_and_is_not_paid(prolific_trade: ProlificTrade) -> None:
    trade = prolific_trade
    trade.launch()
    walk = come(trade.store, PROLIFIC_PID=person(66), STUDY_ID="x", SESSION_ID="forged").to_trials()
    while walk.step.name == "trial":
        trade.clock.go(seconds=60)
        walk.answer()
    sessions.finish(walk.store, walk.ticket)
    trade.do_all(1)

    with trade.books() as books:
        found = sync(books)
        owed = due(books)

    assert len(owed.approvals) == 1
    assert found.released == 1


@pytest.mark.slow
def test_a_person_decides_and_a_study_without_prolific_has_no_way_back(
    prolific_trade: ProlificTrade, tmp_path: Path
) -> None:
    trade = prolific_trade
    trade.launch()
    ref = trade.do_all(1)
    with trade.books() as books:
        sync(books)
        decide(books, ref, "reject", REASON)
    assert trade.emulator.workspace.submissions[ref].status == "REJECTED"

    make_study(trade.engine, tmp_path / "other", name="other", recruiter="prolific", participants_per_condition=1)
    clock = Clock()
    store = make_store(trade.engine, clock=clock)
    walk = come(store, "other", PROLIFIC_PID=person(5), STUDY_ID="x", SESSION_ID="y").to_trials().to_comment(clock)
    step = sessions.finish(store, walk.ticket)
    assert step.facts["departure"]["kind"] == "code"


def test_the_fee_is_a_third_to_the_cent() -> None:
    assert [fee(Decimal(text)) for text in ("1.40", "0.35", "12.00")] == [
        Decimal("0.47"), Decimal("0.12"), Decimal("4.00"),
    ]  # fmt: skip
    assert recruiter("prolific").batch({}) == 0
