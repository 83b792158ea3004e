"""The crossed-effects model against lme4 (lme4/make.R made the numbers) and against its own derivatives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from turk.glmm import Fit, fit
from turk.laplace import Model

FOLDER = Path(__file__).parent / "lme4"
NUMBERS = json.loads((FOLDER / "lme4.json").read_text())


def codes(column: pd.Series[Any]) -> NDArray[np.int64]:
    """Number the members of a group."""
    return np.unique(column.astype(str), return_inverse=True)[1].astype(np.int64)


def answers(slopes: bool) -> Model:
    """The stored answers, with or without an effect of photo within condition."""
    table = pd.read_csv(FOLDER / "answers.csv")
    design = np.stack([table["condition"].eq(name).to_numpy(float) for name in ("ours", "theirs")], 1)
    groups = {"participant": codes(table["participant"]), "photo": codes(table["photo"])}
    if slopes:
        groups["photo:condition"] = codes(table["photo"] + table["condition"])
    return Model(table["fooled"].to_numpy(np.float64), design.astype(np.float64), groups)


def herds() -> Model:
    """lme4's own example: serological cases in herds of cattle, counted by herd and period."""
    table = pd.read_csv(FOLDER / "cbpp.csv")
    rows = pd.concat([table, table], ignore_index=True)
    cases = np.repeat([1.0, 0.0], len(table))
    counts = np.concatenate([table["incidence"], table["size"] - table["incidence"]]).astype(float)
    periods = [np.ones(len(rows)), *(rows["period"].eq(k).to_numpy(float) for k in (2, 3, 4))]
    return Model(cases, np.stack(periods, 1), {"herd": codes(rows["herd"])}, counts)


def assert_like(found: Fit, numbers: dict[str, Any]) -> None:
    """Compare everything that lme4 prints; 1,000 times closer than a standard error."""
    groups = numbers["groups"] if isinstance(numbers["groups"], list) else [numbers["groups"]]
    spreads = dict(zip(groups, np.atleast_1d(numbers["spreads"]), strict=True))
    np.testing.assert_allclose(found.effects, numbers["effects"], atol=2e-5)
    np.testing.assert_allclose(found.errors, numbers["errors"], rtol=2e-4)
    np.testing.assert_allclose(found.covariance, numbers["covariance"], atol=2e-5)
    assert found.spreads == pytest.approx(spreads, abs=2e-5)
    assert found.converged


def test_people_and_photos_are_as_lme4_has_them() -> None:
    found = fit(answers(slopes=False))

    assert_like(found, NUMBERS["crossed"])
    assert found.deviance == pytest.approx(NUMBERS["crossed"]["deviance"], abs=1e-6)


def test_photos_within_conditions_are_as_lme4_has_them() -> None:
    found = fit(answers(slopes=True))

    assert_like(found, NUMBERS["sloped"])


def test_counted_rows_of_one_group_are_as_lme4_has_them() -> None:
    found = fit(herds())

    assert_like(found, NUMBERS["herds"])
    # As printed in lme4's documentation of glmer, to the digits that its default tolerance leaves.
    np.testing.assert_allclose(found.effects, [-1.398, -0.992, -1.128, -1.580], atol=1e-3)
    assert found.spreads["herd"] == pytest.approx(0.642, abs=1e-3)


@pytest.mark.parametrize("slopes", [False, True])
def test_the_gradient_is_that_of_the_deviance(slopes: bool) -> None:
    model = answers(slopes)
    at = np.array([-0.3, -1.0, 0.5, 0.8, 0.4][: 5 if slopes else 4])

    gradient = model.deviance(at[:2], at[2:])[1]

    for k, step in enumerate(1e-5 * np.eye(len(at))):
        above, below = ((at + sign * step) for sign in (1, -1))
        slope = (model.deviance(above[:2], above[2:])[0] - model.deviance(below[:2], below[2:])[0]) / 2e-5
        assert gradient[k] == pytest.approx(slope, abs=1e-4)


def test_a_group_without_spread_leaves_the_plain_logistic_model() -> None:
    rng = np.random.default_rng(0)
    answered = np.tile([1.0, 0.0, 0.0, 1.0], 50)
    groups = {"person": np.repeat(np.arange(50), 4), "photo": np.tile(np.arange(4), 50)}
    model = Model(answered, np.ones((200, 1)), {"person": groups["person"], "photo": rng.permutation(groups["photo"])})

    found = fit(model)

    assert found.spreads["person"] == pytest.approx(0, abs=1e-3)
    assert found.effects[0] == pytest.approx(0, abs=1e-6)
    assert found.errors[0] >= np.sqrt(1 / (200 * 0.25)) - 1e-6


def test_a_rate_is_averaged_over_people_and_photos() -> None:
    found = fit(answers(slopes=False))
    rng = np.random.default_rng(0)
    total = np.hypot(found.spreads["participant"], found.spreads["photo"])

    value, low, high = found.rate(1)

    drawn = 1 / (1 + np.exp(-(found.effects[1] + total * rng.normal(size=400_000))))
    assert value == pytest.approx(drawn.mean(), abs=1e-3)
    assert low < value < high


def test_a_contrast_takes_what_both_effects_share_out_of_its_error() -> None:
    found = fit(answers(slopes=False))

    difference, error = found.contrast(0, 1)

    assert difference == pytest.approx(found.effects[0] - found.effects[1])
    assert error < np.hypot(*found.errors)
