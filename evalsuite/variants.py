"""How papers and libraries compute what they call PSNR, SSIM, colorfulness and AuC, on the same pixels.

The right definitions are in evalsuite/metrics. These are here to explain why two tables differ: each is written after
what the named code does, errors included.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import lab2rgb, rgb2gray, rgb2lab
from skimage.metrics import structural_similarity

from evalsuite.contracts import Columns

RGB: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float64]
LUMA = np.array([65.738, 129.057, 25.064]) / 256
"""BT.601 with footroom, as the OpenVINO model zoo weighs RGB."""


@dataclass
class Shown:
    """A photo and its output, with what variants share.

    Attributes:
        target: (H, W, 3) uint8 sRGB.
        output: The same.
    """

    target: RGB
    output: RGB

    @cached_property
    def squared_error(self) -> float:
        """Mean squared error of the levels."""
        return squared_error(self.target, self.output)

    @cached_property
    def lab(self) -> tuple[Floats, Floats]:
        """Lab of both."""
        return rgb2lab(self.target), rgb2lab(self.output)

    @cached_property
    def lab8(self) -> tuple[RGB, RGB]:
        """Lab of both in 8 bits as OpenCV stores it: L * 255 / 100, a + 128, b + 128, rounded."""
        target, output = (
            np.clip(np.round(lab * [255 / 100, 1, 1] + [0, 128, 128]), 0, 255).astype(np.uint8) for lab in self.lab
        )
        return target, output

    @cached_property
    def distances(self) -> Floats:
        """Distance of every pixel in ab, sorted."""
        return np.sort(np.linalg.norm(self.lab[1][..., 1:] - self.lab[0][..., 1:], axis=-1).ravel())


@dataclass(frozen=True)
class Variant:
    """A definition that somebody uses.

    Attributes:
        name: What differs.
        users: Who computes it so.
        measure: From a photo and its output to a number or a few.
        pool: From these of all photos, (n,) or (n, k), to the value that is printed.
    """

    name: str
    users: str
    measure: Callable[[Shown], float | Floats]
    pool: Callable[[Floats], float] = lambda rows: float(rows.mean())


def decibels(error: float, peak: float = 255.0) -> float:
    """PSNR of a mean squared error, at most 100 dB."""
    return 100.0 if error <= 0 else min(100.0, 10 * math.log10(peak**2 / error))


def squared_error(target: NDArray[np.uint8], output: NDArray[np.uint8]) -> float:
    """Mean squared difference of 8-bit values."""
    return float(np.mean((target.astype(np.float64) - output) ** 2))


def psnr(shown: Shown) -> float:
    """PSNR as it is meant: dB of the photo's error."""
    return decibels(shown.squared_error)


def wrapped_psnr(shown: Shown) -> float:
    """The error on 8-bit integers, which wrap around."""
    difference = shown.target - shown.output
    return decibels(float(np.mean(difference * difference)))


def luma_psnr(shown: Shown) -> float:
    """The error of luma, a border of 4 pixels left out."""
    difference = ((shown.target.astype(np.float64) - shown.output) @ LUMA)[4:-4, 4:-4]
    return decibels(float(np.mean(difference**2)))


def psnr_of_round_trip(shown: Shown) -> float:
    """The photo sent through 8-bit Lab before it is compared."""
    lab = shown.lab8[0].astype(np.float64)
    photo = lab2rgb(np.stack([lab[..., 0] * 100 / 255, lab[..., 1] - 128, lab[..., 2] - 128], axis=-1))
    return decibels(squared_error(np.round(photo * 255).astype(np.uint8), shown.output))


def psnr_of_jpeg(shown: Shown) -> float:
    """The output sent through JPEG before it is compared."""
    file = io.BytesIO()
    Image.fromarray(shown.output).save(file, "JPEG", quality=95)
    return decibels(squared_error(shown.target, np.asarray(Image.open(file))))


def ab_psnr(peak: float) -> Callable[[Shown], float]:
    """PSNR of a and b in Lab units."""
    return lambda shown: decibels(float(np.mean((shown.lab[0] - shown.lab[1])[..., 1:] ** 2)), peak)


def lab8_psnr(channels: slice) -> Callable[[Shown], float]:
    """PSNR of channels of 8-bit Lab."""
    return lambda shown: decibels(squared_error(shown.lab8[0][..., channels], shown.lab8[1][..., channels]))


