"""Whether a device can show a study as it is meant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from turk.steps import smallest_window
from turk.untrusted import facts, flag, number
from turk.visits import Visit

LEAST_HZ = 50.0
"""Below, an exposure cannot be told to within 20 ms, and a phone saves power."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What is in a device's way.

    Attributes:
        refused: Whether the study does not take such devices at all.
        problems: What the participant can mend: too_small, too_slow.
        facts: The problems and what is needed, for the page.
    """

    refused: bool = False
    problems: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def read_device(given: Any) -> dict[str, Any]:
    """Take what a browser tells of its device.

    Raises:
        Refused: width, height, refresh_hz or touch is missing or odd, or another fact is no plain one.
    """
    known = facts(given, "device")
    for side in ("width", "height"):
        number(known.get(side), f"device.{side}", 1, 100_000)
    number(known.get("refresh_hz"), "device.refresh_hz", 0, 10_000)
    flag(known.get("touch"), "device.touch")
    return known


def problems_of(seen: Visit, known: Mapping[str, Any]) -> Gate:
    """Hold a device against the study: settings.device may have touch (false: none), min_width and min_height."""
    rules = seen.study.settings.get("device") or {}
    if rules.get("touch") is False and known["touch"]:
        return Gate(refused=True)
    width, height, timed = smallest_window(seen)
    width, height = max(width, rules.get("min_width", 0)), max(height, rules.get("min_height", 0))
    small = known["width"] < width or known["height"] < height
    slow = timed and known["refresh_hz"] < rules.get("min_refresh_hz", LEAST_HZ)
    problems = tuple(name for name, found in (("too_small", small), ("too_slow", slow)) if found)
    return Gate(problems=problems, facts={"problems": list(problems), "width": width, "height": height})
