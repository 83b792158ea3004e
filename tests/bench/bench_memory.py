"""Does memory stay, and does time grow linearly, when photos become ten times as many?

    python tests/bench/bench_memory.py [--most 10000] [--metrics x,y]

Photos of 64 x 64 are cropped from the pictures that scikit-image ships, each count into a folder of its own, which a
process of its own scores with two baselines and reports on, as `evalsuite run` does. A short run comes first, so that
all find the kernels compiled. Two columns tell the memory: the peak of that process, as the kernel keeps it, and the
largest sum over it and its decoding processes, looked at 20 times a second (pages that they share count in each).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

METRICS = "psnr_rgb,ssim,ciede2000,auc,auc_rebalanced,colorfulness,lpips_alex"
WARM = 64

CHILD = """
import json, resource, sys, time
from pathlib import Path
from evalsuite.images import Resize
from evalsuite.registry import chosen_metrics, colorizer
from evalsuite.plan import Plan
from evalsuite.report import report
from evalsuite.run import run

photos, out, metrics = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
colorizers = tuple(colorizer(name) for name in ("gray", "random"))
plan = Plan(photos, out, colorizers, tuple(chosen_metrics(metrics)[0]), resize=Resize("squash", 64))
started = time.perf_counter()
report(run(plan))
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
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(source[top : top + 64, left : left + 64]).save(path, compress_level=1)


def measure(folder: Path, count: int, metrics: str) -> tuple[float, float, float]:
    """Run the suite on `count` photos: seconds, and the peaks of the process and of all processes in MiB."""
    crops(folder / f"photos{count}", count)
    command = [sys.executable, "-c", CHILD, str(folder / f"photos{count}"), str(folder / f"run{count}"), metrics]
    together = 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            together = max(together, sum(map(resident, family(process.pid))))
            time.sleep(0.05)
        assert process.stdout is not None
        seconds, alone = json.loads(process.stdout.read().splitlines()[-1])
    return seconds, alone, together


def family(pid: int) -> Iterator[int]:
    """Name a process and all that it started, as Linux lists them."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in children.read_text().split():
                yield from family(int(child))


def resident(pid: int) -> float:
    """Return the resident memory of a process in MiB, 0 if it has ended."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return 0.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=10_000)
    parser.add_argument("--metrics", default=METRICS)
    flags = parser.parse_args()
    print(f"{'photos':>8} {'seconds':>9} {'ms/photo':>9} {'peak MiB':>9} {'against':>8} {'all MiB':>9} {'against':>8}")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), WARM, flags.metrics)
        rows = [(n, *measure(Path(folder), n, flags.metrics)) for n in (flags.most // 10, flags.most)]
    for n, seconds, *peaks in rows:
        memory = "".join(f" {peak:>9.0f} {peak / first:>8.3f}" for peak, first in zip(peaks, rows[0][2:], strict=True))
        print(f"{n:>8} {seconds:>9.1f} {1000 * seconds / n:>9.2f}{memory}")


if __name__ == "__main__":
    main()
