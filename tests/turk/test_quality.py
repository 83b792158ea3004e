"""Whom exclusion rules leave out, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from tests.turk.planted import World, planted
from turk.quality import BY_HAND, COLUMNS, exclude
from turk.rules import RULES, defaults, limit

WORLD = World({"ours": 0.3}, people=4, trials=40, seed=3)


def changed(session: int, kind: str, **columns: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Good answers of four people, but for one session's trials of a kind."""
    responses, sessions = planted(WORLD)
    mine = responses["session"].eq(session) & responses["kind"].eq(kind)
    for column, value in columns.items():
        responses.loc[mine, column] = value
    return responses, sessions


def why(frames: tuple[pd.DataFrame, pd.DataFrame], **rules: Any) -> dict[int, list[str]]:
    """Session to the rules that it breaks."""
    found = exclude(*frames, rules)
    sessions = found["session"].unique().tolist()
    return {session: found.loc[found["session"].eq(session), "rule"].tolist() for session in sessions}


@pytest.mark.slow
def test_nobody_who_looks_is_left_out_by_the_usual_rules() -> None:
    frames = planted(World({"ours": 0.3, "theirs": 0.13}, people=60, seed=1))

    found = exclude(*frames, defaults({"catch": 8, "practice": 10}))

    assert found.empty
    assert list(found.columns) == list(COLUMNS)


def test_catch_trials_that_are_missed_leave_out_with_a_sentence() -> None:
    frames = changed(2, "catch", correct=[True] * 5 + [False] * 3)

    found = exclude(*frames, {"catch_min_correct": 6})

    [row] = found.to_dict("records")
    assert (row["session"], row["arm"], row["rule"], row["value"]) == (2, "ours", "catch_min_correct", 5)
    assert row["reason"] == "5 of 8 catch trials right, 6 of 8 needed"
    assert not why(changed(2, "catch", correct=[True] * 6 + [False] * 2), catch_min_correct=6)


def test_nobody_fails_a_catch_trial_that_could_not_be_seen() -> None:
    unseen = {"correct": [True] * 4 + [False] * 4, "valid": [True] * 6 + [False] * 2}

    assert not why(changed(1, "catch", **unseen), catch_min_correct=6)
    assert why(changed(1, "catch", **{**unseen, "valid": True}), catch_min_correct=6) == {1: ["catch_min_correct"]}


def test_a_replacement_is_no_further_catch_trial() -> None:
    responses, sessions = changed(0, "catch", correct=[True] * 5 + [False] * 3)
    last = responses[responses["session"].eq(0) & responses["kind"].eq("catch")].tail(1)
    again = last.assign(number=99, replaces=last["number"], correct=True)
    responses.loc[last.index, "valid"] = False

    # 5 right, 2 wrong, 1 not seen; its replacement right: 6 of 8.
    assert not why((pd.concat([responses, again], ignore_index=True), sessions), catch_min_correct=6)


@pytest.mark.parametrize(
    ("rule", "threshold", "columns", "said"),
    [
        ("max_invalid_share", 0.25, {"valid": [False] * 11 + [True] * 29}, "11 of 40 exposures"),
        ("min_median_rt_ms", 300, {"rt_ms": [200.0] * 21 + [900.0] * 19}, "median reaction time 200 ms"),
        ("max_fast_share", 0.1, {"rt_ms": [149.0] * 5 + [900.0] * 35}, "5 of 40 answers within 150 ms"),
        ("max_slow_share", 0.1, {"rt_ms": [10_001.0] * 5 + [900.0] * 35}, "5 of 40 answers after more than 10 s"),
        ("same_side_p", 0.001, {"answer": ["left"] * 31 + ["right"] * 9}, "31 of 40 answers on one side"),
        ("max_same_side_run", 15, {"answer": ["left"] * 16 + ["right", "left"] * 12}, "16 answers in a row"),
    ],
)
def test_each_rule_names_what_it_found(rule: str, threshold: float, columns: dict[str, Any], said: str) -> None:
    found = exclude(*changed(3, "test", **columns), {rule: threshold})

    assert found["session"].tolist() == [3]
    assert said in found["reason"][0]


