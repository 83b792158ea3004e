"""CIEDE2000, the difference of two colors as people see it."""

from __future__ import annotations

import math
from functools import cache
from types import ModuleType

import torch
from torch import Tensor

from evalsuite.color import check_channels
from evalsuite.errors import UserError
from evalsuite.native import array, for_each, kernels

SQUARED_ANGLE = tuple(-coefficient / math.radians(25) ** 2 for coefficient in (2, 1 / 3, 4 / 45, 1 / 35, 16 / 1575))
"""-(angle / 25 degrees)^2 as a series in y = 1 - cos(angle), without its first y: arccos(1 - y)^2, within 2e-6."""
SINE = (-2.0943948165727875, 0.3827897195148259, -0.020975211075382832, 0.0005295322867425178)
"""-2 sin(x * 60 degrees) as an odd polynomial in x = 0..1 of least maximal error, 3e-8."""


def ciede2000(lab1: Tensor, lab2: Tensor) -> Tensor:
    """Measure the CIEDE2000 color difference of every pixel.

    Args:
        lab1: (N, 3, H, W) floating: L 0..100, a and b in Lab units.
        lab2: The same shape.

    Returns:
        (N, H, W) float32, CIEDE2000 units, 0 for equal colors; lower is better.

    Raises:
        UserError: Shapes that differ or are none of images.

    Source:
        Sharma, Wu and Dalal 2005, "The CIEDE2000 color-difference formula", kL = kC = kH = 1. Hue angles are replaced
        by the vectors that they stand for, which keeps float32 within 1e-4 and saves most of the trigonometry.

    Example:
        Pair 1 of the paper's Table 1 is 2.0425.

        >>> one = torch.tensor([50.0, 2.6772, -79.7751]).reshape(1, 3, 1, 1)
        >>> two = torch.tensor([50.0, 0.0, -82.7485]).reshape(1, 3, 1, 1)
        >>> round(ciede2000(one, two).item(), 4)
        2.0425
    """
    check_channels("ciede2000", lab1, 3)
    if lab1.shape != lab2.shape:
        got = f"{tuple(lab1.shape)} and {tuple(lab2.shape)}"
        raise UserError(f"ciede2000: both images have one shape; got {got}. Resize one of them.")
    if compiled := kernels("colors", lab1.device):
        return _in_one_loop(compiled, lab1.float(), lab2.float())
    return _in_passes(lab1.float(), lab2.float())


def _in_one_loop(compiled: ModuleType, lab1: Tensor, lab2: Tensor) -> Tensor:
    difference = torch.empty((len(lab1), *lab1.shape[2:]))
    ones, twos, found = (array(t) for t in (lab1.flatten(2), lab2.flatten(2), difference.flatten(1)))
    for_each(len(lab1), lambda k: compiled.ciede2000(ones[k], twos[k], found[k]))
    return difference


def _in_passes(lab1: Tensor, lab2: Tensor) -> Tensor:
    (L1, a1, b1), (L2, a2, b2) = lab1.unbind(1), lab2.unbind(1)
    turn = _hue_turn(a1, b1, a2, b2)
    stretch = _line(1.5, -0.5, _seventh(_norm(a1, b1).add_(_norm(a2, b2))))
    a1, a2 = a1 * stretch, stretch.mul_(a2)
    C1, C2 = _norm(a1, b1), _norm(a2, b2)
    dH, cos, sin = _hue_difference(a1, b1, C1, a2, b2, C2, turn)
    dC, C_sum = C2 - C1, C1.add_(C2)
    dC.div_(_line(1, 0.045 / 2, C_sum))
    dH.div_(_line(1, 0.015 / 2, _hue_weight(cos, sin).mul_(C_sum)))
    square = _rotation(cos, sin).mul_(_seventh(C_sum)).mul_(dC).mul_(dH)
    dL = (L2 - L1).div_(_lightness_weight(L1, L2))
    return square.addcmul_(dL, dL).addcmul_(dC, dC).addcmul_(dH, dH).clamp_min_(0).sqrt_()


# CIEDE2000 is bound by memory on CPUs: every pass over the pixels that is saved, and every one in place, counts.


def _norm(a: Tensor, b: Tensor) -> Tensor:
    return (a * a).addcmul_(b, b).sqrt_()


def _seventh(C_sum: Tensor) -> Tensor:
    """sqrt(C^7 / (C^7 + 25^7)) = 1 / sqrt(1 + (25 / C)^7), where C is half of the argument."""
    square = C_sum * C_sum
    power = (square * square).mul_(square).mul_(C_sum)
    return _line(1, 50.0**7, power.reciprocal_()).rsqrt_()


