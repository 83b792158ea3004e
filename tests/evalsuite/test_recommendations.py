"""Recommended colors, against scikit-learn's k-means, scikit-image's gamut and distributions worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import lab2rgb, rgb2lab
from sklearn.cluster import KMeans
from torch import Tensor

from evalsuite.bins import ab_bins
from evalsuite.contracts import Distribution
from evalsuite.errors import UserError
from evalsuite.recommendations import recommend_colors, snapped, weighted_clusters

ORIGIN = torch.zeros(1, 2, dtype=torch.int64)
MIDDLE = torch.tensor([[60.0]])


def mixtures(count: int, seed: int) -> Tensor:
    """Distributions over the 313 bins with some lumps, as networks give them."""
    rng = np.random.default_rng(seed)
    bins = ab_bins().double().numpy()
    weights = np.full((count, 313), 1e-6)
    for row in weights:
        for _ in range(rng.integers(1, 6)):
            center, width = rng.uniform(-70, 70, 2), rng.uniform(6, 25)
            row += rng.random() * np.exp(-((bins - center) ** 2).sum(1) / (2 * width**2))
    return torch.from_numpy(weights / weights.sum(1, keepdims=True))


def inertia(centers: Tensor, weights: Tensor) -> Tensor:
    return (torch.cdist(centers, ab_bins().double()).amin(dim=1).square() * weights).sum(dim=1)


@pytest.mark.slow
def test_clusters_are_as_good_as_those_of_scikit_learn() -> None:
    weights = mixtures(12, 0)

    centers, shares = weighted_clusters(ab_bins().double(), weights, 5)

    best = [KMeans(5, n_init=10, random_state=0).fit(ab_bins().numpy(), sample_weight=w).inertia_ for w in weights]
    ratio = inertia(centers, weights).numpy() / np.array(best)
    assert ratio.mean() < 1.12
    assert ratio.max() < 1.5
    np.testing.assert_allclose(shares.sum(dim=1), 1)


def test_clusters_are_a_fixed_point_and_sorted_by_their_share() -> None:
    weights, bins = mixtures(8, 1), ab_bins().double()

    centers, shares = weighted_clusters(bins, weights, 6)

    belongs = torch.cdist(centers, bins).argmin(dim=1)
    for row in range(8):
        assert bool((shares[row].diff() <= 0).all())
        for k in range(6):
            members = belongs[row] == k
            weight = weights[row, members].sum()
            assert shares[row, k] == pytest.approx(float(weight))
            mean = (weights[row, members, None] * bins[members]).sum(dim=0) / weight
            np.testing.assert_allclose(centers[row, k], mean)


def test_samples_of_the_release_tend_to_our_clusters() -> None:
    # Two lumps far apart, so that k-means has one answer: what 25,000 samples say is what the weights say.
    bins = ab_bins().double()
    lumps = [torch.exp(-(bins - torch.tensor(c)).square().sum(dim=1) / 50) for c in ((50.0, 40.0), (-20.0, -40.0))]
    weights = (0.7 * lumps[0] / lumps[0].sum() + 0.3 * lumps[1] / lumps[1].sum())[None]
    samples = bins.numpy()[np.random.default_rng(0).choice(313, 25_000, p=weights[0].numpy())]
    drawn = KMeans(2, n_init=4, random_state=0).fit(samples)
    order = np.argsort(-np.bincount(drawn.labels_))

    centers, shares = weighted_clusters(bins, weights, 2)

    np.testing.assert_allclose(centers[0], drawn.cluster_centers_[order], atol=0.3)
    np.testing.assert_allclose(shares[0], np.bincount(drawn.labels_)[order] / 25_000, atol=0.015)


@pytest.mark.slow
def test_colors_of_a_pixel_do_not_depend_on_the_other_pixels() -> None:
    logits = torch.randn(1, 313, 3, 4, generator=torch.Generator().manual_seed(0)) * 3
    L = torch.rand(12, 16, generator=torch.Generator().manual_seed(1)) * 100
    places = torch.tensor([[0, 0], [11, 15], [5, 7]])
    distribution = Distribution(logits, ab_bins())

    together, shares = recommend_colors(distribution, L, places, 4)

    for k, place in enumerate(places):
        alone, share = recommend_colors(distribution, L, place[None], 4)
        torch.testing.assert_close(alone[0], together[k])
        torch.testing.assert_close(share[0], shares[k])


def test_pixels_read_the_distribution_at_their_place() -> None:
    colors = torch.tensor([[0.0, 0.0], [20.0, 20.0], [-20.0, 20.0], [10.0, -20.0]])
    logits = torch.full((1, 4, 2, 2), -50.0)
    for k, (i, j) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        logits[0, k, i, j] = 50
    places = torch.tensor([[0, 3], [0, 4], [7, 0], [4, 7]])

    ab, _ = recommend_colors(Distribution(logits, colors), torch.full((8, 8), 60.0), places, 1)

    torch.testing.assert_close(ab[:, 0], colors, atol=0.05, rtol=0)


@pytest.mark.slow
def test_softness_flattens_the_distribution() -> None:
    colors = torch.tensor([[0.0, 0.0], [30.0, 30.0]])
    distribution = Distribution(torch.tensor([5.0, 0.0]).reshape(1, 2, 1, 1), colors)

    _, sharp = recommend_colors(distribution, MIDDLE, ORIGIN, 2)
    _, soft = recommend_colors(distribution, MIDDLE, ORIGIN, 2, softness=0.2)

    assert sharp[0, 0].item() == pytest.approx(1 / (1 + np.exp(-5)))
    assert soft[0, 0].item() == pytest.approx(1 / (1 + np.exp(-1)))


def test_where_fewer_colors_are_likely_the_rest_have_no_share() -> None:
    logits = torch.full((1, 313, 1, 1), -1000.0)
    logits[0, [100, 200]] = 0.0

    _, shares = recommend_colors(Distribution(logits, ab_bins()), MIDDLE, ORIGIN, 4)

    assert shares[0].tolist() == [0.5, 0.5, 0, 0]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(L=st.floats(1, 99), a=st.floats(-110, 110), b=st.floats(-110, 110))
def test_snapped_colors_are_within_the_gamut_at_their_lightness(L: float, a: float, b: float) -> None:
    ab = snapped(torch.tensor([L]), torch.tensor([[[a, b]]]))[0, 0].tolist()

    lab = np.array([L, *ab])
    assert np.linalg.norm(rgb2lab(np.clip(lab2rgb(lab), 0, 1)) - lab) < 1.01


def test_colors_within_the_gamut_stay() -> None:
    rgb = torch.tensor([[200, 40, 40], [40, 60, 200], [128, 128, 128]], dtype=torch.uint8)
    lab = torch.from_numpy(rgb2lab(rgb.numpy())).float()

    torch.testing.assert_close(snapped(lab[:, 0], lab[:, None, 1:])[:, 0], lab[:, 1:], atol=0.02, rtol=0)


def test_near_white_colors_that_the_releases_steps_leave_outside_lose_color_until_they_are_inside() -> None:
    L, far = torch.tensor([99.5, 100.0]), torch.full((2, 1, 2), 60.0)

    ab = snapped(L, far)[:, 0].numpy()

    lab = np.column_stack([L.numpy(), ab])
    assert np.abs(rgb2lab(np.clip(lab2rgb(lab), 0, 1)) - lab).sum(axis=1).max() < 1
    assert np.abs(ab[1]).max() < 8


@pytest.mark.parametrize(
    ("logits", "places", "count", "softness", "rule"),
    [
        ((2, 313, 1, 1), [[0, 0]], 1, 1.0, r"logits are \(1, 313, h, w\); got \(2, 313, 1, 1\)"),
        ((1, 529, 1, 1), [[0, 0]], 1, 1.0, r"logits are \(1, 313, h, w\)"),
        ((1, 313, 1, 1), [[0, 0]], 0, 1.0, "1 to 313 are asked for; got 0"),
        ((1, 313, 1, 1), [[0, 0]], 314, 1.0, "got 314"),
        ((1, 313, 1, 1), [[0, 0]], 1, 0.0, "scaled by more than 0; got 0.0"),
        ((1, 313, 1, 1), [[0, 1]], 1, 1.0, r"places are \(P, 2\) within \(1, 1\)"),
        ((1, 313, 1, 1), [[-1, 0]], 1, 1.0, "places are"),
    ],
)
def test_what_makes_no_sense_is_refused(
    logits: tuple[int, ...], places: list[list[int]], count: int, softness: float, rule: str
) -> None:
    distribution = Distribution(torch.zeros(logits), ab_bins())

    with pytest.raises(UserError, match=rule):
        recommend_colors(distribution, MIDDLE, torch.tensor(places), count, softness)
