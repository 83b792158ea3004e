from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch.nn.functional import conv2d

from evalsuite.caffemodel import read_layers
from evalsuite.colorizers import eccv16_norebalance
from evalsuite.colorizers.eccv16 import ECCV16
from evalsuite.colorizers.eccv16_norebalance import state_of_caffe
from evalsuite.colorizers.release import Recipe
from evalsuite.contracts import Setting
from evalsuite.errors import Unavailable, UserError

Array = NDArray[np.float32]
CPU = torch.device("cpu")
BLOCKS = {1: 2, 2: 2, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3, 8: 3}


def varint(value: int) -> bytes:
    head = bytearray()
    while value >= 0x80:
        head.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*head, value])


def field(number: int, content: bytes | int) -> bytes:
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(array: Array) -> bytes:
    shape = field(1, b"".join(varint(size) for size in array.shape))
    return field(7, shape) + field(5, array.astype("<f4").tobytes())


def layer(name: str, blobs: Sequence[bytes], number: int = 100) -> bytes:
    content = field(1, name.encode()) + field(2, b"Convolution") + field(10, 1) + varint(3 << 3 | 5) + bytes(4)
    return field(number, content + b"".join(field(7, content) for content in blobs))


def write(path: Path, layers: Mapping[str, Sequence[Array]]) -> Path:
    content = field(1, b"LtoAB") + layer("data_l", [])
    path.write_bytes(content + b"".join(layer(name, [blob(a) for a in arrays]) for name, arrays in layers.items()))
    return path


@pytest.mark.slow
@settings(max_examples=20, deadline=None)
@given(
    shapes=st.lists(st.lists(st.integers(1, 200), min_size=1, max_size=3).map(tuple), min_size=1, max_size=3),
    seed=st.integers(0, 99),
)
def test_arrays_come_back_as_they_were_written(
    shapes: list[tuple[int, ...]], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=[min(size, 20) for size in shape]).astype(np.float32) for shape in shapes]

    layers = read_layers(write(tmp_path_factory.mktemp("caffe") / "net.caffemodel", {"conv": arrays}))

    assert list(layers) == ["conv"]
    assert len(layers["conv"]) == len(arrays)
    for got, expected in zip(layers["conv"], arrays, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_old_shapes_doubles_and_unpacked_values_are_read(tmp_path: Path) -> None:
    sizes = b"".join(field(number, size) for number, size in ((1, 1), (2, 1), (3, 1), (4, 3)))
    old = sizes + field(5, struct.pack("<3f", 1, 2, 3))
    unpacked = sizes + b"".join(varint(5 << 3 | 5) + struct.pack("<f", value) for value in (4, 5, 6))
    doubles = field(7, field(1, 3)) + field(8, struct.pack("<3d", 7, 8, 9))
    path = tmp_path / "net.caffemodel"
    path.write_bytes(layer("conv", [old, unpacked, doubles]))

    arrays = read_layers(path)["conv"]

    assert [array.shape for array in arrays] == [(1, 1, 1, 3), (1, 1, 1, 3), (3,)]
    assert [array.ravel().tolist() for array in arrays] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (layer("conv", [blob(np.ones(9, np.float32))])[:-5], "damaged"),
        (b"\xff" * 20, "a number without an end"),
        (b"\x93\x06\x01", "wire type 3"),
        (field(100, 3), "a number where a message belongs"),
        (field(100, b"\x80"), "damaged"),
        (layer("conv", [field(7, field(1, 2)) + field(5, bytes(12))]), "cannot reshape"),
        (layer("conv", [blob(np.ones(9, np.float32))], number=2), "got none"),
        (b"", "got none"),
    ],
    ids=["truncated", "varint", "wire type", "number", "end", "shape", "V1 layout", "empty"],
)
def test_a_damaged_or_foreign_file_is_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    path.write_bytes(content)

    with pytest.raises(UserError, match=reason):
        read_layers(path)


def official_names(width: int) -> dict[str, list[Array]]:
    """The layers of colorization_deploy_v2.prototxt that hold arrays, a few numbers each."""
    rng = np.random.default_rng(0)

    def some(*shape: int) -> Array:
        return rng.random(shape).astype(np.float32)

    layers: dict[str, list[Array]] = {}
    for block, count in BLOCKS.items():
        for i in range(1, count + 1):
            name = f"{'bw_' if (block, i) == (1, 1) else ''}conv{block}_{i}"
            layers[name] = [some(width, 2, 1, 1), some(1, 1, 1, width)]
        if block < 8:
            layers[f"conv{block}_{count}norm"] = [some(width), some(width), np.array([4.0], np.float32)]
    return layers | {"conv8_313": [some(313, width, 1, 1), some(313)], "conv8_313_rh": [some(313)]}


