"""The engine that shards a run's tiles over a Ray cluster.

Every worker reads the photos from the same paths as the conductor (a shared file system on a cluster of several
machines) and sends rows and pixels back: the conductor alone writes to the run folder.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

import torch

from evalsuite.errors import Unavailable
from evalsuite.loading import load
from evalsuite.scoring import Scorer
from evalsuite.work import Loaded, TileResult, Work, load_plugins

RETRIES = 3
PLUGIN_MODULES = "evalsuite_plugin_"


class TileWorker:
    """What runs on the cluster: loads the plug-ins once, then scores tiles.

    Args:
        work: The run's work.
        device: cpu or cuda.
        threads: CPU threads for networks, so that workers on one machine do not fight for its cores.
    """

    def __init__(self, work: Work, device: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self._work = work
        self._scorer = Scorer(work, torch.device(device), load_plugins(work, torch.device(device)))

    def score(self, number: int) -> TileResult:
        """Decode and score a tile."""
        return self._scorer.score(number, [load(wanted) for wanted in self._work.wanted(number)])


class RayEngine:
    """A Ray cluster: the one at RAY_ADDRESS, or one that is started on this machine and ended with the run.

    Args:
        device: auto, cpu or cuda; auto takes GPUs where the cluster has them.
        workers: How many workers; by default one per GPU, or one per two CPU cores.
    """

    def __init__(self, device: str = "auto", workers: int | None = None) -> None:
        self._device = device
        self._workers = workers

    def results(self, work: Work, loaded: Loaded, tiles: Sequence[int]) -> Iterator[TileResult]:
        """Yield results as they come; a tile whose worker died is done again by another."""
        ray = load_ray()
        started = not ray.is_initialized()
        if started:
            paths = os.pathsep.join(filter(None, sys.path))
            environment = {"env_vars": {"PYTHONPATH": paths}}
            ray.init(address=os.environ.get("RAY_ADDRESS"), log_to_driver=False, runtime_env=environment)
        try:
            yield from self._shard(ray, work, tiles)
        finally:
            if started:
                ray.shutdown()

    def _shard(self, ray: ModuleType, work: Work, tiles: Sequence[int]) -> Iterator[TileResult]:
        for name in [name for name in sys.modules if name.startswith(PLUGIN_MODULES)]:
            ray.cloudpickle.register_pickle_by_value(sys.modules[name])
        # Kept for as long as there are tiles: an actor that starts again reads it once more.
        shared = ray.put(work)
        actors = self._actors(ray, shared, len(tiles))
        waiting = list(reversed(tiles))
        busy: dict[Any, Any] = {}
        for actor in actors * 2:
            if waiting:
                busy[actor.score.remote(waiting.pop())] = actor
        while busy:
            [ready], _ = ray.wait(list(busy), num_returns=1)
            actor = busy.pop(ready)
            if waiting:
                busy[actor.score.remote(waiting.pop())] = actor
            yield ray.get(ready)

    def _actors(self, ray: ModuleType, work: Any, tiles: int) -> list[Any]:
        resources = ray.cluster_resources()
        gpus, cpus = int(resources.get("GPU", 0)), int(resources.get("CPU", 1))
        on_gpu = self._device == "cuda" or (self._device == "auto" and gpus > 0)
        count = min(self._workers or (gpus if on_gpu else max(1, cpus // 2)), max(tiles, 1))
        threads = max(1, cpus // count)
        demand = {"num_gpus": 1} if on_gpu else {"num_cpus": min(threads, max(1, cpus // count))}
        remote = ray.remote(TileWorker).options(max_restarts=RETRIES, max_task_retries=RETRIES, **demand)
        return [remote.remote(work, "cuda" if on_gpu else "cpu", threads) for _ in range(count)]


def load_ray() -> ModuleType:
    """Import Ray.

    Raises:
        Unavailable: It is not installed.
    """
    try:
        return importlib.import_module("ray")
    except ImportError:
        raise Unavailable("--engine ray: Ray is not installed. pip install 'colorization-evalsuite[ray]'.") from None
