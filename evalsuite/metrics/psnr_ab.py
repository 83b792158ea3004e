"""Peak signal-to-noise ratio of the chroma channels a and b, averaged over photos."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from evalsuite.contracts import Columns, Metric, Rows
from evalsuite.metrics.auc import errors_of
from evalsuite.metrics.psnr_rgb import decibels
from evalsuite.reductions import mean_of
from evalsuite.views import Pair

PEAK_220 = 20 * math.log10(220 / 255)
"""What a peak of 220 (a and b taken as -110..110) adds to a PSNR with peak 255."""


def measure(pair: Pair) -> Rows:
    """Compare a and b of outputs and targets by mean squared error, in decibels.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "value": (N,) float32, dB for a peak of 255, at most 100; higher is better. "mse": (N,) float32, squared Lab
        units.

    Source:
        10 log10(255^2 / MSE) over a and b together. Papers rarely name the peak: 255 is that of 8-bit Lab as OpenCV
        stores it (a + 128), so of Mullery and Whelan 2022 (whose script reads a alone); others take 220.

    Example:
        The red of sRGB is (80.09, 67.20) in ab, black (0, 0): 10 log10(255^2 / 5465) = 10.75 dB.

        >>> import torch
        >>> from evalsuite.views import View
        >>> red, black = torch.zeros(2, 1, 3, 4, 4, dtype=torch.uint8)
        >>> red[:, 0] = 255
        >>> round(measure(Pair(View(black), View(red)))["value"].item(), 2)
        10.75
    """
    error = errors_of(pair).square / 2
    return {"value": decibels(error), "mse": error.float()}


def readings(columns: Columns) -> Mapping[str, Any]:
    """Give the other usual readings of PSNR on ab: peak 220, and the error pooled over photos (peak 255)."""
    pooled = 10 * math.log10(255**2 / max(float(np.mean(columns["mse"], dtype=np.float64)), 1e-5))
    mean = float(np.mean(columns["value"], dtype=np.float64))
    return {"readings": {"peak 220": mean + PEAK_220, "pooled over photos, peak 255": pooled}}


METRIC = Metric(
    name="psnr_ab",
    title="PSNR ab",
    unit="dB",
    better="higher",
    kind="full-reference",
    source="10 log10(255^2 / MSE) on a and b in Lab units; peak as 8-bit Lab has it (Mullery and Whelan 2022)",
    definition=(
        "10 log10(255^2 / MSE) of a and b together in Lab units (peak 255, the range of 8-bit Lab; a peak of 220 would "
        "give 1.28 dB less), per photo at most 100 dB; then the mean of the photos' dB."
    ),
    load=lambda setting: measure,
    reduce=mean_of("value"),
    details=readings,
)
