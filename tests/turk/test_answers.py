"""Answers: kept once, before they are acknowledged, and never lost."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from tests.turk.studies_made import SYNTHETIC_KEY, make_store, make_study
from tests.turk.test_places import at_once
from tests.turk.walking import Clock, Walk, come, refusal, rows, seen
from turk import answers, sessions
from turk.answers import Feedback, answer
from turk.design import plan_session
from turk.image_tables import AddressRow
from turk.refusals import Refused
from turk.store import Store
from turk.study import Study
from turk.sweeping import sweep
from turk.tables import SessionRow, StudyRow, TrialRow


@pytest.fixture
def walk(store: Store, study_row: StudyRow, clock: Clock) -> Walk:
    """Somebody whose first images have been shown."""
    there = come(store).to_trials()
    clock.go(seconds=4)
    return there


def nonce_of(walk: Walk) -> str:
    """The open trial's."""
    return str(walk.step.facts["nonce"])


@pytest.mark.slow
def test_an_answer_is_kept_with_what_it_means_and_how_the_images_were_seen(walk: Walk, clock: Clock) -> None:
    given = seen(walk.step, "left", refresh_hz=120.0)

    answered = answer(walk.store, walk.ticket, nonce_of(walk), given)

    first, second, *_ = rows(walk.store.engine, TrialRow)
    assert (first.state, first.answer, first.rt_ms, first.answered_at) == ("answered", "left", 420.5, clock())
    assert first.correct == (first.fake_place == 0)
    assert first.value == (0.0 if first.correct else 1.0)
    assert (first.valid, first.measured_ms, first.refresh_hz) == (True, 1000, 120)
    assert first.exposure == given.exposure
    assert (second.state, second.released_at) == ("open", clock())
    assert answered.step.facts["nonce"] == second.nonce
    assert (answered.step.done, answered.step.total, answered.step.facts["number"]) == (1, 8, 2)


@pytest.mark.slow
def test_practice_tells_the_truth_after_the_answer_and_the_test_tells_nothing(walk: Walk, clock: Clock) -> None:
    trials = rows(walk.store.engine, TrialRow)
    told = []
    while walk.step.name == "trial":
        told.append(walk.answer("right").feedback)
        clock.go(seconds=4)

    sides = ["left" if trial.fake_place == 0 else "right" for trial in trials]
    assert told[:2] == [Feedback(side == "right", side) for side in sides[:2]]
    assert told[2:] == [None] * 6


def test_the_same_answer_again_gives_the_same_result(walk: Walk, clock: Clock) -> None:
    first = walk.answer()
    nonce, given = walk.answered[0]
    clock.go(seconds=30)

    assert answer(walk.store, walk.ticket, nonce, given) == first
    assert [row.state for row in rows(walk.store.engine, TrialRow)].count("answered") == 1
    assert rows(walk.store.engine, TrialRow)[1].released_at < clock()


@pytest.mark.slow
def test_the_same_answer_to_an_older_trial_still_gives_its_feedback(walk: Walk, clock: Clock) -> None:
    first = walk.answer()
    for _ in range(3):
        clock.go(seconds=4)
        walk.answer()

    again = answer(walk.store, walk.ticket, *walk.answered[0])

    assert again.feedback == first.feedback
    assert again.step == walk.step


@pytest.mark.parametrize("change", [{"answer": "right"}, {"rt_ms": 421}, {"exposure": {"shown": [], "hidden": False}}])
def test_another_answer_is_a_conflict_and_the_first_counts(walk: Walk, change: dict[str, Any]) -> None:
    walk.answer("left")
    nonce, given = walk.answered[0]
    before = rows(walk.store.engine, TrialRow)[0]

    assert refusal(answer, walk.store, walk.ticket, nonce, replace(given, **change)).kind == "conflict"
    after = rows(walk.store.engine, TrialRow)[0]
    assert (after.answer, after.rt_ms, after.exposure) == (before.answer, before.rt_ms, before.exposure)


@pytest.mark.slow
def test_an_answer_to_a_trial_that_is_not_open_is_refused(walk: Walk) -> None:
    later = rows(walk.store.engine, TrialRow)[3]

    assert refusal(answer, walk.store, walk.ticket, later.nonce, seen(walk.step)).kind == "step"
    assert rows(walk.store.engine, TrialRow)[3].answer is None