@pytest.mark.parametrize(
    ("rule", "threshold", "columns"),
    [
        ("max_invalid_share", 0.25, {"valid": [False] * 10 + [True] * 30}),
        ("min_median_rt_ms", 300, {"rt_ms": [200.0] * 19 + [900.0] * 21}),
        ("max_fast_share", 0.1, {"rt_ms": [149.0] * 4 + [900.0] * 36}),
        ("max_slow_share", 0.1, {"rt_ms": [10_001.0] * 4 + [900.0] * 36}),
        ("same_side_p", 0.001, {"answer": ["left"] * 30 + ["right"] * 10}),
        ("max_same_side_run", 15, {"answer": ["left"] * 15 + ["right", "left"] * 12 + ["right"]}),
    ],
)
def test_the_threshold_itself_is_still_allowed(rule: str, threshold: float, columns: dict[str, Any]) -> None:
    assert not why(changed(3, "test", **columns), **{rule: threshold})


def test_other_answers_than_sides_may_all_be_the_same() -> None:
    assert not why(changed(0, "test", answer="natural"), same_side_p=0.001, max_same_side_run=15)


def test_practice_counts_only_where_a_study_says_so() -> None:
    responses, sessions = changed(0, "catch", correct=False)
    responses["kind"] = responses["kind"].replace("catch", "practice")
    responses.loc[responses["session"].ne(0), "correct"] = True

    assert why((responses, sessions), practice_min_correct=1) == {0: ["practice_min_correct"]}
    assert "practice_min_correct" not in defaults({"practice": 10, "catch": 8})


def test_a_rule_that_is_turned_off_leaves_nobody_out() -> None:
    assert not why(changed(0, "test", rt_ms=10.0), min_median_rt_ms=None)


def test_unfinished_sessions_need_no_rule() -> None:
    responses, sessions = changed(0, "test", rt_ms=10.0)
    sessions.loc[sessions["session"] == 0, "state"] = "left"

    assert not why((responses, sessions), min_median_rt_ms=300)


def test_a_session_without_answers_breaks_no_rule() -> None:
    responses, sessions = planted(WORLD)

    assert exclude(responses.iloc[:0], sessions, defaults({"catch": 8})).empty


def test_a_person_is_left_out_by_hand_only_through_a_decision_with_its_reason() -> None:
    responses, sessions = planted(WORLD)
    decided = pd.DataFrame(
        {
            "session": [1, 2], "kind": ["exclude", "reject"], "by": ["ada", "ada"],
            "reason": ["told us that she clicked at random", "no"], "at": pd.Timestamp("2026-11-03", tz="UTC"),
        }
    )  # fmt: skip

    found = exclude(responses, sessions, {}, decided)

    assert found[["session", "rule", "reason"]].to_numpy().tolist() == [
        [1, BY_HAND, "decided by ada: told us that she clicked at random"]
    ]


def test_the_odds_that_the_rules_name_are_exact() -> None:
    assert binom.sf(5, 8, 0.5) == pytest.approx(0.14, abs=0.005)
    assert binom.cdf(5, 8, 0.95) == pytest.approx(0.006, abs=0.0005)
    for trials, side in ((40, 31), (50, 37), (60, 44), (100, 67)):
        assert 2 * binom.sf(side - 1, trials, 0.5) < 0.001 < 2 * binom.sf(side - 2, trials, 0.5)


def test_a_run_of_sixteen_is_rarer_than_one_in_a_thousand() -> None:
    coins = np.random.default_rng(0).random((100_000, 60)) < 0.5
    longest = np.zeros(len(coins), int)
    run = np.zeros(len(coins), int)
    for k in range(coins.shape[1]):
        run = np.where(k > 0, np.where(coins[:, k] == coins[:, k - 1], run + 1, 1), 1)
        longest = np.maximum(longest, run)

    assert np.mean(longest >= 16) < 0.001


def test_limits_follow_what_a_protocol_has() -> None:
    assert limit(RULES["catch_min_correct"], {"catch": 8}) == 8
    assert limit(RULES["catch_min_correct"], {"catch": 0}) < 0
    assert limit(RULES["min_median_rt_ms"], {}) == RULES["min_median_rt_ms"].most
    assert "catch_min_correct" not in defaults({"catch": 4})


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_a_stricter_share_leaves_out_no_fewer(a: float, b: float) -> None:
    rng = np.random.default_rng(0)
    responses, sessions = planted(WORLD)
    responses["rt_ms"] = rng.choice([100.0, 900.0], len(responses))
    strict, loose = sorted((a, b))

    assert len(exclude(responses, sessions, {"max_fast_share": strict})) >= len(
        exclude(responses, sessions, {"max_fast_share": loose})
    )
