"""The memory of a network's activations for one photo."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from evalsuite.contracts import Batch, Colorize, Metric

MB = 1e6


def probe(colorize: Colorize, batch: Batch) -> float:
    """Add up the bytes of what all layers of a network put out for one photo.

    Args:
        colorize: The loaded colorizer; without a network, that is no torch.nn.Module, it counts 0.
        batch: One photo.

    Returns:
        Megabytes (1e6 bytes); lower is better.

    Source:
        Zhang, Isola, Efros 2016, Table 1, column "Feats". The outputs of the modules without children are counted; one
        that lies in its input's memory, as of an in-place ReLU or a reshaping, is not counted again.

    Example:
        A 1 x 1 convolution to 25 channels on 100 x 100 gives 250,000 floats; the ReLU is in place.

        >>> import torch
        >>> class Network(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.layers = nn.Sequential(nn.Conv2d(1, 25, 1), nn.ReLU(inplace=True))
        ...     def forward(self, batch):
        ...         return self.layers(batch.L)
        >>> probe(Network(), Batch(torch.zeros(1, 1, 100, 100), (), (), ()))
        1.0
    """
    if not isinstance(colorize, nn.Module):
        return 0.0
    sizes: list[int] = []

    def add(module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        held = {_address(tensor) for tensor in _tensors(inputs)}
        sizes.extend(t.numel() * t.element_size() for t in _tensors(output) if _address(t) not in held)

    leaves = [module for module in colorize.modules() if not any(module.children())]
    handles = [module.register_forward_hook(add) for module in leaves]
    try:
        with torch.inference_mode():
            colorize(batch)
    finally:
        for handle in handles:
            handle.remove()
    return sum(sizes) / MB


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, dict):
        return _tensors(tuple(value.values()))
    return [tensor for part in value for tensor in _tensors(part)] if isinstance(value, list | tuple) else []


def _address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


METRIC = Metric(
    name="activations_mb",
    title="Feats",
    unit="MB",
    better="lower",
    kind="cost",
    source="Zhang, Isola, Efros 2016, https://arxiv.org/abs/1603.08511, Table 1",
    definition=(
        "The bytes that the network's layers (modules without children) put out for one photo, in 1e6 bytes; results "
        "written in place are counted once; 0 for a method without a network."
    ),
    default=False,
    probe=probe,
)
