"""How much of a run with a real network is spent in networks, and how much around them?

    python tests/bench/bench_share.py [--photos 40] [--threads 2]

siggraph17 with random weights (its time does not depend on them) colors the demo's scenes, the default metrics score
them. Wall time is taken around the whole run, from opening the dataset to the last file; network time inside the
forward passes of siggraph17, of LPIPS's AlexNet and of the classifier.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

import torch

from evalsuite.backbones.backbone import Backbone
from evalsuite.backbones.perceptual import Perceptual
from evalsuite.colorizers.release import Recipe
from evalsuite.colorizers.siggraph17 import SIGGRAPH17
from evalsuite.demo import scenes
from evalsuite.plan import Plan
from evalsuite.registry import chosen_metrics, colorizer
from evalsuite.run import run

SPENT: dict[str, float] = defaultdict(float)
FORWARD_PASSES: tuple[tuple[str, type, str], ...] = (
    ("siggraph17", Recipe, "forward"),
    ("LPIPS's AlexNet", Perceptual, "features"),
    ("classifier", Backbone, "_run"),
)


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the time spent in a function to SPENT; what it calls of its kind is counted once."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        result = function(*args, **kwargs)
        SPENT[name] += time.perf_counter() - started
        return result

    return call


def random_weights(path: Path) -> Path:
    """Write weights in the official layout."""
    torch.manual_seed(0)
    torch.save(SIGGRAPH17().state_dict(), path)
    return path


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--threads", type=int, default=2)
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    for stage, owner, method in FORWARD_PASSES:
        setattr(owner, method, timed(stage, getattr(owner, method)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenes(folder / "photos")
        weights = {"siggraph17": random_weights(folder / "random.pth")}
        metrics = tuple(chosen_metrics("default")[0])
        plan = Plan(folder / "photos", folder / "run", (colorizer("siggraph17"),), metrics, weights=weights)
        started = time.perf_counter()
        run(replace(plan, limit=flags.photos))
        wall = time.perf_counter() - started
    print(f"{flags.photos} photos of 256 x 256, {flags.threads} threads, {len(metrics)} metrics")
    for stage, seconds in SPENT.items():
        print(f"{stage:<20} {seconds:>8.2f} s {100 * seconds / wall:>6.1f} %")
    networks = sum(SPENT.values())
    print(f"{'everything else':<20} {wall - networks:>8.2f} s {100 * (1 - networks / wall):>6.1f} %")
    print(f"in networks: {100 * networks / wall:.1f} % of {wall:.1f} s")


if __name__ == "__main__":
    main()
