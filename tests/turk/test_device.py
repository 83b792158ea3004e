"""Whether a device can show a study as it is meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.turk.studies_made import make_study
from tests.turk.test_places import all_places
from tests.turk.walking import DEVICE, come, rows
from turk import sessions
from turk.steps import Step
from turk.store import Store
from turk.tables import SessionRow


def check(store: Store, folder: Path, device: dict[str, Any], **study: Any) -> Step:
    """Come to a study with a device."""
    make_study(store.engine, folder, **study)
    walk = come(store)
    return sessions.device(store, walk.ticket, {**DEVICE, **device})


@pytest.mark.parametrize(
    ("device", "study", "problems", "window"),
    [
        ({"width": 572, "height": 376}, {}, None, None),
        ({"width": 571, "height": 900}, {}, ["too_small"], (572, 376)),
        ({"width": 900, "height": 375}, {}, ["too_small"], (572, 376)),
        ({"width": 290, "height": 376}, {"protocol": "single"}, None, None),
        ({"width": 289, "height": 376}, {"protocol": "single"}, ["too_small"], (290, 376)),
        ({"width": 700}, {"parameters": {"size": 384}}, ["too_small"], (828, 504)),
        ({"width": 600}, {"settings": {"device": {"min_width": 700}}}, ["too_small"], (700, 376)),
        ({"refresh_hz": 49.9}, {}, ["too_slow"], (572, 376)),
        ({"refresh_hz": 50}, {}, None, None),
        ({"refresh_hz": 59}, {"settings": {"device": {"min_refresh_hz": 60}}}, ["too_slow"], (572, 376)),
        ({"refresh_hz": 30}, {"protocol": "single", "parameters": {"exposure_ms": 0}}, None, None),
        ({"touch": True}, {}, None, None),
        ({"width": 9, "refresh_hz": 9}, {}, ["too_small", "too_slow"], (572, 376)),
    ],
)
def test_what_a_participant_can_mend_is_named_and_may_be_tried_again(
    store: Store,
    tmp_path: Path,
    device: dict[str, Any],
    study: dict[str, Any],
    problems: list[str] | None,
    window: tuple[int, int] | None,
) -> None:
    step = check(store, tmp_path, device, **study)

    if window is None:
        assert step.name == "consent"
        return
    assert step.name == "device"
    assert step.facts == {"problems": problems, "width": window[0], "height": window[1]}
    [row] = rows(store.engine, SessionRow)
    assert (row.state, row.device) == ("entered", None)


def test_a_mended_window_lets_one_in(store: Store, tmp_path: Path) -> None:
    make_study(store.engine, tmp_path)
    walk = come(store)
    sessions.device(store, walk.ticket, {**DEVICE, "width": 100})

    assert sessions.device(store, walk.ticket, DEVICE).name == "consent"


def test_a_device_that_the_study_does_not_take_gives_the_place_back(store: Store, tmp_path: Path) -> None:
    step = check(store, tmp_path, {"touch": True}, settings={"device": {"touch": False}})

    [row] = rows(store.engine, SessionRow)
    assert step.name == "refused"
    assert row.device["touch"] is True
    assert {place.state for place in all_places(store.engine)} == {"free"}
