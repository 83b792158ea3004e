"""Tables as data frames."""

from __future__ import annotations

import inspect
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, update

from evalsuite.db import now, session_scope
from tests.turk.planted import World, keep, planted
from tests.turk.studies_made import make_study
from tests.turk.walking import Clock, come
from turk import frames
from turk.frames import DECISIONS, EXPOSURES, RESPONSES, SESSIONS
from turk.store import Store
from turk.tables import DecisionRow, StudyRow, TrialRow

WORLD = World({"ours": 0.4, "theirs": 0.2}, people=3, trials=6, photos=20, catch=2)


@pytest.fixture
def taken(engine: Engine, tmp_path: Path) -> StudyRow:
    """A study that people and synthetic participants have taken, with other answers."""
    row = make_study(engine, tmp_path / "street")
    keep(engine, row, planted(WORLD))
    keep(engine, row, planted(World(**{**WORLD.__dict__, "seed": 9, "people": 2})), synthetic=True)
    return row


@pytest.mark.slow
def test_answers_come_back_as_they_were_given(engine: Engine, taken: StudyRow) -> None:
    expected, _ = planted(WORLD)

    found = frames.responses(engine, taken.id, synthetic=False)

    assert list(found.columns) == list(RESPONSES)
    for column in ("number", "kind", "photo", "condition", "fake_place", "fake_turn", "answer", "correct", "value"):
        assert found[column].tolist() == expected[column].tolist(), column
    assert found["rt_ms"].to_numpy() == pytest.approx(expected["rt_ms"].to_numpy())
    assert found["answered_at"].tolist() == expected["answered_at"].tolist()
    assert {name: str(kind) for name, kind in found.dtypes.items()} == dict(RESPONSES)


@pytest.mark.slow
def test_people_and_synthetic_participants_never_come_together(engine: Engine, taken: StudyRow) -> None:
    people, machines = (frames.sessions(engine, taken.id, synthetic=kind) for kind in (False, True))

    assert (len(people), len(machines)) == (6, 4)
    assert not people["synthetic"].any()
    assert machines["synthetic"].all()
    assert not set(people["session"]) & set(machines["session"])
    answered = frames.responses(engine, taken.id, synthetic=True)
    assert set(answered["session"]) == set(machines["session"])
    assert inspect.signature(frames.responses).parameters["synthetic"].default is inspect.Parameter.empty


@pytest.mark.slow
def test_sessions_keep_what_the_page_reported(engine: Engine, taken: StudyRow) -> None:
    found = frames.sessions(engine, taken.id, synthetic=False)

    assert list(found.columns) == list(SESSIONS)
    assert found["device"].tolist() == [{"dpr": 1.0}] * 6
    assert found["color_vision"].iloc[0] == {"answers": ["no"]}
    assert (found["finished_at"] - found["created_at"]).tolist() == [pd.Timedelta(minutes=7)] * 6


@pytest.mark.slow
def test_trials_without_an_answer_and_other_studies_stay_out(engine: Engine, taken: StudyRow, tmp_path: Path) -> None:
    other = make_study(engine, tmp_path / "other", name="other")
    with session_scope(engine) as db:
        db.execute(update(TrialRow).where(TrialRow.number == 0).values(state="open"))

    assert 0 not in frames.responses(engine, taken.id, synthetic=False)["number"].tolist()
    nothing = frames.responses(engine, other.id, synthetic=False)
    assert nothing.empty
    assert {name: str(kind) for name, kind in nothing.dtypes.items()} == dict(RESPONSES)


@pytest.mark.slow
def test_a_replacement_names_the_number_of_the_trial_that_it_stands_in_for(engine: Engine, taken: StudyRow) -> None:
    session = int(frames.sessions(engine, taken.id, synthetic=False)["session"].iloc[0])
    with session_scope(engine) as db:
        rows = {row.number: row for row in db.query(TrialRow).where(TrialRow.session_id == session)}
        rows[7].replaces = rows[3].number

    found = frames.responses(engine, taken.id, synthetic=False)

    assert found.loc[found["session"].eq(session) & found["number"].eq(7), "replaces"].tolist() == [3]
    assert found["replaces"].notna().sum() == 1


@pytest.mark.slow
def test_pseudonyms_tell_neither_the_person_nor_the_other_studies_of_the_person(
    engine: Engine, taken: StudyRow
) -> None:
    found = frames.sessions(engine, taken.id, synthetic=False)["participant"]

    assert found.is_unique
    assert found.str.fullmatch("[0-9a-f]{12}").all()
    assert frames.pseudonym("one study", "key") != frames.pseudonym("another", "key")
    assert frames.pseudonym("one study", "key") == frames.pseudonym("one study", "key")


@pytest.mark.slow
def test_decisions_come_with_who_and_why(engine: Engine, taken: StudyRow) -> None:
    with session_scope(engine) as db:
        db.add(DecisionRow(study_id=taken.id, kind="unblind", reason="to see", by="ada", at=now()))

    found = frames.decisions(engine, taken.id)

    assert list(found.columns) == list(DECISIONS)
    assert found[["kind", "reason", "by"]].to_numpy().tolist() == [["unblind", "to see", "ada"]]
    assert found["session"].isna().all()


def test_what_browsers_measured_comes_image_by_image_and_odd_facts_are_left_empty(
    store: Store, study_row: StudyRow, clock: Clock
) -> None:
    walk = come(store).to_trials()
    clock.go(seconds=4)
    walk.answer(again="perhaps")
    clock.go(seconds=4)
    walk.answer(hidden=True)

    found = frames.exposures(store.engine, study_row.id, synthetic=False)
    assert {name: str(kind) for name, kind in found.dtypes.items()} == dict(EXPOSURES)
    assert found["number"].tolist() == [0, 0, 1, 1]
    assert (found["off_ms"] - found["on_ms"]).tolist() == [1000.0] * 4
    assert found["hidden"].tolist() == [False, False, True, True]
    assert found["valid"].tolist() == [False, False, False, False]
    assert found["again"].isna().all()
    assert frames.exposures(store.engine, study_row.id, synthetic=True).empty
