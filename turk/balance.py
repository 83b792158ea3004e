"""What keeps a session balanced: shuffling, dealing evenly, spreading catch trials, crossing sides with turns.

Everything is drawn from `Generator.random`, so a plan does not hang on how a version of NumPy shuffles.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, combinations, cycle, islice, pairwise
from typing import TypeAlias, TypeVar

import numpy as np

from turk.study import Kind

T = TypeVar("T")
Cell: TypeAlias = tuple[int, int]
"""Place and turn of the fake: (0, 1) is left and shown second."""

CELLS: tuple[Cell, ...] = ((0, 0), (1, 1), (0, 1), (1, 0))
LEFT_OVER: dict[int, tuple[tuple[Cell, ...], ...]] = {
    0: ((),),
    1: tuple((cell,) for cell in CELLS),
    2: (CELLS[:2], CELLS[2:]),
    3: tuple(combinations(CELLS, 3)),
}
"""What may be added to full sets of cells, so that sides and turns stay as equal as they can be."""


def shuffled(rng: np.random.Generator, items: Iterable[T]) -> list[T]:
    """The items in a random order."""
    kept = list(items)
    return [kept[index] for index in np.argsort(rng.random(len(kept)), kind="stable")]


def dealt(rng: np.random.Generator, items: Sequence[T], counts: Sequence[int]) -> list[list[T]]:
    """Deal items into hands of these sizes; in each hand and over all, items' numbers differ by one at most."""
    deck = cycle(shuffled(rng, items))
    return [shuffled(rng, islice(deck, count)) for count in counts]


def spread(rng: np.random.Generator, test: int, catch: int) -> list[Kind]:
    """The kinds of a test block: one catch trial at a random turn of each of as many equal stretches."""
    kinds: list[Kind] = ["test"] * (test + catch)
    edges = [len(kinds) * k // max(catch, 1) for k in range(catch + 1)]
    for start, end in pairwise(edges):
        kinds[start + int(rng.random() * (end - start))] = "catch"
    return kinds


def halves(items: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """The first and the second half; the second is longer by one where the number is odd."""
    middle = len(items) // 2
    return items[:middle], items[middle:]


def crossed(rng: np.random.Generator, kinds: Sequence[Kind]) -> list[Cell]:
    """A cell for each trial of a block, places crossed with turns.

    In each half, among its trials of each kind and among all of them, the four cells' numbers, left and right, and
    first and second differ by one at most.
    """
    total: Counter[Cell] = Counter()
    return list(chain.from_iterable(_crossed_half(rng, half, total) for half in halves(kinds)))


def _crossed_half(rng: np.random.Generator, kinds: Sequence[Kind], total: Counter[Cell]) -> list[Cell]:
    own: Counter[Cell] = Counter()
    hands = {}
    for kind, count in sorted(Counter(kinds).items(), reverse=True):
        options = shuffled(rng, LEFT_OVER[count % 4])
        extra = min(options, key=lambda cells: (_imbalance(own, cells), _imbalance(total, cells)))
        own.update(extra)
        total.update(extra)
        hands[kind] = iter(shuffled(rng, CELLS * (count // 4) + extra))
    return [next(hands[kind]) for kind in kinds]


def _imbalance(counted: Counter[Cell], more: Sequence[Cell]) -> int:
    numbers = {cell: counted[cell] + more.count(cell) for cell in CELLS}
    sides = sum(count if place else -count for (place, _), count in numbers.items())
    turns = sum(count if turn else -count for (_, turn), count in numbers.items())
    return max(numbers.values()) - min(numbers.values()) + abs(sides) + abs(turns)
