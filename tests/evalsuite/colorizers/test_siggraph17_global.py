"""The global hints network, and the translation of a Caffe file to it, against Caffe's computation written out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from evalsuite.caffemodel import Layer, read_graph
from evalsuite.cli import group
from evalsuite.colorizers.caffe_siggraph17 import state_of_caffe
from evalsuite.colorizers.siggraph17_global import COLORIZER, GlobalRecipe, SIGGRAPH17Global, global_input
from evalsuite.contracts import Batch, GlobalHints, Setting
from evalsuite.dataset import Dataset
from evalsuite.errors import Unavailable, UserError

Array = NDArray[np.float32]
CPU = torch.device("cpu")
PATH = Path("global_model.caffemodel")
WIDTHS = {1: 64, 2: 128, 3: 256, 4: 512, 5: 512, 6: 512, 7: 512}
COUNTS = {1: 2, 2: 2, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3}


class Caffe:
    """The layers of the authors' network with random numbers; `small` keeps only the shapes that are looked at."""

    def __init__(self, small: bool = True, saturation: bool = True, norms: bool = True) -> None:
        self.rng = np.random.default_rng(0)
        self.small = small
        self.layers: list[Layer] = []
        self.main()
        self.branch(saturation, norms)

    def some(self, *shape: int) -> Array:
        if self.small and len(shape) == 4:
            shape = tuple(min(side, 3) for side in shape)
        fan = int(np.prod(shape[1:])) if len(shape) > 1 else 10
        numbers: Array = (self.rng.normal(size=shape) * (1.5 / fan) ** 0.5).astype(np.float32)
        return numbers

    def add(self, name: str, kind: str, bottoms: Sequence[str], *arrays: Array, top: str = "") -> None:
        self.layers.append(Layer(name, kind, tuple(bottoms), (top or name,), arrays))

    def convolution(self, name: str, bottom: str, out: int, into: int, side: int = 3) -> None:
        self.add(name, "Convolution", [bottom], self.some(out, into, side, side), self.some(out))

    def norm(self, name: str, bottom: str, width: int) -> None:
        variance = self.some(width) ** 2 + 0.5
        self.add(name, "BatchNorm", [bottom], self.some(width) * 2, variance * 2, np.array([2.0], np.float32))

    def main(self) -> None:
        self.convolution("bw_conv1_1", "data_l", 64, 1)
        self.convolution("ab_conv1_1", "data_ab_mask", 64, 3)
        self.add("conv1_1", "Eltwise", ["bw_conv1_1", "ab_conv1_1"])
        before = "conv1_1"
        for block, width in WIDTHS.items():
            for i in range(1 + (block == 1), COUNTS[block] + 1):
                into = WIDTHS[max(block - 1, 1)] if i == 1 else width
                self.convolution(f"conv{block}_{i}", before, width, into)
                before = f"conv{block}_{i}"
            before += "norm"
            self.norm(before, before, width)
            if block < 4:
                scale: Array = (np.abs(self.some(width, 1, 1, 1)) / 2 + 0.5).astype(np.float32)
                self.add(f"{before}_ss", "Convolution", [before], scale)
                before += "_ss"
        for name, out, into, side in (
            ("conv8_1", 512, 256, 4), ("conv3_3_short", 256, 256, 3), ("conv8_2", 256, 256, 3),
            ("conv8_3", 256, 256, 3), ("conv9_1", 256, 128, 4), ("conv2_2_short", 128, 128, 3),
            ("conv9_2", 128, 128, 3), ("conv10_1", 128, 128, 4), ("conv1_2_short", 128, 64, 3),
            ("conv10_2", 128, 128, 3), ("conv10_ab", 2, 128, 1),
        ):  # fmt: skip
            bias = self.some(into if side == 4 else out)
            self.add(
                name, "Deconvolution" if side == 4 else "Convolution", ["x"], self.some(out, into, side, side), bias
            )
        self.norm("conv8_3norm", "conv8_3", 256)
        self.norm("conv9_2norm", "conv9_2", 128)

    def branch(self, saturation: bool, norms: bool) -> None:
        """Where and how the branch is in the file; names are none that the translation knows."""
        some = np.random.default_rng(1)

        def full(*shape: int) -> Array:
            return (some.normal(size=shape) * 0.05).astype(np.float32)

        self.add("first", "Convolution", ["glob"], full(512, 314, 1, 1), full(512))
        current = "first"
        if saturation:
            self.add("second", "Convolution", ["sat"], full(512, 2, 1, 1), full(512))
            self.add("both", "Eltwise", ["first", "second"])
            current = "both"
        for k in range(4):
            if k:
                self.add(f"further{k}", "Convolution", [current], full(512, 512, 1, 1), full(512))
                current = f"further{k}"
            self.add(f"relu{k}", "ReLU", [current], top=current)
            if norms:
                self.norm(f"norm{k}", current, 512)
                current = f"norm{k}"
        self.add("repeated", "Python", [current, "conv4_3norm"])
        self.add("sum", "Eltwise", ["conv4_3norm", "repeated"])

    def arrays(self, name: str) -> list[Tensor]:
        return [
            torch.from_numpy(array).double() for layer in self.layers if layer.name == name for array in layer.arrays
        ]

    def changed(self, name: str, change: Callable[[Layer], Layer]) -> list[Layer]:
        return [change(layer) if layer.name == name else layer for layer in self.layers]


