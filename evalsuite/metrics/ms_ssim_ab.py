"""Multi-scale structural similarity of the chroma channels a and b."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from evalsuite.contracts import Metric, Rows
from evalsuite.memory import pieces
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
    count, _, height, width = pair.target.rgb8.shape
    device = pair.target.rgb8.device
    if min(height, width) < WINDOW:
        return {"value": torch.full((count,), torch.nan, device=device)}
    parts = list(pieces(count, height * width, device))
    target, output = pair.target.ab, pair.output.ab
    references = pair.target.shared("ms_ssim_ab", lambda: [refer_scales(target[part].flatten(0, 1)) for part in parts])
    values = [compare_scales(r, output[part].flatten(0, 1)) for r, part in zip(references, parts, strict=True)]
    return {"value": torch.cat(values).view(count, 2).mean(dim=1)}


def refer_scales(planes: Tensor) -> list[Reference]:
    """Prepare planes (P, H, W) in Lab units at every scale that fits, finest first."""
    scales = len(scale_weights(min(planes.shape[1:])))
    return [refer(plane) for plane in _halved(planes, scales)]


def compare_scales(references: list[Reference], planes: Tensor) -> Tensor:
    """MS-SSIM of planes (P, H, W) in Lab units with the references: (P,) float32."""
    weights = scale_weights(min(planes.shape[1:]))
    similarity = torch.ones(len(planes), device=planes.device)
    scales = zip(weights, references, _halved(planes, len(weights)), strict=True)
    for scale, (weight, reference, plane) in enumerate(scales):
        luminance, structure = compare(reference, plane)
        factor = structure if scale + 1 < len(weights) else luminance * structure
        similarity *= factor.mean(dim=(1, 2)).clamp_min(0) ** weight
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