@pytest.mark.slow
def test_an_answer_to_somebody_elses_trial_is_unknown(walk: Walk, clock: Clock) -> None:
    other = come(walk.store).to_trials()
    clock.go(seconds=4)

    assert refusal(answer, walk.store, walk.ticket, nonce_of(other), seen(other.step)).kind == "unknown"
    assert refusal(answer, walk.store, walk.ticket, "x" * 32, seen(other.step)).kind == "unknown"
    assert {row.state for row in rows(walk.store.engine, TrialRow)} == {"open", "planned"}


NO_ANSWERS: list[dict[str, Any]] = [
    {"answer": "middle"},
    {"answer": None},
    {"answer": ["left"]},
    {"answer": "left\x00"},
    {"rt_ms": -1},
    {"rt_ms": math.nan},
    {"rt_ms": True},
    {"rt_ms": "400"},
    {"rt_ms": None},
    {"exposure": None},
    {"exposure": {"shown": [{}] * 3}},
    {"elapsed_ms": 5000},
    {"elapsed_ms": 5000, "synthetic_key": SYNTHETIC_KEY},
]


def test_an_answer_that_is_none_is_refused_and_nothing_is_written(walk: Walk) -> None:
    for change in NO_ANSWERS:
        given = replace(seen(walk.step), **change)
        assert refusal(answer, walk.store, walk.ticket, nonce_of(walk), given).kind == "bad"
    assert rows(walk.store.engine, TrialRow)[0].state == "open"


NO_NONCES = ["", "short", "nul\x00" * 8, "../" * 8, "ß" * 20]


@pytest.mark.slow
def test_a_name_that_no_trial_has_is_refused(walk: Walk) -> None:
    for nonce in NO_NONCES:
        assert refusal(answer, walk.store, walk.ticket, nonce, seen(walk.step)).kind == "bad"


@pytest.mark.slow
@pytest.mark.parametrize(("ms", "kind"), [(0, "early"), (2999, "early"), (3000, None), (3100, None)])
def test_an_answer_before_the_images_could_be_seen_is_refused(
    store: Store, study_row: StudyRow, clock: Clock, ms: int, kind: str | None
) -> None:
    # 500 ms of fixation, twice 1000 ms, and 600 ms between them; 100 ms are forgiven.
    walk = come(store).to_trials()
    clock.go(milliseconds=ms)

    if kind is None:
        assert walk.answer().step.done == 1
        return
    assert refusal(walk.answer).kind == kind
    assert rows(store.engine, TrialRow)[0].state == "open"
    clock.go(seconds=4)
    assert walk.answer().step.done == 1


def test_the_time_of_a_trial_counts_from_the_answer_before(walk: Walk, clock: Clock) -> None:
    walk.answer()
    clock.go(seconds=2)
    assert refusal(walk.answer).kind == "early"
    clock.go(seconds=2)
    assert walk.answer().step.done == 2


def test_a_synthetic_participant_may_have_a_clock_of_its_own(store: Store, study_row: StudyRow) -> None:
    walk = come(store, synthetic="attentive").to_trials()
    given = seen(walk.step)

    def put(**change: Any) -> Any:
        return answer(store, walk.ticket, nonce_of(walk), replace(given, **change))

    assert refusal(put).kind == "early"
    assert refusal(put, elapsed_ms=2000, synthetic_key=SYNTHETIC_KEY).kind == "early"
    assert refusal(put, elapsed_ms=4000, synthetic_key="another").kind == "bad"
    assert refusal(put, elapsed_ms="4000", synthetic_key=SYNTHETIC_KEY).kind == "bad"
    assert put(elapsed_ms=4000, synthetic_key=SYNTHETIC_KEY).step.done == 1


def spoil(walk: Walk, clock: Clock, number: int, **exposure: Any) -> None:
    """Answer up to a trial, which is not seen as planned."""
    while walk.step.facts["number"] <= number:
        walk.answer()
        clock.go(seconds=4)
    walk.answer(**(exposure or {"hidden": True}))
    clock.go(seconds=4)


