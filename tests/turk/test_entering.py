"""How somebody comes into a study, or comes back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from evalsuite.db import session_scope
from tests.turk.studies_made import SECRET, make_store, make_study
from tests.turk.test_places import all_places, at_once
from tests.turk.walking import Clock, come, refusal, rows, set_state
from turk import sessions
from turk.entering import Entry, Synthetic, enter
from turk.keys import person_key, token_hash
from turk.refusals import Refused
from turk.store import Store
from turk.tables import IdentityRow, ParticipantRow, SessionRow, StudyRow
from turk.visits import Ticket

TAB = "a-tab-of-a-browser-1"
MTURK = {"hitId": "3H1", "workerId": "A1W", "turkSubmitTo": "https://www.mturk.com"}


def test_somebody_new_gets_the_first_place_and_a_token_that_is_not_kept(store: Store, study_row: StudyRow) -> None:
    entered = enter(store, "street", Entry({}, TAB))

    [row] = rows(store.engine, SessionRow)
    first = all_places(store.engine)[0]
    assert entered.step.name == "device"
    assert (row.state, row.place_id, row.arm, row.rank) == ("entered", first.id, first.arm, 0)
    assert row.token_sha256 == token_hash(entered.token)
    assert (row.synthetic, row.observer, row.tab, row.created_at) == (False, None, TAB, store.clock())
    assert first.state == "taken"


@pytest.mark.slow
def test_the_same_tab_is_the_same_person_where_a_link_names_nobody(store: Store, study_row: StudyRow) -> None:
    first, again = (enter(store, "street", Entry({}, TAB)) for _ in range(2))

    [row] = rows(store.engine, SessionRow)
    assert first.token != again.token
    assert row.token_sha256 == token_hash(again.token)
    assert refusal(sessions.resume, store, Ticket(first.token, TAB)).kind == "no_session"


@pytest.mark.slow
def test_other_tabs_are_other_people_where_a_link_names_nobody(store: Store, study_row: StudyRow) -> None:
    for _ in range(3):
        come(store)

    assert len({row.place_id for row in rows(store.engine, SessionRow)}) == 3


@pytest.mark.slow
def test_a_named_person_comes_back_to_the_same_trial_with_the_same_images(
    store: Store, study_row: StudyRow, clock: Clock
) -> None:
    walk = come(store, id="ada").to_trials()
    clock.go(seconds=4)
    walk.answer()

    back = come(store, id="ada")

    assert back.step == walk.step
    assert refusal(sessions.resume, store, walk.ticket).kind == "no_session"
    assert sessions.resume(store, back.ticket) == walk.step
    assert len(rows(store.engine, SessionRow)) == 1


@pytest.mark.slow
def test_a_person_is_known_by_a_keyed_hash_and_their_name_is_kept_apart(
    store: Store, study_row: StudyRow, clock: Clock
) -> None:
    come(store, id="ada")
    come(store)

    people, names = rows(store.engine, ParticipantRow), rows(store.engine, IdentityRow)
    assert people[0].key == person_key(SECRET, "link", "ada")
    assert [(name.participant_id, name.name) for name in names] == [(people[0].id, "ada")]
    assert names[0].purge_at == clock() + timedelta(days=30)


@pytest.mark.slow
def test_a_name_is_forgotten_when_its_time_is_over(store: Store, study_row: StudyRow, clock: Clock) -> None:
    come(store, id="ada")
    clock.go(days=31)
    come(store, id="bob")

    assert [name.name for name in rows(store.engine, IdentityRow)] == ["bob"]
    assert len(rows(store.engine, ParticipantRow)) == 2


@pytest.mark.slow
def test_names_of_a_paid_recruiter_stay_until_they_were_paid(store: Store, tmp_path: Path, clock: Clock) -> None:
    make_study(store.engine, tmp_path, recruiter="prolific")
    come(store, PROLIFIC_PID="5f0", STUDY_ID="60a", SESSION_ID="61b")

    [name] = rows(store.engine, IdentityRow)
    assert (name.name, name.purge_at) == ("5f0", None)
    assert rows(store.engine, SessionRow)[0].arrival == {"study": "60a", "submission": "61b"}


@pytest.mark.slow
@pytest.mark.parametrize("known", [False, True])
def test_one_person_who_comes_ten_times_at_once_has_one_session(
    store: Store, study_row: StudyRow, tmp_path: Path, known: bool
) -> None:
    if known:
        make_study(store.engine, tmp_path / "other", name="other")
        sessions.leave(store, come(store, "other", id="ada").ticket)

    results = at_once(10, lambda number: come(store, id="ada"))

    assert not [result for result in results if isinstance(result, Refused)]
    assert len(rows(store.engine, SessionRow)) == 1 + known
    assert [place.state for place in all_places(store.engine)].count("taken") == 1


@pytest.mark.slow
def test_a_person_may_take_part_in_two_studies(store: Store, study_row: StudyRow, tmp_path: Path) -> None:
    make_study(store.engine, tmp_path / "other", name="other")
    come(store, id="ada")
    come(store, "other", id="ada")

    assert len(rows(store.engine, ParticipantRow)) == 1
    assert len(rows(store.engine, SessionRow)) == 2


@pytest.mark.parametrize(
    ("state", "told"), [("built", "has not started yet"), ("paused", "takes a break"), ("closed", "is over")]
)
def test_a_study_that_is_not_live_takes_nobody_in(store: Store, study_row: StudyRow, state: str, told: str) -> None:
    set_state(store.engine, state)

    error = refusal(come, store)

    assert error.kind == "closed"
    assert told in str(error)
    assert not rows(store.engine, ParticipantRow)


@pytest.mark.slow
def test_who_is_in_when_a_study_closes_may_finish(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store, id="ada").to_trials()
    waiting = come(store, id="bob").to_instructions()
    set_state(store.engine, "closed")

    assert sessions.resume(store, waiting.ticket).name == "closed"
    assert sessions.begin(store, waiting.ticket).name == "closed"
    assert sessions.finish(store, waiting.ticket).name == "closed"
    assert refusal(come, store, id="bob").kind == "closed"
    assert come(store, id="ada").step.name == "trial"
    walk = come(store, id="ada").to_comment(clock)
    assert sessions.finish(store, walk.ticket).name == "finished"


@pytest.mark.slow
def test_who_is_in_when_a_study_takes_a_break_may_come_back(store: Store, study_row: StudyRow) -> None:
    come(store, id="ada").to_instructions()
    sessions.leave(store, come(store, id="bob").ticket)
    set_state(store.engine, "paused")

    assert come(store, id="ada").step.name == "instructions"
    assert refusal(come, store, id="bob").kind == "closed"


@pytest.mark.slow
def test_who_was_away_when_a_study_closed_is_told_so(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store, id="ada").to_trials()
    clock.go(minutes=31)
    come(store)
    set_state(store.engine, "closed")

    assert sessions.resume(store, walk.ticket).name == "closed"
    assert come(store, id="ada").step.name == "closed"


def test_when_all_places_are_taken_that_is_said_at_once(store: Store, tmp_path: Path) -> None:
    make_study(store.engine, tmp_path, participants_per_condition=1)
    come(store)
    come(store)

    assert refusal(come, store).kind == "no_place"
    assert len(rows(store.engine, ParticipantRow)) == 2


NO_STUDIES = ["nowhere", "Street", "", "street\x00", "../street", "x" * 300, "strasse/ß"]


def test_an_unknown_study_is_refused(store: Store, study_row: StudyRow) -> None:
    for name in NO_STUDIES:
        assert refusal(come, store, name).kind == "unknown"


NO_ENTRIES = [
    Entry({}, "short"),
    Entry({}, None),  # type: ignore[arg-type]  # as a request may have it
    Entry({}, TAB, locale="x" * 40),
    Entry({}, TAB, locale=7),  # type: ignore[arg-type]  # as a request may have it
    Entry({"id": "x" * 300}, TAB),
    Entry({"preview": "1"}, TAB),
    Entry({}, TAB, synthetic=Synthetic("wrong", "guesser")),
    Entry({}, TAB, synthetic=Synthetic(7, "guesser")),  # type: ignore[arg-type]  # as a request may have it
    Entry({}, TAB, synthetic=Synthetic("the key of synthetic participants", "x" * 101)),
]


def test_an_entry_that_is_none_is_refused_and_writes_nothing(store: Store, study_row: StudyRow) -> None:
    for entry in NO_ENTRIES:
        assert refusal(enter, store, "street", entry).kind == "bad"
    assert not rows(store.engine, ParticipantRow)
    assert {place.state for place in all_places(store.engine)} == {"free"}


def test_a_language_that_the_study_lacks_becomes_its_first(store: Store, study_row: StudyRow) -> None:
    enter(store, "street", Entry({}, TAB, locale="de"))
    enter(store, "street", Entry({}, TAB + "2", locale="fr"))

    assert [row.locale for row in rows(store.engine, SessionRow)] == ["de", "en"]


def test_who_changes_the_language_goes_on_in_it(store: Store, study_row: StudyRow) -> None:
    walk = come(store)
    sessions.resume(store, walk.ticket, "xx")
    assert rows(store.engine, SessionRow)[0].locale == "en"

    sessions.resume(store, walk.ticket, "de")
    assert rows(store.engine, SessionRow)[0].locale == "de"


def test_without_a_key_of_the_server_nobody_is_synthetic(engine: Engine, study_row: StudyRow) -> None:
    store = make_store(engine, synthetic_key=None)

    assert refusal(enter, store, "street", Entry({}, TAB, synthetic=Synthetic("", "guesser"))).kind == "bad"


@pytest.mark.parametrize("state", ["built", "live", "paused"])
def test_synthetic_participants_come_before_a_study_starts_and_are_never_people(
    store: Store, study_row: StudyRow, state: str
) -> None:
    set_state(store.engine, state)

    come(store, synthetic="guesser", id="robot")

    [row] = rows(store.engine, SessionRow)
    [person] = rows(store.engine, ParticipantRow)
    assert (row.synthetic, row.observer, person.platform) == (True, "guesser", "synthetic")
    assert not rows(store.engine, IdentityRow)
    assert {place.state for place in all_places(store.engine)} == {"free"}
    assert row.place_id in {place.id for place in all_places(store.engine, synthetic=True)}


def test_a_closed_study_takes_no_synthetic_participants(store: Store, study_row: StudyRow) -> None:
    set_state(store.engine, "closed")

    assert refusal(come, store, synthetic="guesser").kind == "closed"


@pytest.mark.slow
def test_a_person_and_a_synthetic_one_of_the_same_name_are_two(store: Store, study_row: StudyRow) -> None:
    come(store, id="ada")
    come(store, synthetic="guesser", id="ada")

    assert [row.synthetic for row in rows(store.engine, SessionRow)] == [False, True]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["declined", "refused", "left"])
def test_who_went_before_seeing_an_image_may_come_again(store: Store, tmp_path: Path, how: str) -> None:
    make_study(store.engine, tmp_path, settings={"device": {"touch": False}})
    walk = come(store, id="ada")
    device = {"width": 800, "height": 600, "refresh_hz": 60, "touch": how == "refused"}
    sessions.device(store, walk.ticket, device)
    if how == "declined":
        sessions.consent(store, walk.ticket, "v1", False)
    if how == "left":
        sessions.consent(store, walk.ticket, "v1", True)
        sessions.leave(store, walk.ticket)
    assert sessions.resume(store, walk.ticket).name == how
    assert {place.state for place in all_places(store.engine)} == {"free"}

    again = come(store, id="ada")

    [row] = rows(store.engine, SessionRow)
    assert again.step.name == "device"
    assert (row.state, row.released_at, row.consented_at) == ("entered", None, None)
    assert [place.state for place in all_places(store.engine)].count("taken") == 1
    assert again.to_trials().step.name == "trial"


@pytest.mark.slow
def test_who_left_after_seeing_images_has_left(store: Store, study_row: StudyRow) -> None:
    walk = come(store, id="ada").to_trials()
    sessions.leave(store, walk.ticket)

    assert come(store, id="ada").step.name == "left"


@pytest.mark.slow
def test_who_finished_gets_the_same_code_again(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store, id="ada").to_trials().to_comment(clock)
    done = sessions.finish(store, walk.ticket)

    assert come(store, id="ada").step == done


@pytest.mark.slow
def test_a_worker_who_finished_cannot_take_part_with_another_assignment(
    store: Store, tmp_path: Path, clock: Clock
) -> None:
    make_study(store.engine, tmp_path, recruiter="mturk")
    walk = come(store, assignmentId="3A1", **MTURK).to_trials().to_comment(clock)
    done = sessions.finish(store, walk.ticket)

    assert come(store, assignmentId="3A1", **MTURK).step == done
    assert refusal(come, store, assignmentId="3A2", **MTURK).kind == "already"


@pytest.mark.slow
def test_a_worker_who_took_the_task_up_again_sends_it_with_the_new_assignment(store: Store, tmp_path: Path) -> None:
    make_study(store.engine, tmp_path, recruiter="mturk")
    walk = come(store, assignmentId="3A1", **MTURK).to_trials()
    back = come(store, assignmentId="3A2", **MTURK)

    assert back.step == walk.step
    assert rows(store.engine, SessionRow)[0].arrival["assignment"] == "3A2"


@pytest.mark.slow
def test_who_only_looks_at_a_task_has_no_session(store: Store, tmp_path: Path) -> None:
    make_study(store.engine, tmp_path, recruiter="mturk")

    assert refusal(come, store, assignmentId="ASSIGNMENT_ID_NOT_AVAILABLE", hitId="3H1").kind == "bad"
    with session_scope(store.engine, read_only=True) as db:
        assert db.scalar(select(func.count()).select_from(SessionRow)) == 0
