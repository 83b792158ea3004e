"""A researcher at the emulated Prolific."""

from __future__ import annotations

import pytest

from tests.turk.emulator.prolific.studying import Researcher
from turk.emulator.emulator import Emulator


@pytest.fixture
def prolific(emulator: Emulator) -> Researcher:
    """A researcher's program."""
    return Researcher(emulator.prolific_url)
