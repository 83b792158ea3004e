"""The 313 ab bins of Zhang et al. 2016: their centers, the nearest to a color, soft encoding and decoding, weights."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from evalsuite.bin_grid import bin_centers
from evalsuite.color import check_channels
from evalsuite.errors import UserError
from evalsuite.native import array, for_each, kernels

CELLS = 12
"""The lookup grid reaches from -120 to 120 in steps of 10, one cell beyond every bin."""


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
    check_channels("nearest_bin", ab, 2)
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
    check_channels("soft_encode", ab, 2)
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
    check_channels("annealed_mean", logits, 313)
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


@cache
@torch.inference_mode(False)
def _bins(device: torch.device) -> Tensor:
    return torch.tensor(bin_centers(), dtype=torch.float32, device=device)


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
