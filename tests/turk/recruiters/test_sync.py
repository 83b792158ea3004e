from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine

from evalsuite.errors import UserError
from tests.turk.recruiters.trade import Trade, make_trade
from tests.turk.walking import come, refusal
from turk import sessions
from turk.cli import group
from turk.commands.sync import span
from turk.emulator.emulator import Emulator
from turk.entering import Entry, enter
from turk.hiring import extend
from turk.payroll import due, pay
from turk.recruiters import mturk
from turk.syncing import Synced, sync
from turk.tables import EventRow


@pytest.fixture
def trade(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> Trade:
    """Three places for $1.40 each, offered."""
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street")
    trade.launch()
    return trade


def synced(trade: Trade) -> Synced:
    with trade.books() as books:
        return sync(books)


@pytest.mark.slow
def test_a_return_in_the_middle_gives_the_place_back_once(trade: Trade) -> None:
    task = trade.accept("A1")
    trade.visit(task).to_trials()
    assert synced(trade).released == 0  # being done is not gone
    trade.emulator.worker("A1").give_back(task)

    released = [synced(trade).released for _ in range(3)]

    assert released == [1, 0, 0]
    assert trade.places() == ["free"] * 3
    assert trade.sessions() == ["abandoned"]
    assert [(row.kind, row.facts["work"]) for row in trade._all(EventRow)] == [("work_gone", task.assignment_id)]


@pytest.mark.slow
def test_the_page_of_work_that_was_returned_takes_no_new_place(trade: Trade) -> None:
    task = trade.accept("A1")
    walk = trade.visit(task).to_trials()
    trade.emulator.worker("A1").give_back(task)
    synced(trade)

    refused = refusal(sessions.resume, walk.store, walk.ticket)

    assert (refused.kind, str(refused)) == (
        "no_place", "This task was returned, or its time ran out. Accept it again to go on."
    )  # fmt: skip
    assert trade.places() == ["free"] * 3


@pytest.mark.slow
def test_who_accepts_again_after_a_return_goes_on_where_they_were(trade: Trade) -> None:
    first = trade.accept("A1")
    trade.visit(first).to_trials()
    trade.emulator.worker("A1").give_back(first)
    synced(trade)

    second = trade.accept("A1")
    walk = trade.visit(second)

    assert first.assignment_id != second.assignment_id
    assert walk.step.name == "trial"
    trade.clock.go(seconds=9)
    walk.answer()
    walk.step = sessions.finish(walk.store, walk.ticket)
    trade.emulator.worker("A1").submit(second, {"code": walk.step.facts["departure"]["fields"]["code"]})
    assert synced(trade).unmatched == 0
    assert trade.places() == ["done", "free", "free"]


@pytest.mark.slow
def test_time_that_runs_out_gives_the_place_back_once(trade: Trade) -> None:
    trade.visit(trade.accept("A1")).to_trials()
    trade.clock.go(hours=2)

    assert [synced(trade).released for _ in range(2)] == [1, 0]
    assert trade.places() == ["free"] * 3


@pytest.mark.slow
def test_a_return_after_finishing_opens_the_place_again_and_nobody_is_paid(trade: Trade) -> None:
    task = trade.accept("A1")
    trade.finish(trade.visit(task))
    assert trade.places() == ["done", "free", "free"]
    trade.emulator.worker("A1").give_back(task)

    with trade.books() as books:
        assert [sync(books).released for _ in range(2)] == [1, 0]
        assert due(books).approvals == ()
    assert trade.places() == ["free"] * 3
    for worker in ("A2", "A3", "A4"):
        trade.work(worker)
    assert trade.places() == ["done"] * 3


@pytest.mark.slow
def test_who_finished_and_returned_by_mistake_can_still_hand_in(trade: Trade) -> None:
    task = trade.accept("A1")
    trade.finish(trade.visit(task))
    trade.emulator.worker("A1").give_back(task)
    synced(trade)

    again = trade.accept("A1")
    walk = trade.visit(again)
    walk.step = sessions.finish(walk.store, walk.ticket)
    trade.emulator.worker("A1").submit(again, {"code": walk.step.facts["departure"]["fields"]["code"]})

    assert synced(trade).unmatched == 0
    with trade.books() as books:
        assert pay(books, due(books)).approvals == 1


@pytest.mark.slow
def test_one_assignment_identifier_with_another_worker_is_a_new_person(trade: Trade) -> None:
    trade.emulator.admin.script({"kind": "reuse_assignment"})
    first = trade.accept("A1")
    trade.finish(trade.visit(first))
    trade.emulator.worker("A1").give_back(first)

    assert trade.work("A2") == first.assignment_id

    found = synced(trade)
    assert (found.works, found.released, found.unmatched) == ({"submitted": 1}, 1, 0)
    assert sorted(trade.sessions()) == ["abandoned", "finished"]
    with trade.books() as books:
        paid = pay(books, due(books))
    assert paid.approvals == 1
    workers = trade.emulator.market.workers
    assert [str(workers[name].earned) for name in ("A1", "A2")] == ["0", "1.40"]


@pytest.mark.slow
def test_a_forged_identifier_takes_part_but_is_never_paid(trade: Trade) -> None:
    real = trade.accept("A1")
    forged = {
        "assignmentId": "3FORGEDASSIGNMENT", "hitId": real.hit_id, "workerId": "A9",
        "turkSubmitTo": trade.emulator.worker_site_url,
    }  # fmt: skip
    trade.finish(come(trade.store, "street", **forged))
    assert trade.places() == ["done", "free", "free"]

    with trade.books() as books:
        found = sync(books)
        owed = due(books)

    assert (found.released, owed.approvals, trade.works()) == (1, (), {})
    assert trade.places() == ["free"] * 3
    assert trade.account().spent == 0


@pytest.mark.slow
@pytest.mark.parametrize("code", ["", "GUESSED", None])
def test_who_hands_in_without_the_sessions_code_waits_for_a_person(trade: Trade, code: str | None) -> None:
    task = trade.accept("A1")
    trade.finish(trade.visit(task))
    trade.emulator.worker("A1").submit(task, {"other": "x"} if code is None else {"code": code})

    with trade.books() as books:
        assert sync(books).unmatched == 1
        owed = due(books)
    assert owed.approvals == ()
    assert [ref for ref, _ in owed.waiting] == [task.assignment_id]
    assert trade.account().spent == 0


@pytest.mark.slow
def test_a_second_assignment_of_the_same_worker_is_not_paid_for_the_same_session(
    sqlite_engine: Engine, emulator: Emulator, tmp_path: Path
) -> None:
    settings = {"mturk": {"one_per_place": True}}
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street", settings=settings)
    trade.launch()
    first, second = trade.accept("A1"), trade.accept("A1")
    fields = trade.finish(trade.visit(first))
    for task in (first, second):
        trade.emulator.worker("A1").submit(task, fields)

    with trade.books() as books:
        found = sync(books)
        paid = pay(books, due(books))

    assert (found.works, found.unmatched, paid.approvals) == ({"submitted": 2}, 1, 1)
    assert trade.works()[first.assignment_id] == "approved"


@pytest.mark.slow
def test_who_took_part_is_kept_out_of_the_other_hits(sqlite_engine: Engine, emulator: Emulator, tmp_path: Path) -> None:
    settings = {"mturk": {"one_per_place": True}}
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street", settings=settings)
    trade.launch()
    trade.work("A1")
    synced(trade)

    hits = emulator.worker("A1").hits()

    assert all(str(hit["accept"]).startswith("You do not meet") for hit in hits if not hit["taken"])
    assert not emulator.worker("A1").messages()  # and no e-mail was sent about it
    assert [hit["accept"] for hit in emulator.worker("A2").hits()] == [None, None]


@pytest.mark.slow
def test_the_database_keeps_out_who_comes_with_another_assignment(trade: Trade) -> None:
    trade.work("A1")
    query = {"assignmentId": "3OTHER", "hitId": "3HIT", "workerId": "A1"}
    query["turkSubmitTo"] = trade.emulator.worker_site_url

    refused = refusal(enter, trade.store, "street", Entry(query, "tab-00000000000000009999"))

    assert refused.kind == "already"


@pytest.mark.slow
def test_every_page_of_every_list_is_read(
    sqlite_engine: Engine, emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mturk, "PAGE", 2)
    trade = make_trade(sqlite_engine, emulator, tmp_path / "street", participants_per_condition=7)
    trade.launch()
    for number in range(7):
        trade.work(f"A{number}")

    assert synced(trade).works == {"submitted": 7}
    synced(trade)  # who took part is known by then, on all pages of the qualification
    assert len(emulator.market.qualifications) == 7


@pytest.mark.slow
def test_what_mturk_approves_by_itself_stands_in_the_ledger(trade: Trade) -> None:
    trade.work("A1")
    trade.clock.go(hours=24 * 8)

    assert synced(trade).works == {"approved": 1}
    synced(trade)

    [entry] = [entry for entry in trade.entries() if entry.kind == "approve"]
    assert (entry.state, entry.reason) == ("settled", "paid by Amazon Mechanical Turk without our call")
    trade.agrees()


@pytest.mark.slow
def test_an_offer_that_has_ended_is_made_again_when_asked(trade: Trade) -> None:
    trade.work("A1")
    trade.clock.go(hours=24 * 8)
    synced(trade)
    trade.agrees()  # nothing is held for places that nobody can take

    with trade.books() as books:
        assert extend(books) == 0  # the same HIT is offered again
    trade.agrees()
    trade.work("A2")
    trade.work("A3")
    assert trade.places() == ["done"] * 3


@pytest.mark.slow
def test_places_whose_work_nobody_can_use_are_asked_for_within_the_caps(trade: Trade) -> None:
    task = trade.accept("A1")
    trade.emulator.worker("A1").submit(task, {"code": "NONE"})

    with trade.books() as books:
        assert extend(books) == 1
        assert extend(books) == 0
    assert sorted(hit.max_assignments for hit in trade.emulator.market.hits.values()) == [1, 3]
    trade.agrees()


@pytest.mark.slow
def test_the_command_tells_what_it_found_and_goes_on_after_an_error(
    trade: Trade, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = trade.engine.url.render_as_string(hide_password=False)
    pauses: list[float] = []

    def pause(engine: Engine, seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            trade.emulator.admin.script({"kind": "error_before", "on": "GetHIT", "limit": 9})
        if len(pauses) == 2:
            trade.emulator.admin.script()
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("turk.commands.sync.wait", pause)
    monkeypatch.setattr("turk.commands.ledgers.recruiter", trade.with_attempts)

    done = CliRunner().invoke(group, ["sync", "street", "--every", "30s", "--db", url], standalone_mode=False)

    assert pauses == [30, 30, 30]
    assert done.output.count("street: nobody yet") == 2
    assert "the service is out of order (500 at get_hit)" in done.output


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("5m", 300), ("1h", 3600)])
def test_spans_are_read(text: str, seconds: int) -> None:
    assert span(text) == seconds


@pytest.mark.parametrize("text", ["", "30", "1s", "-5m", "soon", "5d"])
def test_other_spans_are_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"--every: a span of at least 5s, such as 30s, 5m or 1h"):
        span(text)
