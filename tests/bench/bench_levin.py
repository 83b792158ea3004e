"""How fast are colors spread from hints, and how long takes a sweep over numbers of hints?

    python tests/bench/bench_levin.py [--photos 100] [--threads 2]

First one scene of the demo at 256 x 256 on one core: our solver (factorised once for both channels) and, in the same
run, plain scipy: the same equations in the order of pixels, one call of spsolve per channel. Their colors must agree.
Then `evalsuite sweep` with levin2004, 10 numbers of hints and PSNR, LPIPS and CIEDE2000, over the demo's scenes and
their mirror images and turns, as many as asked for. Times are wall-clock; beside them stands the processor time, which
other work on the machine does not lengthen as much.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import csr_array
from scipy.sparse.linalg import spsolve

from evalsuite.color import rgb_to_lab
from evalsuite.colorizers.levin2004 import OFFSETS, neighbor_weights, propagate
from evalsuite.demo import scenes
from evalsuite.plan import Plan
from evalsuite.registry import colorizer, metric
from evalsuite.simulated_users import simulate_points
from evalsuite.sweep import sweep

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]
Solve = Callable[[Floats, Floats, Marks], Floats]
POINTS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500)
METRICS = ("psnr_rgb", "lpips_alex", "ciede2000")
TURNS = (None, *Image.Transpose)


def plain(Y: Floats, hints: Floats, marked: Marks) -> Floats:
    """Solve the same equations as one would write them down: pixels in their order, a channel at a time."""
    height, width = Y.shape
    weights = np.where(marked, 0.0, neighbor_weights(Y))
    rows, columns, entries = [np.arange(Y.size)], [np.arange(Y.size)], [np.ones(Y.size)]
    for (down, right), weight in zip(OFFSETS, weights, strict=True):
        r, c = np.nonzero(weight)
        rows.append(r * width + c)
        columns.append((r + down) * width + c + right)
        entries.append(-weight[r, c])
    places = (np.concatenate(rows), np.concatenate(columns))
    system = csr_array((np.concatenate(entries), places), shape=(Y.size, Y.size))
    return np.stack([spsolve(system, (channel * marked).ravel()).reshape(height, width) for channel in hints])


def best_of(runs: int, solve: Solve, Y: Floats, hints: Floats, marked: Marks) -> tuple[Floats, float, float]:
    """Return a result, and the least wall-clock and processor time."""
    wall = cpu = float("inf")
    for _ in range(runs):
        started, spent = time.perf_counter(), time.process_time()
        result = solve(Y, hints, marked)
        wall, cpu = min(wall, time.perf_counter() - started), min(cpu, time.process_time() - spent)
    return result, wall, cpu


def one_photo(path: Path) -> None:
    """Print the table of a single photo."""
    rgb = torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1)[None]
    lab = rgb_to_lab(rgb)
    Y = (lab[0, 0] / 100).double().numpy()
    propagate(Y, np.ones((2, *Y.shape)), lab[0, 0].numpy() > 50)
    print(f"{path.name}, {Y.shape[1]} x {Y.shape[0]}, one core; seconds (processor time)")
    print(f"{'hints':>6} {'ours':>16} {'spsolve per channel':>22} {'ratio':>7} {'largest difference':>20}")
    for count in (1, 50, 500):
        given = simulate_points(lab[:, 1:], count, [0])
        hints, marked = given.ab[0].double().numpy(), given.mask[0, 0].numpy() > 0
        ours, wall, cpu = best_of(5, propagate, Y, hints, marked)
        theirs, plain_wall, plain_cpu = best_of(2, plain, Y, hints, marked)
        apart = float(np.abs(ours - theirs).max())
        print(
            f"{count:>6} {wall:>8.3f} ({cpu:.3f}) {plain_wall:>14.3f} ({plain_cpu:.3f}) {plain_cpu / cpu:>6.1f}x "
            f"{apart:>14.1e} Lab"
        )


def photos(folder: Path, count: int) -> None:
    """Write the demo's scenes, then their mirror images and turns, until there are enough."""
    originals = scenes(folder)
    for k in range(count):
        path, turn = originals[k % len(originals)], TURNS[k // len(originals)]
        if turn is not None:
            with Image.open(path) as scene:
                scene.transpose(turn).save(folder / f"{path.stem}-{turn.name.lower()}.png")
    for path in originals[count:]:
        path.unlink()


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos(folder / "photos", flags.photos)
        torch.set_num_threads(1)
        one_photo(folder / "photos" / "astronaut-1.png")
        torch.set_num_threads(flags.threads)
        metrics = tuple(metric(name) for name in METRICS)
        plan = Plan(folder / "photos", folder / "run", (colorizer("levin2004"),), metrics, device="cpu")
        started, spent = time.perf_counter(), os.times()
        _, found = sweep(plan, POINTS)
        wall, after = time.perf_counter() - started, os.times()
    cpu = sum(after[:4]) - sum(spent[:4])
    curve = found["curves"]["levin2004"]["psnr_rgb"]
    print(
        f"\nsweep: {flags.photos} photos x {len(POINTS)} numbers of hints, {', '.join(METRICS)}, "
        f"{flags.threads} threads"
    )
    print(f"{wall:.0f} s wall clock, {cpu:.0f} s of processors; {wall / flags.photos:.2f} s per photo")
    print("PSNR: " + ", ".join(f"{p}: {v:.2f}" for p, v in zip(curve["points"], curve["value"], strict=True)) + " dB")


if __name__ == "__main__":
    main()
