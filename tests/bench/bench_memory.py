"""Does memory stay, and does time grow linearly, when photos become ten times as many?

    python tests/bench/bench_memory.py [--most 10000] [--metrics x,y]

Photos of 64 x 64 are cropped from the pictures that scikit-image and scikit-learn ship; each count runs in a process
of its own, whose peak resident memory is what the kernel says of it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

METRICS = "psnr_rgb,ssim,ciede2000,auc,auc_rebalanced,colorfulness,lpips_alex"

CHILD = """
import json, resource, sys, time
from pathlib import Path
from evalsuite.images import Resize
from evalsuite.registry import chosen_metrics, colorizer
from evalsuite.plan import Plan
from evalsuite.run import run

photos, out, count, metrics = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
colorizers = tuple(colorizer(name) for name in ("gray", "random"))
plan = Plan(photos, out, colorizers, tuple(chosen_metrics(metrics)[0]), limit=count, resize=Resize("squash", 64))
started = time.perf_counter()
run(plan)
seconds = time.perf_counter() - started
print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""


def crops(folder: Path, count: int) -> None:
    """Write `count` crops of 64 x 64, 100 to a folder."""
    sources = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    rng = np.random.default_rng(0)
    for k in range(count):
        source = sources[k % len(sources)]
        top, left = (int(rng.integers(0, side - 64)) for side in source.shape[:2])
        path = folder / f"{k // 100:04d}" / f"{k:06d}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(source[top : top + 64, left : left + 64]).save(path, compress_level=1)


def measure(photos: Path, out: Path, count: int, metrics: str) -> tuple[float, float]:
    """Run the suite on `count` photos: seconds and peak resident memory in MiB."""
    command = [sys.executable, "-c", CHILD, str(photos), str(out), str(count), metrics]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    seconds, mebibytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, mebibytes


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=10_000)
    parser.add_argument("--metrics", default=METRICS)
    flags = parser.parse_args()
    counts = (flags.most // 10, flags.most)
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        photos.mkdir()
        crops(photos, flags.most)
        rows = [(n, *measure(photos, Path(folder) / f"run{n}", n, flags.metrics)) for n in counts]
    print(f"{'photos':>8} {'seconds':>9} {'ms/photo':>9} {'peak MiB':>9} {'against':>8}")
    for n, seconds, mebibytes in rows:
        print(f"{n:>8} {seconds:>9.1f} {1000 * seconds / n:>9.2f} {mebibytes:>9.0f} {mebibytes / rows[0][2]:>8.3f}")


if __name__ == "__main__":
    main()
