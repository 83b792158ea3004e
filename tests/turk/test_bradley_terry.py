"""Strengths from pairwise choices, against closed forms and another library's logistic regression."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from turk.bradley_terry import DIFFERENCES, STRENGTHS, circular_triads, fit, preferences, wins_of
from turk.sample import Sample, sample

NAMES = ("a", "b", "c", "d")
TRUE = np.array([0.8, 0.2, -0.3, -0.7])


def chosen(people: int = 40, trials: int = 40, side: float = 0.0, seed: int = 0) -> Sample:
    """Choices of people whose strengths are TRUE."""
    rng = np.random.default_rng(seed)
    places = list(permutations(range(4), 2))
    rows = []
    for session in range(people):
        for number in range(trials):
            left, right = places[rng.integers(len(places))]
            won = rng.random() < expit(TRUE[right] - TRUE[left] + side)
            rows.append(
                {"session": session, "number": number, "arm": "all", "kind": "test", "valid": True,
                 "photo": f"p{rng.integers(80)}", "condition": NAMES[left], "other_condition": NAMES[right],
                 "answer": "right" if won else "left", "value": float(won)}
            )  # fmt: skip
    return sample(pd.DataFrame(rows), pd.DataFrame({"session": range(people), "state": "finished"}))


@pytest.mark.slow
def test_planted_strengths_and_the_side_lie_in_their_intervals() -> None:
    found = preferences(chosen(side=0.3), NAMES, 1000, 0)

    assert list(found.strengths.columns) == list(STRENGTHS)
    assert found.strengths["value"].sum() == pytest.approx(0, abs=1e-6)
    for value, row in zip(TRUE, found.strengths.to_dict("records"), strict=True):
        assert row["new_low"] - 0.05 < value < row["new_high"] + 0.05
        assert row["these_low"] < row["value"] < row["these_high"]
    assert found.side["low"] < 0.3 < found.side["high"]
    assert found.side["p"] < 0.05


@pytest.mark.slow
def test_strengths_are_those_of_a_logistic_regression_on_which_was_shown_where() -> None:
    taken = chosen(side=0.3, seed=1)
    design = np.stack(
        [taken.where("other_condition", n).astype(float) - taken.where("condition", n) for n in NAMES[1:]]
        + [np.ones(len(taken.trials))], 1,
    )  # fmt: skip
    regression = LogisticRegression(C=1e9, fit_intercept=False, tol=1e-10, max_iter=10_000)
    coefficients = regression.fit(design, taken.where("answer", "right")).coef_[0]
    expected = np.append(0, coefficients[:3])

    found = preferences(taken, NAMES, 200, 0)

    np.testing.assert_allclose(found.strengths["value"], expected - expected.mean(), atol=1e-4)
    assert found.side["value"] == pytest.approx(coefficients[3], abs=1e-4)


def test_two_conditions_have_the_closed_form() -> None:
    # Right won 30 of 100 where b was right, and 60 of 100 where a was.
    fitted = fit(np.array([30.0, 60.0]), np.array([100.0, 100.0]), [(0, 1), (1, 0)], 2)

    b_over_a, side = (logit(0.3) - logit(0.6)) / 2, (logit(0.3) + logit(0.6)) / 2
    np.testing.assert_allclose(fitted, [-b_over_a / 2, b_over_a / 2, side], atol=1e-4)


def test_equal_records_have_equal_strengths() -> None:
    places = list(permutations(range(3), 2))

    fitted = fit(np.full(6, 5.0), np.full(6, 10.0), places, 3)

    np.testing.assert_allclose(fitted, 0, atol=1e-9)


def test_whoever_never_lost_stays_finite_and_first() -> None:
    fitted = fit(np.array([0.0, 20.0]), np.array([20.0, 20.0]), [(0, 1), (1, 0)], 2)

    assert np.isfinite(fitted).all()
    assert fitted[0] > 2 > fitted[1]


def test_differences_are_corrected_together_and_count_choices() -> None:
    taken = chosen(seed=2)
    table = preferences(taken, NAMES, 500, 0).differences

    assert list(table.columns) == list(DIFFERENCES)
    assert len(table) == 6
    assert (table["p_holm"] >= table["p"]).all()
    assert table["trials"].sum() == len(taken.trials)
    wins = wins_of(taken, NAMES)
    assert table["wins"].tolist() == [int(wins[a, b]) for a in range(4) for b in range(a + 1, 4)]


@pytest.mark.parametrize(
    ("wins", "triads"),
    [
        ([[0, 3, 1], [1, 0, 3], [3, 1, 0]], 1),
        ([[0, 3, 3], [1, 0, 3], [1, 1, 0]], 0),
        ([[0, 2, 2], [2, 0, 2], [2, 2, 0]], 0),
    ],
)
def test_a_ring_of_majorities_is_counted(wins: list[list[int]], triads: int) -> None:
    table: NDArray[np.int64] = np.array(wins)

    assert circular_triads(table) == triads
