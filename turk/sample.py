"""The answers that count, and sums over them that resamples can be made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from turk.bootstrap import Resamples, resample
from turk.influence import Answers, Statistic, Target, ratio
from turk.spread import Spread
from turk.tables import COMPLETED

TARGETS: tuple[Target, Target] = ("these_photos", "new_photos")
Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """Valid answers to test trials.

    Attributes:
        trials: Rows of turk.frames.responses with a `code` per participant and photo added.
        arms: (N,) the number of each participant's arm.
    """

    trials: pd.DataFrame
    arms: NDArray[np.int64]

    @property
    def participants(self) -> int:
        """How many people answered."""
        return len(self.arms)

    def where(self, column: str, value: str | int) -> NDArray[np.bool_]:
        """Which trials have that value."""
        return self.trials[column].eq(value).fillna(False).to_numpy(np.bool_)

    def sums(self, quantities: Mapping[str, ArrayLike], draws: int, seed: int) -> Sums:
        """Sum quantities, each a number per trial, over resamples."""
        values = np.stack([np.asarray(quantity, np.float64) for quantity in quantities.values()])
        answers = Answers(
            self.trials["participant_code"].to_numpy(), self.trials["photo_code"].to_numpy(), self.arms, values
        )
        return Sums(tuple(quantities), resample(answers, draws, seed))


@dataclass(frozen=True)
class Sums:
    """Resampled sums by name."""

    names: tuple[str, ...]
    resamples: Resamples

    def total(self, name: str) -> float:
        """A sum over the answers themselves."""
        return float(self.resamples.answers.sums[self._row[name]])

    def share(self, part: str, whole: str) -> Statistic:
        """The statistic part / whole."""
        return ratio(self._row[part], self._row[whole])

    def pick(self, *names: str) -> list[int]:
        """Where sums stand, for statistics of one's own."""
        return [self._row[name] for name in names]

    def spread(self, statistic: Statistic, target: Target, bounds: tuple[float, float] = (-np.inf, np.inf)) -> Spread:
        """Evaluate a statistic on the resamples."""
        return self.resamples.spread(statistic, target, bounds)

    @cached_property
    def _row(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.names)}


def completed(sessions: pd.DataFrame) -> pd.DataFrame:
    """The sessions that came to their end."""
    return sessions[sessions["state"].isin(COMPLETED)]


def sample(responses: pd.DataFrame, sessions: pd.DataFrame, without: pd.DataFrame | None = None) -> Sample:
    """Take the valid test trials of completed sessions.

    Args:
        responses: turk.frames.responses.
        sessions: turk.frames.sessions.
        without: turk.quality.exclude: sessions to leave out.
    """
    kept = completed(sessions)
    if without is not None:
        kept = kept[~kept["session"].isin(without["session"])]
    counts = responses["kind"].eq("test") & responses["valid"] & responses["session"].isin(kept["session"])
    trials = responses[counts].sort_values(["session", "number"], ignore_index=True)
    people, codes = np.unique(trials["session"], return_inverse=True)
    trials["participant_code"] = codes.astype(np.int64)
    trials["photo_code"] = np.unique(trials["photo"].astype(str), return_inverse=True)[1].astype(np.int64)
    arm = trials.drop_duplicates("session").set_index("session")["arm"].astype(str)
    return Sample(trials, np.unique(arm.loc[people].to_numpy(str), return_inverse=True)[1].astype(np.int64))
