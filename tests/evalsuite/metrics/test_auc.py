"""auc against the trapezoid over 151 thresholds, and its curve."""

import numpy as np
import pytest
import torch

from evalsuite.metrics.auc import curve, measure, summarize
from evalsuite.views import Pair, View


@pytest.mark.slow
def test_the_closed_form_is_the_integral_of_the_curve() -> None:
    distance = torch.from_numpy(np.random.default_rng(0).rayleigh(12, (1, 250_000)))

    fine = np.linspace(0, 150, 15_001)
    share = np.searchsorted(np.sort(distance[0].numpy()), fine, side="right") / distance.shape[1]

    area = 1 - summarize(distance).clipped.item() / 150
    assert area == pytest.approx(np.trapezoid(share, fine) / 150, abs=1e-5)


def test_the_trapezoid_of_the_kept_curve_gives_the_score_of_photos() -> None:
    targets, outputs = np.random.default_rng(1).integers(0, 256, (2, 2, 3, 64, 64), dtype=np.uint8)

    rows = measure(Pair(View(torch.from_numpy(targets)), View(torch.from_numpy(outputs))))

    np.testing.assert_allclose(np.trapezoid(rows["cmf"].numpy(), axis=1) / 150, rows["value"], atol=1e-3)


def test_the_curve_counts_pixels_up_to_and_on_each_threshold() -> None:
    distance = torch.from_numpy(np.random.default_rng(2).choice([0, 0.5, 1, 1.5, 2, 149.5, 150, 150.5, 300], (3, 8, 9)))

    expected = [[(one <= t).mean() for t in range(151)] for one in distance.numpy()]

    counts = summarize(distance.flatten(1)).counts[:, :151]
    np.testing.assert_allclose(counts.cumsum(dim=1) / 72, expected, atol=1e-7)


def test_an_identical_photo_scores_one_at_every_threshold() -> None:
    image = View(torch.randint(0, 256, (1, 3, 8, 8), dtype=torch.uint8))

    rows = measure(Pair(image, image))

    assert rows["value"].item() == 1
    assert rows["cmf"].unique().tolist() == [1]


def test_errors_beyond_150_count_as_150() -> None:
    assert summarize(torch.tensor([[200.0, 1000.0]])).clipped.item() == 150


def test_the_band_of_the_curve_is_the_normal_one_of_a_mean() -> None:
    cmf = np.tile(np.array([[0.2], [0.4], [0.9]], np.float32), (1, 151))

    points = curve({"cmf": cmf})

    margin = 1.96 * np.std([0.2, 0.4, 0.9], ddof=1) / np.sqrt(3)
    assert points["threshold"] == list(range(151))
    assert points["share"][70] == pytest.approx(0.5)
    assert points["low"][70] == pytest.approx(0.5 - margin)
    assert points["high"][70] == pytest.approx(min(1, 0.5 + margin))


def test_a_single_photo_has_a_curve_without_a_band() -> None:
    points = curve({"cmf": np.full((1, 151), 0.25, np.float32)})

    assert points["low"] == points["share"] == points["high"]


def test_many_photos_are_read_in_parts() -> None:
    cmf = np.random.default_rng(3).random((5000, 151)).astype(np.float32)

    np.testing.assert_allclose(curve({"cmf": cmf})["share"], cmf.mean(axis=0, dtype=np.float64))
