"""A participant's way through a study."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evalsuite.db import session_scope
from tests.turk.studies_made import make_study
from tests.turk.test_places import all_places, at_once
from tests.turk.walking import DEVICE, TABS, Clock, come, refusal, rows, set_state
from turk import sessions
from turk.design import plan_session
from turk.image_tables import AddressRow
from turk.refusals import Refused
from turk.store import Store
from turk.study import Study
from turk.sweeping import sweep
from turk.tables import EventRow, SessionRow, StudyRow, TrialRow
from turk.trials import trial_of
from turk.visits import Ticket


@pytest.mark.slow
def test_a_session_goes_from_device_to_code(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store)
    ticket = walk.ticket

    names = [
        walk.step.name,
        sessions.device(store, ticket, DEVICE).name,
        sessions.consent(store, ticket, "v1", True).name,
        sessions.color_vision(store, ticket, ["no"]).name,
        sessions.begin(store, ticket).name,
    ]
    walk.step = sessions.resume(store, ticket)
    walk.to_comment(clock)
    names += [walk.step.name, sessions.comment(store, ticket, "fun").name, sessions.finish(store, ticket).name]

    assert names == [
        "device", "consent", "color_vision", "instructions", "trial", "comment", "comment", "finished",
    ]  # fmt: skip
    [row] = rows(store.engine, SessionRow)
    assert (row.state, row.consent_version, row.comment) == ("finished", "v1", "fun")
    assert row.device == DEVICE
    assert row.color_vision == {"answers": ["no"]}
    assert sessions.resume(store, ticket).facts == {"departure": {"kind": "code", "code": row.code}}
    assert len(row.code) == 10
    assert all_places(store.engine)[0].state == "done"


@pytest.mark.slow
def test_every_event_can_be_repeated(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store)
    ticket = walk.ticket

    def twice(event: Any, *arguments: Any) -> None:
        walk.step = event(store, ticket, *arguments)
        clock.go(seconds=1)
        assert event(store, ticket, *arguments) == walk.step

    twice(sessions.device, DEVICE)
    twice(sessions.consent, "v1", True)
    twice(sessions.color_vision, ["no"])
    twice(sessions.begin)
    walk.to_comment(clock)
    twice(sessions.comment, "fun")
    twice(sessions.finish)
    assert len(rows(store.engine, TrialRow)) == 8


@pytest.mark.slow
def test_an_event_that_comes_late_changes_nothing(store: Store, study_row: StudyRow) -> None:
    walk = come(store).to_trials()
    before = rows(store.engine, SessionRow)[0]

    late = [
        sessions.device(store, walk.ticket, {**DEVICE, "width": 5}),
        sessions.consent(store, walk.ticket, "v2", False),
        sessions.color_vision(store, walk.ticket, ["yes"]),
    ]

    after = rows(store.engine, SessionRow)[0]
    assert late == [walk.step] * 3
    assert (after.device, after.consent_version, after.color_vision) == (
        before.device, before.consent_version, before.color_vision,
    )  # fmt: skip


def test_no_step_can_be_skipped(store: Store, study_row: StudyRow) -> None:
    ticket = come(store).ticket

    def kinds() -> list[str]:
        events: list[tuple[Any, ...]] = [
            (sessions.consent, "v1", True), (sessions.color_vision, []), (sessions.begin,), (sessions.finish,),
        ]  # fmt: skip
        return [refusal(event, store, ticket, *arguments).kind for event, *arguments in events]

    assert kinds() == ["step"] * 4
    sessions.device(store, ticket, DEVICE)
    assert [refusal(event, store, ticket).kind for event in (sessions.begin, sessions.finish)] == ["step"] * 2
    sessions.consent(store, ticket, "v1", True)
    assert [refusal(event, store, ticket).kind for event in (sessions.begin, sessions.finish)] == ["step"] * 2
    sessions.color_vision(store, ticket, [])
    assert refusal(sessions.finish, store, ticket).kind == "step"
    sessions.begin(store, ticket)
    assert refusal(sessions.finish, store, ticket).kind == "step"
    assert refusal(sessions.comment, store, ticket, "fun").kind == "step"


def test_a_comment_before_the_trials_is_not_kept(store: Store, study_row: StudyRow) -> None:
    walk = come(store)

    assert sessions.comment(store, walk.ticket, "first!") == walk.step
    assert rows(store.engine, SessionRow)[0].comment is None


def test_another_consent_text_than_the_studys_is_refused(store: Store, study_row: StudyRow) -> None:
    walk = come(store)
    shown = sessions.device(store, walk.ticket, DEVICE)

    assert shown.facts == {"version": "v1"}
    assert refusal(sessions.consent, store, walk.ticket, "v0", True).kind == "conflict"
    assert sessions.consent(store, walk.ticket, "v1-de", True).name == "color_vision"
    assert rows(store.engine, SessionRow)[0].consent_version == "v1-de"


@pytest.mark.slow
def test_who_declines_gives_the_place_back(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store)
    sessions.device(store, walk.ticket, DEVICE)

    assert sessions.consent(store, walk.ticket, "v1", False).name == "declined"
    assert {place.state for place in all_places(store.engine)} == {"free"}
    assert rows(store.engine, SessionRow)[0].released_at == clock()


@pytest.mark.parametrize("stage", ["device", "instructions", "trial"])
def test_who_leaves_gives_the_place_back_once_and_answers_stay(store: Store, study_row: StudyRow, stage: str) -> None:
    walk = come(store)
    if stage != "device":
        walk.to_instructions()
    if stage == "trial":
        walk.to_trials()

    first = sessions.leave(store, walk.ticket)
    other = come(store)
    again = sessions.leave(store, walk.ticket)

    assert (first.name, again.name) == ("left", "left")
    assert rows(store.engine, SessionRow)[0].place_id == rows(store.engine, SessionRow)[1].place_id
    assert all_places(store.engine)[0].state == "taken"
    assert sessions.resume(store, other.ticket).name == "device"
    assert len(rows(store.engine, TrialRow)) == (8 if stage == "trial" else 0)


def test_the_newest_tab_wins_and_the_older_one_is_told(store: Store, study_row: StudyRow) -> None:
    old = come(store).to_trials()
    new = Ticket(old.ticket.token, f"tab-{next(TABS):020d}")

    assert refusal(sessions.leave, store, new).kind == "moved"
    assert sessions.resume(store, new) == old.step
    for event in (sessions.begin, sessions.leave, sessions.finish):
        assert refusal(event, store, old.ticket).kind == "moved"
    assert refusal(old.answer).kind == "moved"
    assert sessions.resume(store, old.ticket) == old.step
    assert refusal(sessions.leave, store, new).kind == "moved"


NO_TOKENS = ["", "x" * 32, "nul\x00" * 8, "ß" * 20, "../../etc/passwd-and-more"]


def test_an_unknown_token_is_refused(store: Store, study_row: StudyRow) -> None:
    come(store)

    for token in NO_TOKENS:
        assert refusal(sessions.resume, store, Ticket(token, "a-tab-of-a-browser")).kind == "no_session"


@pytest.mark.slow
def test_a_session_begins_with_the_trials_of_its_plan(store: Store, study_row: StudyRow, clock: Clock) -> None:
    come(store)
    come(store).to_trials()

    row = rows(store.engine, SessionRow)[1]
    trials = rows(store.engine, TrialRow)
    plan = plan_session(Study.from_json(study_row.config), row.arm, row.rank, row.seed)
    assert tuple(trial_of(trial.kind, trial.stimuli, trial.turns) for trial in trials) == plan.trials
    assert [trial.number for trial in trials] == list(range(8))
    assert [trial.state for trial in trials] == ["open"] + ["planned"] * 7
    assert (row.started_at, trials[0].released_at) == (clock(), clock())
    assert len({trial.nonce for trial in trials}) == 8


def test_a_row_says_where_and_when_the_fake_is_shown(store: Store, study_row: StudyRow) -> None:
    come(store).to_trials()

    for trial in rows(store.engine, TrialRow):
        fake = next(place for place, (_, condition) in enumerate(trial.stimuli) if condition != "real")
        assert trial.fake_place == fake
        assert trial.turns[trial.fake_turn] == fake


@pytest.mark.parametrize(
    ("protocol", "conditions", "kinds"),
    [
        ("pairwise", ("ours", "theirs"), {(None, True), (0, False), (1, False)}),
        ("single", ("ours", "theirs"), {(None, False), (0, False)}),
    ],
)
def test_without_one_fake_among_the_images_its_place_is_unknown(
    store: Store, tmp_path: Path, protocol: str, conditions: tuple[str, ...], kinds: set[tuple[int | None, bool]]
) -> None:
    make_study(store.engine, tmp_path, protocol=protocol, conditions=conditions)
    come(store).to_trials()

    trials = rows(store.engine, TrialRow)
    assert {(trial.fake_place, trial.other_condition_id is not None) for trial in trials} <= kinds
    assert any(trial.fake_place is None for trial in trials)


@pytest.mark.slow
def test_beginning_twice_at_once_plans_once(store: Store, study_row: StudyRow) -> None:
    walk = come(store).to_instructions()

    steps = at_once(8, lambda number: sessions.begin(store, walk.ticket))

    assert len({step.facts["nonce"] for step in steps}) == 1
    assert len(rows(store.engine, TrialRow)) == 8
    assert len(rows(store.engine, AddressRow)) == 16


@pytest.mark.slow
def test_leaving_finishing_and_sweeping_at_once_release_a_place_at_most_once(
    store: Store, study_row: StudyRow, clock: Clock
) -> None:
    walks = [come(store).to_trials().to_comment(clock) for _ in range(6)]
    clock.go(hours=1)

    def end(number: int) -> Any:
        walk = walks[number // 3]
        events = (sessions.leave, sessions.finish, lambda store, ticket: sweep(store.engine, store.clock))
        return events[number % 3](store, walk.ticket)

    at_once(18, end)
    sweep(store.engine, store.clock)

    held = {row.place_id: row for row in rows(store.engine, SessionRow)}
    assert len(held) == 6
    for place in all_places(store.engine):
        row = held[place.id]
        assert (place.state, row.released_at is None) in {("done", True), ("free", False)}
        assert (row.state == "finished") == (place.state == "done")


def test_events_are_kept_once(store: Store, study_row: StudyRow) -> None:
    walk = come(store)
    told = [{"kind": "hidden", "at_ms": 10.5, "facts": {"block": "test"}}, {"kind": "blur", "at_ms": 11}]

    sessions.events(store, walk.ticket, told)
    sessions.events(store, walk.ticket, [*told, {"kind": "hidden", "at_ms": 12}])

    kept = [(row.kind, row.facts) for row in rows(store.engine, EventRow)]
    assert kept == [
        ("hidden", {"block": "test", "at_ms": 10.5}), ("blur", {"at_ms": 11}), ("hidden", {"at_ms": 12}),
    ]  # fmt: skip


@pytest.mark.slow
def test_a_session_keeps_a_bounded_number_of_events(
    store: Store, study_row: StudyRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "EVENTS", 5)
    walk = come(store)
    for start in (0, 4, 8):
        sessions.events(store, walk.ticket, [{"kind": "blur", "at_ms": start + k} for k in range(4)])

    assert [row.facts["at_ms"] for row in rows(store.engine, EventRow)] == [0, 1, 2, 3, 4]


NO_EVENTS: list[Any] = [
    None,
    [{}] * 101,
    [{}],
    ["blur"],
    [{"kind": "blur"}],
    [{"kind": "a b", "at_ms": 1}],
    [{"kind": "blur", "at_ms": -1}],
    [{"kind": "blur", "at_ms": 1, "facts": {"a": {}}}],
    [{"kind": "blur", "at_ms": 1, "facts": [1]}],
]


def test_events_that_are_none_are_refused(store: Store, study_row: StudyRow) -> None:
    walk = come(store)

    for told in NO_EVENTS:
        assert refusal(sessions.events, store, walk.ticket, told).kind == "bad"
    assert not rows(store.engine, EventRow)


WRONG_VALUES: list[tuple[Any, tuple[Any, ...]]] = [
    (sessions.consent, ("v1", "yes")),
    (sessions.consent, (1, True)),
    (sessions.color_vision, ("no",)),
    (sessions.color_vision, ([{}],)),
    (sessions.color_vision, (["no"] * 21,)),
    (sessions.comment, (None,)),
    (sessions.comment, ("x" * 5001,)),
    (sessions.comment, ("nul\x00",)),
    (sessions.device, ({},)),
    (sessions.device, ({**DEVICE, "touch": 1},)),
    (sessions.device, ({**DEVICE, "width": 0},)),
    (sessions.device, ({**DEVICE, "refresh_hz": None},)),
    (sessions.device, ({**DEVICE, "more": {"a": 1}},)),
]


@pytest.mark.slow
def test_values_of_the_wrong_kind_are_refused(store: Store, study_row: StudyRow) -> None:
    walk = come(store)

    for event, arguments in WRONG_VALUES:
        assert refusal(event, store, walk.ticket, *arguments).kind == "bad"
    assert sessions.resume(store, walk.ticket) == walk.step


@pytest.mark.slow
def test_images_of_a_long_session_stay_reachable(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store).to_trials()
    clock.go(hours=23)

    sessions.resume(store, walk.ticket)

    assert {row.expires_at for row in rows(store.engine, AddressRow)} == {clock() + timedelta(days=1)}


@pytest.mark.slow
def test_a_paused_study_lets_those_go_on_who_are_in(store: Store, study_row: StudyRow, clock: Clock) -> None:
    walk = come(store)
    set_state(store.engine, "paused")

    assert sessions.finish(store, walk.to_trials().to_comment(clock).ticket).name == "finished"


def test_what_fails_halfway_leaves_nothing(store: Store, study_row: StudyRow, monkeypatch: pytest.MonkeyPatch) -> None:
    walk = come(store).to_instructions()

    def fail(*_: Any) -> None:
        raise ConnectionError("the power went out")

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "show", fail)
        with pytest.raises(ConnectionError):
            sessions.begin(store, walk.ticket)

    assert not rows(store.engine, TrialRow)
    assert not rows(store.engine, AddressRow)
    assert sessions.begin(store, walk.ticket).name == "trial"


def test_a_study_is_read_once(store: Store, study_row: StudyRow) -> None:
    come(store)
    [known] = store.studies.values()
    with session_scope(store.engine, read_only=True) as db:
        again = store.study(db, study_row.sha256, study_row.id)

    assert again is known
    assert again.hash == study_row.sha256


def test_a_refusal_is_a_sentence() -> None:
    assert str(Refused("bad", "Why not.")) == "Why not."
