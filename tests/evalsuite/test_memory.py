"""memory: the allocator's switch and the cutting of batches."""

import platform
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite import memory
from evalsuite.memory import give_back, keep_large_blocks, pieces


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_glibc_takes_the_switch() -> None:
    assert keep_large_blocks()


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="malloc_trim is glibc's")
def test_free_pages_go_back_to_the_system() -> None:
    """In a process of its own: what the allocator keeps depends on all that ran before."""
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)

    before, after = map(int, done.stdout.split())
    assert before - after > 30_000


FREED = """
from evalsuite.memory import give_back, keep_large_blocks
import numpy as np
def resident():
    return next(line.split()[1] for line in open("/proc/self/status") if line.startswith("RssAnon"))
keep_large_blocks()
big, small = np.ones(5_000_000), np.ones(100)
del big
before = resident()
assert give_back()
print(before, resident())
"""


def test_another_platform_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")

    assert not keep_large_blocks()
    assert not give_back()


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())

    assert not keep_large_blocks()
    assert not give_back()


@settings(max_examples=50, deadline=None)
@given(count=st.integers(0, 40), pixels=st.integers(1, 300_000))
def test_pieces_hold_every_image_once_and_in_order(count: int, pixels: int) -> None:
    cut = list(pieces(count, pixels, torch.device("cpu")))

    assert [k for piece in cut for k in range(count)[piece]] == list(range(count))
    assert all(
        piece.stop - piece.start == 1 or (piece.stop - piece.start) * pixels <= memory.PIECE_PIXELS for piece in cut
    )


def test_a_batch_stays_whole_on_a_gpu() -> None:
    assert list(pieces(16, 1 << 16, torch.device("cuda"))) == [slice(0, 16)]
