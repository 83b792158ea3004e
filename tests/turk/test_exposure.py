"""Whether a trial was seen as planned."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turk.exposure import Verdict, judge, read_exposure
from turk.refusals import Refused

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


def measured(*lengths: float, hz: float | None = 60.0, **facts: Any) -> dict[str, Any]:
    """An exposure of these lengths, place by place, one after the other."""
    shown = [{"place": k, "on_ms": 100 + 1600 * k, "off_ms": 100 + 1600 * k + ms} for k, ms in enumerate(lengths)]
    return read_exposure({"shown": shown, "hidden": False, "decoded": True, "refresh_hz": hz} | facts)


def test_an_exposure_as_planned_is_valid() -> None:
    assert judge(1000, measured(1000, 1000)) == Verdict(True, (), 1000, 60.0)


@pytest.mark.parametrize("hz", [50.0, 60.0, 75.0, 120.0, 144.0, 165.0, 240.0])
@pytest.mark.parametrize("frames", [-1, 0, 1])
def test_a_frame_more_or_less_is_valid_at_any_refresh_rate(hz: float, frames: int) -> None:
    length = 1000 + frames * 1000 / hz

    assert judge(1000, measured(length, 1000, hz=hz)).valid


@pytest.mark.parametrize("hz", [59.94, 60.0, 75.0, 120.0, 144.0, 240.0])
@pytest.mark.parametrize("frames", [-2, 2])
def test_two_frames_more_or_less_are_not(hz: float, frames: int) -> None:
    length = 1000 + frames * 1000 / hz

    verdict = judge(1000, measured(1000, length, hz=hz))

    assert verdict.reasons == ("duration",)
    assert verdict.measured_ms == pytest.approx(length)


@pytest.mark.parametrize(
    ("exposure", "reasons"),
    [
        (measured(1000, 1000, hidden=True), ("hidden",)),
        (measured(1000, 1000, decoded=False), ("decoding",)),
        (measured(1000, 1000, hz=None), ("refresh",)),
        (measured(1000, 1000, hz=10.0), ("refresh",)),
        (measured(1000, 1000, hz=0.0), ("refresh",)),
        (measured(1000), ("missing",)),
        (measured(), ("missing",)),
        (measured(1000, 1500, hidden=True), ("hidden", "duration")),
        (measured(1000, shown=[{"place": 0, "on_ms": 0, "off_ms": 1000}] * 2), ("missing",)),
        (measured(shown=[{"place": 0, "on_ms": 0, "off_ms": None}, {"place": 1}]), ("missing",)),
    ],
)
def test_what_spoils_a_timed_trial_is_named(exposure: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert judge(1000, exposure).reasons == reasons


def test_a_late_frame_within_an_exposure_that_ended_in_time_does_not_spoil_it() -> None:
    shown = [{"place": k, "on_ms": 0, "off_ms": 1000, "long_frames": k} for k in (0, 1)]

    assert judge(1000, measured(shown=shown)).valid


def test_images_that_were_seen_before_a_reload_do_not_count() -> None:
    assert judge(1000, measured(1000, 1000, again=True)).reasons == ("again",)


def test_without_a_limit_only_a_hidden_tab_or_an_image_that_did_not_decode_spoils_a_trial() -> None:
    assert judge(None, measured(2345, hz=None), 1).valid
    assert judge(None, measured(2345), 1).measured_ms == 2345
    assert judge(None, measured(), 1).measured_ms is None
    assert not judge(None, measured(2345, hidden=True), 1).valid


def test_a_single_image_needs_one_exposure() -> None:
    assert judge(500, measured(500), 1).valid
    assert judge(500, measured(500, 500), 1).reasons == ("missing",)


def test_other_facts_are_kept() -> None:
    kept = measured(1000, 1000, rendered=[256, 256], isolated=True, blurs=2, dpr=1.5)

    assert kept["rendered"] == [256, 256]
    assert (kept["isolated"], kept["blurs"], kept["dpr"]) == (True, 2, 1.5)


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"shown": 7},
        {"shown": [{"place": 2}]},
        {"shown": [{}]},
        {"shown": [{"place": 0}] * 3},
        {"shown": [{"place": 0, "on_ms": "0"}]},
        {"shown": [{"place": 0, "on_ms": float("nan")}]},
        {"hidden": "no"},
        {"refresh_hz": "60"},
        {"refresh_hz": 10**400},
        {"nested": {"a": 1}},
        {"a b": 1},
        {f"fact{k}": k for k in range(41)},
    ],
)
def test_what_is_no_exposure_is_refused(value: Any) -> None:
    with pytest.raises(Refused) as refused:
        read_exposure(value)
    assert refused.value.kind == "bad"


@pytest.mark.slow
@settings(deadline=None)
@given(json)
def test_anything_is_refused_or_judged(value: Any) -> None:
    try:
        kept = read_exposure(value)
    except Refused:
        return
    assert judge(1000, kept).valid in (True, False)
    assert judge(None, kept).valid in (True, False)
