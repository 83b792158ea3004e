"""How long a method takes for one photo."""

from __future__ import annotations

import time
from statistics import median

import torch

from evalsuite.contracts import Batch, Colorize, Metric

RUNS, FEWEST_RUNS = 20, 3
LIMIT_S = 10.0


def probe(colorize: Colorize, batch: Batch) -> float:
    """Time a colorizer on one photo.

    Args:
        colorize: The loaded colorizer.
        batch: One photo, on the device of the run.

    Returns:
        Milliseconds, the median of 20 runs after one to warm up; of fewer, but at least 3, once 10 seconds are spent.
        Lower is better.

    Source:
        Zhang, Isola, Efros 2016, Table 1, column "Runtime". A GPU is waited for before and after every run.

    Example:
        >>> import torch
        >>> milliseconds = probe(lambda batch: batch.L, Batch(torch.zeros(1, 1, 8, 8), (), (), ()))
        >>> 0 < milliseconds < 100
        True
    """
    started = time.perf_counter()
    _time_once(colorize, batch)
    times: list[float] = []
    while len(times) < RUNS and (len(times) < FEWEST_RUNS or time.perf_counter() - started < LIMIT_S):
        times.append(_time_once(colorize, batch))
    return 1e3 * median(times)


def _time_once(colorize: Colorize, batch: Batch) -> float:
    _wait_for(batch.L.device)
    started = time.perf_counter()
    with torch.inference_mode():
        colorize(batch)
    _wait_for(batch.L.device)
    return time.perf_counter() - started


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


METRIC = Metric(
    name="runtime_ms",
    title="Runtime",
    unit="ms",
    better="lower",
    kind="cost",
    source="Zhang, Isola, Efros 2016, https://arxiv.org/abs/1603.08511, Table 1",
    definition=(
        "Wall-clock time of the colorizer on one photo at the run's size and on its device: the median of 20 runs "
        "after a first one that does not count, of at least 3 where 20 would take more than 10 s. Reading and joining "
        "with L are not included."
    ),
    default=False,
    probe=probe,
)
