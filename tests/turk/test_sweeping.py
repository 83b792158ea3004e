"""Sessions that nobody goes on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.db import session_scope
from tests.turk.studies_made import make_study
from tests.turk.test_places import all_places
from tests.turk.walking import Clock, come, refusal, rows
from turk import sessions
from turk.store import Store
from turk.sweeping import sweep
from turk.tables import IdentityRow, SessionRow, StudyRow


@pytest.mark.slow
def test_a_session_that_was_idle_for_too_long_loses_its_place_to_who_comes(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    make_study(store.engine, tmp_path, participants_per_condition=1)
    walks = [come(store), come(store)]
    clock.go(minutes=20)
    sessions.resume(store, walks[0].ticket)
    clock.go(minutes=20)

    come(store)

    first, second, third = rows(store.engine, SessionRow)
    assert [row.state for row in (first, second, third)] == ["entered", "abandoned", "entered"]
    assert second.released_at == clock()
    assert (third.place_id, third.arm) == (second.place_id, second.arm)
    assert refusal(come, store).kind == "no_place"


@pytest.mark.slow
def test_sweeping_gives_places_back_once(store: Store, study_row: StudyRow, clock: Clock) -> None:
    come(store)
    come(store, synthetic="quitter")
    come(store).to_trials()
    clock.go(minutes=30)
    before = sweep(store.engine, store.clock)
    clock.go(seconds=1)

    assert (before, sweep(store.engine, store.clock), sweep(store.engine, store.clock)) == (0, 3, 0)
    assert {place.state for place in all_places(store.engine)} == {"free"}


def test_a_study_says_after_how_long_a_session_is_abandoned(store: Store, tmp_path: Path, clock: Clock) -> None:
    make_study(store.engine, tmp_path, settings={"abandon_minutes": 120})
    come(store)
    clock.go(minutes=119)

    assert sweep(store.engine, store.clock) == 0
    clock.go(minutes=2)
    assert sweep(store.engine, store.clock) == 1


@pytest.mark.slow
def test_finished_sessions_are_left_alone(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store).to_trials().to_comment(clock)
    sessions.finish(store, walk.ticket)
    clock.go(days=10)

    assert sweep(store.engine, store.clock) == 0
    assert all_places(store.engine)[0].state == "done"


@pytest.mark.slow
def test_who_comes_back_in_time_goes_on_in_the_same_place(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store).to_trials()
    clock.go(hours=2)
    sweep(store.engine, store.clock)

    assert sessions.resume(store, walk.ticket) == walk.step
    [row] = rows(store.engine, SessionRow)
    assert (row.state, row.released_at) == ("running", None)
    assert [place.state for place in all_places(store.engine)].count("taken") == 1


@pytest.mark.slow
def test_an_answer_brings_an_abandoned_session_back(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store).to_trials()
    clock.go(hours=2)
    sweep(store.engine, store.clock)

    assert walk.answer().step.done == 1
    assert rows(store.engine, SessionRow)[0].state == "running"


def test_who_saw_images_gets_another_place_of_the_same_arm_and_keeps_the_images(
    store: Store, study_row: StudyRow, clock: Clock
) -> None:
    walk = come(store).to_trials()
    before = rows(store.engine, SessionRow)[0]
    clock.go(hours=2)
    come(store)

    assert sessions.resume(store, walk.ticket) == walk.step
    after = rows(store.engine, SessionRow)[0]
    assert after.place_id != before.place_id
    assert (after.arm, after.rank, after.seed) == (before.arm, before.rank, before.seed)
    with session_scope(store.engine, read_only=True) as db:
        place = next(place for place in all_places(store.engine) if place.id == after.place_id)
        assert (place.arm, place.state) == (before.arm, "taken")
        assert db.is_active


@pytest.mark.slow
def test_who_saw_no_image_gets_any_place(store: Store, tmp_path: Path, clock: Clock) -> None:
    make_study(store.engine, tmp_path, participants_per_condition=1)
    walk = come(store).to_instructions()
    clock.go(hours=2)
    other = come(store)

    assert sessions.resume(store, walk.ticket).name == "instructions"
    arms = [row.arm for row in rows(store.engine, SessionRow)]
    assert sorted(arms) == ["ours", "theirs"]
    assert sessions.resume(store, other.ticket).name == "device"


@pytest.mark.slow
def test_who_comes_back_too_late_is_told_and_keeps_what_was_answered(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    make_study(store.engine, tmp_path, participants_per_condition=1)
    walk = come(store).to_trials()
    clock.go(hours=2)
    come(store)
    come(store)

    assert refusal(sessions.resume, store, walk.ticket).kind == "no_place"
    assert refusal(walk.answer).kind == "no_place"
    assert rows(store.engine, SessionRow)[0].state == "abandoned"


def test_names_whose_time_is_over_are_forgotten(store: Store, study_row: StudyRow, clock: Clock) -> None:
    come(store, id="ada")
    clock.go(days=31)
    sweep(store.engine, store.clock)

    assert not rows(store.engine, IdentityRow)
