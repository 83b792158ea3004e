"""The lines of a dataset's source: photos named by a folder, a text list or a CSV, and their labels."""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path, PurePosixPath

from evalsuite.errors import UserError

SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".webp", ".avif", ".tif", ".tiff", ".bmp", ".ppm",
    ".pgm", ".pbm", ".pnm", ".jp2", ".j2k",
})  # fmt: skip
"""What counts as a photo in a folder, in capitals too; lists and CSVs may name anything."""
SPELLINGS = (".JPEG", ".jpg", ".jpeg", ".JPG", ".png", ".PNG")
"""Suffixes that lists leave out, ImageNet's own first."""
WNID = re.compile(r"n\d{8}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A photo as its source names it; `where` says in which line."""

    name: str
    path: Path
    label: int | None
    where: str


def read_entries(source: Path, root: Path) -> list[Entry]:
    """List the photos of a folder, of a list, or of a CSV; the names of the latter two start at root.

    Raises:
        UserError: There is no such source, or a line is wrong; the message names the line.
    """
    if source.is_dir():
        names = ((path.relative_to(source).as_posix(), path) for path in walk(source))
        return [Entry(name, path, _label_of_folder(name), str(path)) for name, path in names]
    if not source.is_file():
        raise UserError(f"{source}: no such folder, list or CSV of photos. Check the path.")
    if source.suffix.lower() in SUFFIXES:
        raise UserError(f"{source}: a dataset is a folder, a list or a CSV; got one photo. Give its folder.")
    lines = _csv_lines(source, {"file"}) if source.suffix.lower() == ".csv" else _list_lines(source)
    entries = [_entry(root, *line) for line in lines]
    _check_distinct((entry.name, entry.where) for entry in entries)
    return entries


def walk(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """Find the photos below a folder by their suffix; what is hidden and links to a folder above are left out.

    Raises:
        UserError: A folder cannot be read.
    """
    here = folder.resolve()
    if here in above:
        return
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise UserError(f"{folder}: this folder cannot be read ({error.strerror}). Change its permissions.") from error
    for path in (folder / name for name in names if not name.startswith(".")):
        if os.path.isdir(path):
            yield from walk(path, above | {here})
        elif path.suffix.lower() in SUFFIXES:
            yield path


def _list_lines(path: Path) -> Iterator[tuple[str, str, str]]:
    """Name, label ("" where there is none) and place of every line of a list."""
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            labelled = re.fullmatch(r"\s*(.*\S)\s+([+-]?\d+)\s*", line)
            name, label = labelled.groups() if labelled else (line.strip(), "")
            yield name, label, f"{path}, line {number}"


def _csv_lines(path: Path, required: Collection[str]) -> Iterator[tuple[str, str, str]]:
    """Name, label ("" where there is none) and place of every row of a CSV."""
    rows = csv.DictReader(_text(path).splitlines())
    columns = [column.strip() for column in rows.fieldnames or ()]
    if not set(required) <= set(columns):
        got = ", ".join(columns) or "nothing"
        raise UserError(f"{path}, line 1: the first line names the columns file,class_index; got {got}. Add it.")
    rows.fieldnames = columns
    for row in rows:
        where = f"{path}, line {rows.line_num}"
        name = (row["file"] or "").strip()
        if not name:
            raise UserError(f"{where}: every row names a file; this one does not. Fill in the column file.")
        yield name, (row.get("class_index") or "").strip(), where


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: lists and CSVs are UTF-8 text; this is not. Save it as UTF-8.") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}). Check the path.") from error


def _entry(root: Path, written: str, label: str, where: str) -> Entry:
    """A photo from a line: the name is looked for below the root, and as it stands where that is absolute."""
    name = "/".join(part for part in os.path.normpath(written.lstrip("/")).split("/") if part not in ("..", "."))
    if not name:
        raise UserError(f"{where}: a line names a file; got {written!r}. Correct or remove it.")
    return Entry(name, _found(root, written), _label(label, where) if label else _label_of_folder(name), where)


def _found(root: Path, written: str) -> Path:
    """The file that a line means; the file that it names where there is none."""
    below = root / written.lstrip("/")
    places = [below, *([Path(written)] if written.startswith("/") else [])]
    if WNID.fullmatch(below.parent.name):
        places.append(root / below.name)
    for place in places:
        if place.is_file():
            return place
    bare = [place for place in places if place.suffix.lower() not in SUFFIXES]
    spelled = (place.with_name(place.name + suffix) for place in bare for suffix in SPELLINGS)
    return next((path for path in spelled if path.is_file()), below)


def _label(text: str, where: str) -> int:
    if not re.fullmatch(r"\+?\d+", text):
        raise UserError(f"{where}: a class index is an integer from 0; got {text!r}. Correct the line.")
    return int(text)


def _label_of_folder(name: str) -> int | None:
    wnid = next((part for part in reversed(name.split("/")[:-1]) if WNID.fullmatch(part)), None)
    return None if wnid is None else _wnids().get(wnid)


@cache
def _wnids() -> dict[str, int]:
    """Class index of the 1000 wnids of ILSVRC 2012: their place in sorted order, as torchvision and timm have it."""
    names: list[str] = json.loads((resources.files("evalsuite") / "imagenet_wnids.json").read_text())
    return {wnid: index for index, wnid in enumerate(names)}


def relabel(entries: Sequence[Entry], labels: Path) -> list[Entry]:
    """Replace all labels by those of a CSV with columns `file` and `class_index`.

    The CSV may name more photos than the dataset has, as one file of labels serves many folders.

    Raises:
        UserError: A line is wrong, or none names a photo of the dataset.
    """
    known = grouped((key, entry.name) for entry in entries for key in {entry.name, without_suffix(entry.name)})
    named: list[tuple[str, str]] = []
    given: dict[str, int | None] = {}
    for written, label, where in _csv_lines(labels, {"file", "class_index"}):
        matches = known.get(os.path.normpath(written.lstrip("/")), [])
        index = _label(label, where) if label else None
        if matches:
            name = _the_one(matches, written, where)
            named.append((name, where))
            given[name] = index
    if not named:
        photo = entries[0].name if entries else "any"
        raise UserError(
            f"{labels}: no line names a photo of the dataset, such as {photo!r}. Write names as they are there."
        )
    _check_distinct(named)
    return [replace(entry, label=given.get(entry.name)) for entry in entries]


def _the_one(matches: Sequence[str], written: str, where: str) -> str:
    if len(matches) != 1:
        got = f"several: {', '.join(sorted(matches))}"
        raise UserError(f"{where}: a line labels one photo; {written!r} is {got}. Correct or remove the line.")
    return matches[0]


def _check_distinct(named: Iterable[tuple[str, str]]) -> None:
    first: dict[str, str] = {}
    for name, where in named:
        if name in first:
            raise UserError(f"{where}: a photo is named once; {name!r} is in {first[name]} too. Remove one of them.")
        first[name] = where


def without_suffix(name: str) -> str:
    """Drop the suffix of a photo's name; what only looks like a suffix stays."""
    path = PurePosixPath(name)
    return path.with_suffix("").as_posix() if path.suffix.lower() in SUFFIXES else name


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Collect the values of each key."""
    groups: dict[str, list[str]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
