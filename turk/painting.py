"""What people do to the points of a photo, one event after the other, and the points that this leaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias, cast

from evalsuite.points import Point
from turk.refusals import Refused
from turk.untrusted import KEY, number, record, text

Kind: TypeAlias = Literal["place", "move", "color", "resize", "delete"]
KINDS: Mapping[str, tuple[str, ...]] = {
    "place": ("x", "y", "a", "b", "size"), "move": ("x", "y"), "color": ("a", "b"), "resize": ("size",),
    "delete": (),
}  # fmt: skip
"""Kind of an event to what it sets."""
LARGEST_AB = 128.0
LARGEST_SIZE = 31
MOST_EVENTS = 2000
"""Per photo: thirty a second for the usual minute."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something done to a point.

    Attributes:
        kind: place a point, move it, give it another color or another size, or delete it.
        point: Its number, as the page counts.
        at_ms: The browser's time since the photo was opened.
        x: Column of its center, in pixels from 0; None where the kind does not set it, as for those that follow.
        y: Row of its center.
        a: Lab units.
        b: Lab units.
        size: Side of its patch, in pixels.
        source: Where its color was chosen, such as "palette" or "recommended"; None where nobody said.
        layer: How many points a placed one lies above, as when a deletion is undone; None: above all.
    """

    kind: Kind
    point: int
    at_ms: float
    x: int | None = None
    y: int | None = None
    a: float | None = None
    b: float | None = None
    size: int | None = None
    source: str | None = None
    layer: int | None = None

    @classmethod
    def of(cls, row: Any) -> Event:
        """The event that a table's row keeps."""
        return cls(row.kind, row.point, row.at_ms, row.x, row.y, row.a, row.b, row.size, row.source, row.layer)

    def to_row(self) -> dict[str, Any]:
        """What a table keeps of it."""
        return asdict(self)


def points_after(events: Iterable[Event]) -> dict[int, Point]:
    """Return a photo's points after events: number to point, in the order in which later ones are painted over earlier.

    Raises:
        Refused: An event is about a point that is not there, or places one that is.

    Example:
        >>> points_after([Event("place", 0, 5.0, 3, 4, 20.0, -10.0, 6), Event("move", 0, 9.0, 5, 4)])
        {0: Point(x=5, y=4, a=20.0, b=-10.0, size=6)}
    """
    points: dict[int, Point] = {}
    for event in events:
        if (event.point in points) == (event.kind == "place"):
            there = "is there already" if event.kind == "place" else "is not there"
            raise Refused("bad", f"event.point: {event.kind} a point that {there}. Load the page again.")
        if event.kind == "delete":
            del points[event.point]
            continue
        changed = {name: value for name in KINDS[event.kind] if (value := getattr(event, name)) is not None}
        before = points.get(event.point)
        points[event.point] = Point(**changed) if before is None else replace(before, **changed)
        if event.layer is not None:
            points = _layered(points, event.layer)
    return points


def _layered(points: dict[int, Point], layer: int) -> dict[int, Point]:
    """Put the point that was placed last above so many others."""
    keys = list(points)
    keys.insert(min(layer, len(keys) - 1), keys.pop())
    return {key: points[key] for key in keys}


def read_event(value: Any, size: int, point_size: int) -> Event:
    """Take an event that a browser sent.

    Args:
        value: kind, point, at_ms, and what the kind sets; a source and a layer may be named.
        size: Side of the photo in pixels.
        point_size: Side of a patch whose event names none.

    Raises:
        Refused: It is no event of a point on this photo.
    """
    given = record(value, "event")
    kind = text(given.get("kind"), "event.kind", 40)
    if kind not in KINDS:
        raise Refused("bad", f"event.kind: one of {', '.join(KINDS)}; got another. Load the page again.")
    sets = {name: _set(name, given.get(name, point_size if name == "size" else None), size) for name in KINDS[kind]}
    return Event(
        kind=cast("Kind", kind),
        point=_whole(given.get("point"), "event.point", 0, 1_000_000),
        at_ms=number(given.get("at_ms"), "event.at_ms", 0, 1e9),
        source=_source(given.get("source")),
        layer=_whole(given["layer"], "event.layer", 0, MOST_EVENTS) if given.get("layer") is not None else None,
        **sets,
    )


def _set(name: str, value: Any, size: int) -> Any:
    if name in ("a", "b"):
        return number(value, f"event.{name}", -LARGEST_AB, LARGEST_AB)
    if name == "size":
        return _whole(value, "event.size", 1, LARGEST_SIZE)
    return _whole(value, f"event.{name}", 0, size - 1)


def _whole(value: Any, where: str, least: int, most: int) -> int:
    taken = number(value, where, least, most)
    if taken != int(taken):
        raise Refused("bad", f"{where}: expected a whole number; got another. Load the page again.")
    return int(taken)


def _source(value: Any) -> str | None:
    if value is None:
        return None
    source = text(value, "event.source", 40)
    if not KEY.fullmatch(source):
        raise Refused("bad", "event.source: expected a word; got something else. Load the page again.")
    return source
