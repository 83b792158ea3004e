"""The color science that colorizers and metrics share: sRGB, CIE Lab, CIEDE2000 and the 313 ab bins.

Lab is CIE 1976 L*a*b* of sRGB for D65 and the 2 degree observer, L 0..100 and a, b in Lab units, with the constants of
scikit-image, so that values agree with the published ones. Everything runs on the device of its arguments in float32.
"""

from __future__ import annotations

import math
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
B_RANGES = {
    -90: (50, 90), -80: (20, 90), -70: (0, 90), -60: (-20, 90), -50: (-30, 100), -40: (-40, 100), -30: (-50, 100),
    -20: (-50, 100), -10: (-60, 100), 0: (-70, 100), 10: (-80, 90), 20: (-80, 90), 30: (-90, 90), 40: (-100, 90),
    50: (-100, 80), 60: (-110, 80), 70: (-110, 80), 80: (-110, 70), 90: (-110, 70), 100: (-90, 0),
}  # fmt: skip
"""For each a of the grid of step 10 the first and last b of the bins, from pts_in_hull.npy of Zhang et al. 2016."""
SQUARED_ANGLE = tuple(-coefficient / math.radians(25) ** 2 for coefficient in (2, 1 / 3, 4 / 45, 1 / 35, 16 / 1575))
"""-(angle / 25 degrees)^2 as a series in y = 1 - cos(angle), without its first y: arccos(1 - y)^2, within 2e-6."""
SINE = (-2.0943948165727875, 0.3827897195148259, -0.020975211075382832, 0.0005295322867425178)
"""-2 sin(x * 60 degrees) as an odd polynomial in x = 0..1 of least maximal error, 3e-8."""
CELLS = 12
"""The lookup grid reaches from -120 to 120 in steps of 10, one cell beyond every bin."""


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
    _check_channels("rgb_to_lab", rgb, 3)
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
    _check_channels("lab_to_rgb", lab, 3)
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
    _check_channels("join, L", L, 1)
    _check_channels("join, ab", ab, 2)
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
    _check_channels("is_gray", lab, 3)
    return lab[:, 1:].abs().amax(dim=(1, 2, 3)) <= GRAY_AB


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
    _check_channels("ciede2000", lab1, 3)
    if lab1.shape != lab2.shape:
        got = f"{tuple(lab1.shape)} and {tuple(lab2.shape)}"
        raise UserError(f"ciede2000: both images have one shape; got {got}. Resize one of them.")
    if compiled := kernels("colors", lab1.device):
        difference = torch.empty((len(lab1), *lab1.shape[2:]))
        ones, twos, found = (
            array(t) for t in (lab1.float().flatten(2), lab2.float().flatten(2), difference.flatten(1))
        )
        for_each(len(lab1), lambda k: compiled.ciede2000(ones[k], twos[k], found[k]))
        return difference
    L1, a1, b1 = lab1.float().unbind(1)
    L2, a2, b2 = lab2.float().unbind(1)
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


def ab_bins(device: torch.device | None = None) -> Tensor:
    """Give the centers of the 313 ab bins.

    Args:
        device: Where they are wanted; the CPU by default.

    Returns:
        (313, 2) float32, Lab units, a ascending and then b ascending: the order of pts_in_hull.npy. Shared: read only.

    Source:
        Zhang et al. 2016: the cells of a grid of step 10 that hold in-gamut colors, as released by the authors.

    Example:
        >>> ab_bins().shape, ab_bins()[0].tolist(), ab_bins()[-1].tolist()
        (torch.Size([313, 2]), [-90.0, 50.0], [100.0, 0.0])
    """
    return _bins(device or torch.device("cpu"))


def nearest_bin(ab: Tensor) -> Tensor:
    """Find the bin nearest to every pixel's ab.

    Args:
        ab: (N, 2, H, W) floating, Lab units, in or out of gamut.

    Returns:
        (N, H, W) int64, 0..312. Of bins equally near the first counts: the lower a, then the lower b.

    Raises:
        UserError: Another shape.

    Source:
        Zhang et al. 2016 (q* of Eqn 3). The bins lie on a grid: rounding finds them, and only colors that round to
        a cell without a bin are compared with all 313.

    Example:
        >>> ab_bins()[nearest_bin(torch.tensor([44.0, 36.0]).reshape(1, 2, 1, 1))].flatten().tolist()
        [40.0, 40.0]
    """
    _check_channels("nearest_bin", ab, 2)
    index = _grid_bins(ab.float())
    outside = index < 0
    if outside.any():
        index[outside] = _nearest_of_all(ab.float().movedim(1, -1)[outside])
    return index


def soft_encode(ab: Tensor, neighbors: int = 5, sigma: float = 5.0) -> Tensor:
    """Encode ab softly as a distribution over the 313 bins.

    Args:
        ab: (N, 2, H, W) floating, Lab units.
        neighbors: How many nearest bins share the weight: 5 in the paper, 10 in the released Caffe layer.
        sigma: Standard deviation of the Gaussian of the distance, Lab units.

    Returns:
        (N, 313, H, W) float32, summing to 1 over the bins. Of bins equally far the last place goes to any.

    Raises:
        UserError: Another shape, or neighbors not in 1..313.

    Source:
        Zhang et al. 2016, section 2.1.

    Example:
        >>> code = soft_encode(torch.zeros(1, 2, 1, 1))
        >>> [round(value, 4) for value in code.flatten().topk(5).values.tolist()]
        [0.6488, 0.0878, 0.0878, 0.0878, 0.0878]
    """
    _check_channels("soft_encode", ab, 2)
    if not 1 <= neighbors <= 313:
        raise UserError(f"soft_encode: neighbors are 1..313 bins; got {neighbors}. The paper has 5.")
    n, _, height, width = ab.shape
    code = ab.new_zeros((n, height * width, 313), dtype=torch.float32)
    for one, points in zip(code, ab.float().flatten(2).movedim(1, 2), strict=True):
        squares, indices = _square_distances(points).topk(neighbors, largest=False)
        one.scatter_(1, indices, (squares / (-2 * sigma**2)).softmax(dim=1))
    return code.movedim(2, 1).reshape(n, 313, height, width)


