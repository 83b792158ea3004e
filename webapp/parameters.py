"""How parameters of pages are read."""

from __future__ import annotations

import math
from collections.abc import Callable

from evalsuite.errors import UserError


def one_of(*known: str) -> Callable[[str], str]:
    """Read one of a few words."""

    def read(text: str) -> str:
        if text not in known:
            shown = ", ".join(word or "nothing" for word in known)
            raise UserError(f"got {text!r}, expected one of {shown}. Choose one of them.")
        return text

    return read


def whole(text: str) -> int | None:
    """Read a key of the database, None for nothing."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise UserError(f"got {text!r}, expected a whole number. Use the page's own links.")
    return int(text)


def number(text: str) -> float | None:
    """Read a number, None for nothing."""
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(f"got {text!r}, expected a number. Correct it.")
    return value


def names(text: str) -> tuple[str, ...]:
    """Read names between commas."""
    found = tuple(name for name in text.split(",") if name)
    if len(set(found)) < len(found):
        raise UserError(f"got {text!r}, in which a name stands twice. Name each once.")
    return found


def wholes(text: str) -> tuple[int, ...]:
    """Read keys between commas."""
    return tuple(key for name in names(text) if (key := whole(name)) is not None)


def cursor(text: str) -> tuple[float, int] | None:
    """Read where the page before ended: a value and a key, `VALUE~KEY`."""
    if not text:
        return None
    value, _, key = text.partition("~")
    ended, at = number(value), whole(key)
    if ended is None or at is None:
        raise UserError(f"got {text!r}, expected VALUE~KEY. Use the page's own links.")
    return ended, at
