"""Structural similarity of the RGB pixels, averaged over photos."""

from __future__ import annotations

import torch

from evalsuite.contracts import Metric, Rows
from evalsuite.reductions import mean_of
from evalsuite.structure import WINDOW, compare, refer
from evalsuite.views import Pair


def measure(pair: Pair) -> Rows:
    """Compare the structure of outputs and targets.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "value": (N,) float32, at most 1; higher is better. NaN for photos of fewer than 11 pixels on a side.

    Source:
        Wang, Bovik, Sheikh, Simoncelli 2004, "Image quality assessment: from error visibility to structural
        similarity", Eqn 13 with K1 = 0.01, K2 = 0.03, L = 255, population covariances, on R, G and B in turn, windows
        that reach over the border left out: scikit-image with gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, data_range=255.

    Example:
        Two constant images of 100 and 150 differ in luminance alone: (2 * 100 * 150 + C1) / (100^2 + 150^2 + C1).

        >>> from evalsuite.views import View
        >>> gray = [View(torch.full((1, 3, 16, 16), value, dtype=torch.uint8)) for value in (100, 150)]
        >>> round(measure(Pair(*gray))["value"].item(), 4), round((30000 + 6.5025) / (32500 + 6.5025), 4)
        (0.9231, 0.9231)
    """
    count, _, height, width = pair.target.rgb8.shape
    if min(height, width) < WINDOW:
        return {"value": torch.full((count,), torch.nan, device=pair.target.rgb8.device)}
    reference = pair.target.shared("ssim", lambda: refer(pair.target.rgb8))
    return {"value": compare(reference, pair.output.rgb8)[:, :, 0].mean(dim=1)}


METRIC = Metric(
    name="ssim",
    title="SSIM",
    unit="",
    better="higher",
    kind="full-reference",
    source="Wang, Bovik, Sheikh, Simoncelli 2004, https://doi.org/10.1109/TIP.2003.819861",
    definition=(
        "Structural similarity of 8-bit sRGB with an 11 x 11 Gaussian window of sigma 1.5, population covariances and "
        "a range of 255; windows inside the image only, R, G and B averaged, then the mean over photos. Photos of "
        "fewer than 11 pixels on a side have no score."
    ),
    load=lambda setting: measure,
    reduce=mean_of("value"),
)
