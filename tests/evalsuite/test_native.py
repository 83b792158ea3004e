"""native: compiled kernels where there are any, torch elsewhere, and the same scores from both."""

import importlib
import sys
from collections.abc import Iterator
from types import ModuleType

import numpy as np
import pytest
import torch
from skimage.data import astronaut, coffee

from evalsuite import native
from evalsuite.bins import nearest_bin
from evalsuite.color import rgb_to_lab
from evalsuite.color_difference import ciede2000
from evalsuite.contracts import Rows, Setting
from evalsuite.native import array, for_each, kernels
from evalsuite.registry import metric
from evalsuite.views import Pair, View

CPU = torch.device("cpu")
ERRORS = ("ab_error_p95", "auc", "auc_rebalanced", "ciede2000", "psnr_ab", "psnr_rgb")
COMPILED = (*ERRORS, "colorfulness", "colorfulness_abs", "ms_ssim_ab", "ssim")


@pytest.fixture
def without_numba(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if numba were not installed."""
    loaded = [name for name in sys.modules if name.startswith("evalsuite.kernels.")]
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)
    native._load.cache_clear()
    yield
    monkeypatch.undo()
    native._load.cache_clear()


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize(("height", "width"), [(64, 64), (70, 47), (190, 181)])
def test_scores_are_the_same_with_and_without_kernels(
    name: str, height: int, width: int, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip("numba")

    compiled = rows_of(name, height, width)
    request.getfixturevalue("without_numba")
    plain = rows_of(name, height, width)

    assert compiled.keys() == plain.keys()
    for column, values in compiled.items():
        assert values.dtype == plain[column].dtype
        torch.testing.assert_close(values, plain[column], atol=1e-4 if column == "gain" else 2e-5, rtol=1e-5)


def test_colors_are_the_same_with_and_without_kernels(request: pytest.FixtureRequest) -> None:
    pytest.importorskip("numba")
    rng = torch.Generator().manual_seed(0)
    rgb = torch.randint(0, 256, (2, 3, 60, 70), dtype=torch.uint8, generator=rng)

    lab = rgb_to_lab(rgb)
    differences, bins = ciede2000(lab, lab.flip(0)), nearest_bin(lab[:, 1:])
    request.getfixturevalue("without_numba")

    torch.testing.assert_close(lab, rgb_to_lab(rgb), atol=1e-4, rtol=0)
    torch.testing.assert_close(differences, ciede2000(lab, lab.flip(0)), atol=2e-4, rtol=0)
    assert torch.equal(bins, nearest_bin(lab[:, 1:]))


@pytest.mark.usefixtures("without_numba")
def test_without_numba_there_are_no_kernels() -> None:
    assert kernels("pixels", CPU) is None


def test_on_a_gpu_there_are_no_kernels() -> None:
    assert kernels("pixels", torch.device("cuda")) is None


def test_a_kernel_that_misses_something_else_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> ModuleType:
        raise ModuleNotFoundError("No module named 'llvmlite'", name="llvmlite")

    monkeypatch.setattr(importlib, "import_module", fail)

    with pytest.raises(ModuleNotFoundError, match="llvmlite"):
        kernels("a module that was not loaded before", CPU)


def test_kernels_are_compiled_even_where_nothing_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    numba = pytest.importorskip("numba")
    compiling = importlib.import_module("evalsuite.kernels.compiling")

    def no_folder(function: object = None, *, cache: bool = False, **settings: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda given: given

    monkeypatch.setattr(numba, "njit", no_folder)

    assert compiling.compiled(rows_of) is rows_of


@pytest.mark.parametrize("threads", [1, 2])
def test_results_come_in_order_on_any_number_of_threads(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)

    assert for_each(5, lambda k: k * k) == [0, 1, 4, 9, 16]
    assert for_each(0, lambda k: k) == []


def test_arrays_share_memory_with_contiguous_tensors_only() -> None:
    tensor = torch.zeros(3, 4)

    array(tensor)[0, 0] = 1
    array(tensor.T)[1, 0] = 5

    assert tensor.flatten().tolist() == [1] + [0] * 11


def rows_of(name: str, height: int, width: int) -> Rows:
    """Rows of two photos and noisy, duller versions of them, on fresh views."""
    targets = np.stack([astronaut()[:height, :width], coffee()[100 : 100 + height, 200 : 200 + width]])
    outputs = np.clip(targets * 0.7 + np.random.default_rng(0).normal(20, 12, targets.shape), 0, 255).astype(np.uint8)
    pair = Pair(*(View(torch.from_numpy(images).movedim(-1, 1).contiguous()) for images in (targets, outputs)))
    load = metric(name).load
    assert load
    return load(Setting(CPU))(pair)
