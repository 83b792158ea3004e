"""Files of hints: what users gave is written down as x,y,a,b,size, and can be given again.

Either a folder with one CSV per photo, called like the photo's id or file (`street.csv` for `street.jpg`), or one CSV
with a column `file` that names the photo. x and y are the column and row of a patch's center in pixels of the photo as
it is scored (after --resize), size is its side, a and b are in Lab units; later lines are painted over earlier ones.
Other columns are welcome and not read. A photo for which a user gave nothing has a CSV without lines below its head, or
a line in the one CSV with nothing but its name.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.entries import without_suffix
from evalsuite.errors import UserError
from evalsuite.images import write_atomically
from evalsuite.points import Point

if TYPE_CHECKING:
    from evalsuite.dataset import Dataset, Photo

COLUMNS = ("x", "y", "a", "b", "size")
LARGEST_AB = 128.0
"""sRGB reaches from -86.2 to 98.2 in a and from -107.9 to 94.5 in b; Lab in 8 bits ends here."""
MOST_POINTS = 10_000
"""Per photo: twenty times what the papers' sweeps give."""


def write_points(path: Path, points: Sequence[Point]) -> None:
    """Write a photo's points to a CSV; read again, they paint exactly the same hints, which are float32."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([p.x, p.y, np.float32(p.a), np.float32(p.b), p.size] for p in points)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, out.getvalue().encode())


def read_points(path: Path) -> tuple[Point, ...]:
    """Read a photo's points from a CSV.

    Raises:
        UserError: It cannot be read, or a line is wrong; the message names the line.
    """
    return _limited(path, [_point(row, where) for where, row in _rows(path, COLUMNS)])


def read_table(path: Path) -> Mapping[str, tuple[Point, ...]]:
    """Read the points of many photos from one CSV: name without suffix to points.

    Raises:
        UserError: It cannot be read, or a line is wrong; the message names the line.
    """
    found: dict[str, list[Point]] = {}
    for where, row in _rows(path, ("file", *COLUMNS)):
        name = without_suffix((row["file"] or "").strip().lstrip("/"))
        if not name:
            raise UserError(f"{where}: every line names a file; this one does not. Fill in the column file.")
        points = found.setdefault(name, [])
        if any((row[column] or "").strip() for column in COLUMNS):
            points.append(_point(row, where))
    return {name: _limited(path, points) for name, points in found.items()}


def points_of(source: Path, photo: Photo) -> tuple[Point, ...]:
    """Find the points of a photo in a folder of CSVs or in one CSV.

    Raises:
        UserError: There are none for this photo, or they cannot be read.
    """
    points = _points_of(source, photo)
    if points is None:
        rule = f"{source}: every photo has its hints there; got none for {photo.id}"
        how = f"Add {photo.id}.csv" if source.is_dir() else "Add a line with its name"
        raise UserError(f"{rule}. {how}, with nothing more where no hint was given.")
    return points


def check_hint_files(source: Path, dataset: Dataset) -> None:
    """Read all hints before anything is colored.

    Raises:
        UserError: There is nothing there, nothing for any photo, one file for several photos, or a line is wrong.
    """
    if not source.exists():
        raise UserError(f"--hint-files: a folder of CSVs or one CSV; got {source}, where nothing is. Check the path.")
    if not any([_points_of(source, photo) is not None for photo in dataset.photos]):
        photo = dataset.photos[0]
        raise UserError(f"--hint-files: {source} has no hints for any photo, such as {photo.id}. Name them as photos.")
    taken: dict[Path, str] = {}
    for photo in dataset.photos if source.is_dir() else ():
        file = _file_of(source, photo)
        if file is not None and taken.setdefault(file, photo.id) != photo.id:
            rule = f"{file}: a file belongs to one photo; it fits {taken[file]} and {photo.id}"
            raise UserError(f"{rule}. Name files by the photos' whole paths.")


def _points_of(source: Path, photo: Photo) -> tuple[Point, ...] | None:
    if source.is_dir():
        file = _file_of(source, photo)
        return None if file is None else _cached_points(file, file.stat().st_mtime_ns)
    table = _cached_table(source, source.stat().st_mtime_ns)
    names = (without_suffix(photo.id), photo.path.stem)
    return next((table[name] for name in names if name in table), None)


def _file_of(source: Path, photo: Photo) -> Path | None:
    named = [source / f"{photo.id}.csv", source / f"{photo.path.stem}.csv"]
    return next((path for path in named if path.is_file()), None)


@lru_cache(maxsize=1024)
def _cached_points(path: Path, changed: int) -> tuple[Point, ...]:
    return read_points(path)


@lru_cache(maxsize=2)
def _cached_table(path: Path, changed: int) -> Mapping[str, tuple[Point, ...]]:
    return read_table(path)


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, dict[str, str | None]]]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path}: hints are a CSV in UTF-8; this cannot be read ({error}). Restore it.") from error
    rows = csv.DictReader(lines)
    heads = [head.strip() for head in rows.fieldnames or ()]
    if missing := [column for column in columns if column not in heads]:
        got = ", ".join(heads) or "nothing"
        rule = f"{path}, line 1: the first line names the columns {','.join(columns)}; got {got}"
        raise UserError(f"{rule}, without {', '.join(missing)}. Add it.")
    rows.fieldnames = heads
    for row in rows:
        yield f"{path}, line {rows.line_num}", row


def _point(row: Mapping[str, str | None], where: str) -> Point:
    x, y, size = (_whole(row[column], column, where) for column in ("x", "y", "size"))
    a, b = (_color(row[column], column, where) for column in ("a", "b"))
    if size < 1:
        raise UserError(f"{where}: size is the side of a patch, at least 1 pixel; got {size}. Correct the line.")
    return Point(x, y, a, b, size)


def _whole(text: str | None, column: str, where: str) -> int:
    try:
        return int(text or "")
    except ValueError:
        raise UserError(f"{where}: {column} is a whole number of pixels; got {text!r}. Correct the line.") from None


def _color(text: str | None, column: str, where: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not abs(value) <= LARGEST_AB:
        rule = f"{where}: {column} is a number in Lab units, -{LARGEST_AB:g}..{LARGEST_AB:g}"
        raise UserError(f"{rule}; got {text!r}. Correct the line.")
    return value


def _limited(path: Path, points: Sequence[Point]) -> tuple[Point, ...]:
    if len(points) > MOST_POINTS:
        rule = f"{path}: a photo has at most {MOST_POINTS:,} points"
        raise UserError(f"{rule}; got {len(points):,}. Shorten the file.")
    return tuple(points)
