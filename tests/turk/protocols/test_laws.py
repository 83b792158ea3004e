"""What holds for every protocol, found in the package without being named here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from evalsuite.errors import UserError
from tests.turk.protocols.defaults import at_defaults
from turk.balance import halves
from turk.design import arms_of, block_order, plan_session
from turk.observers import Law, Observer, make_population
from turk.registry import protocol, protocols
from turk.study import REAL, Protocol, Study, Trial

LAWFUL = pytest.mark.parametrize("name", sorted(protocols()))
PLANTED = {"ours": 0.13, "theirs": 0.32, "others": 0.5}
PEOPLE = 120
SEEDS = st.integers(0, 2**63)


def study(name: str, photos: int | None = None, **changes: object) -> Study:
    """A study with three conditions and a catch condition, at the protocol's defaults but for the changes."""
    return at_defaults(name, tuple(PLANTED), "random", photos, changes)


@st.composite
def studies(draw: st.DrawFn, name: str) -> Study:
    numbers = {"practice": draw(st.integers(0, 8)), "test": draw(st.integers(2, 25)), "catch": draw(st.integers(0, 6))}
    spare = draw(st.integers(0, 30))
    return replace(study(name, sum(numbers.values()) + spare, **numbers), seed=draw(SEEDS))


def plan_of(study: Study, rank: int, seed: int) -> tuple[Trial, ...]:
    arms = arms_of(study)
    return plan_session(study, arms[seed % len(arms)], rank, seed).trials


def block(trials: Iterable[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.kind != "practice"]


def uneven(counts: Counter[object], known: Iterable[object]) -> int:
    numbers = [counts[name] for name in known]
    return max(numbers) - min(numbers)


def swapped(trial: Trial) -> Trial:
    """What is true turned round: the conditions change places, and what was real is not."""
    conditions = [stimulus.condition for stimulus in trial.stimuli]
    turned = conditions[::-1] if len(conditions) > 1 else ["ours" if conditions[0] == REAL else REAL]
    stimuli = [replace(old, condition=new) for old, new in zip(trial.stimuli, turned, strict=True)]
    return replace(trial, stimuli=tuple(stimuli))


@LAWFUL
@settings(max_examples=20, deadline=None)
@given(data=st.data(), rank=st.integers(0, 50), seed=SEEDS)
def test_a_session_has_the_trials_that_were_asked_for_and_no_photo_twice(
    name: str, data: st.DataObject, rank: int, seed: int
) -> None:
    asked = data.draw(studies(name))
    plan = plan_session(asked, arms_of(asked)[0], rank, seed)

    kinds = Counter(trial.kind for trial in plan.trials)
    assert [kinds[kind] for kind in ("practice", "test", "catch")] == [
        asked.parameters[kind] for kind in ("practice", "test", "catch")
    ]
    assert all(trial.kind == "practice" for trial in plan.trials[: asked.parameters["practice"]])
    used = [photo for trial in plan.trials for photo in trial.photos] + list(plan.spare)
    assert sorted(used) == sorted(asked.photos)


@LAWFUL
@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=SEEDS)
def test_a_trial_shows_its_condition_at_each_place_of_its_order(name: str, data: st.DataObject, seed: int) -> None:
    asked = data.draw(studies(name))
    arm = arms_of(asked)[seed % len(arms_of(asked))]
    tested = set(asked.conditions) if arm == "all" else {arm}

    for trial in plan_session(asked, arm, 0, seed).trials:
        shown = {stimulus.condition for stimulus in trial.stimuli} - {REAL}
        assert shown <= ({"random"} if trial.kind == "catch" else tested)
        assert sorted(trial.order) == list(range(len(trial.stimuli)))
        assert len(trial.photos) == 1


@LAWFUL
@settings(max_examples=30, deadline=None)
@given(data=st.data(), seed=SEEDS)
def test_sides_turns_and_what_is_shown_are_balanced_in_each_half(name: str, data: st.DataObject, seed: int) -> None:
    trials = block(plan_of(data.draw(studies(name)), 0, seed))
    tests = [trial for trial in trials if trial.kind == "test"]

    for part in (*halves(trials), tests):
        of_kind = [trial for trial in part if trial.kind == "test"]
        if protocol(name).measure == "fool_rate" and len(trials[0].stimuli) == 2:
            for some in (part, of_kind, [trial for trial in part if trial.kind == "catch"]):
                cells = Counter(cell(trial) for trial in some)
                slack = 1 if part is not tests else 2
                sequential = protocol(name).parameters.get("gap_ms") is not None
                known = [(place, turn) for place in (0, 1) for turn in (0, 1)]
                assert not sequential or uneven(Counter(cells), known) <= slack
                assert uneven(Counter(place for place, _ in cells.elements()), (0, 1)) <= slack
                assert uneven(Counter(turn for _, turn in cells.elements()), (0, 1)) <= slack
        elif len(trials[0].stimuli) == 2:
            pairs = Counter(tuple(stimulus.condition for stimulus in trial.stimuli) for trial in of_kind)
            unordered = Counter(frozenset(pair) for pair in pairs.elements())
            assert uneven(Counter(unordered), [frozenset(p) for p in combinations_of(PLANTED)]) <= 1
            assert all(abs(pairs[a, b] - pairs[b, a]) <= 1 for a, b in combinations_of(PLANTED))
        else:
            mixed = Counter(trial.stimuli[0].condition for trial in of_kind)
            arm = {*mixed} - {REAL}
            known_conditions = [REAL, *(PLANTED if protocol(name).measure != "fool_rate" else arm)]
            assert uneven(Counter(mixed), known_conditions) <= 1


