"""Datasets of photos: a folder, a list of names or a CSV become sorted ids, paths and labels. No photo is opened."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from evalsuite.entries import Entry, grouped, read_entries, relabel, walk, without_suffix
from evalsuite.errors import UserError


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of a dataset.

    Attributes:
        id: Its path below the dataset's root without suffix; with suffix where two would be the same.
        path: The file, absolute. It may not exist: then decoding says so.
        label: The class index, for ImageNet 0..999 in the order of sorted wnids; None where it is unknown.
    """

    id: str
    path: Path
    label: int | None = None


@dataclass(frozen=True)
class Dataset:
    """Photos sorted by id.

    Attributes:
        name: The name of the folder, or of the list without its suffix.
        source: The folder, list or CSV, absolute.
        photos: The photos.
        labelled: Whether any photo has a label.
    """

    name: str
    source: Path
    photos: tuple[Photo, ...]
    labelled: bool


@dataclass(frozen=True)
class Pairing:
    """Results made elsewhere, found for the photos of a dataset.

    Attributes:
        files: Per photo its result, or None.
        missing: Ids of the photos without result.
        extra: Results without photo, paths below the folder.
    """

    files: tuple[Path | None, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]


def open_dataset(
    source: Path, labels: Path | None = None, limit: int | None = None, seed: int = 0, root: Path | None = None
) -> Dataset:
    """List the photos of a folder, a text file of names, or a CSV.

    A text file has a name per line and after it, where there are labels, an integer; empty lines and lines that start
    with # do not count. A CSV has a column `file`, may have `class_index`, and any others. Their names are relative to
    `root`; a leading slash is tolerated, suffixes may be left out, and so may, on the disk, the folders of wnids that
    the lists ctest10k and cval1k name, as ILSVRC's validation photos come in one folder. Without other labels a photo
    in a folder called like one of the 1000 wnids of ILSVRC 2012 has that class; folders of other wnids give no label.

    Args:
        source: The folder, list or CSV (told by its suffix .csv).
        labels: A CSV with columns `file` and `class_index` that replaces all labels; photos that it leaves out have
            none. It names files as the dataset does, with or without suffix.
        limit: Keep this many photos, drawn at random by `seed`. A greater limit keeps the photos of a smaller one.
        seed: Which photos a limit keeps.
        root: Where the names of a list or CSV start: its own folder by default.

    Raises:
        UserError: There is no such source or root, it holds no photo, or a line of a list, CSV or labels is wrong.
    """
    source = Path(os.path.abspath(source))
    if root is not None and (source.is_dir() or not root.is_dir()):
        rule = "the folder at which the names of a list or CSV start"
        raise UserError(f"--root: {rule}; got {root} for {source}. Check both paths.")
    entries = read_entries(source, Path(os.path.abspath(root or source.parent)))
    if not entries:
        raise UserError(f"{source}: there is no photo in it; expected files such as .jpg or .png. Give another place.")
    if labels is not None:
        entries = relabel(entries, labels)
    photos = _photos(entries)
    if limit is not None:
        photos = _subset(photos, limit, seed)
    name = source.name if source.is_dir() else source.stem
    return Dataset(name, source, photos, any(photo.label is not None for photo in photos))


def pair_by_stem(dataset: Dataset, folder: Path) -> Pairing:
    """Find the result of every photo in a folder: by the photo's id first, else by its file's name without suffix.

    Raises:
        UserError: No such folder, several results for a photo, or one result for several photos.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: outputs are a folder of images; there is no such folder. Check the path.")
    files = {path.relative_to(folder).as_posix(): path for path in walk(folder)}
    by_id = grouped((key, name) for name in files for key in {name, without_suffix(name)})
    found = {photo.id: by_id.get(photo.id, []) for photo in dataset.photos}
    taken = {name for names in found.values() for name in names}
    by_stem = grouped((PurePosixPath(name).stem, name) for name in files if name not in taken)
    for photo in dataset.photos:
        found[photo.id] = found[photo.id] or by_stem.get(photo.path.stem, [])
    _check_pairs(folder, found)
    used = {names[0] for names in found.values() if names}
    return Pairing(
        tuple(files[found[photo.id][0]] if found[photo.id] else None for photo in dataset.photos),
        tuple(photo.id for photo in dataset.photos if not found[photo.id]),
        tuple(sorted(files.keys() - used)),
    )


def hash_of(photos: Iterable[tuple[str, str]]) -> str:
    """Hash the contents of a dataset: sha256 over its photos' ids and their files' sha256, in the dataset's order.

    Example:
        >>> hash_of([]) == hashlib.sha256(b"").hexdigest()
        True
    """
    digest = hashlib.sha256()
    for name, sha256 in photos:
        digest.update(f"{name}\0{sha256}\n".encode())
    return digest.hexdigest()


def _photos(entries: Sequence[Entry]) -> tuple[Photo, ...]:
    """Photos with ids, sorted: the suffix goes unless the rest would name another file too."""
    short = Counter(without_suffix(entry.name) for entry in entries)
    whole = {entry.name for entry in entries}
    photos = []
    for entry in entries:
        name = without_suffix(entry.name)
        alone = short[name] == 1 and (name == entry.name or name not in whole)
        photos.append(Photo(name if alone else entry.name, entry.path, entry.label))
    return tuple(sorted(photos, key=lambda photo: photo.id))


def _subset(photos: Sequence[Photo], limit: int, seed: int) -> tuple[Photo, ...]:
    """The photos with the smallest hashes of seed and id: the same everywhere, in every version of every library."""
    if limit < 1:
        raise UserError(f"limit: at least 1 photo is kept; got {limit}. Leave the limit out to keep all.")

    def rank(photo: Photo) -> bytes:
        return hashlib.sha256(f"{seed}\0{photo.id}".encode()).digest()

    return tuple(sorted(sorted(photos, key=rank)[:limit], key=lambda photo: photo.id))


def _check_pairs(folder: Path, found: Mapping[str, Sequence[str]]) -> None:
    for photo, names in found.items():
        if len(names) > 1:
            raise UserError(
                f"{folder}: a photo has one result; {photo} has {len(names)}: {', '.join(sorted(names))}. "
                "Remove the others, or name results by the photo's whole path."
            )
    for name, photos in grouped((names[0], photo) for photo, names in found.items() if names).items():
        if len(photos) > 1:
            raise UserError(
                f"{folder}: a result belongs to one photo; {name} fits {len(photos)}: {', '.join(photos)}. "
                "Name results by the photo's whole path."
            )
