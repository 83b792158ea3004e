"""What people are shown: photos and outputs on one path, through one encoder, to files that only pixels tell apart.

An output of a run is shown with exactly the pixels that were measured. The real photo goes the way that outputs went:
the run's geometry, to Lab and back, to 8 bits. Where people color photos, they are shown the gray photo; the photo
itself stays on the server as it is, and nothing is left out for being gray.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from evalsuite.engines import decoding_processes
from evalsuite.loading import Loader, Picture, Wanted
from evalsuite.recoloring import grayed, is_nearly_gray, recolored
from turk import hosting
from turk.likeness import Seen
from turk.png import encode
from turk.sources import Material, Original
from turk.study import REAL

RGB = NDArray[np.uint8]
FEW = 16
"""Up to so many photos, processes that decode take longer to start than they save."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of the stimuli.

    Attributes:
        folder: The study's folder, which gets the files.
        seed: Draws photos where not all are used, and whose colors a made catch condition has.
        limit: Use so many photos; None for all.
        made: The name of the catch condition that is made here; None where there is none to make.
        colored: The conditions under which people color: all show the gray photo.
    """

    folder: Path
    seed: int
    limit: int | None = None
    made: str | None = None
    colored: tuple[str, ...] = ()


@dataclass(slots=True)
class RoundTrip:
    """What Lab and 8 bits did to the real photos: how many pixels differ from the photo's, and by how much at most."""

    pixels: int = 0
    differing: int = 0
    largest: int = 0

    def count(self, before: RGB, after: RGB) -> None:
        """Compare a photo with what came of it."""
        change = np.abs(before.astype(np.int16) - after).max(axis=2)
        self.pixels += change.size
        self.differing += int((change > 0).sum())
        self.largest = max(self.largest, int(change.max()))


@dataclass(slots=True)
class Made:
    """The stimuli of a study.

    Attributes:
        photos: The photos that are used, sorted.
        files: Condition to photo id to sha256.
        left_out: Photo to the reason why it is not used.
        round_trip: Of the photos that are used.
        resized: How many of them came in another size than the study's.
        gray: How many photos that people color have no color of their own.
    """

    photos: list[str] = field(default_factory=list)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    round_trip: RoundTrip = field(default_factory=RoundTrip)
    resized: int = 0
    gray: int = 0


def make_stimuli(material: Material, wish: Wish) -> Made:
    """Make the stimuli of a study.

    Raises:
        UserError: A file cannot be decoded, was changed after its run, or has another size than its photo.
    """
    made, seen = Made(files={name: {} for name in (REAL, *material.outputs, *wish.colored)}), Seen()
    photos = _in_order(material.photos, wish)
    with closing(_decoded(material, photos)) as decoded:
        for photo, pictures in tqdm(decoded, "stimuli", len(photos), unit=" photos", disable=None, delay=2):
            if wish.limit is not None and len(made.photos) == wish.limit:
                break
            _add(made, seen, photo, _checked(material, photo, pictures), (material, wish))
    made.photos.sort()
    if wish.made is not None and len(made.photos) > 1:
        made.files[wish.made] = _with_colors_of_others(made, wish)
    return made


def describe(made: Made, material: Material) -> dict[str, Any]:
    """What the frozen study keeps of how its stimuli were made."""
    trip = made.round_trip
    return {
        **material.facts,
        "resize": material.resize.describe(),
        "resized_photos": made.resized,
        "left_out": made.left_out,
        "round_trip": {"pixels": trip.pixels, "differing": trip.differing, "largest": trip.largest},
    }


def _in_order(photos: Sequence[Original], wish: Wish) -> list[Original]:
    """All photos by id, or in the order of a seeded draw where only some are used."""
    if wish.limit is None:
        return list(photos)
    return sorted(photos, key=lambda photo: hashlib.sha256(f"{wish.seed}\0{photo.id}".encode()).digest())


def _decoded(
    material: Material, photos: Sequence[Original]
) -> Generator[tuple[Original, dict[str, Picture]], None, None]:
    names = (REAL, *material.outputs)
    wanted = (
        [
            Wanted((photo.file,), material.geometry),
            *(Wanted((files[photo.id],), None) for files in material.outputs.values()),
        ]
        for photo in photos
    )
    with Loader(decoding_processes() if len(photos) > FEW else 0) as loader:
        for photo, pictures in zip(photos, loader.stream(wanted), strict=True):
            yield photo, dict(zip(names, pictures, strict=True))


def _checked(material: Material, photo: Original, pictures: Mapping[str, Picture]) -> dict[str, RGB]:
    """The pixels of a photo and its outputs."""
    frames: dict[str, RGB] = {}
    for name, picture in pictures.items():
        entry = material.entries[name]
        expected = photo.sha256 if name == REAL else material.hashes.get(picture.path or Path())
        if picture.rgb is None:
            raise entry.error(
                f"{picture.path}: {picture.reason}. Replace this file, or leave the photo out everywhere."
            )
        if expected is not None and expected != picture.sha256:
            raise entry.error(f"{picture.path}: this file was changed after its run. Restore it, or run again.")
        frames[name] = picture.rgb
        if material.geometry is not None and picture.rgb.shape != frames[REAL].shape:
            sizes = [f"{rgb.shape[1]} x {rgb.shape[0]}" for rgb in (picture.rgb, frames[REAL])]
            raise entry.error(
                f"{picture.path}: an output has its photo's size; got {sizes[0]}, expected {sizes[1]}. Run again."
            )
    return frames


def _add(made: Made, seen: Seen, photo: Original, frames: dict[str, RGB], how: tuple[Material, Wish]) -> None:
    """Keep a photo's stimuli, or the reason why it has none."""
    material, wish = how
    gray = is_nearly_gray(frames[REAL])
    if gray and material.truth and not wish.colored:
        made.left_out[photo.id] = "nearly gray: no |a| or |b| above 5"
        return
    real = frames[REAL] if wish.colored else recolored(frames[REAL], frames[REAL])
    shown = {name: material.resize.apply(rgb) for name, rgb in ({**frames, REAL: real}).items()}
    shown |= dict.fromkeys(wish.colored, grayed(shown[REAL])) if wish.colored else {}
    copy = seen.find(shown[REAL])
    if copy is not None:
        made.left_out[photo.id] = f"{'the same as' if copy[1] else 'a copy of'} {copy[0]}"
        return
    seen.add(photo.id, shown[REAL])
    made.round_trip.count(frames[REAL], real)
    made.gray += gray
    made.resized += any(shown[name] is not rgb for name, rgb in frames.items() if name != REAL)
    made.photos.append(photo.id)
    for name, rgb in shown.items():
        made.files[name][photo.id] = hosting.write(wish.folder, encode(rgb))


def _with_colors_of_others(made: Made, wish: Wish) -> dict[str, str]:
    """Give each photo the ab of another one, by a seeded cycle through all of them."""
    order = np.argsort(np.random.default_rng(wish.seed).random(len(made.photos)), kind="stable")
    cycle = [made.photos[place] for place in order]
    lender = dict(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    files = {}
    for photo in tqdm(made.photos, "catch trials", unit=" photos", disable=None, delay=2):
        own, other = (_pixels(wish.folder, made.files[REAL][name]) for name in (photo, lender[photo]))
        files[photo] = hosting.write(wish.folder, encode(recolored(own, other)))
    return files


def _pixels(folder: Path, sha256: str) -> RGB:
    with Image.open(io.BytesIO(hosting.read(folder, sha256))) as image:
        return np.array(image)
