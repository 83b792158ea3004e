"""Photos that visitors bring along to color: few, small, for a day, and for nobody but whoever brought them."""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadSignature, URLSafeSerializer

from evalsuite.images import write_atomically

LARGEST = 20 * 2**20
"""Bytes of a file: a good camera's photo has half of it."""
TOGETHER = 500 * 2**20
"""Bytes of all files; the ones that nobody opened for longest go first."""
LIFE_S = 24 * 60 * 60
"""A photo is deleted a day after it was last opened."""
LONGEST_NAME = 60
SALT = "upload"


@dataclass(frozen=True)
class Upload:
    """A photo that a visitor brought.

    Attributes:
        path: Its file.
        sha256: Of the file.
        name: What the visitor called it, without suffix.
    """

    path: Path
    sha256: str
    name: str


def keep_upload(folder: Path, data: bytes, name: str, by: str, secret_key: str) -> str:
    """Keep a photo, let go of old ones, and return what its page's address says of it: nobody can guess another."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sha256 = hashlib.sha256(data).hexdigest()
    write_atomically(_file(folder, sha256), data)
    sweep_uploads(folder)
    stem = "".join(c if c.isalnum() or c in " ._-" else "_" for c in Path(name).stem)[:LONGEST_NAME].strip()
    return str(URLSafeSerializer(secret_key, salt=SALT).dumps([sha256, stem or "photo", by]))


def find_upload(folder: Path, text: str, by: str, secret_key: str) -> Upload | None:
    """Find a photo that this visitor brought; None where it is gone, or was brought by somebody else."""
    try:
        sha256, name, owner = URLSafeSerializer(secret_key, salt=SALT).loads(text)
    except (BadSignature, ValueError, TypeError):
        return None
    path = _file(folder, str(sha256))
    if owner != by or not path.is_file():
        return None
    os.utime(path)
    return Upload(path, str(sha256), str(name))


def sweep_uploads(folder: Path) -> None:
    """Delete what is too old, and the oldest while all together are too large."""
    files = sorted(folder.glob("*.photo"), key=lambda file: file.stat().st_mtime, reverse=True)
    together = 0
    for file in files:
        together += file.stat().st_size
        if together > TOGETHER or time.time() - file.stat().st_mtime > LIFE_S:
            file.unlink(missing_ok=True)


def _file(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.photo"
