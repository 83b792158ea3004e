"""Frechet and kernel distances against scipy, torch-fidelity's formula and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import linalg

import evalsuite.frechet
from evalsuite.errors import UserError
from evalsuite.frechet import frechet, gaussian_distance, kernel

Floats = NDArray[np.float64]


def features(n: int, d: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Make correlated features of outputs and targets that resemble each other."""
    rng = np.random.default_rng(seed)
    mixing = rng.normal(size=(d, d)) * (1 + np.arange(d)) ** -0.7
    targets = rng.gamma(1.0, size=(n, d)) @ mixing
    return 0.8 * targets + 0.3 * rng.normal(size=(n, d)) @ mixing + 0.1, targets


def reference(outputs: Floats, targets: Floats) -> float:
    """Compute the distance as pytorch-fid does: scipy's square root of the product of covariances."""
    shift = outputs.mean(0) - targets.mean(0)
    c1, c2 = np.cov(outputs, rowvar=False), np.cov(targets, rowvar=False)
    root = linalg.sqrtm(c1 @ c2)
    return float(shift @ shift + np.trace(c1) + np.trace(c2) - 2 * np.trace(root).real)


@pytest.mark.parametrize(("n", "d"), [(300, 40), (60, 40), (40, 40), (39, 40)])
def test_distance_is_that_of_scipys_matrix_square_root(n: int, d: int) -> None:
    outputs, targets = features(n, d)

    assert frechet(outputs, targets).mean() == pytest.approx(reference(outputs, targets), rel=1e-6)


def test_distance_with_fewer_photos_than_features_is_that_of_the_eigenvalues_of_the_product() -> None:
    outputs, targets = features(20, 60)
    c1, c2 = np.cov(outputs, rowvar=False), np.cov(targets, rowvar=False)
    overlap = np.sqrt(np.sort(linalg.eigvals(c1 @ c2).real)[-19:]).sum()  # the others are 0 but for rounding
    shift = outputs.mean(0) - targets.mean(0)

    expected = shift @ shift + np.trace(c1) + np.trace(c2) - 2 * overlap

    assert frechet(outputs, targets).mean() == pytest.approx(expected, rel=1e-6)


def test_gaussian_distance_of_the_moments_is_the_distance_of_the_samples() -> None:
    outputs, targets = features(200, 12)
    moments = outputs.mean(0), np.cov(outputs, rowvar=False), targets.mean(0), np.cov(targets, rowvar=False)

    assert gaussian_distance(*moments) == pytest.approx(frechet(outputs, targets).mean(), rel=1e-9)


def test_gaussian_distance_of_commuting_covariances_is_closed_form() -> None:
    a, b = np.array([1.0, 4.0, 9.0]), np.array([16.0, 0.0, 1.0])

    assert gaussian_distance(np.ones(3), np.diag(a), np.zeros(3), np.diag(b)) == pytest.approx(3 + 9 + 4 + 4)


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs, targets = features(130, 12)
    whole, kernel_whole = frechet(outputs, targets), kernel(outputs, targets)[0]

    monkeypatch.setattr(evalsuite.frechet, "BLOCK", 50)

    np.testing.assert_allclose(frechet(outputs, targets), whole, rtol=1e-9)
    np.testing.assert_allclose(kernel(outputs, targets)[0], kernel_whole, rtol=1e-5)


@pytest.mark.parametrize(("n", "d"), [(60, 20), (20, 25)])
def test_pseudo_values_are_the_derivative_by_a_photos_weight(n: int, d: int) -> None:
    outputs, targets = features(n, d)
    values = frechet(outputs, targets)
    step = 1e-4
    for photo in (0, 7):
        towards = np.full(n, (1 - step) / n)
        towards[photo] += step

        slope = (weighted(outputs, targets, towards) - weighted(outputs, targets, np.full(n, 1 / n))) / step

        assert slope == pytest.approx(values[photo] - values.mean(), rel=2e-2, abs=1e-3)


def weighted(outputs: Floats, targets: Floats, shares: Floats) -> float:
    """Compute the distance of photos with unequal shares, the divisor n - 1 of covariances kept."""
    moments: list[Floats] = []
    for sample in (outputs, targets):
        mean = shares @ sample
        centred = sample - mean
        moments += [mean, (centred * shares[:, None]).T @ centred * len(sample) / (len(sample) - 1)]
    return gaussian_distance(*moments)


@pytest.mark.slow
def test_the_standard_error_is_that_of_fresh_photos() -> None:
    distances, errors = [], []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        targets = rng.gamma(1.0, size=(80, 30)) * (1 + np.arange(30)) ** -0.4
        values = frechet(0.9 * targets + 0.2 * rng.gamma(1.0, size=(80, 30)), targets)
        distances.append(values.mean())
        errors.append(values.std() / len(values) ** 0.5)

    assert np.mean(errors) == pytest.approx(np.std(distances), rel=0.15)


def brute_force(outputs: Floats, targets: Floats) -> tuple[float, float]:
    """Compute torch-fidelity's "unbiased" kernel distance, and its "u-statistic"."""
    n, d = outputs.shape
    xx, yy, xy = ((a @ b.T / d + 1) ** 3 for a, b in ((outputs, outputs), (targets, targets), (outputs, targets)))
    same = (xx.sum() - np.trace(xx) + yy.sum() - np.trace(yy)) / (n * (n - 1))
    return same - 2 * xy.mean(), same - 2 * (xy.sum() - np.trace(xy)) / (n * (n - 1))


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(n=st.integers(2, 30), d=st.integers(1, 20), seed=st.integers(0, 99))
def test_kernel_distance_is_that_of_brute_force(n: int, d: int, seed: int) -> None:
    outputs, targets = features(n, d, seed)

    values, all_pairs = kernel(outputs, targets)

    unbiased, paired = brute_force(outputs, targets)
    scale = ((np.square(outputs).sum(1).max() + np.square(targets).sum(1).max()) / d + 1) ** 3
    assert values.mean() == pytest.approx(paired, abs=1e-6 * scale)
    assert all_pairs == pytest.approx(unbiased, abs=1e-6 * scale)


@pytest.mark.slow
def test_kernel_pseudo_values_are_those_of_the_jackknife() -> None:
    outputs, targets = features(200, 30)
    values, _ = kernel(outputs, targets)
    left_out = [kernel(np.delete(outputs, k, 0), np.delete(targets, k, 0))[0].mean() for k in range(25)]

    jackknife = 200 * values.mean() - 199 * np.array(left_out)

    assert np.corrcoef(values[:25], jackknife)[0, 1] > 0.9999
    assert values[:25].std() == pytest.approx(jackknife.std(), rel=0.02)


def test_targets_are_at_distance_zero_from_themselves() -> None:
    _, targets = features(10, 30)

    assert not frechet(targets, targets).any()
    assert kernel(targets, targets)[0].mean() == pytest.approx(0, abs=1e-9)


def test_one_photo_has_no_distribution() -> None:
    one = np.ones((1, 4))

    assert np.isnan(frechet(one, one)).all()
    assert np.isnan(kernel(one, one)[0]).all()


@pytest.mark.parametrize("distance", [frechet, kernel])
def test_features_of_other_photos_are_refused(distance: object) -> None:
    assert callable(distance)
    with pytest.raises(UserError, match="same n photos"):
        distance(np.ones((3, 4)), np.ones((2, 4)))
