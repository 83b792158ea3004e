"""Colors of an exemplar by graph cuts: the parts against brute force and definitions, the whole on planted photos."""

from __future__ import annotations

import sys
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from evalsuite.color import rgb_to_lab
from evalsuite.colorizers.charpiat2008 import COLORIZER
from evalsuite.colorizers.expansion import Energy, expand, load_maxflow
from evalsuite.colorizers.parzen import estimate, reduced
from evalsuite.colorizers.texture import descriptors, lightness_features
from evalsuite.contracts import Batch, Setting
from evalsuite.errors import Unavailable


def random_energy(labels: int, seed: int, height: int = 3, width: int = 3) -> Energy:
    rng = np.random.default_rng(seed)
    places = np.arange(height * width).reshape(height, width)
    first = np.concatenate([places[:, :-1].ravel(), places[:-1].ravel()])
    second = np.concatenate([places[:, 1:].ravel(), places[1:].ravel()])
    points = rng.normal(size=(labels, 2))
    return Energy(
        rng.normal(size=(labels, places.size)) * 2, cdist(points, points), first, second, rng.random(len(first)) * 2
    )


def least_cost(energy: Energy) -> float:
    labels, pixels = energy.own.shape
    return min(energy.of(np.array(one)) for one in product(range(labels), repeat=pixels))


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 9999))
def test_of_two_labels_the_cut_finds_the_cheapest_labelling(seed: int) -> None:
    energy = random_energy(2, seed)

    found = expand(load_maxflow(), energy, np.zeros(9, np.int64), 3)

    assert energy.of(found) == pytest.approx(least_cost(energy))


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 9999))
def test_of_more_labels_no_single_expansion_is_left_that_costs_less(seed: int) -> None:
    energy = random_energy(4, seed, 2, 3)

    found = expand(load_maxflow(), energy, energy.own.argmin(axis=0), 5)

    for alpha, moves in product(range(4), product((False, True), repeat=6)):
        assert energy.of(np.where(moves, alpha, found)) >= energy.of(found) - 1e-9
    assert energy.of(found) <= energy.of(energy.own.argmin(axis=0))
    assert energy.of(found) <= least_cost(energy) + 0.5 * abs(least_cost(energy))


def test_what_a_labelling_costs_is_its_labels_and_its_borders() -> None:
    energy = Energy(
        np.array([[1.0, 2.0], [3.0, 5.0]]),
        np.array([[0.0, 7.0], [7.0, 0.0]]),
        np.array([0]),
        np.array([1]),
        np.array([0.5]),
    )

    assert energy.of(np.array([0, 0])) == 3
    assert energy.of(np.array([0, 1])) == 1 + 5 + 3.5


def test_without_pymaxflow_it_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "maxflow", None)

    with pytest.raises(
        Unavailable, match=r"PyMaxflow must be installed, and it is not. Run pip install '.*\[exemplar\]'"
    ):
        COLORIZER.load(Setting(torch.device("cpu")))


def test_an_estimate_is_the_weighted_mean_of_what_is_known_of_samples() -> None:
    rng = np.random.default_rng(0)
    target, samples, known = rng.normal(size=(5, 3)), rng.normal(size=(40, 3)) + 2, rng.random((40, 2))

    found = estimate(target, samples, known, 4)

    for row, point in zip(found, target, strict=True):
        squares = ((samples - point) ** 2).sum(axis=1)
        weights = np.exp(-squares / (2 * np.sort(squares)[3]))
        np.testing.assert_allclose(row, weights @ known / weights.sum(), rtol=1e-4)


def test_a_pixel_far_from_all_samples_still_has_an_estimate() -> None:
    found = estimate(np.array([[1e4]]), np.array([[0.0], [1.0]]), np.array([[2.0], [4.0]]), 1)

    assert 2 <= found[0, 0] <= 4


def test_components_keep_the_distances_that_samples_have() -> None:
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(50, 2)) @ rng.normal(size=(2, 12))
    others = rng.normal(size=(9, 2)) @ np.linalg.pinv(rng.normal(size=(12, 2))) + flat.mean(axis=0)

    samples, targets = reduced(flat, others, 2)

    assert samples.shape == (50, 2)
    assert targets.shape == (9, 2)
    np.testing.assert_allclose(cdist(samples, samples), cdist(flat, flat), atol=1e-9)


def test_a_plain_photo_has_no_texture_and_brightness_changes_none() -> None:
    L = torch.rand(40, 50, generator=torch.Generator().manual_seed(0)) * 60

    assert not descriptors(torch.full((40, 50), 70.0)).any()
    torch.testing.assert_close(descriptors(L), descriptors(L + 30), atol=1e-4, rtol=1e-4)


def test_descriptors_move_with_the_photo() -> None:
    L = torch.rand(80, 80, generator=torch.Generator().manual_seed(0)) * 100

    moved = descriptors(L.roll((5, -3), (0, 1)))

    torch.testing.assert_close(moved[35:45, 35:45], descriptors(L)[30:40, 38:48], atol=1e-5, rtol=1e-5)
    assert moved.shape == (80, 80, 192)
    for scale in moved.split(64, dim=2):
        assert scale.norm(dim=2).max() <= 1


def test_stripes_are_told_from_stripes_across() -> None:
    stripes = (torch.arange(60) % 6 < 3).float().expand(60, 60) * 60

    upright, lying = descriptors(stripes)[30, 30], descriptors(stripes.T.contiguous())[30, 30]

    assert (upright - lying).norm() > 1


@pytest.mark.slow
def test_lightness_and_deviation_are_features() -> None:
    features = lightness_features(torch.full((8, 9), 50.0))

    assert features.shape == (8, 9, 2)
    np.testing.assert_allclose(features, np.broadcast_to([2.0, 0.0], (8, 9, 2)), atol=1e-6)


@pytest.mark.slow
def test_textures_take_the_colors_that_they_have_in_the_reference() -> None:
    # The left half is plain and blue, the right half striped and orange, equally bright in the mean.
    rng = np.random.default_rng(0)
    striped = np.where(np.arange(48) % 4 < 2, 150, 90)
    reference = np.zeros((96, 96, 3))
    reference[:, :48] = (80, 110, 190)
    reference[:, 48:] = striped[None, :, None] * np.array([1.25, 0.85, 0.4])
    reference = np.clip(reference + rng.normal(0, 2, reference.shape), 0, 255).astype(np.uint8)
    mirrored = torch.from_numpy(reference[:, ::-1].copy()).permute(2, 0, 1)
    L = rgb_to_lab(mirrored[None])[:, :1]
    batch = Batch(L, (), (0,), (3,), companions=(torch.from_numpy(reference).permute(2, 0, 1),))

    ab = COLORIZER.load(Setting(torch.device("cpu")))(batch)[0]

    left, right = ab[:, 10:-10, 10:38].mean(dim=(1, 2)), ab[:, 10:-10, 58:-10].mean(dim=(1, 2))
    assert left[1] > 25
    assert right[1] < -25


@pytest.mark.slow
def test_a_reference_of_one_color_colors_all() -> None:
    red = torch.tensor([200, 40, 40], dtype=torch.uint8).reshape(3, 1, 1).expand(3, 30, 30)
    batch = Batch(torch.rand(1, 1, 20, 30) * 100, (), (0,), (0,), companions=(red,))

    ab = COLORIZER.load(Setting(torch.device("cpu")))(batch)

    expected = rgb_to_lab(red[None, :, :1, :1])[0, 1:]
    torch.testing.assert_close(ab[0], expected.expand(2, 20, 30), atol=0.05, rtol=0)