def _lightness_weight(L1: Tensor, L2: Tensor) -> Tensor:
    """SL of the formula, from twice the mean lightness: its 20 is 80 there, its 0.015 half of that."""
    darkness = (L1 + L2).sub_(100).square_()
    return _line(1, 0.015 / 2, darkness.mul_((darkness + 80).rsqrt_()))


def _hue_turn(a1: Tensor, b1: Tensor, a2: Tensor, b2: Tensor) -> Tensor:
    """+1 where the short way from hue 1 to hue 2 is counterclockwise, else -1: (N, H, W).

    Opposite hues turn as their angles in [0, 360) subtract: counterclockwise where the first is below 180 degrees.
    """
    cross = (a1 * b2).sub_(a2 * b1)
    return torch.copysign(_number(1, cross.device), cross.add_(b1, alpha=1e-20).add_(a1, alpha=1e-30))


def _hue_difference(
    a1: Tensor, b1: Tensor, C1: Tensor, a2: Tensor, b2: Tensor, C2: Tensor, turn: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """dH' = 2 sqrt(C1 C2) sin(dh / 2), and cosine and sine of the mean hue: (N, H, W) each.

    With u = C2 v1 and w = C1 v2, vectors of one length, u + w points along the mean hue and w - u, turned back by a
    right angle, does so too; where one cancels the other is long, so their sum is always exact. The length of w - u
    is 2 C1 C2 sin(dh / 2).
    """
    ua, ub, wa, wb = a1 * C2, b1 * C2, a2 * C1, b2 * C1
    back_a, back_b = wb - ub, ua - wa
    tiny = _number(1e-30, turn.device)
    dH = (back_a * back_a).addcmul_(back_b, back_b).div_(torch.addcmul(tiny, C1, C2)).sqrt_().mul_(turn)
    x = ua.add_(wa).addcmul_(turn, back_a)
    y = ub.add_(wb).addcmul_(turn, back_b)
    scale = torch.addcmul(tiny, x, x).addcmul_(y, y).rsqrt_()
    return dH, x.mul_(scale), y.mul_(scale)


def _hue_weight(cos: Tensor, sin: Tensor) -> Tensor:
    """T of the formula, from the mean hue h: multiples of h by the addition theorems, as a polynomial in cos(2 h)."""
    (c30, s30), (c6, s6), (c63, s63) = ((math.cos(phi), math.sin(phi)) for phi in map(math.radians, (30, 6, 63)))
    cos2 = (cos * cos).addcmul_(sin, sin, value=-1)
    weight = _line(0.24, -0.40 * c63, cos2).add_(cos * sin, alpha=-0.80 * s63)
    weight = torch.addcmul(_number(1 + 0.20 * c63, cos.device), weight, cos2)
    weight.addcmul_(_line(-0.17 * c30 - 0.32 * c6, 0.64 * c6, cos2), cos)
    return weight.addcmul_(_line(-0.17 * s30 - 0.32 * s6, -0.64 * s6, cos2), sin)


def _rotation(cos: Tensor, sin: Tensor) -> Tensor:
    """-2 sin(2 dtheta) with 2 dtheta = 60 degrees * exp(-((h - 275) / 25)^2), from the mean hue h in [0, 360).

    With y = 1 - cos(h - 275 degrees) both are short series. Hues of 0 to 95 degrees, which are near 275 only the other
    way around, are pushed away.
    """
    blue = math.radians(275)
    y = _line(1, -math.cos(blue), cos).add_(sin, alpha=-math.sin(blue))
    share = _polynomial(SQUARED_ANGLE, y).mul_(y).add_(sin.clamp_min(0), alpha=15 * SQUARED_ANGLE[0]).exp_()
    return _polynomial(SINE, share * share).mul_(share)


def _line(offset: float, slope: float, x: Tensor) -> Tensor:
    return torch.add(_number(offset, x.device), x, alpha=slope)


def _polynomial(coefficients: tuple[float, ...], x: Tensor) -> Tensor:
    """The polynomial with these coefficients, constant first, at x: one pass for each."""
    *lower, offset, slope = coefficients
    value = _line(offset, slope, x)
    for coefficient in reversed(lower):
        value = torch.addcmul(_number(coefficient, x.device), value, x)
    return value


@cache
@torch.inference_mode(False)
def _number(value: float, device: torch.device) -> Tensor:
    return torch.tensor(float(value), device=device)
