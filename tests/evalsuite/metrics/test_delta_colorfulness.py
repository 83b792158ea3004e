"""delta_colorfulness: a difference of two sets, and its other reading."""

import numpy as np
import pytest

from evalsuite.metrics.delta_colorfulness import details, reduce

COLUMNS = {"output": np.array([10.0, 50.0]), "target.colorfulness": np.array([40.0, 30.0])}


def test_opposite_differences_of_photos_cancel_in_the_set() -> None:
    assert reduce(COLUMNS)(np.ones((1, 2)))[0] == pytest.approx(5)


def test_the_mean_over_photos_stands_beside_it() -> None:
    assert details(COLUMNS) == {"mean_per_photo": pytest.approx(25), "target_colorfulness": pytest.approx(35)}


def test_resampling_counts_weigh_outputs_and_targets_together() -> None:
    np.testing.assert_allclose(reduce(COLUMNS)(np.array([[2.0, 0.0], [0.0, 2.0]])), [30, 20])
