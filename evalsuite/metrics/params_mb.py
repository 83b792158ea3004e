"""The size of a method's network."""

from __future__ import annotations

from itertools import chain

from torch import nn

from evalsuite.contracts import Batch, Colorize, Metric

MB = 1e6
"""Bytes: Zhang et al. 2016 give 129 MB for 32.2 million float32 parameters, so decimal megabytes."""


def probe(colorize: Colorize, batch: Batch) -> float:
    """Add up the bytes of a network's parameters and buffers.

    Args:
        colorize: The loaded colorizer; without a network, that is no torch.nn.Module, it counts 0.
        batch: Not looked at.

    Returns:
        Megabytes (1e6 bytes); lower is better.

    Source:
        Zhang, Isola, Efros 2016, Table 1, column "Params".

    Example:
        250,000 weights and 1 bias, 4 bytes each.

        >>> import torch
        >>> probe(nn.Linear(250_000, 1), Batch(torch.zeros(1, 1, 1, 1), (), (), ()))
        1.000004
    """
    if not isinstance(colorize, nn.Module):
        return 0.0
    return sum(t.numel() * t.element_size() for t in chain(colorize.parameters(), colorize.buffers())) / MB


METRIC = Metric(
    name="params_mb",
    title="Params",
    unit="MB",
    better="lower",
    kind="cost",
    source="Zhang, Isola, Efros 2016, https://arxiv.org/abs/1603.08511, Table 1",
    definition="The bytes of the network's parameters and buffers, in 1e6 bytes; 0 for a method without a network.",
    default=False,
    probe=probe,
)
