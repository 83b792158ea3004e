"""The door to the compiled kernels: CPUs only, and only where numba is installed; torch does the same elsewhere.

Eager torch passes over memory once per operation; a formula of a hundred operations, compiled into one loop, takes a
sixth of the time on a CPU.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from types import ModuleType
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

T = TypeVar("T")


def kernels(name: str, device: torch.device) -> ModuleType | None:
    """Return the module evalsuite.kernels.<name>, or None on a GPU or without numba."""
    return _load(name) if device.type == "cpu" else None


def for_each(count: int, work: Callable[[int], T]) -> list[T]:
    """Call `work` with 0, 1, ..., count - 1 on as many threads as torch uses; kernels run without Python's lock."""
    threads = min(count, torch.get_num_threads())
    if threads < 2:
        return [work(k) for k in range(count)]
    return list(_pool(threads).map(work, range(count)))


def array(tensor: Tensor) -> NDArray[np.generic]:
    """View a CPU tensor as a contiguous array, copied only where it is not contiguous."""
    return tensor.detach().contiguous().numpy()


@cache
def _load(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(f"evalsuite.kernels.{name}")
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        return None


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="pixels")