def combinations_of(names: Iterable[str]) -> list[tuple[str, str]]:
    listed = list(names)
    return [(a, b) for number, a in enumerate(listed) for b in listed[number + 1 :]]


def cell(trial: Trial) -> tuple[int, int]:
    """Place and turn of the fake."""
    place = next(place for place, stimulus in enumerate(trial.stimuli) if stimulus.condition != REAL)
    return place, trial.order.index(place)


@LAWFUL
def test_catch_trials_are_spread_over_the_block(name: str) -> None:
    for seed in range(20):
        kinds = [trial.kind for trial in block(plan_of(study(name, test=40, catch=8), 0, seed))]

        assert [kinds[start : start + 6].count("catch") for start in range(0, 48, 6)] == [1] * 8


@LAWFUL
def test_catch_trials_come_at_every_turn(name: str) -> None:
    turns = {
        turn
        for seed in range(150)
        for turn, trial in enumerate(block(plan_of(study(name, test=10, catch=2), 0, seed)))
        if trial.kind == "catch"
    }

    assert turns == set(range(12))


@LAWFUL
@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=SEEDS)
def test_a_screen_tells_nothing_of_the_truth(name: str, data: st.DataObject, seed: int) -> None:
    asked = data.draw(studies(name))
    secret = {*asked.conditions, *asked.photos, "random"}

    for trial in plan_of(asked, 0, seed):
        screen = protocol(name).screen(trial, asked.parameters)
        assert screen == protocol(name).screen(swapped(trial), asked.parameters)
        if trial.kind != "practice":
            hidden = protocol(name).screen(replace(trial, kind="catch"), asked.parameters)
            assert screen == hidden == protocol(name).screen(replace(trial, kind="test"), asked.parameters)
            assert not screen.feedback
        assert not secret & set(strings(asdict(screen)))