def computed(net: Caffe, L: Tensor, ab: Tensor, mask: Tensor, histogram: Tensor, saturation: Tensor) -> Tensor:
    """What Caffe computes: L - 50, ab in Lab units, a mask of 0 and 110; dilated blocks 5 and 6; tanh times 110."""

    def convolved(name: str, x: Tensor, **how: int) -> Tensor:
        weight, bias = net.arrays(name)
        return F.conv2d(x, weight, bias, **how)

    def normed(name: str, x: Tensor) -> Tensor:
        mean, variance, scale = net.arrays(name)
        return F.batch_norm(x, mean / scale, variance / scale)

    def raised(name: str, x: Tensor) -> Tensor:
        weight, bias = net.arrays(name)
        return F.conv_transpose2d(x, weight, bias, stride=2, padding=1)

    whole = convolved("first", histogram[..., None, None])
    if net.arrays("second"):
        whole = whole + convolved("second", saturation[..., None, None])
    for k in range(4):
        whole = F.relu(convolved(f"further{k}", whole) if k else whole)
        whole = normed(f"norm{k}", whole) if net.arrays(f"norm{k}") else whole
    x = convolved("bw_conv1_1", L - 50, padding=1)
    x = x + convolved("ab_conv1_1", torch.cat([ab, 110 * mask], dim=1), padding=1)
    kept = {}
    for block, count in COUNTS.items():
        grown = 2 if block in (5, 6) else 1
        for i in range(1, count + 1):
            first = (block, i) == (1, 1)
            x = F.relu(x if first else convolved(f"conv{block}_{i}", x, padding=grown, dilation=grown))
        x = kept[block] = normed(f"conv{block}_{count}norm", x)
        if block < 4:
            x = x[:, :, ::2, ::2] * net.arrays(f"conv{block}_{count}norm_ss")[0].reshape(1, -1, 1, 1)
        if block == 4:
            x = x + whole
    x = F.relu(raised("conv8_1", x) + convolved("conv3_3_short", kept[3], padding=1))
    x = normed("conv8_3norm", F.relu(convolved("conv8_3", F.relu(convolved("conv8_2", x, padding=1)), padding=1)))
    x = F.relu(raised("conv9_1", x) + convolved("conv2_2_short", kept[2], padding=1))
    x = normed("conv9_2norm", F.relu(convolved("conv9_2", x, padding=1)))
    x = F.relu(raised("conv10_1", x) + convolved("conv1_2_short", kept[1], padding=1))
    return torch.tanh(convolved("conv10_ab", F.leaky_relu(convolved("conv10_2", x, padding=1), 0.2))) * 110


