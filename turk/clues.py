"""Everything that came with an image but its pixels, as numbers that a classifier can learn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from turk.received import Shown

LETTERS = 32
"""Characters of tokens that are looked at one by one: all that our tokens have."""
FRONT, BACK = 64, 32
"""Bytes outside the pixels that are looked at one by one, from the front and from the back."""

Clue: TypeAlias = Callable[[Shown], Any]

PLAIN: Mapping[str, Clue] = {
    "byte length": lambda shown: shown.image.length,
    "number of chunks": lambda shown: len(shown.image.chunks),
    "bytes outside the pixels": lambda shown: len(shown.image.outside),
    "bytes of headers": lambda shown: sum(len(name) + len(value) for name, value in shown.image.headers),
    "response time": lambda shown: shown.image.seconds,
    "time of the step": lambda shown: shown.told_seconds,
    "length of the step": lambda shown: len(shown.told),
    "length of the token": lambda shown: len(shown.token),
    "place": lambda shown: shown.place,
    "turn": lambda shown: shown.turn,
    "position in the list ahead": lambda shown: shown.ahead,
    "number of the trial": lambda shown: shown.trial,
}
KINDS: Mapping[str, Clue] = {
    "chunks": lambda shown: shown.image.chunks,
    "headers": lambda shown: shown.image.headers,
    "names of headers": lambda shown: tuple(name for name, _ in shown.image.headers),
    "what is told of the trial": lambda shown: _without_counts(shown.told),
}
"""What has no order: it is numbered by how often it comes."""


def clues_of(images: Sequence[Shown]) -> pd.DataFrame:
    """Make a column of numbers of every clue, and of how it compares with the other image of the same trial."""
    columns: dict[str, NDArray[np.float64]] = {
        name: np.array([clue(shown) for shown in images], float) for name, clue in PLAIN.items()
    }
    columns |= {name: _numbered([clue(shown) for shown in images]) for name, clue in KINDS.items()}
    columns |= _bytes("byte {} outside the pixels", [shown.image.outside[:FRONT] for shown in images], FRONT)
    columns |= _bytes("byte -{} outside the pixels", [shown.image.outside[::-1][:BACK] for shown in images], BACK)
    columns |= _bytes("letter {} of the token", [shown.token.encode() for shown in images], LETTERS)
    columns |= _bytes("letter {} of the trial's name", [shown.nonce.encode() for shown in images], LETTERS)
    table = pd.DataFrame(columns)
    return pd.concat([table, _beside(images, table)], axis=1)


def _beside(images: Sequence[Shown], table: pd.DataFrame) -> pd.DataFrame:
    """Each clue less the same clue of the trial's other image, and whether the token sorts first; 0 for single ones."""
    other = _others(images)
    tokens = np.array([shown.token for shown in images])
    names = [name for name in table if not str(name).startswith("letter") or str(name).startswith("letter 0 of")]
    values = table[names].to_numpy()
    beside = pd.DataFrame(values - values[other], columns=[f"{name}, beside the other's" for name in names])
    beside["token sorts before the other's"] = (tokens < tokens[other]).astype(float) - (tokens > tokens[other])
    return beside


def _others(images: Sequence[Shown]) -> NDArray[np.int64]:
    """The position of the other image of each one's trial; its own where there is none."""
    members: dict[tuple[int, int], list[int]] = {}
    for position, shown in enumerate(images):
        members.setdefault((shown.session, shown.trial), []).append(position)
    pairs = (members[shown.session, shown.trial] for shown in images)
    return np.array([next((k for k in pair if k != own), own) for own, pair in enumerate(pairs)])


def _numbered(values: Sequence[Any]) -> NDArray[np.float64]:
    counts = pd.Series(values).map(repr).value_counts(sort=False)
    ranks = {value: float(rank) for rank, value in enumerate(sorted(counts.index, key=lambda v: (-counts[v], v)))}
    return np.array([ranks[repr(value)] for value in values])


def _bytes(name: str, rows: Sequence[bytes], width: int) -> dict[str, NDArray[np.float64]]:
    padded = np.array([list(row[:width]) + [-1] * (width - len(row[:width])) for row in rows], float)
    return {name.format(k): padded[:, k] for k in range(width)}


def _without_counts(told: str) -> str:
    """What is told of a trial without its digits: they count trials, which have a column of their own."""
    return "".join(letter for letter in told if not letter.isdigit())
