"""Peak signal-to-noise ratio of the RGB error pooled over the dataset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evalsuite.contracts import Columns, Counts, Estimator, Metric, Rows
from evalsuite.metrics.psnr_rgb import CAP_DB, mean_square_error
from evalsuite.reductions import mean_of
from evalsuite.views import Pair


def measure(pair: Pair) -> Rows:
    """Compute the mean squared errors that are pooled.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "mse": (N,) float32, squared levels; lower is better.

    Source:
        As psnr_rgb, the mean over photos taken before the logarithm; torchmetrics' default does the same.

    Example:
        Photos off by 1 and by 3 levels pool to an error of 5: 10 log10(255^2 / 5) = 41.14 dB.

        >>> import numpy as np
        >>> import torch
        >>> from evalsuite.views import View
        >>> target = View(torch.full((2, 3, 4, 4), 100, dtype=torch.uint8))
        >>> output = View(target.rgb8 + torch.tensor([1, 3], dtype=torch.uint8).view(2, 1, 1, 1))
        >>> estimate = reduce({"mse": measure(Pair(target, output))["mse"].numpy()})
        >>> round(float(estimate(np.ones((1, 2)))[0]), 2)
        41.14
    """
    return {"mse": mean_square_error(pair)}


def reduce(columns: Columns) -> Estimator:
    """Average the errors of photos, every photo alike, and give dB, at most 100."""
    mean = mean_of("mse")(columns)

    def estimate(counts: Counts) -> NDArray[np.float64]:
        return 10 * np.log10(255**2 / np.maximum(mean(counts), 255**2 / 10 ** (CAP_DB / 10)))

    return estimate


METRIC = Metric(
    name="psnr_rgb_pooled",
    title="PSNR (pooled)",
    unit="dB",
    better="higher",
    kind="full-reference",
    source="10 log10(255^2 / mean of the photos' MSE) on 8-bit sRGB, as torchmetrics by default",
    definition=(
        "10 log10(255^2 / MSE) of 8-bit sRGB with the mean squared error averaged over photos first, every photo "
        "alike; never above psnr_rgb, often by 2 dB below it. At most 100 dB."
    ),
    load=lambda setting: measure,
    reduce=reduce,
)
