"""Simulated novices: they set points on gray photos at a human pace, from what they remember of the true colors.

A novice has an idea of the color of a place: the photo's own, off by a little. Where colors are recommended, the one
that is nearest to the idea is taken, as long as it is near at all; else the idea itself is chosen from the palette.
Places are those of the simulated users of Zhang, Zhu et al. 2017: normal around the middle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Event: TypeAlias = dict[str, Any]
Recommend: TypeAlias = Callable[[int, int], Sequence[tuple[float, float]]]
"""From column and row of a place to the ab of the colors that are recommended there; none where there are none."""
TrueColors: TypeAlias = Callable[[str], NDArray[np.float32]]
"""From a photo's id to its ab, (H, W, 2)."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How novices color.

    Attributes:
        first_ms: Looking before the first point, in the median.
        point_ms: From one event to the next, in the median.
        spread: The standard deviation of the times' logarithms.
        error: How far an idea of a color is off in a and in b, one standard deviation in Lab units.
        near: How far a recommended color may be from the idea to be taken, in Lab units.
        second_thoughts: The chance that a point is moved, and that it is deleted, after it was set.
    """

    first_ms: float = 3000.0
    point_ms: float = 4500.0
    spread: float = 0.4
    error: float = 14.0
    near: float = 25.0
    second_thoughts: tuple[float, float] = (0.12, 0.05)


@dataclass(frozen=True)
class Novice:
    """One of them.

    Attributes:
        colors: Tells the true colors of a photo.
        seed: Equal seeds set equal points on equal photos.
        knows: Whether they have an idea of the colors at all; else they choose any.
        hand: How they color.
    """

    colors: TrueColors
    seed: tuple[int, ...]
    knows: bool = True
    hand: Hand = field(default_factory=Hand)

    def events(self, photo: str, task: Mapping[str, Any], turn: int, recommend: Recommend) -> Iterator[Event]:
        """Color a photo until the time is over: events in order, each with its time.

        Args:
            photo: Its id.
            task: What the page was told: size, seconds, recommendations.
            turn: The photo's number in the session.
            recommend: Asks the page for colors.
        """
        rng = np.random.default_rng([*self.seed, turn])
        truth, end = self.colors(photo), task["seconds"] * 1000.0
        at_ms, point = self._pause(rng, self.hand.first_ms), 0
        while at_ms < end:
            x, y = self._place(rng, task["size"]), self._place(rng, task["size"])
            ab, source = self._color(rng, truth[y, x], recommend(x, y) if task["recommendations"] else ())
            yield _event("place", point, at_ms, x=x, y=y, a=ab[0], b=ab[1], source=source)
            at_ms += self._pause(rng, self.hand.point_ms)
            moved, deleted = self.hand.second_thoughts
            chance = float(rng.random())
            if chance < moved + deleted and at_ms < end:
                place = {"x": self._place(rng, task["size"]), "y": y} if chance < moved else {}
                yield _event("move" if chance < moved else "delete", point, at_ms, **place)
                at_ms += self._pause(rng, self.hand.point_ms)
            point += 1

    def _pause(self, rng: np.random.Generator, median_ms: float) -> float:
        return median_ms * float(np.exp(self.hand.spread * rng.standard_normal()))

    def _place(self, rng: np.random.Generator, size: int) -> int:
        return int(np.clip(rng.normal(size / 2, size / 4), 0, size - 1))

    def _color(
        self, rng: np.random.Generator, truth: NDArray[np.float32], recommended: Sequence[tuple[float, float]]
    ) -> tuple[tuple[float, float], str]:
        idea = truth + rng.normal(0, self.hand.error, 2) if self.knows else rng.uniform(-60, 60, 2)
        idea = np.clip(idea, -100, 100)
        if recommended:
            offered = np.asarray(recommended, np.float64)
            distances = np.hypot(*(offered - idea).T)
            if distances.min() <= self.hand.near:
                a, b = offered[int(distances.argmin())]
                return (round(float(a), 2), round(float(b), 2)), "recommended"
        return (round(float(idea[0]), 2), round(float(idea[1]), 2)), "palette"


def _event(kind: str, point: int, at_ms: float, **sets: Any) -> Event:
    return {"kind": kind, "point": point, "at_ms": round(at_ms, 1), **sets}
