"""What a simulated browser makes of a screen: how long it takes, and what it measures of the exposure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from turk.study import Screen

REFRESH_HZ = 60.0
MISSED = 0.01
"""The share of trials in which an image stays two frames too long."""
HIDDEN = 0.005
"""The share of trials during which the tab was hidden."""


def screen_of(told: Mapping[str, Any]) -> Screen:
    """The screen as it came over the wire."""
    return Screen(**{**told, "order": tuple(told["order"]), "choices": tuple(told["choices"])})


def time_before(screen: Screen) -> float:
    """From the release of a trial to its question, in ms."""
    return screen.shortest_ms + (screen.mask_ms if screen.exposure_ms is not None else 0)


def measured(screen: Screen, rt_ms: float, rng: np.random.Generator, again: bool = False) -> dict[str, Any]:
    """What a browser at 60 Hz measures: nearly always what was planned; `again` after the page was loaded again."""
    missed, hid = rng.random(2) < (MISSED, HIDDEN)
    late = int(missed and screen.exposure_ms is not None)
    lasts = rt_ms if screen.exposure_ms is None else screen.exposure_ms
    step = lasts + screen.gap_ms if screen.layout == "sequence" else 0.0
    shown = [
        _shown(place, screen.fixation_ms + turn * step, lasts, late if turn == 0 else 0)
        for turn, place in enumerate(screen.order)
    ]
    told = {"refresh_hz": REFRESH_HZ, "hidden": bool(hid), "again": again, "blurs": int(hid), "decoded": True, "dpr": 1}
    return told | {"planned_ms": screen.exposure_ms, "shown": shown, "rendered": [screen.size, screen.size]}


def _shown(place: int, on_ms: float, lasts_ms: float, late: int) -> dict[str, Any]:
    frames = round(lasts_ms * REFRESH_HZ / 1000) + 2 * late
    off_ms = round(on_ms + frames * 1000 / REFRESH_HZ, 3)
    return {"place": place, "on_ms": on_ms, "off_ms": off_ms, "frames": frames, "long_frames": late}


def spoiled(exposure: Mapping[str, Any]) -> bool:
    """Whether the trial was not seen as planned."""
    late = any(shown["long_frames"] for shown in exposure["shown"])
    return bool(exposure["hidden"] or exposure["again"] or late)
