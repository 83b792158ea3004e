"""The clock that can be put forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evalsuite.errors import UserError
from turk.emulator.clock import VirtualClock

START = datetime(2026, 3, 2, tzinfo=UTC)


def test_a_frozen_clock_moves_only_when_it_is_put_forward() -> None:
    clock = VirtualClock(START, frozen=True)

    assert clock.now() == clock.now() == START
    assert clock.advance(90) == clock.now() == START + timedelta(seconds=90)
    assert clock.frozen


def test_a_running_clock_goes_on_with_real_time() -> None:
    clock = VirtualClock(START)

    first = clock.now()

    assert START <= first <= clock.now() < START + timedelta(seconds=60)
    assert clock.advance(3600) >= first + timedelta(hours=1)


def test_a_clock_can_be_stopped_and_started() -> None:
    clock = VirtualClock(START)
    clock.freeze()
    stopped = clock.now()
    assert clock.now() == stopped

    clock.run()

    assert not clock.frozen
    assert clock.now() >= stopped


def test_without_a_start_it_is_now() -> None:
    assert abs(VirtualClock(frozen=True).now() - datetime.now(UTC)) < timedelta(seconds=60)


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 4e8])
def test_time_goes_forward_and_not_for_ever(seconds: float) -> None:
    clock = VirtualClock(START, frozen=True)

    with pytest.raises(UserError, match="clock: time only goes forward"):
        clock.advance(seconds)
    assert clock.now() == START
