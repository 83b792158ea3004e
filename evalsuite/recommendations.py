"""Recommended colors: the most likely ones at a pixel, as a user is offered them, from a network's distribution.

Source: Zhang, Zhu et al. 2017 and the released code (junyanz/interactive-deep-colorization, data/colorize_image.py and
lab_gamut.py): the softmax of softened logits is clustered by k-means, the centers are sorted by their share and brought
into the gamut at the pixel's lightness. The release draws 25,000 samples from the distribution and clusters these from
random starts; we cluster the bins themselves with their probabilities as weights, which is what samples tend to, from
two starts that depend on the distribution alone: the same distribution always gives the same colors.
"""

from __future__ import annotations

import torch
from torch import Tensor

from evalsuite.color import lab_to_rgb, rgb_to_lab
from evalsuite.contracts import Distribution
from evalsuite.errors import UserError

ROUNDS = 50
"""k-means stops earlier, as a rule after ten."""
SNAPS = 20
CLOSE_ENOUGH = 1.0
"""lab_gamut.py: at most 20 steps, until L, a and b together move by less than 1."""
HALVINGS = 8
SPREAD = 20.0
"""Lab units: how far apart centers start that are chosen for their weight; two steps of the bins' grid."""


def recommend_colors(
    distribution: Distribution, L: Tensor, places: Tensor, count: int = 9, softness: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Recommend colors at pixels of one photo.

    Args:
        distribution: Of that photo, N = 1, at any resolution.
        L: (H, W), the photo's lightness 0..100.
        places: (P, 2) int64, rows and columns of pixels.
        count: How many colors: 5 by default in the release's code, its window offers 9.
        softness: What scales the logits: 0.2 in the paper for siggraph17, 1 for the distribution as it is.

    Returns:
        ab (P, count, 2) in Lab units, within the sRGB gamut at the pixels' lightness, the most likely first; and the
        share (P, count) of the distribution that each stands for, falling, 0 where fewer colors are likely at all.

    Raises:
        UserError: Shapes, places or the count make no sense.

    Example:
        >>> colors = torch.tensor([[0.0, 0.0], [40.0, 30.0], [-30.0, 20.0]])
        >>> logits = torch.tensor([0.5, 0.3, 0.2]).log().reshape(1, 3, 1, 1)
        >>> distribution, L = Distribution(logits, colors), torch.tensor([[60.0]])
        >>> ab, shares = recommend_colors(distribution, L, torch.tensor([[0, 0]]), count=2)
        >>> [round(share, 3) for share in shares[0].tolist()]
        [0.7, 0.3]
    """
    _check(distribution, L, places, count, softness)
    logits = distribution.logits[0]
    height, width = logits.shape[1:]
    rows = places[:, 0] * height // L.shape[0]
    columns = places[:, 1] * width // L.shape[1]
    weights = (logits[:, rows, columns].T.double() * softness).softmax(dim=1)
    centers, shares = weighted_clusters(distribution.colors.double(), weights, count)
    return snapped(L[places[:, 0], places[:, 1]], centers.float()), shares.float()


def weighted_clusters(points: Tensor, weights: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Cluster the same points by k-means with several sets of weights.

    Args:
        points: (Q, 2) float64.
        weights: (P, Q) float64, not negative, each row with a positive sum.
        count: Clusters.

    Returns:
        Centers (P, count, 2) and their shares of the weight (P, count), falling.
    """
    likely, remote = (_clustered(points, weights, _starts(points, weights, count, apart)) for apart in (False, True))
    better = (remote[2] < likely[2])[:, None]
    centers, shares = torch.where(better[..., None], remote[0], likely[0]), torch.where(better, remote[1], likely[1])
    order = shares.argsort(dim=1, descending=True, stable=True)
    return centers.gather(1, order[..., None].expand(-1, -1, 2)), shares.gather(1, order)


def snapped(L: Tensor, ab: Tensor) -> Tensor:
    """Bring colors into the sRGB gamut at a lightness.

    Args:
        L: (P,), 0..100.
        ab: (P, k, 2), Lab units.

    Returns:
        (P, k, 2): colors that have this lightness within the gamut, near those given.

    Source:
        lab_gamut.py of the release: set L, convert to RGB, clip, convert back, at most 20 times. What is then still
        outside, which the release leaves there, loses color until it is inside.
    """
    lightness = L[:, None].expand(ab.shape[:2]).reshape(1, 1, -1, 1)
    lab = torch.cat([lightness, ab.float().reshape(1, -1, 1, 2).movedim(3, 1)], dim=1)
    for _ in range(SNAPS):
        moved = rgb_to_lab(lab_to_rgb(lab))
        moving = (moved - lab).abs().sum(dim=1, keepdim=True) >= CLOSE_ENOUGH
        lab = torch.where(moving, torch.cat([lightness, moved[:, 1:]], dim=1), lab)
    return _paled(lab)[:, 1:].movedim(1, 3).reshape(ab.shape)


def _paled(lab: Tensor) -> Tensor:
    """Take as little color as it needs from those that 20 steps did not bring into the gamut, as happens near white."""

    def outside(tried: Tensor) -> Tensor:
        return (rgb_to_lab(lab_to_rgb(tried)) - tried).abs().sum(dim=1, keepdim=True) >= CLOSE_ENOUGH

    low, high = torch.zeros_like(lab[:, :1]), torch.ones_like(lab[:, :1])
    stays = ~outside(lab)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        out = outside(torch.cat([lab[:, :1], lab[:, 1:] * middle], dim=1))
        low, high = torch.where(out, low, middle), torch.where(out, middle, high)
    return torch.cat([lab[:, :1], lab[:, 1:] * torch.where(stays, 1, low)], dim=1)


def _clustered(points: Tensor, weights: Tensor, centers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Lloyd's algorithm from given centers: centers, shares and the weighted sum of squared distances."""
    belongs = torch.cdist(centers, points).argmin(dim=1)
    for _ in range(ROUNDS):
        centers, _ = _means(points, weights, belongs, centers)
        now = torch.cdist(centers, points).argmin(dim=1)
        if torch.equal(now, belongs):
            break
        belongs = now
    centers, shares = _means(points, weights, belongs, centers)
    return centers, shares, (torch.cdist(centers, points).amin(dim=1).square() * weights).sum(dim=1)


def _starts(points: Tensor, weights: Tensor, count: int, apart: bool) -> Tensor:
    """Take the likeliest point, then again and again the likeliest that is not close to those taken, or with `apart`
    the one that weighs most when multiplied with its squared distance from them."""
    closeness = weights.new_zeros(weights.shape)
    squares = weights.new_full(weights.shape, torch.inf)
    chosen = [weights.argmax(dim=1)]
    for _ in range(count - 1):
        distance = (points[None] - points[chosen[-1]][:, None]).square().sum(dim=2)
        squares = torch.minimum(squares, distance)
        closeness = torch.maximum(closeness, (-distance / (2 * SPREAD**2)).exp())
        chosen.append((weights * (squares if apart else 1 - closeness)).argmax(dim=1))
    return points[torch.stack(chosen, dim=1)]


def _means(points: Tensor, weights: Tensor, belongs: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
    """Means of the clusters and their shares; a cluster without weight stays where it was."""
    count = before.shape[1]
    shares = weights.new_zeros(len(weights), count).scatter_add_(1, belongs, weights)
    sums = [weights.new_zeros(len(weights), count).scatter_add_(1, belongs, weights * axis) for axis in points.T]
    means = torch.stack(sums, dim=2) / shares.clamp_min(1e-300)[..., None]
    return torch.where(shares[..., None] > 0, means, before), shares / weights.sum(dim=1, keepdim=True)


def _check(distribution: Distribution, L: Tensor, places: Tensor, count: int, softness: float) -> None:
    logits, bins = distribution.logits, len(distribution.colors)
    if logits.ndim != 4 or logits.shape[:2] != (1, bins):
        raise UserError(f"recommended colors: logits are (1, {bins}, h, w); got {tuple(logits.shape)}. Give one photo.")
    if not 1 <= count <= bins:
        raise UserError(f"recommended colors: 1 to {bins} are asked for; got {count}. The paper's window shows 9.")
    if not softness > 0:
        raise UserError(f"recommended colors: logits are scaled by more than 0; got {softness}. The paper has 0.2.")
    size = torch.tensor(L.shape, device=places.device)
    if places.ndim != 2 or bool(((places < 0) | (places >= size)).any()):
        raise UserError(f"recommended colors: places are (P, 2) within {tuple(L.shape)}; got others. Give row, column.")
