"""Photos and plans that the engine's tests share."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from evalsuite.engines import LocalEngine
from evalsuite.images import Resize
from evalsuite.plan import Plan
from evalsuite.registry import colorizer, metric

WritePhoto = Callable[..., None]


@pytest.fixture
def write_photo() -> WritePhoto:
    """Write a smooth colored photo: a coarse random grid, enlarged."""

    def write(path: Path, seed: int, size: tuple[int, int] = (40, 32)) -> None:
        coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)

    return write


@pytest.fixture
def photos(tmp_path: Path, write_photo: WritePhoto) -> Path:
    """A folder of seven photos, p0 to p6."""
    for k in range(7):
        write_photo(tmp_path / "photos" / f"p{k}.png", k)
    return tmp_path / "photos"


@pytest.fixture
def plan(photos: Path, tmp_path: Path) -> Plan:
    """Three methods and five metrics on the seven photos, in this process."""
    return Plan(
        images=photos,
        out=tmp_path / "run",
        colorizers=tuple(colorizer(name) for name in ("ground_truth", "gray", "random")),
        metrics=tuple(metric(name) for name in ("psnr_rgb", "ssim", "auc", "auc_rebalanced", "colorfulness")),
        resize=Resize("squash", 32),
        engine=LocalEngine([torch.device("cpu")], decoders=0),
    )
