"""Where stimuli are kept: files of a study's folder, named by their sha256."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from evalsuite.errors import UserError
from evalsuite.images import write_atomically

SHA256 = re.compile(r"[0-9a-f]{64}")


def path_of(folder: Path, sha256: str) -> Path:
    """Where a stimulus is kept.

    Raises:
        UserError: That is no sha256.
    """
    if not SHA256.fullmatch(sha256):
        raise UserError(f"stimulus: a name is 64 hexadecimal digits; got {sha256[:80]!r}. Check the study's folder.")
    return folder / "stimuli" / f"{sha256}.png"


def read(folder: Path, sha256: str) -> bytes:
    """Read a stimulus.

    Raises:
        UserError: It is not there.
    """
    path = path_of(folder, sha256)
    try:
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise UserError(f"{path}: a stimulus of the study is missing ({reason}). Restore the study's folder.") from None


def write(folder: Path, data: bytes) -> str:
    """Keep a stimulus and return its sha256; what is there already stays."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = path_of(folder, sha256)
    if not path.exists():
        write_atomically(path, data)
    return sha256


def damaged(folder: Path, names: list[str]) -> list[str]:
    """List the stimuli that are missing or whose bytes are not what they were."""
    return [name for name in names if not _is_whole(path_of(folder, name), name)]


def _is_whole(path: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except OSError:
        return False
