"""The columns of a run on disk, and how much of them is in memory."""

from pathlib import Path

import numpy as np
import pytest

from evalsuite.columns import ColumnFiles, blocks, picked


def test_columns_are_filled_in_any_order(tmp_path: Path) -> None:
    columns = ColumnFiles(tmp_path, photos=5)
    columns.write("gray", "psnr_rgb.value", np.array([3, 4]), np.array([30.0, 40.0]))
    columns.write("gray", "psnr_rgb.value", np.array([0, 2]), np.array([0.5, 20.0]))

    assert columns.read("gray", "psnr_rgb.value").tolist() == [0.5, 0.0, 20.0, 30.0, 40.0]


def test_wide_columns_keep_their_type_and_width(tmp_path: Path) -> None:
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    ColumnFiles(tmp_path, photos=4).write("gray", "fid.features", np.array([1, 2]), rows)

    read = np.load(tmp_path / "gray" / "fid.features.npy")

    assert read.shape == (4, 3)
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read[1:3], rows)


def test_a_second_writer_goes_on_with_the_same_file(tmp_path: Path) -> None:
    for k in range(2):
        ColumnFiles(tmp_path, photos=2).write("gray", "a.value", np.array([k]), np.array([k + 1.0]))

    assert np.load(tmp_path / "gray" / "a.value.npy").tolist() == [1.0, 2.0]


@pytest.mark.slow
def test_blocks_of_a_mapped_column_are_the_whole_and_leave_memory(tmp_path: Path) -> None:
    rows = np.arange(4_000_000, dtype=np.float32).reshape(-1, 100)
    np.save(tmp_path / "a.npy", rows)
    column = np.load(tmp_path / "a.npy", mmap_mode="r")

    most = max(_mapped(tmp_path / "a.npy") for _ in blocks(column))

    np.testing.assert_array_equal(np.concatenate(list(blocks(column))), rows)
    assert most < rows.nbytes / 2
    assert _mapped(tmp_path / "a.npy") == 0


@pytest.mark.parametrize("shape", [(50,), (50, 3), (4000, 100), (4000, 10, 10)])
def test_rows_of_a_column_are_picked_whatever_its_width(tmp_path: Path, shape: tuple[int, ...]) -> None:
    np.save(tmp_path / "a.npy", np.random.default_rng(0).random(shape, np.float32))
    column = np.load(tmp_path / "a.npy", mmap_mode="r")
    rows = np.flatnonzero(np.arange(len(column)) % 7)

    np.testing.assert_array_equal(picked(column, rows), column[rows])
    assert picked(column, rows).dtype == np.float32
    assert picked(column, rows[:0]).shape == (0, *shape[1:])


@pytest.mark.slow
def test_the_picked_rows_of_a_wide_column_are_not_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    np.save(tmp_path / "a.npy", np.ones((40_000, 100), np.float32))
    column = np.load(tmp_path / "a.npy", mmap_mode="r")

    taken = picked(column, np.arange(1, len(column)))

    assert _mapped(tmp_path) < taken.nbytes / 2
    assert sum(float(block.sum()) for block in blocks(taken)) == taken.size
    assert list(tmp_path.iterdir()) == [tmp_path / "a.npy"]


def _mapped(path: Path) -> int:
    """Bytes of a file, or of a folder's files, that are in this process's memory, as the kernel says."""
    maps = Path("/proc/self/smaps").read_text().split(str(path))[1:]
    return sum(1024 * int(rest.split("Rss:")[1].split()[0]) for rest in maps)
