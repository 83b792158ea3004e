"""Where the work runs: in this process on one device, on several devices, or over a Ray cluster."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import torch

from evalsuite.errors import UserError
from evalsuite.loading import Loader
from evalsuite.scoring import Scorer
from evalsuite.work import Loaded, TileResult, Work, load_plugins


class Engine(Protocol):
    """Anything that scores tiles, in any order, each exactly once."""

    def results(self, work: Work, loaded: Loaded, tiles: Sequence[int]) -> Iterator[TileResult]:
        """Yield the result of every tile of the list."""
        ...


def devices_of(name: str) -> list[torch.device]:
    """Turn `auto`, `cpu` or `cuda` into devices; cuda means all GPUs that can be seen.

    Raises:
        UserError: The name is another, or there is no GPU.
    """
    gpus = [torch.device("cuda", i) for i in range(torch.cuda.device_count())]
    if name == "cpu" or (name == "auto" and not gpus):
        return [torch.device("cpu")]
    if name not in ("auto", "cuda"):
        raise UserError(f"--device: auto, cpu or cuda; got {name!r}. Choose one of these.")
    if not gpus:
        raise UserError("--device cuda: no GPU can be reached. Take --device cpu, or see that the driver is loaded.")
    return gpus


def decoding_processes(cores: int | None = None) -> int:
    """Choose how many processes decode: enough to keep ahead, few enough to leave the cores to the networks."""
    return max(1, min(8, (cores or os.cpu_count() or 1) // 2))


class LocalEngine:
    """This process, one thread per device.

    Args:
        devices: Where scorers run; the plug-ins were loaded for the first of them.
        decoders: Decoding processes, 0 to decode in this one.
    """

    def __init__(self, devices: Sequence[torch.device], decoders: int | None = None) -> None:
        self._devices = list(devices)
        self._decoders = decoding_processes() if decoders is None else decoders

    def results(self, work: Work, loaded: Loaded, tiles: Sequence[int]) -> Iterator[TileResult]:
        """Yield the tiles' results, in their order where there is one device."""
        if len(self._devices) == 1:
            yield from _score(Scorer(work, self._devices[0], loaded), work, tiles, self._decoders)
            return
        others = [load_plugins(work, device) for device in self._devices[1:]]
        scorers = [Scorer(work, d, one) for d, one in zip(self._devices, [loaded, *others], strict=True)]
        yield from _in_threads(scorers, work, tiles, self._decoders)


def _score(scorer: Scorer, work: Work, tiles: Iterable[int], decoders: int) -> Iterator[TileResult]:
    with Loader(decoders) as loader:
        numbers = list(tiles)
        for number, pictures in zip(numbers, loader.stream(work.wanted(n) for n in numbers), strict=True):
            yield scorer.score(number, pictures)


def _in_threads(scorers: Sequence[Scorer], work: Work, tiles: Sequence[int], decoders: int) -> Iterator[TileResult]:
    """Give every device every k-th tile; results come as they are ready, at most two waiting per device."""
    ready: queue.Queue[TileResult | BaseException | None] = queue.Queue(maxsize=2 * len(scorers))
    stopped = threading.Event()

    def serve(k: int) -> None:
        try:
            for result in _score(scorers[k], work, tiles[k :: len(scorers)], max(1, decoders // len(scorers))):
                if stopped.is_set():
                    return
                ready.put(result)
            ready.put(None)
        except BaseException as error:
            ready.put(error)

    threads = [threading.Thread(target=serve, args=(k,), daemon=True) for k in range(len(scorers))]
    for thread in threads:
        thread.start()
    try:
        open_threads = len(threads)
        while open_threads:
            result = ready.get()
            if isinstance(result, BaseException):
                raise result
            if result is None:
                open_threads -= 1
            else:
                yield result
    finally:
        stopped.set()
        for thread in threads:
            while thread.is_alive():
                _drain(ready)
                thread.join(0.05)


def _drain(ready: queue.Queue[TileResult | BaseException | None]) -> None:
    while True:
        try:
            ready.get_nowait()
        except queue.Empty:
            return
