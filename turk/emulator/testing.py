"""Fixtures for pytest, for test suites of ours and of others: `pytest_plugins = ["turk.emulator.testing"]`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from turk.emulator.emulator import Emulator, Settings

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    """An emulator on free loopback ports, whose clock stands still at a fixed time until it is put forward."""
    with Emulator(Settings(start=START, frozen=True)) as running:
        yield running


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """The emulator, as if just started."""
    running_emulator.reset()
    return running_emulator
