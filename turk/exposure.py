"""Whether a trial was seen as planned, judged from what the browser measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from turk.untrusted import fact, flag, items, number, record

CLOCK_MS = 1.0
"""Browsers round their clocks; an exposure that is exactly a frame long or short counts as within a frame."""
SLOWEST_HZ, FASTEST_HZ = 20.0, 1000.0
LONGEST_MS = 86_400_000.0
PLACES = 2


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is made of an exposure.

    Attributes:
        valid: Whether the trial counts.
        reasons: What was wrong: hidden, decoding, refresh, missing, duration, long_frame.
        measured_ms: The exposure that was furthest from the plan; None where none was measured.
        refresh_hz: The screen's, as the browser measured it.
    """

    valid: bool
    reasons: tuple[str, ...]
    measured_ms: float | None
    refresh_hz: float | None


def read_exposure(value: Any) -> dict[str, Any]:
    """Take what a browser measured, checked and bounded, as it is kept.

    Raises:
        Refused: It is no such record.
    """
    given = record(value, "exposure")
    shown = [_read_shown(one) for one in items(given.get("shown", []), "exposure.shown", PLACES)]
    kept: dict[str, Any] = {"shown": shown, "hidden": flag(given.get("hidden", False), "exposure.hidden")}
    if given.get("refresh_hz") is not None:
        kept["refresh_hz"] = number(given["refresh_hz"], "exposure.refresh_hz", 0, 10_000)
    if given.get("rendered") is not None:
        sides = items(given["rendered"], "exposure.rendered", PLACES)
        kept["rendered"] = [number(side, "exposure.rendered", 0, 100_000) for side in sides]
    rest = set(given) - {"shown", "hidden", "refresh_hz", "rendered"}
    return kept | {name: fact(given[name], f"exposure.{name}") for name in sorted(rest)}


def judge(planned_ms: float | None, exposure: Mapping[str, Any], places: int = PLACES) -> Verdict:
    """Judge an exposure that `read_exposure` took.

    Args:
        planned_ms: How long each image was to be visible; None until the answer, where only hiding spoils a trial.
        exposure: `shown` (place, on_ms, off_ms, long_frames), `hidden`, `decoded`, `refresh_hz`.
        places: How many images the trial has.
    """
    refresh = exposure.get("refresh_hz")
    reasons = ["hidden"] if exposure["hidden"] else []
    if exposure.get("decoded") is False:
        reasons.append("decoding")
    lengths = [one["off_ms"] - one["on_ms"] for one in exposure["shown"] if one.get("off_ms") is not None]
    if planned_ms is not None:
        reasons += _timing(planned_ms, exposure, lengths, places)
    worst = max(lengths, key=lambda length: abs(length - (planned_ms or 0)), default=None)
    return Verdict(not reasons, tuple(reasons), worst, refresh)


def _timing(planned_ms: float, exposure: Mapping[str, Any], lengths: list[float], places: int) -> list[str]:
    refresh = exposure.get("refresh_hz")
    if refresh is None or not SLOWEST_HZ <= refresh <= FASTEST_HZ:
        return ["refresh"]
    shown = exposure["shown"]
    reasons = []
    if sorted(one["place"] for one in shown) != list(range(places)) or len(lengths) != places:
        reasons.append("missing")
    if any(abs(length - planned_ms) > 1000 / refresh + CLOCK_MS for length in lengths):
        reasons.append("duration")
    if any(one.get("long_frames") for one in shown):
        reasons.append("long_frame")
    return reasons


def _read_shown(value: Any) -> dict[str, Any]:
    given = record(value, "exposure.shown")
    kept: dict[str, Any] = {"place": int(number(given.get("place"), "exposure.shown.place", 0, PLACES - 1))}
    for name in sorted(set(given) - {"place"}):
        kept[name] = fact(given[name], f"exposure.shown.{name}")
    kept["on_ms"] = number(given.get("on_ms"), "exposure.shown.on_ms", -LONGEST_MS, LONGEST_MS)
    if kept.get("off_ms") is not None:
        kept["off_ms"] = number(kept["off_ms"], "exposure.shown.off_ms", -LONGEST_MS, LONGEST_MS)
    if kept.get("long_frames") is not None:
        kept["long_frames"] = int(number(kept["long_frames"], "exposure.shown.long_frames", 0, 1e6))
    return kept
