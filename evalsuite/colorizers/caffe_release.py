"""What the Caffe releases of Zhang et al. share: their BatchNorm layers, and files of two kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from evalsuite.weights import fill, load_state

Network = TypeVar("Network", bound=nn.Module)


def batch_norm(key: str, arrays: Sequence[NDArray[np.float32]]) -> Iterator[tuple[str, NDArray[Any]]]:
    """Translate Caffe's BatchNorm to torch's.

    Args:
        key: The layer in the state dict.
        arrays: Sums of moving averages of mean and variance, and what to divide them by; 0 where nothing was averaged.

    Example:
        >>> one = np.ones(1, np.float32)
        >>> [float(values.ravel()[0]) for _, values in batch_norm("x", [4 * one, 6 * one, 2 * one])]
        [2.0, 3.0, 1.0, 0.0, 0.0]
    """
    mean, variance, scale = (array.ravel() for array in arrays)
    factor = np.float32(0 if scale[0] == 0 else 1 / scale[0])
    yield f"{key}.running_mean", mean * factor
    yield f"{key}.running_var", variance * factor
    yield f"{key}.weight", np.ones_like(mean)
    yield f"{key}.bias", np.zeros_like(mean)
    yield f"{key}.num_batches_tracked", np.zeros((), np.int64)


def load_either(network: Network, path: Path, translate: Callable[[Path], Mapping[str, Tensor]]) -> Network:
    """Fill a network from a .caffemodel, which is translated, or from a state dict's file.

    Raises:
        UserError: The file is damaged or of another network.
    """
    return fill(network, translate(path), path) if path.suffix == ".caffemodel" else load_state(network, path)
