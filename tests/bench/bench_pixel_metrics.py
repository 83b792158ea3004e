"""How long do the metrics without a network take for a pair of images?

    python tests/bench/bench_pixel_metrics.py [--threads 2] [--batch 4] [--size 256] [--photos 16] [--outputs 5]

"alone" computes everything that a metric needs from the pixels of target and output. "in the pass" is its share of a
run in which all metrics see the same views, targets are met by several outputs, and what is shared was computed before:
the conversion to Lab has a row of its own. Milliseconds per pair: the least of all batches and repeats on the wall, and
what all threads spent on the processor. The total is that of the metrics in the benchmark of the whole suite. On a busy
machine set OMP_WAIT_POLICY=PASSIVE: threads that wait by spinning take the processor from those that they wait for.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable

import numpy as np
import torch
from skimage.data import astronaut, chelsea, coffee, rocket

from evalsuite.contracts import Measure, Setting
from evalsuite.memory import keep_large_blocks
from evalsuite.registry import metrics
from evalsuite.views import Pair, View

SUITE = ("psnr_rgb", "ssim", "ciede2000", "auc", "auc_rebalanced", "colorfulness")
OTHERS = ("psnr_rgb_pooled", "psnr_ab", "ms_ssim_ab", "ab_error_p95", "colorfulness_abs", "l_shift")
STAGES: dict[str, Callable[[Pair], object]] = {
    "Lab": lambda pair: (pair.target.lab, pair.output.lab),
}
Times = dict[str, list[float]]


def photographs(count: int, size: int, seed: int) -> torch.Tensor:
    """Crops of scikit-image's pictures: (count, 3, size, size) uint8."""
    sources, rng = [astronaut(), coffee(), chelsea(), rocket()], np.random.default_rng(seed)
    crops = []
    for k in range(count):
        source = sources[k % len(sources)]
        top, left = (int(rng.integers(0, side - size)) for side in source.shape[:2])
        crops.append(source[top : top + size, left : left + size])
    return torch.from_numpy(np.stack(crops)).movedim(-1, 1).contiguous()


def colorized(target: torch.Tensor, seed: int) -> torch.Tensor:
    """Duller colors with blocks of noise, like those of a colorizer."""
    rng = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(target), 3, target.shape[2] // 8, target.shape[3] // 8, generator=rng) * 20
    gray = target.float().mean(dim=1, keepdim=True)
    noise = torch.nn.functional.interpolate(noise, size=target.shape[2:])
    return (gray + (target - gray) * 0.65 + noise).clamp(0, 255).to(torch.uint8)


def measure_alone(measures: dict[str, Measure], target: torch.Tensor, output: torch.Tensor, wall: Times) -> None:
    """Time every metric on views of its own."""
    for name, measure in measures.items():
        started = time.perf_counter()
        measure(Pair(View(target), View(output)))
        wall[name].append((time.perf_counter() - started) / len(target))


def measure_pass(
    measures: dict[str, Measure], target: torch.Tensor, outputs: list[torch.Tensor], wall: Times, cpu: Times
) -> None:
    """Time every metric on shared views, averaged over the outputs."""
    view, pairs = View(target), len(target) * len(outputs)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for output in outputs:
        pair = Pair(view, View(output))
        for name, work in (STAGES | measures).items():
            started, spent = time.perf_counter(), time.process_time()
            work(pair)
            sums[name][0] += time.perf_counter() - started
            sums[name][1] += time.process_time() - spent
    for name, (seconds, processor) in sums.items():
        wall[name].append(seconds / pairs)
        cpu[name].append(processor / pairs)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("threads", 2), ("batch", 4), ("size", 256), ("photos", 16), ("outputs", 5), ("repeat", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    flags = parser.parse_args()
    torch.set_num_threads(flags.threads)
    keep_large_blocks()
    known, device = metrics(), torch.device("cpu")
    loaders = {name: known[name].load for name in SUITE + OTHERS}
    measures = {name: load(Setting(device)) for name, load in loaders.items() if load}
    alone, wall, cpu = (defaultdict[str, list[float]](list) for _ in range(3))
    photos = photographs(flags.photos, flags.size, seed=0)
    with torch.inference_mode():
        for _ in range(flags.repeat):
            for target in photos.split(flags.batch):
                outputs = [colorized(target, seed) for seed in range(flags.outputs)]
                measure_pass(measures, target, outputs, wall, cpu)
                measure_alone(measures, target, outputs[0], alone)
    what = f"{flags.size} x {flags.size}, batches of {flags.batch}, {flags.outputs} outputs, {flags.threads} threads"
    print(f"{what}; ms per pair\n")
    print(f"{'':20}{'alone':>10}{'in the pass':>14}{'processor':>12}")
    for name in (*STAGES, *measures):
        first = f"{1e3 * min(alone[name]):10.3f}" if name in alone else f"{'':10}"
        print(f"{name:20}{first}{1e3 * min(wall[name]):14.3f}{1e3 * min(cpu[name]):12.3f}")
    summed = (*STAGES, *SUITE)
    total, processor = (1e3 * sum(min(times[name]) for name in summed) for times in (wall, cpu))
    print(f"{'total':20}{1e3 * sum(min(alone[n]) for n in SUITE):10.3f}{total:14.3f}{processor:12.3f}")


if __name__ == "__main__":
    main()
