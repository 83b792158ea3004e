"""How answers change over a session, and how long they take."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from turk.checks import FAST_MS, SLOW_MS
from turk.influence import difference
from turk.sample import Sample

QUARTERS = ("first", "second", "third", "fourth")
LEARNING = ("condition", *QUARTERS, "change", "low", "high", "p")
REACTIONS = ("condition", "trials", "p25_ms", "median_ms", "p75_ms", "right_ms", "wrong_ms", "fast", "slow")


def learning(
    taken: Sample, conditions: Sequence[str], draws: int, seed: int, edges: tuple[float, float] = (-1.0, 1.0)
) -> pd.DataFrame:
    """Return a row per condition, LEARNING: the mean of each quarter of the session, and second minus first half.

    The interval is for new photos, p two-sided of no change. Differences of what is averaged lie between the edges.
    """
    groups = taken.trials.groupby("session")["number"]
    at = np.asarray((groups.rank(method="first") - 1) / groups.transform("size"), np.float64)
    quarter = np.minimum((4 * at).astype(np.int64), 3)
    seen = [name for name in conditions if taken.where("condition", name).any()]
    values = taken.trials["value"].to_numpy(float)
    quantities: dict[str, ArrayLike] = {}
    for name in seen:
        for half, chosen in (("early", quarter < 2), ("late", quarter >= 2)):
            mine = taken.where("condition", name) & chosen
            quantities |= {f"{half} {name}": np.where(mine, values, 0), f"{half} trials {name}": mine}
    if not seen:
        return pd.DataFrame(columns=list(LEARNING))
    sums = taken.sums(quantities, draws, seed)
    rows = []
    for name in seen:
        late, early = (sums.share(f"{half} {name}", f"{half} trials {name}") for half in ("late", "early"))
        gap = sums.spread(difference(late, early), "new_photos", edges)
        means = [values[taken.where("condition", name) & (quarter == k)] for k in range(4)]
        quarters = [float(mean.mean()) if len(mean) else np.nan for mean in means]
        rows.append((name, *quarters, gap.value, *gap.interval(), gap.p()))
    return pd.DataFrame(rows, columns=list(LEARNING))


def reactions(taken: Sample, conditions: Sequence[str]) -> pd.DataFrame:
    """Return a row per condition, REACTIONS: quartiles of reaction times, medians of right and wrong answers.

    `fast` and `slow` count answers before turk.quality.FAST_MS and after SLOW_MS.
    """
    rows = []
    for name in conditions:
        mine = taken.trials[taken.where("condition", name)]
        times = mine["rt_ms"].dropna()
        if not len(times):
            continue
        right, wrong = (float(times[mine["correct"].eq(kind).fillna(False)].median()) for kind in (True, False))
        counts = int((times < FAST_MS).sum()), int((times > SLOW_MS).sum())
        rows.append((name, len(times), *times.quantile([0.25, 0.5, 0.75]), right, wrong, *counts))
    return pd.DataFrame(rows, columns=list(REACTIONS))
