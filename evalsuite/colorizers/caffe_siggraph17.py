"""Translating the Caffe release of Zhang, Zhu et al. 2017, with its branch of global hints, to our state dict.

The main branch has the names under which other projects load the authors' files (bw_conv1_1, ab_conv1_1, conv1_2,
conv1_2norm, conv1_2norm_ss, ..., conv10_ab). The global branch is followed through the network that the file describes:
it begins at the 1 x 1 convolution of 314 channels and ends where it is added to conv4_3norm. Caffe's network takes
L - 50, ab in Lab units and a mask of 0 and 110, ours (L - 50) / 100, ab / 110 and a mask of 0 and 1, so that the first
convolution is scaled by 100 and 110. BatchNorm layers keep sums and what to divide them by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evalsuite.caffemodel import Layer
from evalsuite.colorizers.caffe_release import batch_norm
from evalsuite.colorizers.release import AB_SCALE, L_SCALE
from evalsuite.errors import UserError

Arrays: TypeAlias = NDArray[np.float32]
Entries: TypeAlias = Iterator[tuple[str, NDArray[Any]]]
BLOCKS = {2: 2, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3}
"""Convolutions of the blocks whose layers are all called alike."""
DECODER = {
    "model8up.0": "conv8_1", "model3short8.0": "conv3_3_short", "model8.1": "conv8_2", "model8.3": "conv8_3",
    "model9up.0": "conv9_1", "model2short9.0": "conv2_2_short", "model9.1": "conv9_2",
    "model10up.0": "conv10_1", "model1short10.0": "conv1_2_short", "model10.1": "conv10_2", "model_out.0": "conv10_ab",
}  # fmt: skip
NORMS = {"model1.4": "conv1_2norm", "model2.4": "conv2_2norm", "model8.5": "conv8_3norm", "model9.3": "conv9_2norm"}
NORMS |= {f"model{block}.6": f"conv{block}_3norm" for block in range(3, 8)}
SUBSAMPLED = {"conv2_1": "conv1_2norm_ss", "conv3_1": "conv2_2norm_ss", "conv4_1": "conv3_3norm_ss"}
"""Layers that take every second pixel and could scale channels: the scale goes into the convolution that follows."""
EPSILON = 1e-5
"""Of BatchNorm, in Caffe as in torch."""
WIDTH, HISTOGRAM, SATURATION = 512, 314, 2


def state_of_caffe(layers: Sequence[Layer], path: Path) -> dict[str, Tensor]:
    """Translate the layers of global_model.caffemodel to the state dict of siggraph17_global.

    Raises:
        UserError: A layer is missing, or the global branch is not what the paper describes.
    """
    arrays = {layer.name: layer.arrays for layer in layers if layer.arrays}
    state: dict[str, Tensor] = {"ab_scale": torch.tensor([AB_SCALE])}
    try:
        for key, array in (*_first(arrays), *_main(arrays), *_global(layers)):
            state[key] = torch.from_numpy(np.array(array))
    except (KeyError, ValueError, IndexError) as error:
        rule = f"{path}: a .caffemodel of the global hints network"
        raise UserError(f"{rule}; got one that is not complete at {error}. Give global_model.caffemodel.") from error
    return state


def _first(arrays: Mapping[str, tuple[Arrays, ...]]) -> Entries:
    light, bias = arrays["bw_conv1_1"]
    color, more = arrays["ab_conv1_1"]
    yield "model1.0.weight", np.concatenate([light * L_SCALE, color * AB_SCALE], axis=1)
    yield "model1.0.bias", (bias + more).ravel()


def _main(arrays: Mapping[str, tuple[Arrays, ...]]) -> Entries:
    places = {"model1.2": "conv1_2"} | DECODER
    for block, count in BLOCKS.items():
        places |= {f"model{block}.{2 * i}": f"conv{block}_{i + 1}" for i in range(count)}
    for key, name in places.items():
        weight, bias = arrays[name]
        scale = arrays.get(SUBSAMPLED.get(name, ""), ())
        yield f"{key}.weight", weight * scale[0].reshape(1, -1, 1, 1) if scale else weight
        yield f"{key}.bias", bias.ravel()
    for key, name in NORMS.items():
        yield from batch_norm(key, arrays[name])


def _global(layers: Sequence[Layer]) -> Entries:
    start = next((k for k, layer in enumerate(layers) if _reads(layer, HISTOGRAM)), None)
    if start is None:
        raise ValueError(f"the first layer of the global branch, a convolution of {HISTOGRAM} channels")
    saturation = next((layer for layer in layers if _reads(layer, SATURATION)), None)
    weight, bias = layers[start].arrays[0], layers[start].arrays[1].ravel()
    other = np.zeros((WIDTH, SATURATION), np.float32) if saturation is None else saturation.arrays[0]
    if saturation is not None and len(saturation.arrays) > 1:
        bias = bias + saturation.arrays[1].ravel()
    yield "global_histogram.weight", weight.reshape(WIDTH, HISTOGRAM, 1, 1)
    yield "global_histogram.bias", bias
    yield "global_saturation.weight", other.reshape(WIDTH, SATURATION, 1, 1)
    yield from _branch(layers[start:], () if saturation is None else saturation.tops)


def _branch(layers: Sequence[Layer], saturation: Sequence[str]) -> Entries:
    """Follow the branch from its first layer to where it is added to the main one: layer by layer ReLU, then a norm."""
    stages: list[tuple[Arrays, ...]] = []
    norms: dict[int, tuple[Arrays, ...]] = {}
    rectified, current = False, layers[0].tops[0]
    for layer in layers[1:]:
        if current not in layer.bottoms:
            continue
        if layer.kind == "Eltwise" and not set(layer.bottoms) <= {current, *saturation}:
            _check_end(layer, current, len(stages), rectified)
            break
        if _reads(layer, WIDTH):
            stages.append(layer.arrays)
            rectified = False
        elif layer.kind == "ReLU":
            rectified = True
        elif layer.kind == "BatchNorm" and rectified:
            norms[len(stages)] = layer.arrays
        elif layer.arrays:
            raise ValueError(f"{layer.name}, a {layer.kind} where the global branch has ReLU, norm or convolution")
        current = layer.tops[0]
    else:
        raise ValueError("the end of the global branch, which is added to conv4_3norm")
    for k, arrays in enumerate(stages):
        yield f"model_global.{3 * k + 2}.weight", arrays[0].reshape(WIDTH, WIDTH, 1, 1)
        yield f"model_global.{3 * k + 2}.bias", arrays[1].ravel()
    for k in range(len(stages) + 1):
        yield from (
            batch_norm(f"model_global.{3 * k + 1}", norms[k]) if k in norms else _identity(f"model_global.{3 * k + 1}")
        )


def _check_end(layer: Layer, current: str, stages: int, rectified: bool) -> None:
    others = [name for name in layer.bottoms if name != current]
    if others != ["conv4_3norm"]:
        raise ValueError(f"{layer.name}, which adds {current} to {', '.join(others)} and not to conv4_3norm")
    if stages != 3 or not rectified:
        raise ValueError(f"{layer.name}, before which there are {stages + 1} layers with ReLU and not 4")


def _identity(key: str) -> Entries:
    """A norm that changes nothing."""
    ones, zeros = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
    parts = {
        "running_mean": zeros,
        "running_var": ones,
        "weight": ones * np.sqrt(np.float32(1 + EPSILON)),
        "bias": zeros,
    }
    yield from ((f"{key}.{part}", array) for part, array in parts.items())
    yield f"{key}.num_batches_tracked", np.zeros((), np.int64)


def _reads(layer: Layer, channels: int) -> bool:
    """Whether it is a fully connected layer or 1 x 1 convolution from so many channels to 512."""
    return bool(layer.arrays) and layer.arrays[0].size == WIDTH * channels and layer.arrays[0].shape[0] == WIDTH