def ssim(data_range: float = 255, gaussian: bool = True) -> Callable[[Shown], float]:
    """scikit-image's SSIM, with the window of Wang et al. 2004 or its default one."""
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False} if gaussian else {}

    def measure(shown: Shown) -> float:
        both = shown.target, shown.output
        return float(structural_similarity(*both, channel_axis=2, data_range=data_range, **window))

    return measure


def gray_ssim(shown: Shown) -> float:
    """SSIM of gray images, where luminance, which is given, dominates."""
    return float(structural_similarity(rgb2gray(shown.target), rgb2gray(shown.output), data_range=1.0))


def global_ssim(shown: Shown) -> float:
    """SSIM from the statistics of the whole image."""
    x, y = (image.reshape(-1, 3).astype(np.float64) for image in (shown.target, shown.output))
    covariance = ((x - x.mean(0)) * (y - y.mean(0))).mean(0)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * x.mean(0) * y.mean(0) + c1) * (2 * covariance + c2)
    return float((top / ((x.mean(0) ** 2 + y.mean(0) ** 2 + c1) * (x.var(0) + y.var(0) + c2))).mean())


def colorfulness(rgb: RGB, absolute: bool = False) -> float:
    """M3 of Hasler and Suesstrunk 2003; absolute: of |R - G| and |(R + G) / 2 - B|."""
    red, green, blue = rgb.astype(np.float64).reshape(-1, 3).T
    signals = np.stack([red - green, (red + green) / 2 - blue])
    signals = np.abs(signals) if absolute else signals
    return float(np.sqrt(signals.var(1).sum()) + 0.3 * np.sqrt((signals.mean(1) ** 2).sum()))


def of_output(absolute: bool) -> Callable[[Shown], float]:
    """Colorfulness of the output."""
    return lambda shown: colorfulness(shown.output, absolute)


def of_both(absolute: bool) -> Callable[[Shown], Floats]:
    """Colorfulness of the photo and the output."""
    return lambda shown: np.array([colorfulness(shown.target, absolute), colorfulness(shown.output, absolute)])


def between_sets(rows: Floats) -> float:
    """The difference of two means."""
    return float(abs(rows[:, 1].mean() - rows[:, 0].mean()))


def per_photo(rows: Floats) -> float:
    """The mean of absolute differences."""
    return float(np.abs(rows[:, 1] - rows[:, 0]).mean())


def closed(shown: Shown) -> float:
    """AuC as 1 - mean(min(d, 150)) / 150."""
    return float(1 - np.minimum(shown.distances, 150).mean() / 150)


def closed_of_cells(shown: Shown) -> float:
    """The same on the mean colors of 4 x 4 pixels."""
    difference = (shown.lab[1] - shown.lab[0])[..., 1:]
    height, width = (side - side % 4 for side in difference.shape[:2])
    cells = difference[:height, :width].reshape(height // 4, 4, width // 4, 4, 2).mean((1, 3))
    return float(1 - np.minimum(np.linalg.norm(cells, axis=-1), 150).mean() / 150)


def shares(step: int, side: Literal["left", "right"] = "right") -> Callable[[Shown], Floats]:
    """The share of pixels within each of the thresholds 0, step, ..., 150."""
    thresholds = np.arange(0.0, 151, step)
    return lambda shown: np.searchsorted(shown.distances, thresholds, side=side) / len(shown.distances)


def trapezoid(rows: Floats) -> float:
    """The integral of the mean curve by the trapezoid rule."""
    curve = rows.mean(0)
    return float((curve[1:] + curve[:-1]).mean() / 2)


def rebalanced(columns: Columns, mix: float, per_photo: bool = False) -> float:
    """AuC with weights 1 / ((1 - mix) p + mix / 313), over the dataset's pixels or normalised for every photo."""
    gain, count = (np.asarray(columns[name], np.float64) for name in ("gain", "target.count"))
    prior = np.asarray(columns.get("constant.prior", count.sum(0)), np.float64)
    mixed = (1 - mix) * prior / prior.sum() + mix / len(prior)
    weights = np.divide(1, mixed, where=mixed > 0, out=np.zeros_like(mixed))
    top, bottom = gain @ weights, count @ weights
    return float((top / bottom).mean()) if per_photo else float(top.sum() / bottom.sum())
