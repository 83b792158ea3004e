"""memory: the allocator's switch and the cutting of batches."""

import platform

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite import memory
from evalsuite.memory import keep_large_blocks, pieces


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_glibc_takes_the_switch() -> None:
    assert keep_large_blocks()


def test_another_platform_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")

    assert not keep_large_blocks()


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())

    assert not keep_large_blocks()


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
