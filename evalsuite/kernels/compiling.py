"""How the kernels are compiled: once, kept on disk, and free of Python's lock while they run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

FUSED = {"contract", "nsz"}
"""Products may be fused with sums."""
SUMMED = FUSED | {"reassoc"}
"""Sums may be reordered besides, without which they use no vector instructions."""


def compiled(function: F) -> F:
    """Compile at the first call, or take what an earlier process compiled."""
    compile_it = partial(numba.njit, nogil=True, fastmath=SUMMED, error_model="numpy")
    try:
        return cast(F, compile_it(cache=True)(function))
    except RuntimeError:
        # numba finds no folder to write to, neither beside this file nor in the user's cache.
        return cast(F, compile_it()(function))


def inlined(function: F) -> F:
    """Make a function that kernels call."""
    return cast(F, numba.njit(fastmath=FUSED, error_model="numpy")(function))