@pytest.mark.slow
def test_caffes_layers_have_all_the_networks_keys(tmp_path: Path) -> None:
    layers = official_names(width=3)

    state = state_of_caffe(read_layers(write(tmp_path / "net.caffemodel", layers)), tmp_path)

    with torch.device("meta"):
        assert state.keys() == ECCV16().state_dict().keys()
    np.testing.assert_allclose(state["model1.0.weight"], layers["bw_conv1_1"][0] * 100)
    np.testing.assert_array_equal(state["model1.2.weight"], layers["conv1_2"][0])
    np.testing.assert_array_equal(state["model3.4.bias"], layers["conv3_3"][1].ravel())
    np.testing.assert_array_equal(state["model8.0.weight"], layers["conv8_1"][0])
    np.testing.assert_array_equal(state["model8.6.weight"], layers["conv8_313"][0])
    np.testing.assert_allclose(state["model7.6.running_mean"], layers["conv7_3norm"][0] / 4)
    np.testing.assert_allclose(state["model7.6.running_var"], layers["conv7_3norm"][1] / 4)
    np.testing.assert_array_equal(state["model7.6.weight"], np.ones(3))
    np.testing.assert_array_equal(state["model7.6.bias"], np.zeros(3))


def test_a_norm_that_averaged_nothing_has_zero_statistics(tmp_path: Path) -> None:
    layers = official_names(width=3)
    layers["conv1_2norm"][2][:] = 0

    state = state_of_caffe(read_layers(write(tmp_path / "net.caffemodel", layers)), tmp_path)

    assert state["model1.4.running_mean"].tolist() == [0, 0, 0]


def test_a_caffemodel_of_another_network_is_refused(tmp_path: Path) -> None:
    layers = official_names(width=3)
    del layers["conv5_2"]
    path = write(tmp_path / "net.caffemodel", layers)

    with pytest.raises(UserError, match="complete at 'conv5_2'"):
        eccv16_norebalance.COLORIZER.load(Setting(CPU, weights=path))


@pytest.mark.slow
def test_a_caffemodel_of_other_shapes_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "net.caffemodel", official_names(width=3))

    with pytest.raises(UserError, match="size mismatch"):
        eccv16_norebalance.COLORIZER.load(Setting(CPU, weights=path))


def test_without_a_file_the_network_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    with pytest.raises(Unavailable, match=r"got from its authors by yourself.*give it with --weights NAME=FILE"):
        eccv16_norebalance.COLORIZER.load(Setting(CPU))


@pytest.mark.slow
def test_a_caffemodel_of_the_real_size_computes_what_its_arrays_say(tmp_path: Path) -> None:
    """Caffe's own arithmetic for one pixel path: convolution of L - 50, ReLU, and (x - mean) / sqrt(variance + eps)."""
    rng = np.random.default_rng(1)
    with torch.device("meta"):
        shapes = {key: tuple(value.shape) for key, value in ECCV16().state_dict().items()}
    layers = official_names(width=1)
    for block, count in BLOCKS.items():
        for i in range(count):
            name = f"{'bw_' if (block, i) == (1, 0) else ''}conv{block}_{i + 1}"
            size = shapes[f"model{block}.{2 * i}.weight"]
            layers[name] = [
                rng.normal(0, (2 / np.prod(size[1:])) ** 0.5, size).astype(np.float32),
                rng.normal(size=shapes[f"model{block}.{2 * i}.bias"]).astype(np.float32),
            ]
        if block < 8:
            size = shapes[f"model{block}.{2 * count}.running_mean"]
            averages = [rng.normal(size=size), rng.random(size) + 1, np.array([999.98])]
            layers[f"conv{block}_{count}norm"] = [array.astype(np.float32) for array in averages]
    layers["conv8_313"] = [rng.normal(size=(313, 256, 1, 1)).astype(np.float32), np.zeros(313, np.float32)]
    path = write(tmp_path / "net.caffemodel", layers)

    recipe = eccv16_norebalance.COLORIZER.load(Setting(CPU, weights=path))

    assert isinstance(recipe, Recipe)
    lightness = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0)) - 0.5
    assert recipe.network(lightness).shape == (1, 313, 8, 8)
    block1 = recipe.get_submodule("network.network.model1")(lightness)
    (weight1, bias1), (weight2, bias2) = (map(torch.from_numpy, layers[name]) for name in ("bw_conv1_1", "conv1_2"))
    x = conv2d(lightness * 100, weight1, bias1, padding=1).relu()
    x = conv2d(x, weight2, bias2, padding=1, stride=2).relu()
    mean, variance, scale = (torch.from_numpy(array)[:, None, None] for array in layers["conv1_2norm"])
    torch.testing.assert_close(block1, (x - mean / scale) / (variance / scale + 1e-5).sqrt(), rtol=1e-4, atol=1e-3)
