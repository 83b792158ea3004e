"""Global hints: a photo's colors as a whole, its own or those of a reference, as a histogram and a mean saturation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from evalsuite.bins import nearest_bin
from evalsuite.color import check_channels, rgb_to_lab
from evalsuite.contracts import GlobalHints

SIZE = 256
BINS = 313


def global_hints_of(rgb8: Tensor) -> GlobalHints:
    """Take the global hints of photos.

    Args:
        rgb8: (N, 3, H, W) uint8 sRGB; another size than 256 x 256 is squashed to it first, as the release does.

    Returns:
        Shares of the 313 ab bins at a quarter of the resolution, and the mean saturation.

    Raises:
        UserError: Another shape.

    Source:
        Zhang, Zhu et al. 2017, and the released global_stats.prototxt: ab resized bilinearly to 64 x 64,
        each pixel counted for its nearest bin (NN = 1 there, not the soft encoding), averaged; S of HSV averaged.

    Example:
        >>> red = torch.tensor([255, 0, 0], dtype=torch.uint8).reshape(1, 3, 1, 1).expand(1, 3, 8, 8)
        >>> hints = global_hints_of(red)
        >>> hints.histogram.max().item(), hints.saturation.item()
        (1.0, 1.0)
    """
    check_channels("global hints", rgb8, 3)
    image = rgb8.float() / 255
    if image.shape[2:] != (SIZE, SIZE):
        image = interpolate(image, size=(SIZE, SIZE), mode="bilinear", align_corners=False, antialias=True)
    ab = interpolate(rgb_to_lab(image)[:, 1:], size=(SIZE // 4, SIZE // 4), mode="bilinear", align_corners=False)
    bins = nearest_bin(ab).flatten(1)
    histogram = torch.stack([torch.bincount(one, minlength=BINS) for one in bins]).float() / bins.shape[1]
    high, low = image.amax(dim=1), image.amin(dim=1)
    saturation = torch.where(high > 0, (high - low) / high.clamp_min(1e-9), 0).mean(dim=(1, 2))
    return GlobalHints(histogram, saturation)


def global_hints_of_references(references: Sequence[Tensor]) -> GlobalHints:
    """Take the global hints of references (3, h, w), each of its own size."""
    found = [global_hints_of(reference[None]) for reference in references]
    return GlobalHints(torch.cat([one.histogram for one in found]), torch.cat([one.saturation for one in found]))
