"""The site's secret, and other settings that should not be seen: in the environment, or in a file that it names."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path

from evalsuite.errors import UserError

LEAST_LENGTH = 32


def site_secret(environ: Mapping[str, str], folder: Path) -> str:
    """The secret of this site: SECRET_KEY, the file that SECRET_KEY_FILE names, or a file made at the first use.

    Args:
        environ: The environment's variables.
        folder: The folder beside the database, where `secret_key` is kept for its owner's eyes only: the site and the
            commands read the same file, so that people are known by the same name to both.

    Raises:
        UserError: The secret is too short, or cannot be read or kept.
    """
    key = secret_setting(environ, "SECRET_KEY") or _kept(folder / "secret_key")
    if len(key) < LEAST_LENGTH:
        rule = f"SECRET_KEY: at least {LEAST_LENGTH} characters; got {len(key)}"
        raise UserError(f"{rule}. Make one with: python -c 'import secrets; print(secrets.token_hex())'")
    return key


def secret_setting(environ: Mapping[str, str], name: str) -> str | None:
    """Read a setting that should not be seen: NAME, or the file that NAME_FILE names.

    Raises:
        UserError: Both are set, or the file cannot be read or is empty.
    """
    value, file = environ.get(name), environ.get(f"{name}_FILE")
    if value and file:
        raise UserError(f"{name}: {name} and {name}_FILE are both set. Set one of them.")
    return _read(Path(file), name) if file else value or None


def _read(file: Path, name: str) -> str:
    try:
        text = file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{name}_FILE: {file} cannot be read ({error}). Name a text file.") from None
    if not text:
        raise UserError(f"{name}_FILE: {file} is empty. Put the value into it.")
    return text


def _kept(file: Path) -> str:
    try:
        if file.exists():
            return _read(file, "SECRET_KEY")
        file.parent.mkdir(parents=True, exist_ok=True)
        return _made(file)
    except OSError as error:
        raise UserError(f"{file}: the site's key cannot be kept ({error.strerror}). Set SECRET_KEY.") from None


def _made(file: Path) -> str:
    """Make a key and put the whole file in its place at once; whoever was first made the key."""
    key = secrets.token_hex(LEAST_LENGTH)
    descriptor, name = tempfile.mkstemp(dir=file.parent)
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(key + "\n")
        os.link(name, file)
    except FileExistsError:
        return _read(file, "SECRET_KEY")
    finally:
        os.unlink(name)
    return key
