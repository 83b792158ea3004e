"""ms_ssim_ab against piq and against a plain one in scipy."""

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d
from skimage.data import astronaut, coffee
from torch import Tensor

from evalsuite import vision
from evalsuite.metrics.ms_ssim_ab import WEIGHTS, compare_scales, measure, refer_scales, scale_weights
from evalsuite.views import Pair, View


@pytest.mark.slow
def test_five_scales_agree_with_piq() -> None:
    pair = photos(256, 256)
    target, output = pair.target.ab, pair.output.ab

    values = compare_scales(refer_scales(target), output)

    planes = [(planes.flatten(0, 1)[:, None] + 128) / 255 for planes in (target, output)]
    weights = torch.tensor(WEIGHTS)
    expected = vision.load("piq").multi_scale_ssim(
        *planes, data_range=1.0, scale_weights=weights / weights.sum(), reduction="none"
    )
    np.testing.assert_allclose(values.flatten(), expected.flatten() ** float(weights.sum()), atol=2e-5)


@pytest.mark.parametrize(("height", "width"), [(176, 203), (87, 120), (30, 11)])
def test_it_agrees_with_the_formula_in_float64(height: int, width: int) -> None:
    pair = photos(height, width)

    values = measure(pair)["value"]

    expected = [
        np.mean([formula(t, o) for t, o in zip(target.numpy(), output.numpy(), strict=True)])
        for target, output in zip(pair.target.ab.double(), pair.output.ab.double(), strict=True)
    ]
    np.testing.assert_allclose(values, expected, atol=1e-5)


@pytest.mark.slow
def test_scales_that_do_not_fit_leave_their_weight_to_the_others() -> None:
    assert [len(scale_weights(side)) for side in (11, 21, 22, 44, 88, 175, 176, 1000)] == [1, 1, 2, 3, 4, 4, 5, 5]
    assert sum(scale_weights(50)) == pytest.approx(sum(WEIGHTS))
    assert scale_weights(200) == WEIGHTS


@pytest.mark.slow
def test_a_photo_without_a_whole_window_has_no_score() -> None:
    assert measure(photos(50, 10))["value"].isnan().all()


def photos(height: int, width: int) -> Pair:
    target = np.stack([astronaut()[:height, :width], coffee()[100 : 100 + height, 200 : 200 + width]])
    output = np.clip(target * 0.8 + np.random.default_rng(0).normal(10, 8, target.shape), 0, 255).astype(np.uint8)
    return Pair(View(channels_first(target)), View(channels_first(output)))


def formula(x: np.ndarray, y: np.ndarray) -> float:
    """Eqn 7 of Wang et al. 2003 on planes in Lab units."""
    weights = scale_weights(min(x.shape))
    product = 1.0
    for scale, weight in enumerate(weights):
        if scale:
            x, y = halved(x), halved(y)
        luminance, structure = factors(x + 128, y + 128)
        mean = structure.mean() if scale + 1 < len(weights) else (luminance * structure).mean()
        product *= max(mean, 0) ** weight
    return product


def factors(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    c1, c2 = 2.55**2, 7.65**2
    mx, my = smooth(x), smooth(y)
    vx, vy, vxy = smooth(x * x) - mx * mx, smooth(y * y) - my * my, smooth(x * y) - mx * my
    return (2 * mx * my + c1) / (mx * mx + my * my + c1), (2 * vxy + c2) / (vx + vy + c2)


def smooth(plane: np.ndarray) -> np.ndarray:
    window = np.exp(-(np.arange(-5, 6) ** 2) / 4.5)
    window /= window.sum()
    return np.asarray(correlate1d(correlate1d(plane, window, axis=0), window, axis=1)[5:-5, 5:-5])


def halved(plane: np.ndarray) -> np.ndarray:
    plane = plane[: plane.shape[0] // 2 * 2, : plane.shape[1] // 2 * 2]
    return np.asarray((plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4)


def channels_first(images: np.ndarray) -> Tensor:
    return torch.from_numpy(images).movedim(-1, 1).contiguous()