def given(side: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(5)
    mask = (torch.rand(2, 1, side, side, generator=generator) < 0.1).float()
    ab = (torch.rand(2, 2, side, side, generator=generator) * 100 - 50) * mask
    histogram = torch.rand(2, 313, generator=generator).softmax(dim=1)
    hints = global_input(GlobalHints(histogram, torch.rand(2, generator=generator)))
    return torch.rand(2, 1, side, side, generator=generator) * 100, ab, mask, *hints


@pytest.mark.slow
@pytest.mark.parametrize(("saturation", "norms"), [(True, True), (False, True), (True, False)])
def test_a_translated_network_gives_what_caffe_computes(saturation: bool, norms: bool) -> None:
    net = Caffe(small=False, saturation=saturation, norms=norms)
    network = SIGGRAPH17Global().eval().requires_grad_(False)
    network.load_state_dict(state_of_caffe(net.layers, PATH))
    network.double()
    L, ab, mask, *hints = (one.double() for one in given(32))

    ours = network((L - 50) / 100, *hints, torch.cat([ab / 110, mask], dim=1))

    expected = computed(net, L, ab, mask, *hints)
    assert expected.std() > 0.5
    torch.testing.assert_close(ours, expected, atol=1e-3, rtol=1e-4)
    assert not torch.allclose(network((L - 50) / 100, *(hint * 0 for hint in hints)), ours, atol=0.1)


@pytest.mark.slow
def test_a_translation_has_all_keys_of_the_network() -> None:
    with torch.device("meta"):
        expected = SIGGRAPH17Global().state_dict()

    for net in (Caffe(), Caffe(saturation=False), Caffe(norms=False)):
        state = state_of_caffe(net.layers, PATH)
        assert state.keys() == expected.keys()
        for key in expected:
            if "global" in key:
                assert state[key].shape == expected[key].shape, key


def test_where_the_file_has_no_saturation_or_norm_they_change_nothing() -> None:
    state = state_of_caffe(Caffe(saturation=False, norms=False).layers, PATH)

    assert not state["global_saturation.weight"].any()
    x = torch.randn(2, 512, 1, 1)
    parts = [state[f"model_global.4.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
    torch.testing.assert_close(F.batch_norm(x, parts[0], parts[1], parts[2], parts[3]), x)


def rewired(layer: Layer, *bottoms: str) -> Layer:
    return Layer(layer.name, layer.kind, bottoms, layer.tops, layer.arrays)


def retyped(layer: Layer, kind: str) -> Layer:
    return Layer(layer.name, kind, layer.bottoms, layer.tops, layer.arrays)


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ([layer for layer in Caffe().layers if layer.name != "conv5_2"], "not complete at 'conv5_2'"),
        ([layer for layer in Caffe().layers if layer.name != "first"], "a convolution of 314 channels"),
        ([layer for layer in Caffe().layers if layer.name != "sum"], "the end of the global branch"),
        ([layer for layer in Caffe().layers if layer.name != "relu2"], "norm2, a BatchNorm where"),
        (Caffe().changed("sum", lambda one: rewired(one, "conv5_3norm", "repeated")), "and not to conv4_3norm"),
        (
            [
                one
                for one in Caffe(norms=False).changed("repeated", lambda one: rewired(one, "further2", "conv4_3norm"))
                if one.name not in ("further3", "relu3")
            ],
            "before which there are 3 layers with ReLU and not 4",
        ),
        (Caffe().changed("norm1", lambda one: retyped(one, "Scale")), "norm1, a Scale where"),
    ],
    ids=["main", "start", "end", "relu", "place", "depth", "scale"],
)
def test_another_network_is_refused(layers: list[Layer], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        state_of_caffe(layers, PATH)


def test_bits_say_that_hints_are_given() -> None:
    histogram, saturation = global_input(GlobalHints(torch.full((2, 313), 1 / 313), torch.tensor([0.25, 0.5])))

    assert histogram.shape == (2, 314)
    assert histogram[:, -1].tolist() == [1, 1]
    assert saturation.tolist() == [[0.25, 1], [0.5, 1]]


def test_the_recipe_needs_global_hints() -> None:
    with torch.device("meta"):
        recipe = GlobalRecipe(SIGGRAPH17Global())

    with pytest.raises(UserError, match="a histogram and a saturation; got none"):
        recipe(Batch(torch.zeros(1, 1, 8, 8), (), (0,), (0,)))


def test_references_are_wanted_only_where_they_are_given(tmp_path: Path) -> None:
    dataset = Dataset("d", tmp_path, (), False)
    (tmp_path / "r.png").touch()
    assert COLORIZER.companions is not None

    assert COLORIZER.companions(dataset, Setting(CPU)) is None
    assert COLORIZER.companions(dataset, Setting(CPU, options={"references": str(tmp_path / "r.png")})) == []


def test_without_weights_it_says_that_a_file_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))

    with pytest.raises(
        Unavailable, match=r"global_model\.caffemodel: .* must be got from its authors .*convert --help"
    ):
        COLORIZER.load(Setting(CPU))