@pytest.mark.slow
def test_a_test_trial_that_was_not_seen_as_planned_is_replaced_by_one_with_a_fresh_photo(
    walk: Walk, study_row: StudyRow, clock: Clock
) -> None:
    spoil(walk, clock, 3)

    trials = rows(walk.store.engine, TrialRow)
    spoiled, fresh = trials[3], trials[8]
    row = rows(walk.store.engine, SessionRow)[0]
    plan = plan_session(Study.from_json(study_row.config), row.arm, row.rank, row.seed)
    assert (spoiled.state, spoiled.valid) == ("answered", False)
    assert (fresh.number, fresh.replaces, fresh.state) == (8, 3, "planned")
    assert fresh.photo == plan.spare[0]
    assert fresh.photo not in {trial.photo for trial in trials[:8]}
    for same in ("kind", "condition_id", "turns", "fake_place", "fake_turn"):
        assert getattr(fresh, same) == getattr(spoiled, same)
    assert walk.step.total == 9
    walk.to_comment(clock)
    assert sessions.finish(walk.store, walk.ticket).name == "finished"


def test_a_replacement_that_fails_is_replaced_too(walk: Walk, clock: Clock) -> None:
    spoil(walk, clock, 7)
    assert (walk.step.facts["number"], walk.step.total) == (9, 9)
    walk.answer(hidden=True)
    clock.go(seconds=4)

    trials = rows(walk.store.engine, TrialRow)
    assert [trial.replaces for trial in trials[8:]] == [7, 8]
    assert len({trial.photo for trial in trials}) == 10
    assert walk.step.facts["nonce"] == trials[9].nonce


def test_the_same_spoiled_answer_again_makes_no_second_replacement(walk: Walk, clock: Clock) -> None:
    spoil(walk, clock, 3)

    answer(walk.store, walk.ticket, *walk.answered[-1])

    assert len(rows(walk.store.engine, TrialRow)) == 9


def test_practice_is_not_replaced(walk: Walk, clock: Clock) -> None:
    spoil(walk, clock, 0)

    trials = rows(walk.store.engine, TrialRow)
    assert trials[0].valid is False
    assert len(trials) == 8


@pytest.mark.slow
def test_when_photos_run_out_the_session_still_ends(store: Store, tmp_path: Path, clock: Clock) -> None:
    make_study(store.engine, tmp_path, photos=10)
    walk = come(store).to_trials()
    while walk.step.name == "trial":
        clock.go(seconds=4)
        walk.answer(hidden=True)

    trials = rows(store.engine, TrialRow)
    assert Counter(trial.valid for trial in trials) == {False: 10}
    assert [trial.replaces for trial in trials] == [None] * 8 + [2, 3]
    assert sessions.finish(store, walk.ticket).name == "finished"


@pytest.mark.slow
@pytest.mark.parametrize(("most", "total"), [(0, 8), (3, 11), (None, 20)])
def test_a_study_says_how_many_trials_are_replaced(
    store: Store, tmp_path: Path, clock: Clock, most: int | None, total: int
) -> None:
    make_study(store.engine, tmp_path, photos=20, settings={} if most is None else {"replacements": most})
    walk = come(store).to_trials()
    while walk.step.name == "trial":
        clock.go(seconds=4)
        walk.answer(hidden=True)

    assert len(rows(store.engine, TrialRow)) == total


@pytest.mark.slow
def test_one_answer_sent_many_times_at_once_is_kept_once(walk: Walk) -> None:
    given = seen(walk.step, hidden=True)

    results = at_once(12, lambda number: answer(walk.store, walk.ticket, nonce_of(walk), given))

    assert all(result == results[0] for result in results)
    states = Counter(row.state for row in rows(walk.store.engine, TrialRow))
    assert states == {"answered": 1, "open": 1, "planned": 6}


@pytest.mark.slow
def test_of_two_answers_sent_at_once_one_is_kept(walk: Walk) -> None:
    choices = ["left", "right"] * 6

    results = at_once(
        12, lambda number: answer(walk.store, walk.ticket, nonce_of(walk), seen(walk.step, choices[number]))
    )

    kept = rows(walk.store.engine, TrialRow)[0].answer
    for choice, result in zip(choices, results, strict=True):
        assert isinstance(result, Refused) == (choice != kept)
    assert {result.kind for result in results if isinstance(result, Refused)} == {"conflict"}


