"""How long does somebody who colors a photo wait?

    python tests/bench/bench_studio.py [--updates 12] [--weights FILE]

The coloring process runs as `webapp serve` runs it, warm, and is asked through its socket, from question to PNG: a
photo of 256 x 256, each time with one point more, and then with another color of the last point. siggraph17 has random
weights in the official layout where no file is given: time does not depend on values. Other work may share the machine,
so the time of processors is printed, too, and what it would be on an idle one: siggraph17 uses all cores, Levin one.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from skimage import data

from evalsuite.colorizers.siggraph17 import SIGGRAPH17
from evalsuite.images import Resize, encode_png
from evalsuite.points import Point
from evalsuite.studio.client import Canvas, Studio
from evalsuite.studio.kept import Kept, start

SIDE = 256
Question = Callable[[int], object]


def photo() -> Canvas:
    """A photo of 256 x 256."""
    pixels = np.asarray(Image.fromarray(data.astronaut()).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    file = encode_png(pixels)
    return Canvas(hashlib.sha256(file).hexdigest(), lambda: file, Resize("squash", SIDE))


def random_weights(folder: Path) -> Path:
    """A state dict in the official layout."""
    torch.manual_seed(0)
    torch.save(SIGGRAPH17().state_dict(), folder / "random.pth")
    return folder / "random.pth"


def points(count: int, turn: float = 0.0) -> list[Point]:
    """The first points of a user; `turn` changes the color of the last."""
    random = np.random.default_rng(7)
    made = [
        Point(int(x), int(y), float(a), float(b), 6)
        for x, y, a, b in zip(*random.integers(8, 248, (2, 99)), *random.normal(0, 25, (2, 99)), strict=True)
    ][:count]
    last = made[-1]
    return [*made[:-1], Point(last.x, last.y, last.a + turn, last.b, last.size)]


def processor_s(kept: Kept) -> float:
    """Time of processors that the coloring process has used."""
    keeper = kept.process.pid
    [child] = Path(f"/proc/{keeper}/task/{keeper}/children").read_text().split()
    fields = Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(kept: Kept, title: str, limit_ms: float, updates: int, ask: Question) -> None:
    """Ask again and again, and print the median wait and the processors' part of it."""
    walls, cores = [], (os.cpu_count() or 1) if title.startswith("siggraph17") else 1
    before = processor_s(kept)
    for k in range(updates):
        started = time.perf_counter()
        ask(k)
        walls.append(1000 * (time.perf_counter() - started))
    busy = 1000 * (processor_s(kept) - before) / updates
    limit = f"{limit_ms:.0f}" if limit_ms else "none"
    low, middle, high = min(walls), statistics.median(walls), max(walls)
    print(f"{title:44}{middle:8.0f}{low:8.0f}{high:8.0f}{busy:12.0f}{busy / cores:8.0f}{limit:>8}")


def main() -> None:
    """Print what an update takes with each method."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--updates", type=int, default=12)
    parser.add_argument("--weights", type=Path)
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kept = start({"siggraph17": flags.weights or random_weights(Path(folder))})
        studio, canvas, n = Studio(kept.socket, 300), photo(), flags.updates
        for method in ("siggraph17", "levin2004"):
            studio.color(canvas, points(1), method)
        print(f"{SIDE} x {SIDE}, {os.cpu_count()} cores, {n} updates; ms from the question to the PNG")
        print(f"{'':44}{'median':>8}{'least':>8}{'most':>8}{'processors':>12}{'idle':>8}{'limit':>8}")
        grow: dict[str, tuple[float, Question]] = {
            "levin2004, a new point": (1000, lambda k: studio.color(canvas, points(k + 2), "levin2004")),
            "levin2004, another color of a point": (
                1000, lambda k: studio.color(canvas, points(n + 1, k), "levin2004"),
            ),
            "siggraph17, shown first (draft)": (
                300, lambda k: studio.color(canvas, points(k + 2), "siggraph17", draft=True),
            ),
            "siggraph17, the run's own pixels": (
                0, lambda k: studio.color(canvas, points(k + 2), "siggraph17"),
            ),
            "siggraph17, recommended colors at a new place": (
                300, lambda k: studio.recommend(canvas, 9 * k, 100, 9, points(k + 2)),
            ),
        }  # fmt: skip
        for title, (limit_ms, ask) in grow.items():
            measure(kept, title, limit_ms, n, ask)
        kept.end()


if __name__ == "__main__":
    main()
