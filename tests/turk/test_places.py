"""Room for sessions."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select

from evalsuite.db import session_scope
from tests.turk.studies_made import make_store, make_study
from tests.turk.walking import come
from turk import places
from turk.refusals import Refused
from turk.store import Store
from turk.study import Study
from turk.tables import PlaceRow, SessionRow, StudyRow


def all_places(engine: Engine, *, synthetic: bool = False) -> list[PlaceRow]:
    """Places in their order."""
    with session_scope(engine, read_only=True) as db:
        db.expire_on_commit = False
        query = select(PlaceRow).where(PlaceRow.synthetic == synthetic).order_by(PlaceRow.position)
        return list(db.scalars(query))


def at_once(tasks: int, task: Callable[[int], Any]) -> list[Any]:
    """Call a function in so many threads that start together; return what came of each, or its Refused."""
    results: list[Any] = [None] * tasks
    start = threading.Barrier(tasks)

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = task(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, Refused):
            raise result
    return results


def test_every_block_of_places_has_every_arm_once(engine: Engine, tmp_path: Path) -> None:
    make_study(engine, tmp_path, conditions=("a", "b", "c"), participants_per_condition=5)

    there = all_places(engine)

    assert [place.position for place in there] == list(range(15))
    for block in range(5):
        of_block = there[3 * block : 3 * block + 3]
        assert {place.arm for place in of_block} == {"a", "b", "c"}
        assert {place.rank for place in of_block} == {block}
        assert {place.state for place in of_block} == {"free"}


def test_places_are_made_once(engine: Engine, study_row: StudyRow) -> None:
    study = Study.from_json(study_row.config)
    with session_scope(engine) as db:
        again = places.create(db, study_row.id, study)
        more = places.create(db, study_row.id, study, blocks=4)

    assert (again, more) == (0, 2)
    assert len(all_places(engine)) == 8


def test_more_places_go_on_with_the_same_order(engine: Engine, tmp_path: Path) -> None:
    row = make_study(engine, tmp_path, participants_per_condition=2)
    before = [(place.arm, place.rank) for place in all_places(engine)]

    with session_scope(engine) as db:
        places.create(db, row.id, Study.from_json(row.config), blocks=20)

    after = [(place.arm, place.rank) for place in all_places(engine)]
    assert after[:4] == before
    assert Counter(after) == {(arm, rank): 1 for arm in ("ours", "theirs") for rank in range(20)}


def test_the_lowest_free_place_is_taken_first_and_given_back_once(engine: Engine, study_row: StudyRow) -> None:
    study = Study.from_json(study_row.config)
    with session_scope(engine) as db:
        first = places.claim(db, study_row.id, study)
        second = places.claim(db, study_row.id, study)
        assert first is not None
        assert second is not None
        gone = [places.give_back(db, first.id), places.give_back(db, first.id)]
        third = places.claim(db, study_row.id, study)

    assert gone == [True, False]
    assert third == first
    assert [place.state for place in all_places(engine)] == ["taken", "taken", "free", "free", "free", "free"]


@pytest.mark.slow
def test_a_place_of_an_arm_can_be_asked_for(engine: Engine, study_row: StudyRow) -> None:
    study = Study.from_json(study_row.config)
    with session_scope(engine) as db:
        got = [places.claim(db, study_row.id, study, arm="theirs") for _ in range(4)]

    assert [place.rank for place in got if place is not None] == [0, 1, 2]
    assert got[3] is None
    assert {place.arm for place in got if place is not None} == {"theirs"}


def test_somebody_elses_place_cannot_be_reclaimed(engine: Engine, study_row: StudyRow) -> None:
    with session_scope(engine) as db:
        place = places.claim(db, study_row.id, Study.from_json(study_row.config))
        assert place is not None
        taken = places.reclaim(db, place.id)
        places.give_back(db, place.id)
        free = places.reclaim(db, place.id)

    assert (taken, free) == (False, True)


@pytest.mark.slow
def test_500_threads_get_100_places_with_arms_balanced_within_one(engine: Engine, tmp_path: Path) -> None:
    row = make_study(engine, tmp_path, conditions=("a", "b", "c"), participants_per_condition=34, photos=8)
    with session_scope(engine) as db:
        db.execute(delete(PlaceRow).where(PlaceRow.position >= 100))
    study = Study.from_json(row.config)

    def claim(_: int) -> places.Place | None:
        with session_scope(engine) as db:
            return places.claim(db, row.id, study)

    got = [place for place in at_once(500, claim) if place is not None]

    arms = Counter(place.arm for place in got)
    assert len(got) == len({place.id for place in got}) == 100
    assert max(arms.values()) - min(arms.values()) <= 1
    assert {place.state for place in all_places(engine)} == {"taken"}


@pytest.mark.slow
def test_many_who_enter_at_once_fill_the_places_and_the_rest_is_told(engine: Engine, tmp_path: Path) -> None:
    make_study(engine, tmp_path, participants_per_condition=10)
    store = make_store(engine)

    results = at_once(60, lambda number: come(store))

    refused = [result for result in results if isinstance(result, Refused)]
    assert [refusal.kind for refusal in refused] == ["no_place"] * 40
    with session_scope(engine, read_only=True) as db:
        rows = db.execute(select(SessionRow.place_id, SessionRow.arm)).all()
    assert len(rows) == len({row.place_id for row in rows}) == 20
    assert Counter(row.arm for row in rows) == {"ours": 10, "theirs": 10}


@pytest.mark.slow
def test_synthetic_participants_have_places_of_their_own_without_end(
    engine: Engine, store: Store, tmp_path: Path
) -> None:
    make_study(engine, tmp_path, participants_per_condition=1)

    results = at_once(21, lambda number: come(store, synthetic="guesser", id=f"robot {number}"))

    assert not [result for result in results if isinstance(result, Refused)]
    made = all_places(engine, synthetic=True)
    taken = Counter(place.arm for place in made if place.state == "taken")
    assert len(made) == 22
    assert sorted(taken.values()) == [10, 11]
    assert {place.state for place in all_places(engine)} == {"free"}
