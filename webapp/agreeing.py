"""A metric held against people: points of photos, and the photos on which they disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata
from sqlalchemy.orm import Session

from turk.kept import methods_of
from turk.tables import StudyRow
from webapp.queries.differences import Floats, vectors
from webapp.queries.rates import PhotoRate, photos_of_run
from webapp.queries.records import Metric
from webapp.queries.studies import Known


@dataclass(frozen=True)
class Points:
    """A metric's scores and fool rates of photos.

    Attributes:
        rates: A photo of a condition each.
        scores: Its score on the metric, (n,).
    """

    rates: Sequence[PhotoRate]
    scores: Floats

    @property
    def shrunk(self) -> Floats:
        """The fool rates, drawn toward their condition's, (n,)."""
        return np.array([rate.shrunk for rate in self.rates], np.float64)


def points(session: Session, known: Known, rates: Sequence[PhotoRate], metric: Metric) -> Points:
    """Join fool rates with the scores of the study's run, where a photo has both."""
    entries = methods_of(session, StudyRow(run_id=known.run_id))
    shown = {rate.condition for rate in rates} & set(entries)
    found = vectors(session, [entries[name] for name in sorted(shown)], [metric.id])
    photos = photos_of_run(session, known.run_id, (rate.photo for rate in rates))
    kept, scores = [], []
    for rate in rates:
        vector = found.get((entries.get(rate.condition, -1), metric.id))
        if vector is None or rate.photo not in photos:
            continue
        score = vector[photos[rate.photo].position]
        if np.isfinite(score):
            kept.append(rate)
            scores.append(float(score))
    return Points(kept, np.array(scores, np.float64))


def disagreements(found: Points, metric: Metric, count: int) -> Mapping[str, list[int]]:
    """The photos whose ranks among those of their condition differ the most, at each end.

    Returns:
        "fooled, though the metric says bad" and "never believed, though the metric says good" to positions in `found`.
    """
    gaps = np.zeros(len(found.rates))
    conditions = np.array([rate.condition for rate in found.rates])
    sign = {"lower": -1.0, "higher": 1.0}.get(metric.better or "") or _sign(found)
    for name in np.unique(conditions):
        mine = conditions == name
        gaps[mine] = (rankdata(found.shrunk[mine]) - rankdata(sign * found.scores[mine])) / mine.sum()
    ranked = np.array([rate.ranked for rate in found.rates], np.bool_)
    order = [k for k in np.argsort(-gaps, kind="stable").tolist() if ranked[k]]
    return {
        "People are fooled, the metric is not": [k for k in order[:count] if gaps[k] > 0],
        "The metric is content, people are not fooled": [k for k in order[::-1][:count] if gaps[k] < 0],
    }


def _sign(found: Points) -> float:
    """The direction in which a metric that has none goes with people."""
    both = np.stack([found.scores, found.shrunk])
    apart = both - both.mean(1, keepdims=True) if both.size else both
    return -1.0 if float((apart[0] * apart[1]).sum()) < 0 else 1.0
