"""Alpha expansion: labels for the pixels of a grid whose cost is low, found by graph cuts.

Source: Boykov, Veksler and Zabih, Fast Approximate Energy Minimization via Graph Cuts, TPAMI 2001, with the graph of
Kolmogorov and Zabih, What Energy Functions Can Be Minimized via Graph Cuts?, TPAMI 2004. Cuts come from PyMaxflow
(Boykov and Kolmogorov's algorithm; GPL-3.0), which is installed on its own.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import Unavailable

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Energy:
    """What a labelling of n pixels with K labels costs.

    Attributes:
        own: (K, n), of each label at each pixel.
        apart: (K, K), a metric between labels.
        first: (e,) pixels of neighboring pairs.
        second: (e,) the other pixels.
        weight: (e,) what `apart` is multiplied with for each pair.
    """

    own: Floats
    apart: Floats
    first: Labels
    second: Labels
    weight: Floats

    def of(self, labels: Labels) -> float:
        """Add up the cost of a labelling (n,)."""
        own = self.own[labels, np.arange(len(labels))].sum()
        return float(own + (self.weight * self.apart[labels[self.first], labels[self.second]]).sum())


def load_maxflow() -> ModuleType:
    """Import PyMaxflow.

    Raises:
        Unavailable: It is not installed.
    """
    try:
        return importlib.import_module("maxflow")
    except ModuleNotFoundError:
        advice = "Run pip install 'colorization-evalsuite[exemplar]'."
        raise Unavailable(f"charpiat2008: the package PyMaxflow must be installed, and it is not. {advice}") from None


def expand(maxflow: ModuleType, energy: Energy, labels: Labels, cycles: int) -> Labels:
    """Lower the cost of a labelling by letting one label after the other spread, at most so many times each.

    Args:
        maxflow: PyMaxflow.
        energy: What labels cost.
        labels: (n,), where to start.
        cycles: How often each label is tried; it ends earlier where nothing changes.

    Returns:
        (n,) labels that cost no more.
    """
    unchanged = 0
    for step in range(cycles * len(energy.own)):
        moved = _spread(maxflow, energy, labels, step % len(energy.own))
        unchanged = unchanged + 1 if np.array_equal(moved, labels) else 0
        labels = moved
        if unchanged == len(energy.own):
            break
    return labels


def _spread(maxflow: ModuleType, energy: Energy, labels: Labels, alpha: int) -> Labels:
    """Let pixels take the label alpha where that is cheapest for all together."""
    pixels = np.arange(len(labels))
    p, q = energy.first, energy.second
    keep = energy.weight * energy.apart[labels[p], labels[q]]
    take_q = energy.weight * energy.apart[labels[p], alpha]
    take_p = energy.weight * energy.apart[alpha, labels[q]]
    # With x = 1 for alpha a pair costs
    # keep - take_q x_p + (take_q - keep) x_q + (take_p + take_q - keep) x_p (1 - x_q).
    taken = energy.own[alpha] + np.bincount(q, take_q - keep, len(labels)) - np.bincount(p, take_q, len(labels))
    graph = maxflow.GraphFloat(len(labels), len(p))
    nodes = graph.add_nodes(len(labels))
    graph.add_grid_tedges(nodes, taken, energy.own[labels, pixels])
    graph.add_edges(nodes[q], nodes[p], np.maximum(take_p + take_q - keep, 0), np.zeros(len(p)))
    graph.maxflow()
    moved = np.where(graph.get_grid_segments(nodes), alpha, labels)
    return moved if energy.of(moved) < energy.of(labels) else labels
