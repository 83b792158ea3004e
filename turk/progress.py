"""How far a study is, and whether its numbers may be seen: not before its own stopping rule says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from turk.study import Study
from turk.tables import COMPLETED

FLOW = ("arm", "wanted", "entered", "declined", "refused", "left", "abandoned", "under_way", "finished")
ENDED = ("declined", "refused", "left", "abandoned")


@dataclass(frozen=True)
class Progress:
    """Where people are.

    Attributes:
        flow: A row per arm, FLOW: sessions by what came of them, and how many finished ones are wanted.
        met: Whether every arm has as many finished sessions as the stopping rule wants.
    """

    flow: pd.DataFrame
    met: bool

    @property
    def finished(self) -> int:
        """Sessions that came to their end."""
        return int(self.flow["finished"].sum())

    @property
    def wanted(self) -> int:
        """Sessions that the stopping rule wants."""
        return int(self.flow["wanted"].sum())


def progress(study: Study, arms: Sequence[str], sessions: pd.DataFrame) -> Progress:
    """Count sessions by arm and by what came of them.

    Args:
        study: As it was frozen.
        arms: turk.design.arms_of(study).
        sessions: turk.frames.sessions.
    """
    number = wanted_of(study)
    rows = []
    for arm in arms:
        states = sessions.loc[sessions["arm"] == arm, "state"]
        finished = int(states.isin(COMPLETED).sum())
        ended = [int((states == state).sum()) for state in ENDED]
        rows.append((arm, number, len(states), *ended, len(states) - finished - sum(ended), finished))
    flow = pd.DataFrame(rows, columns=list(FLOW))
    return Progress(flow, bool((flow["finished"] >= flow["wanted"]).all()))


def wanted_of(study: Study) -> int:
    """How many finished sessions of each arm the stopping rule wants."""
    wanted = study.stopping.get("participants", "all")
    return study.participants_per_condition if wanted == "all" else int(wanted)
