"""psnr_rgb_pooled by hand and against psnr_rgb."""

import numpy as np
import pytest

from evalsuite.metrics.psnr_rgb_pooled import METRIC, reduce


def test_errors_are_averaged_before_the_logarithm() -> None:
    estimate = reduce({"mse": np.array([10.0, 1000.0], np.float32)})

    assert estimate(np.ones((1, 2)))[0] == pytest.approx(10 * np.log10(255**2 / 505))


def test_resampling_counts_weigh_the_photos() -> None:
    estimate = reduce({"mse": np.array([10.0, 1000.0], np.float32)})

    np.testing.assert_allclose(
        estimate(np.array([[2.0, 0.0], [0.0, 2.0]])), 10 * np.log10(255**2 / np.array([10, 1000]))
    )


@pytest.mark.slow
def test_a_dataset_of_identical_photos_counts_100_db() -> None:
    assert reduce({"mse": np.zeros(2)})(np.ones((1, 2)))[0] == pytest.approx(100)


def test_no_score_of_a_photo_is_kept_because_psnr_rgb_has_it() -> None:
    assert METRIC.reduce is reduce
