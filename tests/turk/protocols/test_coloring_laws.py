"""What holds for every protocol by which people color, found in the package without being named here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.errors import UserError
from tests.turk.protocols.defaults import at_defaults
from turk.balance import halves
from turk.design import arms_of, block_order, plan_session
from turk.registry import all_protocols, any_protocol, colorings, protocol, protocols
from turk.study import REAL, Study, Trial

LAWFUL = pytest.mark.parametrize("name", sorted(colorings()))
SEEDS = st.integers(0, 2**63)


def study(name: str, photos: int | None = None, **changes: object) -> Study:
    """A study at the protocol's defaults but for the changes."""
    return at_defaults(name, colorings()[name].conditions, None, photos, changes)


@st.composite
def studies(draw: st.DrawFn, name: str) -> Study:
    numbers = {"practice": draw(st.integers(0, 3)), "test": draw(st.integers(1, 25))}
    return replace(study(name, sum(numbers.values()) + draw(st.integers(0, 30)), **numbers), seed=draw(SEEDS))


def counting(trials: Iterable[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.kind == "test"]


def conditions_of(trials: Iterable[Trial]) -> list[str]:
    return [trial.stimuli[0].condition for trial in trials]


@LAWFUL
@settings(max_examples=20, deadline=None)
@given(data=st.data(), rank=st.integers(0, 50), seed=SEEDS)
def test_a_session_has_the_photos_that_were_asked_for_and_none_twice(
    name: str, data: st.DataObject, rank: int, seed: int
) -> None:
    asked = data.draw(studies(name))
    plan = plan_session(asked, "all", rank, seed)

    kinds = [trial.kind for trial in plan.trials]
    assert kinds == ["practice"] * asked.parameters["practice"] + ["test"] * asked.parameters["test"]
    used = [photo for trial in plan.trials for photo in trial.photos] + list(plan.spare)
    assert sorted(used) == sorted(asked.photos)
    assert all(len(trial.stimuli) == 1 and trial.order == (0,) for trial in plan.trials)
    assert {*conditions_of(plan.trials)} <= {*asked.conditions} - {REAL}


@LAWFUL
@settings(max_examples=30, deadline=None)
@given(data=st.data(), rank=st.integers(0, 50))
def test_conditions_are_balanced_in_each_half_of_a_session(name: str, data: st.DataObject, rank: int) -> None:
    asked = data.draw(studies(name))
    block = counting(plan_session(asked, "all", rank, 0).trials)

    for part in (block, *halves(block)):
        counts = [conditions_of(part).count(condition) for condition in asked.conditions]
        assert max(counts) - min(counts) <= 1


@LAWFUL
@settings(max_examples=30, deadline=None)
@given(data=st.data(), couple=st.integers(0, 25))
def test_two_people_color_the_same_photos_in_the_same_order_under_each_others_conditions(
    name: str, data: st.DataObject, couple: int
) -> None:
    asked = data.draw(studies(name))
    first, second = (plan_session(asked, "all", rank, rank).trials for rank in (2 * couple, 2 * couple + 1))

    assert [trial.photos for trial in first] == [trial.photos for trial in second]
    pairs = zip(conditions_of(counting(first)), conditions_of(counting(second)), strict=True)
    assert all({*pair} == {*asked.conditions} for pair in pairs)


@LAWFUL
def test_photos_and_turns_have_each_condition_equally_often_over_people(name: str) -> None:
    asked = study(name, photos=30, practice=1, test=10)
    plans = [plan_session(asked, "all", rank, 0).trials for rank in range(12)]

    colored = Counter((photo, c) for plan in plans for trial in counting(plan) for photo, c in pairs_of(trial))
    turns = Counter((turn, c) for plan in plans for turn, c in enumerate(conditions_of(counting(plan))))

    assert {colored[photo, c] for photo in asked.photos for c in asked.conditions} == {2}
    assert {turns[turn, c] for turn in range(10) for c in asked.conditions} == {6}


def pairs_of(trial: Trial) -> list[tuple[str, str]]:
    return [(stimulus.photo, stimulus.condition) for stimulus in trial.stimuli]


@LAWFUL
@settings(max_examples=10, deadline=None)
@given(rank=st.integers(0, 50), seed=SEEDS)
def test_a_plan_hangs_on_the_study_and_the_rank_alone(name: str, rank: int, seed: int) -> None:
    asked = study(name, test=20)
    again = Study.from_json(asked.to_json())

    assert plan_session(asked, "all", rank, seed) == plan_session(again, "all", rank, seed + 1)
    assert plan_session(asked, "all", rank, seed) != plan_session(asked, "all", rank + 1, seed)
    assert plan_session(asked, "all", rank, seed) != plan_session(replace(asked, seed=1), "all", rank, seed)


@LAWFUL
@settings(max_examples=20, deadline=None)
@given(data=st.data(), rank=st.integers(0, 9))
def test_a_task_tells_nothing_but_size_time_and_what_is_recommended(name: str, data: st.DataObject, rank: int) -> None:
    asked, declared = data.draw(studies(name)), colorings()[name]

    for trial in plan_session(asked, "all", rank, 0).trials:
        task = declared.task(trial, asked.parameters)
        [stimulus] = trial.stimuli
        elsewhere = replace(trial, stimuli=(replace(stimulus, photo=asked.photos[0]),))
        assert task == declared.task(elsewhere, asked.parameters)
        assert {*asdict(task)} == {"size", "seconds", "recommendations"}
        limit = "practice_seconds" if trial.kind == "practice" else "seconds"
        assert (task.size, task.seconds) == (asked.parameters["size"], asked.parameters[limit])


@LAWFUL
def test_everybody_colors_under_every_condition(name: str) -> None:
    asked = study(name)
    told = {colorings()[name].task(trial, asked.parameters) for trial in plan_session(asked, "all", 0, 0).trials}

    assert arms_of(asked) == ("all",)
    assert block_order(asked, 5) == ("all",) * 5
    assert {task.recommendations for task in told} == {True, False}


@LAWFUL
def test_too_few_photos_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="photos: one for each trial; got 5, expected at least 6"):
        plan_session(study(name, photos=5, practice=2, test=4), "all", 0, 0)


@LAWFUL
def test_the_protocol_says_where_it_is_from_and_has_bounds_around_its_defaults(name: str) -> None:
    declared = colorings()[name]

    assert declared.name == name
    assert len(declared.source) > 100
    assert len({*declared.conditions}) == len(declared.conditions) >= 2
    assert {"practice", "test", "size", "seconds", "practice_seconds", "point_size"} <= {*declared.parameters}
    for parameter in declared.parameters.values():
        assert parameter.help
        assert parameter.least is not None
        assert parameter.most is not None
        assert parameter.least <= parameter.default <= parameter.most


@LAWFUL
def test_what_judges_is_not_asked_of_a_protocol_that_colors(name: str) -> None:
    assert any_protocol(name) is colorings()[name]
    assert {*protocols()} | {*colorings()} == {*all_protocols()}
    with pytest.raises(UserError, match=f"protocol '{name}': people color photos there and judge nothing"):
        protocol(name)
