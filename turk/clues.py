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
Columns: TypeAlias = dict[str, NDArray[np.float64]]

OF_IMAGE: Mapping[str, Clue] = {
    "byte length": lambda shown: shown.image.length,
    "number of chunks": lambda shown: len(shown.image.chunks),
    "bytes outside the pixels": lambda shown: len(shown.image.outside),
    "bytes of headers": lambda shown: sum(len(name) + len(value) for name, value in shown.image.headers),
    "response time": lambda shown: shown.image.seconds,
    "length of the token": lambda shown: len(shown.token),
    "place": lambda shown: shown.place,
    "turn": lambda shown: shown.turn,
    "position in the list ahead": lambda shown: shown.ahead,
}
OF_TRIAL: Mapping[str, Clue] = {
    "time of the step": lambda shown: shown.told_seconds,
    "length of the step": lambda shown: len(shown.told),
    "number of the trial": lambda shown: shown.trial,
}
KINDS_OF_IMAGE: Mapping[str, Clue] = {
    "chunks": lambda shown: shown.image.chunks,
    "headers": lambda shown: shown.image.headers,
    "names of headers": lambda shown: tuple(name for name, _ in shown.image.headers),
}
KINDS_OF_TRIAL: Mapping[str, Clue] = {
    "what is told of the trial": lambda shown: _without_counts(shown.told),
}
"""What has no order: it is numbered by how often it comes."""


def clues_of(images: Sequence[Shown]) -> pd.DataFrame:
    """Make columns of numbers of every clue.

    What came with an image is compared with the trial's other image, too. What came with a trial may name the side or
    the turn of the fake, which no learner finds that takes one column at a time: such clues stand once more with the
    sign of the image's place, and of its turn.
    """
    image = _columns(images, OF_IMAGE, KINDS_OF_IMAGE)
    image |= _bytes("byte {} outside the pixels", [shown.image.outside[:FRONT] for shown in images], FRONT)
    image |= _bytes("byte -{} outside the pixels", [shown.image.outside[::-1][:BACK] for shown in images], BACK)
    letters = _bytes("letter {} of the token", [shown.token.encode() for shown in images], LETTERS)
    trial = _columns(images, OF_TRIAL, KINDS_OF_TRIAL)
    trial |= _bytes("letter {} of the trial's name", [shown.nonce.encode() for shown in images], LETTERS)
    columns = image | letters | trial | _beside(images, image) | _signed(images, trial)
    table = pd.DataFrame(columns)
    return table.loc[:, table.nunique() > 1]


def _columns(images: Sequence[Shown], plain: Mapping[str, Clue], kinds: Mapping[str, Clue]) -> Columns:
    numbers = {name: np.array([clue(shown) for shown in images], float) for name, clue in plain.items()}
    return numbers | {name: _numbered([clue(shown) for shown in images]) for name, clue in kinds.items()}


def _beside(images: Sequence[Shown], columns: Columns) -> Columns:
    """Each clue less the same clue of the trial's other image, and whether the token sorts first; 0 for single ones."""
    other = _others(images)
    tokens = np.array([shown.token for shown in images])
    beside = {f"{name}, beside the other's": values - values[other] for name, values in columns.items()}
    return beside | {
        "token sorts before the other's": (tokens < tokens[other]).astype(float) - (tokens > tokens[other])
    }


def _signed(images: Sequence[Shown], columns: Columns) -> Columns:
    signs = {
        "place": np.array([1.0 if shown.place == 0 else -1.0 for shown in images]),
        "turn": np.array([1.0 if shown.turn == 0 else -1.0 for shown in images]),
    }
    return {
        f"{name}, by {what}": sign * (values - values.min() + 1)
        for what, sign in signs.items()
        for name, values in columns.items()
    }


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


def _bytes(name: str, rows: Sequence[bytes], width: int) -> Columns:
    padded = np.array([list(row[:width]) + [-1] * (width - len(row[:width])) for row in rows], float)
    return {name.format(k): padded[:, k] for k in range(width)}


def _without_counts(told: str) -> str:
    """What is told of a trial without its digits: they count trials, which have a column of their own."""
    return "".join(letter for letter in told if not letter.isdigit())