def strings(value: object) -> Iterable[str]:
    """Every text inside a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.items():
            yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


@LAWFUL
@settings(max_examples=10, deadline=None)
@given(data=st.data(), rank=st.integers(0, 50), seed=SEEDS)
def test_equal_seeds_give_equal_plans_and_others_other_ones(
    name: str, data: st.DataObject, rank: int, seed: int
) -> None:
    asked = study(name, test=20)
    arm = data.draw(st.sampled_from(arms_of(asked)))
    again = Study.from_json(asked.to_json())

    assert plan_session(asked, arm, rank, seed) == plan_session(again, arm, rank, seed)
    assert plan_session(asked, arm, rank, seed) != plan_session(asked, arm, rank, seed + 1)
    assert plan_session(asked, arm, rank, seed) != plan_session(replace(asked, seed=1), arm, rank, seed)


@LAWFUL
def test_every_arm_tests_the_same_photos_and_all_are_tested_equally_often(name: str) -> None:
    asked = study(name, photos=70, practice=4, test=24, catch=4)
    arms = arms_of(asked)

    tested = {(arm, rank): photos_of(plan_session(asked, arm, rank, 7).trials) for arm in arms for rank in range(35)}

    assert all(tested[arm, rank] == tested[arms[0], rank] for arm, rank in tested)
    views = Counter(photo for rank in range(35) for photo in tested[arms[0], rank])
    assert set(views.values()) == {12}


def photos_of(trials: Sequence[Trial]) -> set[str]:
    return {photo for trial in trials if trial.kind == "test" for photo in trial.photos}


@LAWFUL
@settings(max_examples=20, deadline=None)
@given(seed=SEEDS, positions=st.integers(1, 200))
def test_each_block_of_places_has_each_arm_once(name: str, seed: int, positions: int) -> None:
    asked = replace(study(name), seed=seed)
    arms = arms_of(asked)

    order = block_order(asked, positions)

    assert len(order) == positions
    assert order == block_order(asked, 200)[:positions]
    for start in range(0, positions - len(arms) + 1, len(arms)):
        assert sorted(order[start : start + len(arms)]) == sorted(arms)


@LAWFUL
@settings(max_examples=20, deadline=None)
@given(data=st.data(), seed=SEEDS)
def test_every_choice_has_an_outcome_and_the_truth_is_the_only_right_one(
    name: str, data: st.DataObject, seed: int
) -> None:
    declared, asked = protocol(name), data.draw(studies(name))

    for trial in plan_of(asked, 0, seed):
        choices = declared.screen(trial, asked.parameters).choices
        outcomes = {choice: declared.score(trial, choice) for choice in choices}
        truth = declared.truth(trial)
        assert len({outcome.value for outcome in outcomes.values()}) == len(choices)
        if truth is not None:
            assert [choice for choice, outcome in outcomes.items() if outcome.correct] == [truth]
        elif trial.kind != "catch":
            assert {outcome.correct for outcome in outcomes.values()} == {None}
        if trial.kind == "catch":
            assert {True, False} == {outcome.correct for outcome in outcomes.values()}


@LAWFUL
def test_a_replacement_differs_by_its_photo_alone(name: str) -> None:
    plan = plan_session(study(name), arms_of(study(name))[0], 0, 3)

    for trial in plan.trials:
        fresh = protocol(name).replace(trial, plan.spare[0])
        assert fresh.photos == {plan.spare[0]}
        assert (fresh.kind, fresh.order) == (trial.kind, trial.order)
        assert [s.condition for s in fresh.stimuli] == [s.condition for s in trial.stimuli]


@LAWFUL
def test_too_few_photos_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="photos: one for each trial; got 7, expected at least 8"):
        plan_of(study(name, photos=7, practice=2, test=4, catch=2), 0, 0)


@LAWFUL
def test_catch_trials_without_a_catch_condition_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="catch: catch trials show the catch condition; got 2 catch trials and no"):
        plan_of(replace(study(name, catch=2), catch=None), 0, 0)


@LAWFUL
def test_the_protocol_says_where_it_is_from_and_has_bounds_around_its_defaults(name: str) -> None:
    declared = protocol(name)

    assert declared.name == name
    assert len(declared.source) > 100
    assert {"practice", "test", "catch", "size"} <= set(declared.parameters)
    for parameter in declared.parameters.values():
        assert parameter.help
        assert parameter.least is not None
        assert parameter.most is not None
        assert parameter.least <= parameter.default <= parameter.most


@cache
def answers(name: str) -> list[tuple[int, Trial, float]]:
    """What known observers answer at the protocol's default settings: person, trial, value."""
    asked = replace(study(name, photos=400), catch="random" if protocol(name).parameters["catch"].default else None)
    people = make_population(asked, PLANTED, seed=5, law=Law(side_bias=0.3))
    return [
        (number, trial, protocol(name).score(trial, told(asked, trial, observer, turn)).value)
        for number, arm in enumerate(block_order(asked, PEOPLE))
        for observer in [Observer(people, number)]
        for turn, trial in enumerate(plan_session(asked, arm, number // len(arms_of(asked)), number).trials)
        if trial.kind == "test"
    ]


def told(asked: Study, trial: Trial, observer: Observer, turn: int) -> str:
    return observer.answer(protocol(asked.protocol).screen(trial, asked.parameters), trial.stimuli, turn).choice


@pytest.mark.slow
@LAWFUL
def test_known_strengths_are_recovered_at_default_settings(name: str) -> None:
    declared: Protocol = protocol(name)
    groups: dict[object, tuple[float, list[tuple[int, float]]]] = {}
    for person, trial, value in answers(name):
        label, expected, turned = expectation(declared, trial)
        groups.setdefault(label, (expected, []))[1].append((person, 1 - value if turned else value))

    assert len(groups) >= 3
    for label, (expected, values) in groups.items():
        mean, error = clustered(values)
        assert abs(mean - expected) < 4 * error, (label, mean, expected, error)
        assert error < (0.15 if declared.measure == "rating" else 0.05), label


def expectation(declared: Protocol, trial: Trial) -> tuple[object, float, bool]:
    """A trial's group, the mean value planted in it, and whether this trial counts the other way round."""
    conditions = [stimulus.condition for stimulus in trial.stimuli]
    if declared.measure == "preference":
        left, right = sorted(conditions)
        lapse, bias = Law().lapse, 0.3
        # Sides are balanced, so the bias pulls one half of the trials up and the other down.
        strength = logit(PLANTED[right]) - logit(PLANTED[left])
        chance = lapse / 2 + (1 - lapse) * np.mean([expit(strength + bias), expit(strength - bias)])
        return (left, right), float(chance), conditions != [left, right]
    fakes = [condition for condition in conditions if condition != REAL]
    if declared.measure == "fool_rate":
        return (*fakes,), PLANTED[fakes[0]] if fakes else 0.15, False
    rate = PLANTED[fakes[0]] if fakes else 0.85
    return (*fakes,), 1 + 4 * rate if declared.measure == "rating" else rate, False


def clustered(values: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """A mean and its standard error, with people as clusters."""
    mean = float(np.mean([value for _, value in values]))
    sums: dict[int, float] = {}
    for person, value in values:
        sums[person] = sums.get(person, 0.0) + value - mean
    people = len(sums)
    return mean, float(np.sqrt(people / (people - 1) * sum(total**2 for total in sums.values()))) / len(values)
