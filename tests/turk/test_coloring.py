"""People color photos: every point is kept with its time, once, and the server's clock says how long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Engine, func, select

from evalsuite.db import session_scope
from tests.turk.coloring_made import CONDITIONS, SIZE, make_coloring_study, place
from tests.turk.studies_made import SYNTHETIC_KEY
from tests.turk.test_places import at_once
from tests.turk.walking import Clock, Walk, come, refusal, rows
from turk import answers, sessions
from turk.coloring import Clock as Virtual
from turk.coloring import hand_in, keep_events, open_photo, painting
from turk.coloring_tables import ColoringRow, PointEventRow
from turk.forgetting import find_person, forget
from turk.steps import Step
from turk.store import Store
from turk.tables import SessionRow, StudyRow, TrialRow


@pytest.fixture
def paint_row(engine: Engine, tmp_path: Path) -> StudyRow:
    """The live study "paint": a photo of the tutorial and four that count."""
    return make_coloring_study(engine, tmp_path / "paint")


@pytest.fixture
def walk(store: Store, paint_row: StudyRow) -> Walk:
    """Somebody before the first photo."""
    return come(store, "paint", id="ada").to_trials()


@pytest.fixture
def painter(walk: Walk, clock: Clock) -> Walk:
    """Somebody who opened the first photo five seconds ago."""
    walk.step = opened(walk)
    clock.go(seconds=5)
    return walk


def nonce_of(walk: Walk) -> str:
    return str(walk.step.facts["nonce"])


def opened(walk: Walk, colorizer: str | None = "levin2004") -> Step:
    return open_photo(walk.store, walk.ticket, nonce_of(walk), colorizer)


def keep(walk: Walk, *events: dict[str, Any], clock: Virtual | None = None) -> tuple[int, int]:
    kept = keep_events(walk.store, walk.ticket, nonce_of(walk), list(events), *([clock] if clock else []))
    return kept.events, kept.remaining_ms


def finish(walk: Walk, events: int, ended: str = "done") -> Step:
    walk.step = hand_in(walk.store, walk.ticket, nonce_of(walk), {"events": events, "ended": ended})
    return walk.step


@pytest.mark.slow
def test_the_first_step_is_the_tutorial_and_its_time_has_not_begun(walk: Walk) -> None:
    step = walk.step

    assert (step.name, step.done, step.total, len(step.images), step.ahead) == ("photo", 0, 5, 1, ())
    told = {
        name: step.facts[name] for name in ("block", "number", "total", "begun", "remaining_ms", "events", "points")
    }
    assert told == {
        "block": "practice", "number": 1, "total": 5, "begun": False, "remaining_ms": 120_000, "events": 0, "points": []
    }  # fmt: skip
    assert step.facts["task"] == {"size": SIZE, "seconds": 120, "recommendations": True}


def test_time_begins_when_the_photo_is_opened_and_runs_by_our_clock(walk: Walk, clock: Clock) -> None:
    clock.go(seconds=300)
    assert opened(walk).facts["remaining_ms"] == 120_000
    clock.go(seconds=7.5)

    assert opened(walk, "siggraph17").facts["remaining_ms"] == 112_500
    assert sessions.resume(walk.store, walk.ticket).facts["remaining_ms"] == 112_500
    [row] = rows(walk.store.engine, ColoringRow)
    assert row.colorizer == "levin2004"
    clock.go(seconds=500)
    assert sessions.resume(walk.store, walk.ticket).facts["remaining_ms"] == 0


def test_every_event_is_kept_with_both_times_and_leads_to_the_points(painter: Walk, clock: Clock) -> None:
    keep(painter, place(0, 1500.0))
    keep(painter, place(1, 2500.5, point=1, x=3, size=5), {"number": 2, "kind": "move", "point": 0, "at_ms": 3000,
                                                          "x": 11, "y": 21})  # fmt: skip
    recolored = {"number": 3, "kind": "color", "point": 1, "at_ms": 4000, "a": -5, "b": 6.5, "source": "recommended"}
    assert keep(painter, recolored) == (4, 115_000)

    events = rows(painter.store.engine, PointEventRow)
    assert [(e.number, e.kind, e.point, e.at_ms, e.source) for e in events] == [
        (0, "place", 0, 1500, "palette"), (1, "place", 1, 2500.5, "palette"), (2, "move", 0, 3000, None),
        (3, "color", 1, 4000, "recommended"),
    ]  # fmt: skip
    assert {e.kept_at for e in events} == {clock()}
    assert sessions.resume(painter.store, painter.ticket).facts["points"] == [
        {"point": 0, "x": 11, "y": 21, "a": 30.5, "b": -12.25, "size": 6},
        {"point": 1, "x": 3, "y": 20, "a": -5.0, "b": 6.5, "size": 5},
    ]


def test_a_deleted_point_is_gone_and_can_be_set_again_above_the_others(painter: Walk) -> None:
    keep(painter, place(0, 10), place(1, 20, point=1), {"number": 2, "kind": "delete", "point": 0, "at_ms": 30},
         place(3, 40, x=1))  # fmt: skip

    points = sessions.resume(painter.store, painter.ticket).facts["points"]
    assert [(point["point"], point["x"]) for point in points] == [(1, 10), (0, 1)]
    keep(painter, {"number": 4, "kind": "resize", "point": 1, "at_ms": 50, "size": 9}, place(5, 60, point=2, layer=1))
    points = sessions.resume(painter.store, painter.ticket).facts["points"]
    assert [(point["point"], point["size"]) for point in points] == [(1, 9), (2, 6), (0, 6)]


def test_the_same_events_again_are_kept_once_and_may_overlap_with_new_ones(painter: Walk) -> None:
    first, second, third = place(0, 10), place(1, 20, point=1), place(2, 30, point=2)

    assert [keep(painter, first)[0], keep(painter, first, second)[0], keep(painter, second, third)[0]] == [1, 2, 3]
    assert len(rows(painter.store.engine, PointEventRow)) == 3


def test_another_event_of_a_number_that_was_kept_is_refused(painter: Walk) -> None:
    keep(painter, place(0, 10))

    for changed in ({"x": 11}, {"a": 1.0}, {"at_ms": 11}, {"source": "recommended"}):
        assert refusal(keep, painter, {**place(0, 10), **changed}).kind == "conflict"


def test_an_event_that_leaves_a_gap_is_refused(painter: Walk) -> None:
    refused = refusal(keep, painter, place(0, 10), place(2, 20, point=1))

    assert (refused.kind, "Event 1 comes first; got 2" in str(refused)) == ("step", True)
    assert rows(painter.store.engine, PointEventRow) == []


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"x": SIZE}, f"event.x: expected a number from 0 to {SIZE - 1}"),
        ({"y": -1}, "event.y: expected a number from 0"),
        ({"x": 1.5}, "event.x: expected a whole number"),
        ({"x": True}, "event.x: expected a number"),
        ({"a": 128.5}, "event.a: expected a number from -128 to 128"),
        ({"b": None}, "event.b: expected a number"),
        ({"b": float("nan")}, "event.b: expected a number"),
        ({"size": 32}, "event.size: expected a number from 1 to 31"),
        ({"size": 0}, "event.size: expected a number from 1 to 31"),
        ({"kind": "paint"}, "event.kind: one of place, move, color, resize, delete"),
        ({"kind": 7}, "event.kind: expected a text"),
        ({"layer": -1}, "event.layer: expected a number"),
        ({"point": -1}, "event.point: expected a number"),
        ({"number": None}, "event.number: expected a number"),
        ({"number": 2000}, "event.number: expected a number from 0 to 1999"),
        ({"at_ms": "soon"}, "event.at_ms: expected a number"),
        ({"source": "a b"}, "event.source: expected a word"),
        ({"source": 3}, "event.source: expected a text"),
        ({"kind": "move", "point": 5}, "event.point: move a point that is not there"),
        ({"kind": "delete", "point": 5}, "event.point: delete a point that is not there"),
        ({"kind": "color", "point": 5}, "event.point: color a point that is not there"),
        ({"at_ms": 8000}, "event.at_ms: a time that has not come yet"),
    ],
)
def test_what_is_no_event_of_a_point_on_the_photo_is_refused_and_nothing_is_kept(
    painter: Walk, changed: dict[str, Any], sentence: str
) -> None:
    refused = refusal(keep, painter, {**place(0, 10), **changed})

    assert refused.kind == "bad"
    assert sentence in str(refused)
    assert rows(painter.store.engine, PointEventRow) == []


@pytest.mark.slow
def test_a_point_is_not_set_twice(painter: Walk) -> None:
    keep(painter, place(0, 10))

    assert "place a point that is there already" in str(refusal(keep, painter, place(1, 20)))


def test_events_come_in_lists_of_objects(painter: Walk) -> None:
    for given in ("events", {"number": 0}, [3], [place(0, 1)] * 201):
        assert refusal(keep_events, painter.store, painter.ticket, nonce_of(painter), given).kind == "bad"


@pytest.mark.slow
def test_points_that_were_set_in_time_are_kept_however_late_they_arrive(painter: Walk, clock: Clock) -> None:
    clock.go(minutes=20)

    assert keep(painter, place(0, 120_400.0)) == (1, 0)
    refused = refusal(keep, painter, place(1, 120_501.0, point=1))
    assert (refused.kind, str(refused)) == ("closed", "The time for this photo was over. Go on with the next one.")


def test_no_photo_is_colored_before_it_is_opened(walk: Walk) -> None:
    assert refusal(keep, walk, place(0, 0)).kind == "step"
    assert refusal(finish, walk, 0).kind == "step"
    assert refusal(painting, walk.store, walk.ticket, nonce_of(walk)).kind == "step"


@pytest.mark.slow
def test_handing_in_keeps_what_was_made_and_opens_the_next_photo(painter: Walk, clock: Clock) -> None:
    nonce = nonce_of(painter)
    keep(painter, place(0, 10), place(1, 20, point=1), {"number": 2, "kind": "delete", "point": 0, "at_ms": 30})

    step = finish(painter, 3)

    first, second, *_ = rows(painter.store.engine, TrialRow)
    assert (first.state, first.answer, first.rt_ms, first.valid, first.answered_at) == (
        "answered", "done", 5000.0, True, clock()
    )  # fmt: skip
    assert first.exposure == {"events": 3, "points": 1}
    assert (second.state, step.facts["nonce"], step.done) == ("open", second.nonce, 1)
    assert (step.facts["block"], step.facts["begun"], step.facts["remaining_ms"]) == ("test", False, 60_000)
    again = hand_in(painter.store, painter.ticket, nonce, {"events": 3, "ended": "done"})
    assert again == step
    for changed in ({"events": 2, "ended": "done"}, {"events": 3, "ended": "time"}):
        assert refusal(hand_in, painter.store, painter.ticket, nonce, changed).kind == "conflict"
    assert refusal(keep_events, painter.store, painter.ticket, nonce, [place(3, 40)]).kind == "step"
    assert keep_events(painter.store, painter.ticket, nonce, [place(0, 10)]).events == 3
    assert open_photo(painter.store, painter.ticket, nonce) == step


def test_a_photo_is_not_handed_in_before_all_its_events_have_arrived(painter: Walk) -> None:
    keep(painter, place(0, 10))

    refused = refusal(finish, painter, 2)

    assert (refused.kind, "2 events are expected; 1 have arrived" in str(refused)) == ("step", True)
    assert refusal(finish, painter, 1, "bored").kind == "bad"
    assert refusal(finish, painter, -1).kind == "bad"


def test_the_time_that_a_photo_took_ends_with_its_limit(painter: Walk, clock: Clock) -> None:
    clock.go(minutes=9)

    finish(painter, 0, "time")

    first, *_ = rows(painter.store.engine, TrialRow)
    assert (first.answer, first.rt_ms) == ("time", 120_000.0)


@pytest.mark.slow
def test_only_the_open_photo_of_ones_own_session_is_colored(painter: Walk, clock: Clock) -> None:
    store, other = painter.store, come(painter.store, "paint", id="grace").to_trials()
    later = rows(store.engine, TrialRow)[2].nonce

    assert refusal(open_photo, store, painter.ticket, later).kind == "step"
    assert refusal(open_photo, store, painter.ticket, nonce_of(other)).kind == "unknown"
    assert refusal(painting, store, painter.ticket, nonce_of(other)).kind == "unknown"
    assert refusal(painting, store, painter.ticket, later).kind == "step"
    assert refusal(open_photo, store, painter.ticket, "?").kind == "bad"


@pytest.mark.slow
def test_a_photo_has_no_answer_and_a_question_is_not_colored(painter: Walk, study_row: StudyRow) -> None:
    given = answers.Given("left", 10.0, {"shown": []})
    refused = refusal(answers.answer, painter.store, painter.ticket, nonce_of(painter), given)
    judge = come(painter.store, "street", id="bo").to_trials()

    assert (refused.kind, "This photo is colored and has no answer" in str(refused)) == ("step", True)
    assert refusal(open_photo, painter.store, judge.ticket, nonce_of(judge)).kind == "unknown"
    assert refusal(painting, painter.store, judge.ticket, nonce_of(judge)).kind == "unknown"


@pytest.mark.slow
def test_another_tab_takes_over_with_all_points_and_the_old_one_is_told(painter: Walk) -> None:
    keep(painter, place(0, 10))
    there = come(painter.store, "paint", id="ada")

    assert [point["point"] for point in there.step.facts["points"]] == [0]
    assert there.step.facts["remaining_ms"] == 115_000
    assert refusal(keep, painter, place(1, 20, point=1)).kind == "no_session"


@pytest.mark.slow
def test_a_virtual_clock_is_for_synthetic_participants_who_know_the_key(painter: Walk, store: Store) -> None:
    ghost = come(store, "paint", synthetic="novice", id="ghost").to_trials()
    ghost.step = opened(ghost)
    known = Virtual(90_000, SYNTHETIC_KEY)

    assert keep(ghost, place(0, 89_000), clock=known)[0] == 1
    assert refusal(keep, ghost, place(1, 89_000, point=1), clock=Virtual(90_000, "wrong")).kind == "bad"
    assert refusal(keep, painter, place(0, 10), clock=known).kind == "bad"
    hand_in(store, ghost.ticket, nonce_of(ghost), {"events": 1, "ended": "done"}, known)
    assert [row.rt_ms for row in rows(store.engine, TrialRow) if row.state == "answered"] == [90_000.0]


@pytest.mark.slow
def test_who_shows_the_result_gets_the_photo_itself_and_the_task(painter: Walk, paint_row: StudyRow) -> None:
    found = painting(painter.store, painter.ticket, nonce_of(painter))

    with Image.open(found.photo) as image:
        assert len(image.convert("RGB").getcolors(1 << 20) or []) == 4
    assert (found.task.seconds, found.recommended, found.colorizer) == (120, 9, "levin2004")
    finish(painter, 0)
    recommended = []
    while painter.step.name == "photo":
        opened(painter)
        recommended.append(painting(painter.store, painter.ticket, nonce_of(painter)).recommended)
        finish(painter, 0)
    assert sorted(recommended) == [0, 0, 9, 9]


@pytest.mark.slow
def test_a_session_ends_with_its_code_after_the_last_photo(painter: Walk) -> None:
    while painter.step.name == "photo":
        opened(painter)
        keep(painter, place(0, 10))
        finish(painter, 1)

    assert (painter.step.name, painter.step.done) == ("comment", 5)
    assert sessions.finish(painter.store, painter.ticket).name == "finished"
    named = [row.condition_id for row in rows(painter.store.engine, TrialRow)]
    assert len({*named}) == len(CONDITIONS)


@pytest.mark.slow
def test_the_same_events_from_many_threads_are_kept_once(painter: Walk) -> None:
    events = [place(k, 10 + k, point=k) for k in range(20)]

    kept = at_once(8, lambda _: keep_events(painter.store, painter.ticket, nonce_of(painter), events).events)

    assert kept == [20] * 8
    assert [row.number for row in rows(painter.store.engine, PointEventRow)] == list(range(20))


@pytest.mark.slow
def test_who_is_forgotten_takes_all_points_along(painter: Walk, engine: Engine) -> None:
    keep(painter, place(0, 10))

    with session_scope(engine) as db:
        [kept] = find_person(db, painter.store.secret, "ada")
        forget(db, kept, keep_answers=False)

    with session_scope(engine, read_only=True) as db:
        for table in (SessionRow, TrialRow, ColoringRow, PointEventRow):
            assert db.scalar(select(func.count()).select_from(table)) == 0
