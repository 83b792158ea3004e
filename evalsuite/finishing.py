"""From what a colorizer gives to the 8-bit pixels that are measured, saved and shown."""

from __future__ import annotations

import torch
from torch import Tensor

from evalsuite.bins import annealed_mean
from evalsuite.color import join
from evalsuite.errors import UserError

TEMPERATURE = 0.38


def finish(output: object, L: Tensor) -> list[Tensor | None]:
    """Turn what a colorizer gave into 8-bit images.

    Args:
        output: ab (N, 2, h, w), logits (N, 313, h, w), or sRGB (N, 3, H, W) as uint8 or as floats 0..1.
        L: (N, 1, H, W), the lightness that it was given.

    Returns:
        N images (3, H, W) uint8, None where values are not finite.

    Raises:
        UserError: The shape or the range is none of these.
    """
    count, _, height, width = L.shape
    if not isinstance(output, Tensor) or output.ndim != 4 or len(output) != count or output.shape[1] not in (2, 3, 313):
        got = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise UserError(f"the result is ab (N, 2, h, w), logits (N, 313, h, w) or sRGB (N, 3, H, W); got {got}")
    if output.shape[1] == 3:
        if output.shape[2:] != (height, width):
            raise UserError(
                f"sRGB results have their photo's size; got {tuple(output.shape[2:])}, expected {(height, width)}"
            )
        images = output if output.dtype == torch.uint8 else _quantised(output)
        finite = torch.isfinite(output.float()).flatten(1).all(1)
    else:
        finite = torch.isfinite(output).flatten(1).all(1)
        ab = annealed_mean(output.float(), TEMPERATURE) if output.shape[1] == 313 else output.float()
        images = join(L, torch.where(finite[:, None, None, None], ab, 0))
    images = images.to(L.device)
    return [image if ok else None for image, ok in zip(images, finite.tolist(), strict=True)]


def _quantised(rgb: Tensor) -> Tensor:
    if bool((rgb.nan_to_num() > 1.5).any()):
        raise UserError(f"sRGB floats lie in 0..1; got up to {float(rgb.nan_to_num().max()):g}")
    return (rgb.nan_to_num().clamp(0, 1) * 255).round().to(torch.uint8)