def annealed_mean(logits: Tensor, temperature: float = 0.38) -> Tensor:
    """Decode distributions over the bins to ab by the annealed mean.

    Args:
        logits: (N, 313, h, w) floating, unnormalised log probabilities.
        temperature: Towards 0 the mode, 1 the mean; the paper chose 0.38.

    Returns:
        (N, 2, h, w) float32, Lab units.

    Raises:
        UserError: Another shape, or a temperature not above 0.

    Source:
        Zhang et al. 2016, Eqn 5.

    Example:
        >>> logits = torch.full((1, 313, 1, 1), -100.0)
        >>> logits[0, 0] = 0.0
        >>> annealed_mean(logits).flatten().tolist()
        [-90.0, 50.0]
    """
    _check_channels("annealed_mean", logits, 313)
    if not temperature > 0:
        raise UserError(f"annealed_mean: the temperature is above 0; got {temperature}. The paper has 0.38.")
    probabilities = (logits.float() / temperature).softmax(dim=1)
    return torch.einsum("nqhw,qc->nchw", probabilities, ab_bins(logits.device))


def class_weights(prior: Tensor, mix: float = 0.5) -> Tensor:
    """Weigh the bins against their frequency.

    Args:
        prior: (313,) probabilities or counts of the bins, not negative.
        mix: The paper's lambda, 0..1: the share of the uniform distribution; 0.5 in training, 0 for rebalanced AuC.

    Returns:
        (313,) float64 weights w with sum(p * w) = 1. A bin of probability 0 has weight 0 where mix is 0.

    Raises:
        UserError: Another shape, negative, infinite or empty priors, or a mix out of range.

    Source:
        Zhang et al. 2016, Eqn 4: w proportional to 1 / ((1 - lambda) p + lambda / Q), Q = 313.

    Example:
        >>> class_weights(torch.ones(313), mix=0.0).unique().tolist()
        [1.0]
    """
    if prior.shape != (313,):
        raise UserError(f"class_weights: a prior has shape (313,); got {tuple(prior.shape)}. Count all the bins.")
    if not 0 <= mix <= 1:
        raise UserError(f"class_weights: mix is 0..1; got {mix}. The paper has 0.5, and 0 for rebalanced AuC.")
    p = prior.double()
    if not bool(p.isfinite().all() and (p >= 0).all() and p.sum() > 0):
        raise UserError("class_weights: a prior is finite, not negative and not all 0; this one is. Count again.")
    p = p / p.sum()
    mixed = (1 - mix) * p + mix / 313
    weights = torch.where(mixed > 0, 1 / mixed, 0)
    return weights / (p * weights).sum()


def _check_channels(where: str, image: Tensor, channels: int) -> None:
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


@cache
@torch.inference_mode(False)
def _bins(device: torch.device) -> Tensor:
    points = [(a, b) for a, (first, last) in B_RANGES.items() for b in range(first, last + 1, 10)]
    return torch.tensor(points, dtype=torch.float32, device=device)


@cache
@torch.inference_mode(False)
def _bin_of_cell(device: torch.device) -> Tensor:
    """Bin index of every cell of the lookup grid, a major, -1 where there is none: (625,) int64."""
    side = 2 * CELLS + 1
    cells = (ab_bins() / 10 + CELLS).long()
    table = torch.full((side * side,), -1)
    table[cells[:, 0] * side + cells[:, 1]] = torch.arange(len(cells))
    return table.to(device)


def _grid_bins(ab: Tensor) -> Tensor:
    """The bins of the cells that ab (N, 2, H, W) rounds to, -1 where a cell has none: (N, H, W) int64."""
    table = _bin_of_cell(ab.device)
    if compiled := kernels("pixels", ab.device):
        index = torch.empty((len(ab), *ab.shape[2:]), dtype=torch.int64)
        given, cells, found = array(ab.flatten(2)), array(table), array(index.flatten(1))
        for_each(len(ab), lambda k: compiled.look_up_bins(given[k], cells, CELLS, found[k]))
        return index
    cell = ((ab - 5) / 10).ceil_().clamp_(-CELLS, CELLS).long().add_(CELLS)
    return table[cell[:, 0] * (2 * CELLS + 1) + cell[:, 1]]


def _square_distances(points: Tensor) -> Tensor:
    """Squared distance of points (M, 2) to the bins: (M, 313), by differences because expanding squares cancels."""
    bins = ab_bins(points.device)
    squares = (points[:, :1] - bins[:, 0]).square_()
    return squares.add_((points[:, 1:] - bins[:, 1]).square_())


def _nearest_of_all(points: Tensor) -> Tensor:
    return torch.cat([_square_distances(part).argmin(dim=1) for part in torch.split(points, 1 << 14)])


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
