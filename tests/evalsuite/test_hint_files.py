"""Recorded hints: written, read, found for photos, and refused where they are wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.dataset import Dataset, Photo
from evalsuite.errors import UserError
from evalsuite.hint_files import check_hint_files, points_of, read_points, read_table, write_points
from evalsuite.points import Point

ROOT = str(Path(__file__).resolve().parents[2])
HEAD = "x,y,a,b,size\n"
LAB = st.floats(-128, 128, width=32)
POINTS = st.lists(st.builds(Point, st.integers(0, 999), st.integers(0, 999), LAB, LAB, st.integers(1, 99)), max_size=9)
STREET, ALLEY = Point(3, 4, 20.5, -7.25, 6), Point(0, 9, -1.0, 2.0, 1)


def dataset_of(*names: str) -> Dataset:
    return Dataset("set", Path("/set"), tuple(Photo(name, Path(f"/set/{name}.jpg")) for name in names), False)


@settings(max_examples=30, deadline=None)
@given(points=POINTS)
def test_what_was_written_is_read_again_exactly_as_float32(
    tmp_path_factory: pytest.TempPathFactory, points: list[Point]
) -> None:
    path = tmp_path_factory.mktemp("hints") / "photo.csv"

    write_points(path, points)

    read = read_points(path)
    places = [[(p.x, p.y, p.size) for p in some] for some in (read, points)]
    colors = [np.array([(p.a, p.b) for p in some], np.float32) for some in (read, points)]
    assert places[0] == places[1]
    np.testing.assert_array_equal(colors[0], colors[1])


def test_other_columns_and_another_order_are_welcome(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("at_ms, size,b,a,y,x\n120,6,-7.25,20.5,4,3\n")

    assert read_points(path) == (STREET,)


def test_hints_of_a_folder_are_found_by_id_first_and_by_stem_then(tmp_path: Path) -> None:
    write_points(tmp_path / "day" / "street.csv", [STREET])
    write_points(tmp_path / "alley.csv", [ALLEY])

    assert points_of(tmp_path, Photo("day/street", Path("/set/day/street.jpg"))) == (STREET,)
    assert points_of(tmp_path, Photo("night/alley", Path("/set/night/alley.jpg"))) == (ALLEY,)


def test_hints_of_one_csv_are_found_by_name(tmp_path: Path) -> None:
    table = tmp_path / "all.csv"
    table.write_text("file,x,y,a,b,size\nday/street.jpg,3,4,20.5,-7.25,6\nalley,0,9,-1,2,1\nempty.png,,,,,\n")

    assert points_of(table, Photo("day/street", Path("/set/day/street.jpg"))) == (STREET,)
    assert points_of(table, Photo("night/alley", Path("/set/night/alley.jpg"))) == (ALLEY,)
    assert points_of(table, Photo("empty", Path("/set/empty.png"))) == ()


def test_lines_of_a_photo_keep_their_order(tmp_path: Path) -> None:
    table = tmp_path / "all.csv"
    table.write_text("file,x,y,a,b,size\np,1,0,0,0,1\nq,9,0,0,0,1\np,2,0,0,0,1\n")

    assert [point.x for point in read_table(table)["p"]] == [1, 2]


@pytest.mark.slow
def test_a_file_that_was_changed_is_read_again(tmp_path: Path) -> None:
    photo = Photo("p", Path("/set/p.jpg"))
    write_points(tmp_path / "p.csv", [STREET])
    before = points_of(tmp_path, photo)
    write_points(tmp_path / "p.csv", [ALLEY])

    assert (before, points_of(tmp_path, photo)) == ((STREET,), (ALLEY,))


def test_a_photo_without_hints_is_told(tmp_path: Path) -> None:
    write_points(tmp_path / "p.csv", [])
    table = tmp_path / "all.csv"
    table.write_text("file,x,y,a,b,size\np,1,0,0,0,1\n")

    assert points_of(tmp_path, Photo("p", Path("/set/p.jpg"))) == ()
    with pytest.raises(UserError, match=r"got none for q\. Add q\.csv"):
        points_of(tmp_path, Photo("q", Path("/set/q.jpg")))
    with pytest.raises(UserError, match=r"got none for q\. Add a line"):
        points_of(table, Photo("q", Path("/set/q.jpg")))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "line 1: the first line names the columns x,y,a,b,size; got nothing"),
        ("x,y,a,b\n1,2,3,4\n", "without size"),
        (HEAD + "1,2,3,4,5\n1.5,2,3,4,5\n", r"line 3: x is a whole number of pixels; got '1\.5'"),
        (HEAD + "1,,3,4,5\n", "line 2: y is a whole number of pixels; got ''"),
        (HEAD + "1,2\n", "line 2: size is a whole number of pixels; got None"),
        (HEAD + "1,2,red,4,5\n", r"line 2: a is a number in Lab units, -128\.\.128; got 'red'"),
        (HEAD + "1,2,3,400,5\n", "line 2: b is a number in Lab units"),
        (HEAD + "1,2,nan,4,5\n", "line 2: a is a number in Lab units"),
        (HEAD + "1,2,3,4,0\n", "line 2: size is the side of a patch, at least 1 pixel; got 0"),
        (HEAD + "1,2,3,4,-6\n", "got -6"),
    ],
)
def test_bad_hint_files_are_refused_with_the_line(text: str, rule: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(text)

    with pytest.raises(UserError, match=rule):
        read_points(tmp_path / "bad.csv")


@pytest.mark.slow
def test_absurdly_many_points_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(HEAD + "1,2,3,4,5\n" * 10_001)

    with pytest.raises(UserError, match=r"at most 10,000 points; got 10,001"):
        read_points(tmp_path / "bad.csv")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(np.arange(256, dtype=np.uint8).tobytes())

    with pytest.raises(UserError, match="hints are a CSV in UTF-8"):
        read_points(tmp_path / "bad.csv")


def test_a_line_of_one_csv_names_its_photo(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("file,x,y,a,b,size\n,1,2,3,4,5\n")

    with pytest.raises(UserError, match="line 2: every line names a file"):
        read_table(tmp_path / "bad.csv")


def test_hint_files_are_checked_before_anything_is_colored(tmp_path: Path) -> None:
    dataset = dataset_of("p", "q")
    with pytest.raises(UserError, match="where nothing is"):
        check_hint_files(tmp_path / "nowhere", dataset)
    with pytest.raises(UserError, match="no hints for any photo, such as p"):
        check_hint_files(tmp_path, dataset)
    (tmp_path / "p.csv").write_text(HEAD)
    check_hint_files(tmp_path, dataset)
    (tmp_path / "q.csv").write_text(HEAD + "1,2,3,4,5,\n1,2,3,4\n")
    with pytest.raises(UserError, match=r"q\.csv, line 3"):
        check_hint_files(tmp_path, dataset)


def test_one_file_for_several_photos_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEAD)

    with pytest.raises(UserError, match="it fits day/p and night/p"):
        check_hint_files(tmp_path, dataset_of("day/p", "night/p"))


@pytest.mark.slow
def test_pages_can_read_and_write_hints_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from evalsuite.hint_files import read_points, write_points; "
        "from evalsuite.points import Point; write_points(Path('a.csv'), [Point(1, 2, 3.0, 4.0, 5)]); "
        "read_points(Path('a.csv')); import evalsuite.sweep_numbers, evalsuite.sweep_tables; "
        "sys.exit('torch' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=os.environ | {"PYTHONPATH": ROOT}, check=False
    )

    assert done.returncode == 0
