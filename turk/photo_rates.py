"""Fool rates of single photos, drawn toward their condition's rate as far as few views must be (empirical Bayes).

Of a photo seen n times, k times as real, the rate is taken to be from a beta law that all photos of the condition
share; its two numbers are those under which the counts are most likely (beta-binomial), and what is shown is the mean
and the 95% interval of the rate given k and n.

Source: Casella, An introduction to empirical Bayes data analysis, Am. Stat. 39 (1985) 83; Griffiths, Biometrics 29
(1973) 637, for fitting the beta-binomial law.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaincinv, betaln, expit, logit

from turk.sample import Sample

COLUMNS = ("photo", "condition", "views", "value", "shrunk", "low", "high", "ranked")
ENOUGH = 10
"""Views from which on a photo may be ranked: below, the most fooling photo is whose few views were lucky."""
LARGEST = 1e6
"""The precision at which photos no longer differ."""
Floats = NDArray[np.float64]


def photo_rates(taken: Sample, conditions: Sequence[str]) -> pd.DataFrame:
    """Return a row per condition and photo, COLUMNS, the highest shrunken rate first; values are 0 or 1."""
    tables = []
    for name in conditions:
        mine = taken.trials[taken.where("condition", name)]
        if mine.empty:
            continue
        counts = mine.groupby("photo", as_index=False)["value"].agg(views="size", hits="sum")
        hits, views = counts["hits"].to_numpy(float), counts["views"].to_numpy(float)
        a, b = fit_beta(hits, views)
        counts = counts.assign(condition=name, value=hits / views, shrunk=(a + hits) / (a + b + views))
        ends = [betaincinv(a + hits, b + views - hits, q) for q in (0.025, 0.975)]
        counts = counts.assign(low=ends[0], high=ends[1], ranked=views >= ENOUGH)
        tables.append(counts.sort_values(["shrunk", "photo"], ascending=[False, True])[list(COLUMNS)])
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))


def fit_beta(hits: Floats, views: Floats) -> tuple[float, float]:
    """Return the beta law under which the counts are most likely.

    Args:
        hits: (K,) successes, 0..views.
        views: (K,) at least 1.
    """
    mean = (hits.sum() + 0.5) / (views.sum() + 1)

    def unlikely(at: Floats) -> float:
        a, b = _law(at)
        return -float(np.sum(betaln(hits + a, views - hits + b) - betaln(a, b)))

    starts = [np.array([logit(mean), np.log(precision)]) for precision in (2.0, 20.0, 1000.0)]
    edges = [(-15.0, 15.0), (np.log(0.01), np.log(LARGEST))]
    fits = [minimize(unlikely, start, method="L-BFGS-B", bounds=edges) for start in starts]
    return _law(min(fits, key=lambda fit: float(fit.fun)).x)


def _law(at: Floats) -> tuple[float, float]:
    share, precision = float(expit(at[0])), float(np.exp(at[1]))
    return share * precision, (1 - share) * precision
