"""Whatever goes wrong: no place lost or doubled, nobody paid twice or not at all, spending never above the cap."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.turk.recruiters.schedules import Schedule

FEW = settings(
    max_examples=6,
    stateful_step_count=20,
    deadline=None,
    phases=(Phase.generate,),
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


class Few(Schedule):
    """A few schedules, always the same ones."""


class Many(Schedule):
    """More of them, other ones each time."""


Few.TestCase.settings = FEW
TestFewSchedules = pytest.mark.slow(Few.TestCase)
Many.TestCase.settings = settings(
    FEW, max_examples=80, stateful_step_count=40, derandomize=False, phases=(Phase.generate, Phase.shrink)
)
TestManySchedules = pytest.mark.slow(Many.TestCase)
