"""Small copies of outputs and photos for pages, addressed by the content they were made from."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from PIL import Image
from platformdirs import user_data_path
from sqlalchemy import make_url
from tqdm import tqdm

from evalsuite.errors import UserError
from evalsuite.images import RGB, Resize, decode, write_atomically
from evalsuite.records import OUTPUTS
from evalsuite.results import Run

SIDE = 256
"""The longer side of a thumbnail, in pixels: sharp at 160 on most screens."""
QUALITY = 75
KEY = 32
"""How many digits of a hash name a picture: 128 bits."""


def thumbnails_folder(database_url: str, environ: Mapping[str, str] = os.environ) -> Path:
    """THUMBNAILS_DIR, or a folder beside the database's file or in the user's data folder."""
    if named := environ.get("THUMBNAILS_DIR"):
        return Path(named)
    return folder_beside(database_url) / "thumbnails"


def folder_beside(database_url: str) -> Path:
    """The folder of an SQLite file, or the user's data folder where the database is a server."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        return Path(url.database).resolve().parent
    return user_data_path("colorization-evalsuite", appauthor=False)


def thumbnail(folder: Path, sha256: str) -> Path:
    """Where the thumbnail of a picture lies, by the hash of the picture or its first KEY digits."""
    return folder / sha256[:2] / f"{sha256[:KEY]}.webp"


def target_key(sha256: str, resize: Resize) -> str:
    """What a photo at the size at which it was scored is called: its file's hash says nothing of the size."""
    return hashlib.sha256(f"{sha256} {resize.policy} {resize.size}".encode()).hexdigest()


def resize_of(dataset: Mapping[str, Any]) -> Resize:
    """How a run brought photos to size, from its manifest's dataset."""
    return Resize(dataset["resize"], dataset["size"] or 0)


def make_thumbnails(run: Run, folder: Path) -> int:
    """Make the thumbnails that a run's outputs and photos lack, and return how many were made.

    What cannot be read is left out: the pages then show the picture itself, or say that it is gone.
    """
    wanted = {key: source for key, source in _sources(run) if not thumbnail(folder, key).exists()}

    def make(item: tuple[str, tuple[Path, Resize | None]]) -> bool:
        key, (path, resize) = item
        try:
            rgb = decode(path.read_bytes())
        except (OSError, UserError):
            return False
        write_atomically(thumbnail(folder, key), shrink(rgb if resize is None else resize.apply(rgb)))
        return True

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        made = pool.map(make, wanted.items())
        return sum(tqdm(made, "thumbnails", len(wanted), unit=" images", disable=None, delay=2))


def shrink(rgb: RGB) -> bytes:
    """Encode a picture as WebP no larger than SIDE."""
    image = Image.fromarray(rgb)
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY, method=2)
    return file.getvalue()


def _sources(run: Run) -> Iterator[tuple[str, tuple[Path, Resize | None]]]:
    """What each thumbnail is made from, and how photos are resized first."""
    listing, resize = run.path / OUTPUTS, resize_of(run.manifest["dataset"])
    for line in listing.read_text().splitlines() if listing.is_file() else ():
        sha256, _, path = line.partition("  ")
        yield sha256, (run.path / path, None)
    for photo in run.manifest["photos"]:
        if photo["status"] == "scored":
            yield target_key(photo["sha256"], resize), (Path(photo["file"]), resize)
