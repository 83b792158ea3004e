"""Multi-scale structural similarity of the chroma channels a and b."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from evalsuite.contracts import Metric, Rows
from evalsuite.reductions import mean_of
from evalsuite.structure import WINDOW, Reference, compare, refer
from evalsuite.views import Pair

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Wang, Simoncelli, Bovik 2003: exponents of the scales, finest first; they sum to 1.0001."""


def measure(pair: Pair) -> Rows:
    """Compare the structure of a and b at up to five scales.

    Args:
        pair: N targets and outputs, 8-bit sRGB.

    Returns:
        "value": (N,) float32, at most 1; higher is better. NaN for photos of fewer than 11 pixels on a side.

    Source:
        Wang, Simoncelli, Bovik 2003, "Multiscale structural similarity for image quality assessment", Eqn 7, on a + 128
        and b + 128 with a range of 255 as Mullery and Whelan 2022 have them (8-bit Lab), the two averaged (they
        multiply). Ours is Lab of float32; scales are halved by means of 2 x 2 pixels. Below 176 pixels on a side the
        scales that keep 11 pixels are used, their exponents raised to the same sum.

    Example:
        Constant images differ in the luminance of the last scale alone, whose exponent is 0.1333. Red is
        (208.09, 195.20) in a + 128 and b + 128, gray (128, 128): (0.8926^0.1333 + 0.9170^0.1333) / 2 = 0.9867.

        >>> import torch
        >>> from evalsuite.views import View
        >>> gray, red = torch.zeros(2, 1, 3, 176, 176, dtype=torch.uint8)
        >>> red[:, 0] = 255
        >>> round(measure(Pair(View(gray), View(red)))["value"].item(), 4)
        0.9867
    """
    target, output = pair.target.ab, pair.output.ab
    if min(target.shape[2:]) < WINDOW:
        return {"value": torch.full((len(target),), torch.nan, device=target.device)}
    references = pair.target.shared("ms_ssim_ab", lambda: refer_scales(target))
    return {"value": compare_scales(references, output).mean(dim=1)}


def refer_scales(planes: Tensor) -> list[Reference]:
    """Prepare planes (N, P, H, W) in Lab units at every scale that fits, finest first."""
    return [refer(halved) for halved in _halved(planes, len(scale_weights(min(planes.shape[2:]))))]


def compare_scales(references: list[Reference], planes: Tensor) -> Tensor:
    """MS-SSIM of planes (N, P, H, W) in Lab units with the references: (N, P) float32."""
    weights = scale_weights(min(planes.shape[2:]))
    similarity = torch.ones(planes.shape[:2], device=planes.device)
    for scale, halved in enumerate(_halved(planes, len(weights))):
        whole, structure = compare(references[scale], halved).unbind(2)
        factor = structure if scale + 1 < len(weights) else whole
        similarity *= factor.clamp_min(0) ** weights[scale]
    return similarity


def _halved(planes: Tensor, scales: int) -> Iterator[Tensor]:
    for scale in range(scales):
        planes = avg_pool2d(planes, 2) if scale else planes
        yield planes


def scale_weights(side: int) -> tuple[float, ...]:
    """Exponents of the scales that fit a shorter side.

    Example:
        >>> len(scale_weights(176)), len(scale_weights(175)), scale_weights(11)
        (5, 4, (1.0001,))
    """
    kept = WEIGHTS[: max(1, min(len(WEIGHTS), (side // WINDOW).bit_length()))]
    return tuple(round(weight * sum(WEIGHTS) / sum(kept), 10) for weight in kept)


METRIC = Metric(
    name="ms_ssim_ab",
    title="MS-SSIM ab",
    unit="",
    better="higher",
    kind="full-reference",
    source="Wang, Simoncelli, Bovik 2003, https://doi.org/10.1109/ACSSC.2003.1292216, on a and b",
    definition=(
        "Multi-scale structural similarity (five scales, 11 x 11 Gaussian window, range 255) of a + 128 and b + 128 in "
        "Lab units, the two averaged, then the mean over photos. Photos below 176 pixels on a side use the scales that "
        "fit, exponents renormalised; below 11 pixels there is no score."
    ),
    load=lambda setting: measure,
    reduce=mean_of("value"),
)
