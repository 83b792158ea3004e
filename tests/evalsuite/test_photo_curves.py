"""Curves of photos in one value, and the band of two methods' difference against resampled photos and simulations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.metrics.auc import curve
from evalsuite.photo_curves import STEPS, Apart, apart, pack, unpack

PIXELS = 256 * 256
RNG = np.random.default_rng(0)


def curves_of(scales: np.ndarray, seed: int = 1) -> np.ndarray:
    """Curves of photos whose ab errors are exponential with these means, as pixels are counted."""
    edges = np.concatenate([[-1.0], np.arange(151), [np.inf]])
    shares = np.diff(-np.expm1(-np.maximum(edges, 0) / scales[:, None]), axis=1)
    counts = np.random.default_rng(seed).multinomial(PIXELS, shares)
    return np.asarray(counts[:, :-1].cumsum(axis=1) / PIXELS, np.float32)


def two_methods(photos: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Curves of two methods to which the same photos are hard, the second a little better."""
    rng = np.random.default_rng(seed)
    hard = rng.lognormal(2.5, 0.5, photos)
    return curves_of(hard, seed), curves_of(hard * rng.lognormal(-0.05, 0.1, photos), seed + 1)


def compare(a: np.ndarray, b: np.ndarray) -> Apart:
    """What the database's values say of two methods on all photos."""
    first, second = (unpack(pack(len(c), np.arange(len(c)), c)) for c in (a, b))
    found = apart(first, second)
    assert found is not None
    return found


def margins(found: Apart) -> np.ndarray:
    """The margin of a difference that has one."""
    assert found.margin is not None
    return found.margin


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1), photos=st.integers(1, 20), extra=st.integers(0, 20))
def test_curves_come_back_at_their_photos_to_half_a_step(seed: int, photos: int, extra: int) -> None:
    rng = np.random.default_rng(seed)
    curves = np.sort(rng.choice([0, 1, rng.random()], (photos, 151)), axis=1).astype(np.float32)
    positions = rng.permutation(photos + extra)[:photos]

    back = unpack(pack(photos + extra, positions, curves))

    shares = (256 * back.high.astype(int) + back.low).cumsum(axis=0) / STEPS
    np.testing.assert_allclose(shares[:, positions].T, curves, atol=0.5 / STEPS + 1e-7)
    assert set(np.flatnonzero(back.known)) == set(positions)
    assert not shares[:, ~back.known].any()


def test_a_share_takes_about_a_byte() -> None:
    curves = curves_of(RNG.lognormal(2.5, 0.5, 1000))

    data = pack(1000, np.arange(1000), curves)

    assert len(data) < 1.05 * curves.size


def test_the_difference_is_that_of_the_means_and_its_band_the_normal_one_of_the_differences() -> None:
    a, b = two_methods(500, 3)

    found = compare(a, b)

    np.testing.assert_allclose(found.share, (a - b).mean(axis=0, dtype=float), atol=1e-5)
    expected = 1.96 * (a - b).std(axis=0, ddof=1, dtype=float) / 500**0.5
    np.testing.assert_allclose(margins(found)[:61], expected[:61], rtol=1e-3)


def test_the_band_is_that_of_resampled_photos() -> None:
    a, b = two_methods(400, 5)
    times = np.random.default_rng(6).multinomial(400, np.full(400, 1 / 400), 4000)
    drawn = times @ np.asarray(a - b, np.float64)[:, :61] / 400

    found = compare(a, b)

    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    width = (high - low)[1:]
    assert np.abs(found.share[1:61] - margins(found)[1:61] - low[1:]).max() < 0.1 * width.max()
    np.testing.assert_allclose(2 * margins(found)[1:61], width, rtol=0.08)


def test_the_band_of_paired_photos_is_narrower_than_those_of_the_curves() -> None:
    a, b = two_methods(400, 7)

    found, points = compare(a, b), curve({"cmf": a})

    own = (np.array(points["high"]) - points["low"])[10] / 2
    assert margins(found)[10] < own / 2


def test_a_method_against_itself_has_a_band_of_no_width() -> None:
    a, _ = two_methods(50, 9)

    found = compare(a, a)

    assert not found.share.any()
    assert not margins(found).any()


def test_a_difference_of_the_same_size_on_every_photo_has_a_band_of_no_width() -> None:
    a = np.tile(np.linspace(0.25, 1, 151, dtype=np.float32), (7, 1))
    b = np.tile(np.linspace(0, 1, 151, dtype=np.float32), (7, 1))

    assert margins(compare(a, b)).max() < 1e-8


@pytest.mark.slow
def test_bands_hold_the_truth_in_95_of_100_studies() -> None:
    a, b = two_methods(20_000, 11)
    truth = (a - b).mean(axis=0, dtype=np.float64)
    held = np.zeros(151)
    for study in range(400):
        photos = np.random.default_rng(study).integers(0, len(a), 200)
        found = compare(a[photos], b[photos])
        held += np.abs(found.share - truth) <= margins(found)

    shares = held[[2, 5, 10, 20, 40, 60]] / 400
    assert np.all((shares > 0.92) & (shares < 0.98)), shares


def test_only_photos_that_both_methods_have_are_compared() -> None:
    a, b = two_methods(6, 13)

    found = apart(unpack(pack(6, np.array([0, 1, 2, 5]), a[[0, 1, 2, 5]])), unpack(pack(6, np.arange(1, 6), b[1:])))

    assert found is not None
    assert found.n == 3
    expected = compare(a[[1, 2, 5]], b[[1, 2, 5]])
    np.testing.assert_array_equal(found.share, expected.share)
    np.testing.assert_array_equal(margins(found), margins(expected))


def test_one_photo_has_a_difference_without_a_band_and_none_has_no_difference() -> None:
    a, b = (unpack(pack(3, np.array(at), curves_of(np.full(len(at), 9.0)))) for at in ([0, 1], [1, 2]))
    other = unpack(pack(3, np.array([2]), curves_of(np.array([9.0]))))

    one = apart(a, b)

    assert one is not None
    assert (one.n, one.margin) == (1, None)
    assert apart(a, other) is None
