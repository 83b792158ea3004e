"""Whether a trial was seen as planned, judged from what the browser measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from turk.untrusted import facts, flag, items, number, record

CLOCK_MS = 1.0
"""Browsers round their clocks; an exposure that is exactly a frame long or short counts as within a frame."""
SLOWEST_HZ, FASTEST_HZ = 20.0, 1000.0
"""What a screen's refresh rate can be; another was not measured."""
MOST = 1e12
PLACES = 2
"""The most images of a trial."""
TIMES = ("on_ms", "off_ms", "long_frames")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is made of an exposure.

    Attributes:
        valid: Whether the trial counts.
        reasons: What was wrong: hidden, again (seen before a reload), decoding, refresh, missing, duration.
        measured_ms: The exposure that was furthest from the plan; None where none was measured.
        refresh_hz: The screen's, as the browser measured it.
    """

    valid: bool
    reasons: tuple[str, ...]
    measured_ms: float | None
    refresh_hz: float | None


def read_exposure(value: Any) -> dict[str, Any]:
    """Take what a browser measured, checked and bounded, as it is kept.

    Args:
        value: {"shown": [{"place", "on_ms", "off_ms", "long_frames", ...}], "hidden", "decoded", "refresh_hz", ...};
            what could not be measured is null or missing, and other plain facts are kept.

    Raises:
        Refused: It is no such record.
    """
    given = record(value, "exposure")
    shown = [_read_shown(one) for one in items(given.get("shown") or [], "exposure.shown", PLACES)]
    kept = facts({name: given[name] for name in given if name != "shown"}, "exposure")
    for name in ("hidden", "decoded"):
        if kept.get(name) is not None:
            flag(kept[name], f"exposure.{name}")
    _check_number(kept, "refresh_hz", "exposure")
    return kept | {"shown": shown}


def judge(planned_ms: float | None, exposure: Mapping[str, Any], places: int = PLACES) -> Verdict:
    """Judge an exposure that `read_exposure` took.

    Args:
        planned_ms: How long each image was to be visible; None until the answer, where only hiding spoils a trial.
        exposure: `shown` (place, on_ms, off_ms, long_frames), `hidden`, `again`, `decoded`, `refresh_hz`.
        places: How many images the trial has.

    Returns:
        Valid where every image was visible for as long as planned, give or take a frame of the screen, and the tab was
        never hidden.
    """
    reasons = ["hidden"] if exposure.get("hidden") else []
    if exposure.get("again"):
        reasons.append("again")
    if exposure.get("decoded") is False:
        reasons.append("decoding")
    lengths = [_length(one) for one in exposure["shown"]]
    measured = [length for length in lengths if length is not None]
    if planned_ms is not None:
        reasons += _timing(planned_ms, exposure, measured, places)
    worst = max(measured, key=lambda length: abs(length - (planned_ms or 0)), default=None)
    return Verdict(not reasons, tuple(reasons), worst, exposure.get("refresh_hz"))


def _timing(planned_ms: float, exposure: Mapping[str, Any], measured: list[float], places: int) -> list[str]:
    refresh = exposure.get("refresh_hz")
    if refresh is None or not SLOWEST_HZ <= refresh <= FASTEST_HZ:
        return ["refresh"]
    reasons = []
    if sorted(one["place"] for one in exposure["shown"]) != list(range(places)) or len(measured) != places:
        reasons.append("missing")
    if any(abs(length - planned_ms) > 1000 / refresh + CLOCK_MS for length in measured):
        reasons.append("duration")
    return reasons


def _length(shown: Mapping[str, Any]) -> float | None:
    on, off = shown.get("on_ms"), shown.get("off_ms")
    return None if on is None or off is None else float(off - on)


def _read_shown(value: Any) -> dict[str, Any]:
    kept = facts(value, "exposure.shown")
    place = number(kept.get("place"), "exposure.shown.place", 0, PLACES - 1)
    for name in TIMES:
        _check_number(kept, name, "exposure.shown")
    return kept | {"place": int(place)}


def _check_number(kept: Mapping[str, Any], name: str, where: str) -> None:
    if kept.get(name) is not None:
        number(kept[name], f"{where}.{name}", -MOST, MOST)
