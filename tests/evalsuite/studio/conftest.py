"""A coloring process that tests ask, weights of networks that never learned anything, and photos."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from evalsuite.colorizers.siggraph17 import SIGGRAPH17
from evalsuite.images import Resize, encode_png
from evalsuite.studio.client import Canvas, Studio
from evalsuite.studio.kept import Kept, start

HERE = str(Path(__file__).parent)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks the coloring process first waits for it to start, which takes seconds."""
    for item in items:
        if str(item.path).startswith(HERE) and "kept" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


def picture(height: int = 40, width: int = 56, seed: int = 5) -> bytes:
    """A PNG in color with slopes, edges and noise."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    planes = [90 + 60 * np.sin(x / (9 + k)) + 40 * (y > height // 2 + k) for k in range(3)]
    return encode_png(
        np.clip(np.stack(planes, axis=2) + random.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)
    )


def canvas(data: bytes, policy: str = "native", size: int = 0) -> Canvas:
    """A photo to color, of bytes in memory."""
    resize = Resize(policy, size)  # type: ignore[arg-type]  # a literal of the tests
    return Canvas(hashlib.sha256(data).hexdigest(), lambda: data, resize)


def below(process: int) -> int:
    """The only process below another: what computes, below a keeper."""
    [found] = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return int(found)


def write_random_weights(folder: Path) -> Path:
    """Write a state dict of siggraph17 in the official layout, with random values."""
    with torch.device("meta"):
        network = SIGGRAPH17()
    network = network.to_empty(device="cpu").requires_grad_(False)
    generator = torch.Generator().manual_seed(3)
    for key, value in network.state_dict().items():
        if not value.is_floating_point():
            value.fill_(1)
            continue
        fan = max(1, value[0].numel()) if value.ndim > 1 else 1
        value.uniform_(-1, 1, generator=generator).mul_((3 / fan) ** 0.5 if fan > 1 else 0.3)
        if key.endswith("running_var"):
            value.abs_().add_(0.5)
    torch.save(network.state_dict(), folder / "random.pth")
    return folder / "random.pth"


@pytest.fixture(scope="session")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, once for all tests here."""
    return write_random_weights(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="session")
def kept() -> Iterator[Kept]:
    """A keeper whose process knows no network."""
    one = start({})
    yield one
    one.end()
    assert not one.socket.exists()


@pytest.fixture(scope="session")
def studio(kept: Kept) -> Studio:
    """Who asks it, with the patience that a busy machine needs."""
    return Studio(kept.socket, 120)
