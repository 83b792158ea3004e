"""Keeping temporaries cheap: big blocks stay on the heap, and work is cut into pieces that fit the caches."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator

import torch

M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4
"""Parameters of mallopt, from glibc's malloc.h."""
PIECE_PIXELS = 1 << 16
"""256 x 256: a plane of float32 is then 256 KB, and the few planes of a formula stay in a core's second-level cache."""


def keep_large_blocks() -> bool:
    """Ask glibc's allocator to keep big blocks on the heap; tell whether it does.

    By default glibc maps every block above 32 MB anew and returns it when it is freed, so that each temporary of a
    batch is paid for in page faults (measured with 16 images of 256 x 256: half the time of SSIM). Where the C library
    is another one, nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, 2**31 - 1))


def give_back() -> bool:
    """Return the heap's free pages to the system, once the big temporaries are over; tell whether it could be asked."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is None:
        return False
    trim(0)
    return True


def pieces(count: int, pixels: int, device: torch.device) -> Iterator[slice]:
    """Cut a batch of `count` images of `pixels` each into slices: small ones on a CPU, the whole batch elsewhere.

    Example:
        >>> list(pieces(5, 128 * 256, torch.device("cpu")))
        [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    most = max(1, PIECE_PIXELS // pixels) if device.type == "cpu" else max(1, count)
    for start in range(0, count, most):
        yield slice(start, min(start + most, count))
