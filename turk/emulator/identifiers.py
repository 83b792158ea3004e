"""Identifiers that look like the platforms' own; the same seed gives the same ones."""

from __future__ import annotations

import random
import string
import threading
import uuid

CAPITALS = string.ascii_uppercase + string.digits


class Identifiers:
    """A seeded source of identifiers."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(f"identifiers:{seed}")
        self._lock = threading.Lock()

    def capitals(self, length: int, first: str = "") -> str:
        """Make a word of capitals and digits."""
        with self._lock:
            return first + "".join(self._random.choices(CAPITALS, k=length - len(first)))

    def hexadecimal(self, length: int) -> str:
        """Make a word of hexadecimal digits."""
        with self._lock:
            return f"{self._random.getrandbits(4 * length):0{length}x}"

    def uuid(self) -> str:
        """Make a UUID."""
        with self._lock:
            return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