@pytest.mark.slow
def test_many_participants_at_once_lose_no_answer(engine: Engine, tmp_path: Path) -> None:
    make_study(engine, tmp_path, participants_per_condition=10)
    store = make_store(engine)

    def take(number: int) -> Walk:
        walk = come(store, synthetic="attentive", id=f"robot {number}").to_trials()
        while walk.step.name == "trial":
            given = replace(seen(walk.step), elapsed_ms=4000, synthetic_key=SYNTHETIC_KEY)
            walk.answered.append((nonce_of(walk), given))
            walk.step = answer(store, walk.ticket, nonce_of(walk), given).step
        sessions.finish(store, walk.ticket)
        return walk

    walks = at_once(16, take)

    there = {row.nonce: row.state for row in rows(engine, TrialRow)}
    sent = [nonce for walk in walks for nonce, _ in walk.answered]
    assert len(there) == len(sent) == len(set(sent)) == 16 * 8
    assert {there[nonce] for nonce in sent} == {"answered"}


def test_an_answer_that_cannot_be_committed_is_not_acknowledged(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> None:
    given, nonce = seen(walk.step, hidden=True), nonce_of(walk)

    def fail(*_: Any) -> None:
        raise ConnectionError("the power went out")

    with monkeypatch.context() as patch:
        patch.setattr(answers, "show", fail)
        with pytest.raises(ConnectionError):
            answer(walk.store, walk.ticket, nonce, given)

    assert [row.state for row in rows(walk.store.engine, TrialRow)] == ["open"] + ["planned"] * 7
    assert answer(walk.store, walk.ticket, nonce, given).step.done == 1


@pytest.mark.slow
def test_an_answer_after_leaving_is_refused(walk: Walk) -> None:
    sessions.leave(walk.store, walk.ticket)

    assert refusal(walk.answer).kind == "step"


@pytest.mark.slow
def test_a_replay_after_the_end_is_still_acknowledged(walk: Walk, clock: Clock) -> None:
    walk.to_comment(clock)
    done = sessions.finish(walk.store, walk.ticket)
    clock.go(hours=5)
    sweep(walk.store.engine, walk.store.clock)

    assert answer(walk.store, walk.ticket, *walk.answered[0]).step == done


@pytest.mark.slow
def test_nothing_that_a_test_trial_sends_depends_on_the_truth(walk: Walk, clock: Clock, study_row: StudyRow) -> None:
    study = Study.from_json(study_row.config)
    names = {"real", "random", "catch", "test-", "fake", *study.conditions, *study.photos}
    names |= {sha256 for files in study.stimuli.values() for sha256 in files.values()}
    while walk.step.name == "trial":
        said = str(walk.step.to_json(lambda token: token)).replace("which_is_fake", "")
        assert not [name for name in names if name in said]
        walk.answer()
        clock.go(seconds=4)


def test_images_may_be_fetched_three_trials_ahead_in_an_order_that_tells_nothing(walk: Walk) -> None:
    tokens: dict[int, list[str]] = {}
    numbers = {row.id: row.number for row in rows(walk.store.engine, TrialRow)}
    for row in sorted(rows(walk.store.engine, AddressRow), key=lambda row: row.place):
        tokens.setdefault(numbers[row.trial_id], []).append(row.token)

    assert walk.step.images == tuple(tokens[0])
    assert walk.step.ahead == tuple(token for number in (1, 2, 3) for token in sorted(tokens[number]))


@pytest.mark.slow
def test_in_a_rehearsal_who_knows_the_key_may_say_how_much_time_has_passed(engine: Engine, tmp_path: Path) -> None:
    make_study(engine, tmp_path / "street")
    clock = Clock()
    walk = come(make_store(engine, clock=clock)).to_trials()
    given = replace(seen(walk.step), elapsed_ms=60_000, synthetic_key=SYNTHETIC_KEY)

    assert "for synthetic participants alone" in str(refusal(answer, walk.store, walk.ticket, nonce_of(walk), given))
    store = make_store(engine, clock=clock, rehearsal=True)
    wrong = replace(given, synthetic_key="another key")
    assert "for synthetic participants alone" in str(refusal(answer, store, walk.ticket, nonce_of(walk), wrong))
    assert answer(store, walk.ticket, nonce_of(walk), given).step.done == 1
