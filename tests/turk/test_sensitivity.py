"""d', leanings, learning and reaction times, against tables, closed forms and planted observers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from tests.turk.planted import World, planted
from turk.course import LEARNING, REACTIONS, learning, reactions
from turk.sample import sample
from turk.sensitivity import PAIRS, SINGLES, pairs, singles

DRAWS = 1000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fooled", "d_prime"),
    [(0.05, 2.33), (0.10, 1.81), (0.20, 1.19), (0.25, 0.95), (0.30, 0.74), (0.323, 0.65), (0.35, 0.54), (0.40, 0.36),
     (0.45, 0.18), (0.50, 0.0)],
)  # fmt: skip
def test_d_prime_of_pairs_is_that_of_the_published_table(fooled: float, d_prime: float) -> None:
    responses, sessions = planted(World({"a": 0.3}, people=25, trials=200, photos=300, catch=0))
    for place in (0, 1):
        mine = responses.index[responses["fake_place"] == place]
        wrong = np.arange(len(mine)) < fooled * len(mine)
        responses.loc[mine, "correct"] = ~wrong
        responses.loc[mine, "answer"] = np.where(wrong == (place == 0), "right", "left")

    [row] = pairs(sample(responses, sessions), ("a",), 200, 0).to_dict("records")

    assert list(row) == list(PAIRS)
    assert row["d_prime"] == pytest.approx(d_prime, abs=0.01)
    assert row["criterion"] == pytest.approx(0, abs=0.01)
    assert row["left"] == pytest.approx(0.5, abs=0.01)


@pytest.mark.slow
def test_a_leaning_to_the_right_shows_in_c_and_in_the_share_of_left_and_not_in_d_prime() -> None:
    fair, leaning = (
        pairs(sample(*planted(World({"a": 0.2}, side=side, photos=400, seed=5))), ("a",), DRAWS, 0).iloc[0]
        for side in (0.0, 1.2)
    )

    assert leaning["left_high"] < 0.5
    assert leaning["left_p"] < 0.01
    assert leaning["criterion_low"] > 0
    assert fair["left_p"] > 0.01
    assert abs(fair["d_prime"] - leaning["d_prime"]) < 0.35


def test_d_prime_is_the_log_linear_one_by_hand() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=4, trials=10, photos=30, catch=0))
    left = responses["answer"] == "left"
    fake_left = responses["fake_place"] == 0
    hits = ((left & fake_left).sum() + 0.5) / (fake_left.sum() + 1)
    alarms = ((left & ~fake_left).sum() + 0.5) / ((~fake_left).sum() + 1)

    [row] = pairs(sample(responses, sessions), ("a",), 200, 0).to_dict("records")

    assert row["d_prime"] == pytest.approx((norm.ppf(hits) - norm.ppf(alarms)) / np.sqrt(2))
    assert row["criterion"] == pytest.approx(-(norm.ppf(hits) + norm.ppf(alarms)) / 2)
    assert row["d_prime_low"] < row["d_prime"] < row["d_prime_high"]


def test_an_effect_of_the_turn_is_found_where_images_come_in_turn() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=30, seed=2))
    first = responses["fake_turn"].eq(0) & responses["kind"].eq("test")
    chosen = np.random.default_rng(0).random(len(responses)) < 0.4
    responses.loc[first & chosen, "correct"] = False

    [row] = pairs(sample(responses, sessions), ("a",), DRAWS, 0).to_dict("records")

    assert row["first"] > row["second"]
    assert row["order"] == pytest.approx(row["first"] - row["second"])
    assert row["order_low"] > 0
    assert row["order_p"] < 0.01


def test_images_shown_at_once_have_no_turn() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=10))
    responses["fake_turn"] = responses["fake_place"]

    [row] = pairs(sample(responses, sessions), ("a",), 200, 0).to_dict("records")

    assert np.isnan([row["first"], row["order"], row["order_p"]]).all()


def test_single_images_have_errors_of_two_kinds() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=10, trials=40, catch=0))
    responses["answer"] = "fake"
    responses["condition"] = np.where(responses["number"] % 2 == 0, "a", "real")
    rank = responses["number"] // 2
    fakes = responses["condition"] == "a"
    # 6 of 20 fakes called real, 2 of 20 real photos called fake, by everybody.
    responses["correct"] = np.where(fakes, rank >= 6, rank >= 2)

    [row] = singles(sample(responses, sessions), ("a",), 200, 0).to_dict("records")

    assert list(row) == list(SINGLES)
    assert (row["on_fakes"], row["on_reals"], row["both"]) == pytest.approx((0.3, 0.1, 0.2))
    hits, alarms = 1 - (60 + 0.5) / 201, (20 + 0.5) / 201
    assert row["d_prime"] == pytest.approx(norm.ppf(hits) - norm.ppf(alarms))
    assert row["criterion"] == pytest.approx(-(norm.ppf(hits) + norm.ppf(alarms)) / 2)


def test_each_table_is_empty_where_its_question_was_not_asked() -> None:
    two = sample(*planted(World({"a": 0.3}, people=3)))
    responses, sessions = planted(World({"a": 0.3}, people=3))
    one = sample(responses.assign(answer="real"), sessions)

    assert singles(two, ("a",), 100, 0).empty
    assert pairs(one, ("a",), 100, 0).empty
    assert list(singles(two, ("a",), 100, 0).columns) == list(SINGLES)


def test_learning_is_the_second_half_less_the_first() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=20, trials=40, seed=1))
    late = responses["number"].ge(20) & responses["kind"].eq("test")
    responses.loc[late, "value"] = responses.loc[late, "value"] * (np.arange(late.sum()) % 2)

    [row] = learning(sample(responses, sessions), ("a",), DRAWS, 0).to_dict("records")

    assert list(row) == list(LEARNING)
    test = responses[responses["kind"].eq("test")]
    halves = [test.loc[test["number"].lt(20) == early, "value"].mean() for early in (True, False)]
    assert row["change"] == pytest.approx(halves[1] - halves[0])
    assert np.mean([row["first"], row["second"]]) == pytest.approx(halves[0])
    assert row["high"] < 0
    assert row["p"] < 0.01


def test_reaction_times_are_quartiles_and_counts() -> None:
    responses, sessions = planted(World({"a": 0.3}, people=1, trials=5, photos=20))
    responses.loc[responses["kind"].eq("test"), "rt_ms"] = [100.0, 200.0, 300.0, 400.0, 20_000.0]
    responses.loc[responses["kind"].eq("test"), "correct"] = [True, True, True, False, False]

    [row] = reactions(sample(responses, sessions), ("a", "unseen")).to_dict("records")

    assert row == dict(zip(REACTIONS, ("a", 5, 200, 300, 400, 200, 10_200, 1, 1), strict=True))
