"""The color spaces that colorizers and metrics share: sRGB and CIE Lab, and how L and ab become pixels.

Lab is CIE 1976 L*a*b* of sRGB for D65 and the 2 degree observer, L 0..100 and a, b in Lab units, with the constants of
scikit-image, so that values agree with the published ones. Everything runs on the device of its arguments in float32.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from evalsuite.errors import UserError
from evalsuite.native import array, for_each, kernels

RGB_TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
"""Linear sRGB to CIE XYZ for D65: ITU-R BT.709 in the six digits that scikit-image and OpenCV use."""
WHITE = (0.95047, 1.0, 1.08883)
"""XYZ of D65 for the 2 degree observer."""
LAB_KNEE, LAB_SLOPE = 0.008856, 7.787
LAB_OFFSET = LAB_SLOPE * LAB_KNEE
"""What `_lab_curve` adds to the curve."""
LAB_JOINT = (LAB_OFFSET + 16 / 116) ** 3
"""Where the cube root has the value of the line at the knee: the rounded constants put it 4e-8 below the knee."""
GRAY_AB = 5.0
"""A photo without any |a| or |b| above this is gray: Zhang et al. left such photos out of training."""


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """Convert sRGB images to Lab.

    Args:
        rgb: (N, 3, H, W), uint8 0..255 or floating 0..1.

    Returns:
        (N, 3, H, W) float32: L 0..100, a and b in Lab units.

    Raises:
        UserError: Another shape or type.

    Source:
        IEC 61966-2-1 (sRGB) and CIE 15 (Lab) with scikit-image's constants (linear branch below 0.008856).

    Example:
        >>> red = torch.tensor([255, 0, 0], dtype=torch.uint8).reshape(1, 3, 1, 1)
        >>> [round(value, 2) for value in rgb_to_lab(red).flatten().tolist()]
        [53.24, 80.09, 67.2]
    """
    check_channels("rgb_to_lab", rgb, 3)
    if rgb.dtype == torch.uint8 and (compiled := kernels("colors", rgb.device)):
        lab = torch.empty(rgb.shape)
        images, labs, levels = array(rgb.flatten(2)), array(lab.flatten(2)), array(_linear_levels(rgb.device))
        for_each(len(rgb), lambda k: compiled.rgb_to_lab(images[k], levels, labs[k]))
        return lab
    r, g, b = _linear(rgb).unbind(1)
    yxz = torch.empty_like(rgb, dtype=torch.float32)
    for channel, row in enumerate((1, 0, 2)):
        red, green, blue = (value / WHITE[row] for value in RGB_TO_XYZ[row])
        torch.mul(r, red, out=yxz[:, channel]).add_(g, alpha=green).add_(b, alpha=blue)
    lab = _lab_curve(yxz)
    y, x, z = lab.unbind(1)
    x.sub_(y).mul_(500)
    z.sub_(y).mul_(-200)
    y.mul_(116).sub_(16 + 116 * LAB_OFFSET)
    return lab


def lab_to_rgb(lab: Tensor) -> Tensor:
    """Convert Lab images to sRGB, clipped to the gamut channel by channel.

    Args:
        lab: (N, 3, H, W) floating: L 0..100, a and b in Lab units; values out of gamut are allowed.

    Returns:
        (N, 3, H, W) float32, 0..1.

    Raises:
        UserError: Another shape.

    Source:
        The inverse of `rgb_to_lab`, with negative Z raised to 0 as in scikit-image.

    Example:
        >>> lab = torch.tensor([53.2406, 80.0942, 67.2015]).reshape(1, 3, 1, 1)
        >>> [round(value, 2) for value in lab_to_rgb(lab).flatten().abs().tolist()]
        [1.0, 0.0, 0.0]
    """
    check_channels("lab_to_rgb", lab, 3)
    lightness, a, b = lab.float().unbind(1)
    fy = (lightness + 16) / 116
    fx, fz = fy.add(a, alpha=1 / 500), fy.sub(b, alpha=1 / 200).clamp_min_(0)
    x, y, z = (_inverse_lab_curve(f) for f in (fx, fy, fz))
    rgb = torch.empty_like(lab, dtype=torch.float32)
    for channel, row in enumerate(_xyz_to_rgb()):
        rgb[:, channel] = _encode((x * row[0]).add_(y, alpha=row[1]).add_(z, alpha=row[2]))
    return rgb


def lab_to_rgb8(lab: Tensor) -> Tensor:
    """Convert Lab images to 8-bit sRGB: `lab_to_rgb`, then rounded to the nearest of 256 levels.

    Args:
        lab: (N, 3, H, W) floating: L 0..100, a and b in Lab units.

    Returns:
        (N, 3, H, W) uint8.

    Raises:
        UserError: Another shape.

    Source:
        As `lab_to_rgb`.

    Example:
        >>> lab_to_rgb8(torch.tensor([100.0, 0.0, 0.0]).reshape(1, 3, 1, 1)).flatten().tolist()
        [255, 255, 255]
    """
    return lab_to_rgb(lab).mul_(255).round_().to(torch.uint8)


def join(L: Tensor, ab: Tensor) -> Tensor:
    """Join a photo's lightness with predicted ab into the 8-bit pixels that are measured, saved and shown.

    Args:
        L: (N, 1, H, W) floating, 0..100.
        ab: (N, 2, h, w) floating, Lab units; another size is resampled bilinearly (half-pixel centers, with
            antialiasing where it shrinks).

    Returns:
        (N, 3, H, W) uint8 sRGB, clipped to the gamut.

    Raises:
        UserError: Shapes that do not fit each other.

    Source:
        The recipe of Zhang et al. 2016 (full-resolution L, upsampled ab). The ab of a photo gives its pixels back.

    Example:
        >>> join(torch.full((1, 1, 4, 4), 50.0), torch.zeros(1, 2, 1, 1))[0, :, 0, 0].tolist()
        [119, 119, 119]
    """
    check_channels("join, L", L, 1)
    check_channels("join, ab", ab, 2)
    if len(L) != len(ab):
        raise UserError(f"join: L and ab hold the same photos; got {len(L)} and {len(ab)}. Pass one ab per photo.")
    ab = ab.float()
    size = (int(L.shape[2]), int(L.shape[3]))
    if ab.shape[2:] != L.shape[2:]:
        shrinks = ab.shape[2] > size[0] or ab.shape[3] > size[1]
        ab = interpolate(ab, size=size, mode="bilinear", align_corners=False, antialias=shrinks)
    return lab_to_rgb8(torch.cat([L.float(), ab], dim=1))


def is_gray(lab: Tensor) -> Tensor:
    """Tell which images are truly gray: no |a| and no |b| above 5.

    Args:
        lab: (N, 3, H, W), Lab units.

    Returns:
        (N,) bool.

    Raises:
        UserError: Another shape.

    Source:
        Zhang et al. 2016, the released training code's test for gray photos.

    Example:
        >>> is_gray(torch.tensor([50.0, 5.0, -5.1]).reshape(1, 3, 1, 1)).tolist()
        [False]
    """
    check_channels("is_gray", lab, 3)
    return lab[:, 1:].abs().amax(dim=(1, 2, 3)) <= GRAY_AB


def check_channels(where: str, image: Tensor, channels: int) -> None:
    """Refuse what has another shape than (N, channels, H, W)."""
    if image.ndim != 4 or image.shape[1] != channels:
        rule = f"{where}: images have shape (N, {channels}, H, W)"
        raise UserError(f"{rule}; got {tuple(image.shape)}. Put the channels second.")


def _linear(rgb: Tensor) -> Tensor:
    """Linear light of sRGB values: by table for uint8, float32 (N, 3, H, W)."""
    if rgb.dtype == torch.uint8:
        return _linear_levels(rgb.device).index_select(0, rgb.flatten().int()).view(rgb.shape)
    if not rgb.is_floating_point():
        raise UserError(f"rgb_to_lab: images are uint8 0..255 or floating 0..1; got {rgb.dtype}. Convert them.")
    return _decode(rgb.float())


# The four curves have a linear branch below a knee. Each is the sum of two clamped branches and not a choice
# between two: torch.where takes 20 times as long as a clamp on CPUs (torch 2.13).


def _decode(rgb: Tensor) -> Tensor:
    power = (rgb.clamp_min(0.04045) + 0.055).div_(1.055).pow_(2.4)
    return power.add_((rgb - 0.04045).clamp_max_(0), alpha=1 / 12.92)


def _encode(linear: Tensor) -> Tensor:
    power = linear.clamp_min(0.0031308).log_().mul_(1 / 2.4).exp_().mul_(1.055).sub_(0.055)
    return power.add_((linear - 0.0031308).clamp_max_(0), alpha=12.92).clamp_(0, 1)


def _lab_curve(t: Tensor) -> Tensor:
    """The curve f of Lab + LAB_OFFSET, which differences of two values do not notice; writes into t."""
    root = t.clamp_min(LAB_JOINT).log2_().mul_(1 / 3).exp2_()
    return root.add_(t.clamp_max_(LAB_KNEE), alpha=LAB_SLOPE)


def _inverse_lab_curve(f: Tensor) -> Tensor:
    cube = f.clamp_min(0.2068966).pow_(3)
    return cube.add_((f - 0.2068966).clamp_max_(0), alpha=1 / 7.787)


@cache
@torch.inference_mode(False)
def _linear_levels(device: torch.device) -> Tensor:
    return _decode(torch.arange(256, dtype=torch.float64) / 255).float().to(device)


@cache
@torch.inference_mode(False)
def _xyz_to_rgb() -> list[list[float]]:
    """Rows from XYZ relative to the white to linear sRGB."""
    inverse = torch.linalg.inv(torch.tensor(RGB_TO_XYZ, dtype=torch.float64))
    rows: list[list[float]] = (inverse * torch.tensor(WHITE, dtype=torch.float64)).tolist()
    return rows