def varint(value: int) -> bytes:
    head = bytearray()
    while value >= 0x80:
        head.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*head, value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def written(path: Path, layers: Sequence[Layer]) -> Path:
    """Write layers as Caffe does."""
    with path.open("wb") as stream:
        for layer in layers:
            content = field(1, layer.name.encode()) + field(2, layer.kind.encode())
            content += b"".join(field(3, name.encode()) for name in layer.bottoms)
            content += b"".join(field(4, name.encode()) for name in layer.tops)
            for array in layer.arrays:
                shape = field(7, field(1, b"".join(varint(side) for side in array.shape)))
                content += field(7, shape + field(5, array.astype("<f4").tobytes()))
            stream.write(field(100, content))
    return path


def test_the_graph_comes_back_as_it_was_written(tmp_path: Path) -> None:
    layers = Caffe().layers

    read = read_graph(written(tmp_path / "net.caffemodel", layers))

    assert [(one.name, one.kind, one.bottoms, one.tops) for one in read] == [
        (one.name, one.kind, one.bottoms, one.tops) for one in layers
    ]
    for one, other in zip(read, layers, strict=True):
        for got, expected in zip(one.arrays, other.arrays, strict=True):
            np.testing.assert_array_equal(got, expected)


@pytest.mark.slow
def test_the_file_and_its_conversion_color_a_photo_alike(tmp_path: Path) -> None:
    caffe = written(tmp_path / "global_model.caffemodel", Caffe(small=False).layers)
    converted = tmp_path / "made" / "global.pth"

    shown = CliRunner().invoke(
        group, ["convert", "siggraph17_global", str(caffe), str(converted)], catch_exceptions=False
    )

    assert hashlib.sha256(converted.read_bytes()).hexdigest() in shown.output
    L, _, _, histogram, saturation = given(64)
    hints = GlobalHints(histogram[:, :-1], saturation[:, 0])
    batch = Batch(L, (), (0, 1), (0, 1), global_hints=hints)
    with torch.inference_mode():
        both = [COLORIZER.load(Setting(CPU, weights=path))(batch) for path in (caffe, converted)]
    assert both[0].shape == (2, 2, 256, 256)
    assert torch.equal(both[0], both[1])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["convert", "gray", "x.caffemodel", "y.pth"], "gray has no weights for Caffe. Known: eccv16_norebalance"),
        (["convert", "siggraph17_global", "x.caffemodel", "y.pth"], "an existing .caffemodel; got x.caffemodel"),
        (["convert", "siggraph18", "x.caffemodel", "y.pth"], "Did you mean 'siggraph17'"),
    ],
)
def test_conversions_that_cannot_be_are_a_sentence(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    refused = CliRunner().invoke(group, words)

    assert isinstance(refused.exception, UserError)
    assert says in str(refused.exception)


def test_a_damaged_file_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x.caffemodel").write_bytes(b"\xff" * 20)

    refused = CliRunner().invoke(
        group, ["convert", "siggraph17_global", str(tmp_path / "x.caffemodel"), str(tmp_path / "y.pth")]
    )

    assert isinstance(refused.exception, UserError)
    assert [path.name for path in tmp_path.iterdir()] == ["x.caffemodel"]
