"""Curves that papers published, to be drawn beside our own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedCurve:
    """A metric against the number of points, as others measured it.

    Attributes:
        colorizer: Our name of the method.
        metric: Our name of the metric.
        points: Numbers of points.
        values: The metric at each, averaged over photos.
        standard_error: Of each value, over photos.
        source: Where the numbers are from.
        protocol: How they were measured, as far as ours may differ.
    """

    colorizer: str
    metric: str
    points: tuple[int, ...]
    values: tuple[float, ...]
    standard_error: float
    source: str
    protocol: str


PUBLISHED = (
    PublishedCurve(
        colorizer="siggraph17",
        metric="psnr_rgb",
        points=(
            0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 63, 79, 100, 126, 158, 200, 251, 316, 398, 501,
        ),
        values=(
            24.435, 25.373, 26.198, 26.690, 27.084, 27.389, 27.649, 28.102, 28.423, 28.792, 29.042, 29.340, 29.598,
            29.906, 30.175, 30.422, 30.676, 30.901, 31.125, 31.336, 31.521, 31.698, 31.851, 31.972, 32.073, 32.139,
        ),
        standard_error=0.14,
        source=(
            "means of resources/psnrs_siggraph.npy, github.com/richzhang/colorization-pytorch, which the figure of "
            "Zhang, Zhu et al. (SIGGRAPH 2017) shows"
        ),
        protocol=(
            "1000 photos of ctest10k that are not listed, squashed to 256 x 256 with Pillow's bilinear filter (ours: "
            "bicubic), patches of side 6 most near the middle, PSNR of 8-bit RGB averaged over photos"
        ),
    ),
)  # fmt: skip
"""What papers published as numbers; figures are not read off."""
