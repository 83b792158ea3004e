"""Values that came from outside, taken only as what they should be."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from turk.refusals import Refused

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
FACTS = 40
"""How many facts one record may have."""
FACT_LENGTH = 500
LIST_LENGTH = 10


def text(value: Any, where: str, most: int) -> str:
    """Take a text that every database can keep.

    Raises:
        Refused: It is something else, too long, or has characters that no text has.
    """
    if not isinstance(value, str):
        raise _bad(where, f"a text of at most {most} characters", type(value).__name__)
    if len(value) > most:
        raise _bad(where, f"at most {most} characters", len(value))
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _bad(where, "a text", "one with characters that no text has")
    return value


def nonce(value: Any, where: str) -> str:
    """Take a random name that a browser or we made.

    Raises:
        Refused: It has another form.
    """
    if not isinstance(value, str) or not NONCE.fullmatch(value):
        raise _bad(where, "16 to 64 letters, digits, _ or -", "something else")
    return value


def number(value: Any, where: str, least: float, most: float) -> float:
    """Take a finite number.

    Raises:
        Refused: It is something else or out of bounds.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _bad(where, f"a number from {least:g} to {most:g}", type(value).__name__)
    if not least <= value <= most or not math.isfinite(value):
        raise _bad(where, f"a number from {least:g} to {most:g}", "another")
    return float(value)


def flag(value: Any, where: str) -> bool:
    """Take true or false.

    Raises:
        Refused: It is something else.
    """
    if not isinstance(value, bool):
        raise _bad(where, "true or false", type(value).__name__)
    return value


def items(value: Any, where: str, most: int) -> list[Any]:
    """Take a list of bounded length.

    Raises:
        Refused: It is something else or too long.
    """
    if not isinstance(value, list) or len(value) > most:
        raise _bad(where, f"a list of at most {most} items", "something else")
    return value


def record(value: Any, where: str) -> Mapping[str, Any]:
    """Take an object with proper names.

    Raises:
        Refused: It is something else, has too many names or strange ones.
    """
    if not isinstance(value, Mapping) or len(value) > FACTS:
        raise _bad(where, f"an object of at most {FACTS} names", "something else")
    if not all(isinstance(name, str) and KEY.fullmatch(name) for name in value):
        raise _bad(where, "an object whose names are words", "other names")
    return value


def facts(value: Any, where: str) -> dict[str, Any]:
    """Take an object of plain facts: texts, finite numbers, true, false, null, and short lists of them.

    Raises:
        Refused: It is something else.
    """
    return {name: fact(kept, f"{where}.{name}") for name, kept in record(value, where).items()}


def fact(value: Any, where: str) -> Any:
    """Take a text, a finite number, true, false or null, or a short list of them.

    Raises:
        Refused: It is something else.
    """
    if isinstance(value, list):
        return [plain(one, where) for one in items(value, where, LIST_LENGTH)]
    return plain(value, where)


def plain(value: Any, where: str) -> Any:
    """Take a text, a finite number, true, false or null.

    Raises:
        Refused: It is something else.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value, where, FACT_LENGTH)
    number(value, where, -1e15, 1e15)
    return value


def _bad(where: str, expected: str, got: object) -> Refused:
    return Refused("bad", f"{where}: expected {expected}; got {got}. Load the page again.")
