from __future__ import annotations

import math

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from evalsuite.contracts import Columns
from evalsuite.definitions import AUC, DELTA_COLORFULNESS, PSNR, PSNR_AB, REBALANCED, SSIM, VARIANTS
from evalsuite.metrics.auc_rebalanced import reduce
from evalsuite.variants import RGB, Shown, Variant, colorfulness, rebalanced


def flat(*levels: int) -> RGB:
    return np.full((16, 16, 3), levels if len(levels) == 3 else levels[0], np.uint8)


def textured(seed: int) -> RGB:
    return np.random.default_rng(seed).integers(0, 256, (24, 20, 3), np.uint8)


def value(variant: Variant, *pairs: Shown) -> float:
    return variant.pool(np.array([variant.measure(pair) for pair in pairs], np.float64))


def named(variants: tuple[Variant, ...], words: str) -> Variant:
    return next(variant for variant in variants if words in variant.name)


def test_mean_and_pooled_psnr_are_those_worked_by_hand() -> None:
    pairs = Shown(flat(100), flat(101)), Shown(flat(100), flat(103))

    # Errors of 1 and 9: the mean of 48.13 and 38.59 dB, and the dB of 5.
    assert value(PSNR[0], *pairs) == pytest.approx((48.1308 + 38.5884) / 2, abs=1e-3)
    assert value(PSNR[1], *pairs) == pytest.approx(10 * math.log10(255**2 / 5))


def test_the_first_psnr_is_scikit_images() -> None:
    target, output = textured(0), textured(1)

    assert value(PSNR[0], Shown(target, output)) == pytest.approx(
        peak_signal_noise_ratio(target, output, data_range=255)
    )


def test_wrapping_around_hides_large_errors() -> None:
    # 20^2 = 400 is 144 modulo 256.
    wrapped = named(PSNR, "modulo 256")

    assert value(wrapped, Shown(flat(100), flat(80))) == pytest.approx(10 * math.log10(255**2 / 144))
    assert value(wrapped, Shown(flat(100), flat(84))) == 100


def test_luma_forgives_errors_of_hue() -> None:
    hue = Shown(flat(100, 100, 100), flat(151, 74, 100))

    assert value(named(PSNR, "luma"), hue) > 60
    assert value(PSNR[0], hue) < 20


def test_a_photo_sent_through_8_bit_lab_is_itself_no_perfect_output() -> None:
    photo = textured(2)

    # 51.4 dB on real photos by an independent measurement; noise has more saturated colors.
    assert 45 < value(named(PSNR, "8-bit Lab and back"), Shown(photo, photo)) < 56
    assert value(named(PSNR, "JPEG"), Shown(photo, photo)) < 40
    assert value(named(PSNR, "50 dB"), Shown(photo, photo)) == 50


def test_opencvs_lab_puts_white_at_255_128_128() -> None:
    lab8, _ = Shown(flat(255), flat(0)).lab8

    assert lab8[0, 0].tolist() == [255, 128, 128]


def test_the_peak_alone_moves_ab_psnr_by_a_constant() -> None:
    pair = Shown(textured(3), textured(4))

    drop = value(PSNR_AB[0], pair) - value(PSNR_AB[1], pair)

    assert drop == pytest.approx(20 * math.log10(255 / 220))
    assert value(named(PSNR_AB, "8-bit Lab, peak"), pair) == pytest.approx(value(PSNR_AB[0], pair), abs=0.05)


def test_ssim_depends_on_window_range_and_channels() -> None:
    pair = Shown(textured(5), np.clip(textured(5).astype(int) + 30 * (textured(6) > 128), 0, 255).astype(np.uint8))

    values = [value(variant, pair) for variant in SSIM]

    assert len({round(v, 4) for v in values}) == len(SSIM)
    assert all(value(variant, Shown(pair.target, pair.target)) == pytest.approx(1) for variant in SSIM)


@pytest.mark.parametrize(
    ("pixels", "signed", "absolute"),
    [
        ([(255, 0, 0), (0, 255, 0)], 293.2500, 85.5296),
        ([(255, 128, 0), (0, 128, 255)], 230.0216, 69.5152),
        ([(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)], 238.5307, 210.2486),
    ],
)
def test_colorfulness_has_its_golden_values(pixels: list[RGB], signed: float, absolute: float) -> None:
    rgb = np.array([pixels], np.uint8)

    assert colorfulness(rgb) == pytest.approx(signed, abs=1e-4)
    assert colorfulness(rgb, absolute=True) == pytest.approx(absolute, abs=1e-4)


def test_differences_of_colorfulness_cancel_between_sets_and_not_per_photo() -> None:
    gray, red = flat(100), flat(255, 0, 0)
    pairs = Shown(gray, red), Shown(red, gray)

    between, per_photo, *_ = (value(variant, *pairs) for variant in DELTA_COLORFULNESS)

    assert between == pytest.approx(0)
    assert per_photo == pytest.approx(85.5296, abs=1e-4)


def rayleigh() -> Shown:
    """Distances of Rayleigh's law with sigma 12, at the middles of a million equal shares."""
    shown = Shown(flat(0), flat(0))
    shares = (np.arange(1_000_000) + 0.5) / 1_000_000
    shown.__dict__["distances"] = 12 * np.sqrt(-2 * np.log1p(-shares))
    return shown


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1 - mean", 0.89960),
        ("trapezoid, steps of 1", 0.89960),
        ("trapezoid, steps of 10", 0.89955),
        ("mean of the 151 shares", 0.89696),
        ("mean of 16 shares", 0.87458),
    ],
)
def test_readings_of_auc_differ_as_published(name: str, expected: float) -> None:
    # With Rayleigh's law the area is 1 - 12 sqrt(pi / 2) / 150 = 0.89973; the published figures are of a sample.
    assert value(named(AUC, name), rayleigh()) == pytest.approx(expected, abs=3e-4)


def test_a_strict_threshold_takes_the_first_share_from_a_perfect_output() -> None:
    perfect = Shown(textured(7), textured(7))

    assert value(named(AUC, "d < t"), perfect) == pytest.approx(150 / 151)
    assert value(named(AUC, "4 x 4"), perfect) == 1


def test_rebalancing_agrees_with_the_metric_and_lambda_1_is_no_rebalancing() -> None:
    rng = np.random.default_rng(8)
    count = rng.integers(0, 50, (5, 313)).astype(np.float32)
    count[:, 7] = 0
    columns: Columns = {"gain": count * rng.uniform(0.5, 1, (5, 313)), "target.count": count}

    assert rebalanced(columns, 0) == pytest.approx(reduce(columns)(np.ones((1, 5)))[0])
    assert rebalanced(columns, 1) == pytest.approx(columns["gain"].sum() / count.sum())
    assert len({round(measure(columns), 6) for *_, measure in REBALANCED}) == len(REBALANCED)


@pytest.mark.parametrize("metric", VARIANTS)
def test_every_variant_is_named_once_and_says_who_uses_it(metric: str) -> None:
    names = [variant.name for variant in VARIANTS[metric]]

    assert len(set(names)) == len(names) > 1
    assert all(variant.users for variant in VARIANTS[metric])
    assert all(np.isfinite(value(variant, Shown(textured(9), textured(10)))) for variant in VARIANTS[metric])
