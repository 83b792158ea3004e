"""Laws of every colorizer that needs no weights."""

from __future__ import annotations

import builtins
import importlib.util
import io
import os
import pkgutil
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import torch
from torch import Tensor

import evalsuite.colorizers
from evalsuite.contracts import Batch, Colorizer, Hints, Setting
from evalsuite.dataset import Photo
from evalsuite.plugins import discover
from evalsuite.survey import Survey
from evalsuite.views import View

ALL = discover(evalsuite.colorizers, "COLORIZER", Colorizer)
FREE = [colorizer for colorizer in ALL.values() if colorizer.weights is None and not colorizer.elsewhere]
N, H, W = 3, 24, 20
SURVEY = Survey(np.array([3.0, -4.0]), np.full((N, 64), 1 / 64, np.float32), np.ones(N, np.bool_))
SETTING = Setting(torch.device("cpu"), seed=5, survey=SURVEY)


def whole_batch() -> Batch:
    generator = torch.Generator().manual_seed(1)
    rgb = torch.randint(0, 256, (N, 3, H, W), dtype=torch.uint8, generator=generator)
    target = View(rgb)
    mask = (torch.rand(N, 1, H, W, generator=generator) < 0.1).float()
    sizes = ((H, W), (30, 16), (7, 9))
    return Batch(
        L=target.L,
        photos=tuple(Photo(f"photo{i}", Path(f"/photos/photo{i}.png"), None) for i in range(N)),
        indices=tuple(range(N)),
        seeds=(11, 12, 2**63),
        companions=tuple(torch.randint(0, 256, (3, *size), dtype=torch.uint8, generator=generator) for size in sizes),
        target=target,
        hints=Hints(target.ab * mask, mask),
    )


def one_of(batch: Batch, i: int) -> Batch:
    assert batch.target is not None
    assert batch.hints is not None
    return Batch(
        L=batch.L[i : i + 1],
        photos=batch.photos[i : i + 1],
        indices=batch.indices[i : i + 1],
        seeds=batch.seeds[i : i + 1],
        companions=batch.companions[i : i + 1],
        target=View(batch.target.rgb8[i : i + 1]),
        hints=Hints(batch.hints.ab[i : i + 1], batch.hints.mask[i : i + 1]),
    )


def seen(colorizer: Colorizer, batch: Batch) -> Batch:
    """The batch with nothing that the colorizer did not ask for."""
    batch = batch if colorizer.companions else replace(batch, companions=())
    batch = batch if "target" in colorizer.accepts else replace(batch, target=None)
    return batch if "hints" in colorizer.accepts else replace(batch, hints=None)


def colorized(colorizer: Colorizer, batch: Batch) -> Tensor:
    return colorizer.load(SETTING)(seen(colorizer, batch))


def test_the_known_colorizers_are_found() -> None:
    assert set(ALL) >= {"eccv16", "eccv16_norebalance", "gray", "ground_truth", "levin2004", "mean_ab", "random"}
    assert set(ALL) >= {"siggraph17", "welsh2002"}


@pytest.mark.parametrize("colorizer", ALL.values(), ids=list(ALL))
def test_reported_shares_are_fractions(colorizer: Colorizer) -> None:
    for numbers in colorizer.reported.values():
        shares = [value for name, value in numbers.items() if name.startswith(("auc", "top1", "top5", "fool_rate"))]
        assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize("colorizer", FREE, ids=lambda colorizer: colorizer.name)
def test_the_output_is_ab_for_each_photo_within_the_range_of_lab(colorizer: Colorizer) -> None:
    output = colorized(colorizer, whole_batch())

    assert output.shape == (N, 2, H, W)
    assert output.dtype == torch.float32
    assert output.isfinite().all()
    assert output.abs().amax() <= 128


@pytest.mark.parametrize("colorizer", FREE, ids=lambda colorizer: colorizer.name)
def test_equal_seeds_give_equal_colors(colorizer: Colorizer) -> None:
    assert torch.equal(colorized(colorizer, whole_batch()), colorized(colorizer, whole_batch()))


@pytest.mark.parametrize("colorizer", FREE, ids=lambda colorizer: colorizer.name)
def test_a_batch_gives_what_its_photos_give_one_by_one(colorizer: Colorizer) -> None:
    batch = whole_batch()

    single = torch.cat([colorized(colorizer, one_of(batch, i)) for i in range(N)])

    assert torch.equal(single, colorized(colorizer, batch))


@pytest.mark.parametrize("colorizer", FREE, ids=lambda colorizer: colorizer.name)
def test_the_batch_is_left_as_it_was(colorizer: Colorizer) -> None:
    batch = whole_batch()
    before = batch.L.clone()

    colorized(colorizer, batch)

    assert torch.equal(batch.L, before)


@pytest.mark.parametrize("module", [module.name for module in pkgutil.iter_modules(evalsuite.colorizers.__path__)])
def test_importing_a_colorizer_opens_no_file_and_no_connection(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.find_spec(f"evalsuite.colorizers.{module}")
    assert spec is not None
    assert spec.loader is not None
    copy = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, copy)

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError(f"{module} touched something when it was imported")

    for owner, name in [(builtins, "open"), (io, "open"), (os, "open"), (torch, "load"), (socket.socket, "connect")]:
        monkeypatch.setattr(owner, name, refuse)

    spec.loader.exec_module(copy)
