"""How much faster is one pass than one script per metric?

    python tests/bench/bench_suite.py [--photos 200] [--colorizers 5] [--threads 2]

Photos of 256 x 256 and the outputs of several colorizers lie on disk as PNG files. The usual way reads them once per
metric; `evalsuite score` reads them once. Both are timed from files to numbers with the same number of threads, in one
process after the other. Every metric of the usual way uses the library and setting that a sample shows fastest.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from evalsuite.demo import scenes

SAMPLE = 64
PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE"}
SETTINGS: dict[str, dict[str, str]] = {"default": {}, "kept": PASSIVE}
"""What scripts may gain from: glibc that keeps large blocks, and OpenMP threads that sleep while they wait."""
METRICS = "psnr_rgb,ssim,ciede2000,auc,auc_rebalanced,colorfulness,lpips_alex"

USUAL = """
import json, sys, time
from pathlib import Path
import torch
from evalsuite.memory import keep_large_blocks
from usual import SCRIPTS

torch.set_num_threads(int(sys.argv[2]))
if sys.argv[3] == "kept":
    keep_large_blocks()
pairs = [(Path(t), Path(o)) for t, o in json.loads(Path(sys.argv[1]).read_text())]
found = []
everything = [(metric, library) for metric, scripts in SCRIPTS.items() for library in scripts]
for metric, library in json.loads(sys.argv[4]) or everything:
    script = SCRIPTS[metric][library]
    script(pairs[:16])
    started = time.perf_counter()
    script(pairs)
    found.append([metric, library, time.perf_counter() - started])
print(json.dumps(found))
"""

OURS = """
import json, sys, time
from pathlib import Path
import torch
from evalsuite.dataset import open_dataset
from evalsuite.elsewhere import colorizers_of_folders
from evalsuite.images import Resize
from evalsuite.registry import chosen_metrics
from evalsuite.plan import Plan
from evalsuite.run import run

torch.set_num_threads(int(sys.argv[4]))
photos, folders, out = Path(sys.argv[1]), json.loads(sys.argv[2]), Path(sys.argv[3])
metrics = tuple(chosen_metrics(sys.argv[5])[0])
folders = {name: Path(folder) for name, folder in folders.items()}
for name, limit in (("warm", 8), ("timed", None)):
    started = time.perf_counter()
    colorizers, _ = colorizers_of_folders(folders, open_dataset(photos, None, limit, 0), False)
    done = run(Plan(photos, out / name, colorizers, metrics, resize=Resize("native", 0), limit=limit))
    seconds = time.perf_counter() - started
stages = {k.removeprefix("metric "): v for k, v in done.manifest["seconds"].items() if k.startswith("metric")}
print(json.dumps([seconds, stages]))
"""


def write_files(folder: Path, photos: int, colorizers: int) -> tuple[Path, dict[str, str], list[tuple[str, str]]]:
    """Write the photos, and outputs that are the photos with their colors scaled and blurred."""
    base = [np.asarray(Image.open(path)) for path in scenes(folder / "scenes")]
    rng = np.random.default_rng(0)
    pairs = []
    for k in range(photos):
        photo = np.roll(base[k % len(base)], rng.integers(0, 256, 2), axis=(0, 1))
        target = folder / "photos" / f"{k:04d}.png"
        target.parent.mkdir(exist_ok=True)
        Image.fromarray(photo).save(target)
        gray = photo.mean(axis=2, keepdims=True)
        for c in range(colorizers):
            output = folder / f"method{c}" / target.name
            output.parent.mkdir(exist_ok=True)
            colored = gray + (photo - gray) * (0.3 + 0.1 * c) + rng.normal(0, 2, photo.shape)
            Image.fromarray(np.clip(colored, 0, 255).astype(np.uint8)).save(output)
            pairs.append((str(target), str(output)))
    return folder / "photos", {f"method{c}": str(folder / f"method{c}") for c in range(colorizers)}, pairs


def child(code: str, *words: str, settings: Mapping[str, str] = PASSIVE) -> Any:
    """Run code in a process of its own and read the last line that it prints."""
    beside = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])}
    beside |= settings
    command = [sys.executable, "-c", code, *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=beside)
    return json.loads(done.stdout.splitlines()[-1])


def best_usual(folder: Path, pairs: list[tuple[str, str]], threads: str) -> dict[str, tuple[float, str]]:
    """Find every metric's fastest library and setting on a sample, and time that one on all pairs."""
    (folder / "sample.json").write_text(json.dumps(pairs[:SAMPLE]))
    (folder / "pairs.json").write_text(json.dumps(pairs))
    fastest: dict[str, tuple[float, str, str]] = {}
    for setting, settings in SETTINGS.items():
        words = (str(folder / "sample.json"), threads, setting, "null")
        for metric, library, seconds in child(USUAL, *words, settings=settings):
            fastest[metric] = min(fastest.get(metric, (float("inf"), "", "")), (seconds, library, setting))
    best = {}
    for setting, settings in SETTINGS.items():
        chosen = [(metric, library) for metric, (_, library, chosen) in fastest.items() if chosen == setting]
        words = (str(folder / "pairs.json"), threads, setting, json.dumps(chosen))
        for metric, library, seconds in child(USUAL, *words, settings=settings) if chosen else ():
            best[metric] = (seconds, library)
    return {metric: best[metric] for metric in fastest}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--colorizers", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photos, folders, pairs = write_files(folder, flags.photos, flags.colorizers)
        threads, count = str(flags.threads), len(pairs)
        ours_s, stages = child(OURS, str(photos), json.dumps(folders), str(folder), threads, METRICS)
        best = best_usual(folder, pairs, threads)
    print(f"{count} pairs of 256 x 256, {flags.threads} threads; ms per pair, from PNG files to numbers")
    print(f"{'metric':<16} {'usual way':>10} {'by':<14} {'this suite':>10}")
    for metric, (seconds, library) in best.items():
        print(f"{metric:<16} {1000 * seconds / count:>10.2f} {library:<14} {1000 * stages[metric] / count:>10.2f}")
    usual = sum(seconds for seconds, _ in best.values())
    print(f"{'whole':<16} {1000 * usual / count:>10.2f} {'':<14} {1000 * ours_s / count:>10.2f}")
    print(f"pairs per second: {count / usual:.1f} and {count / ours_s:.1f}, that is {usual / ours_s:.1f} times")


if __name__ == "__main__":
    started = time.perf_counter()
    main()
    print(f"(the benchmark took {time.perf_counter() - started:.0f} s)")
