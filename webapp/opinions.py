"""What people said as a column of the leaderboard: fool rates with ranks, and differences on shared resamples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy.orm import Session

from evalsuite.contest import Matches, standings
from evalsuite.styles import LABELED_REAL
from webapp.keeping import kept
from webapp.queries.differences import Difference
from webapp.queries.fooling import Fooled, Told, told_apart
from webapp.queries.records import Cell, Cells, Metric

FOOL_RATE = "fool_rate"
"""What papers' records call the share of people who took the output for the photo."""
PEOPLE = Metric(
    0, FOOL_RATE, LABELED_REAL, "fraction", "higher", "people",
    "The share of people who took the output for the photo, in the newest study of the method that may be seen.",
)  # fmt: skip
"""What people said, as if it were a metric; no row of the database has its key."""
Z95 = 1.959963984540054
Pairs = Mapping[tuple[int, int], tuple[Told, int]]
"""(entry, entry) of one study to what it says of them, and 1, or -1 where it has them the other way round."""


def people_ranked(session: Session, found: Mapping[int, Fooled]) -> tuple[Pairs, Cells]:
    """What studies say of two of these methods, and where each stands."""

    def ranked() -> tuple[Pairs, Cells]:
        pairs = pairs_of(session, found)
        return pairs, people_cells(found, pairs)

    return kept(session, "people ranked", tuple(found), ranked)


def people_cells(found: Mapping[int, Fooled], pairs: Pairs) -> Cells:
    """(entry, PEOPLE) to fool rate and rank; `photos_more` counts people."""
    rates = list(found.values())
    shape = (len(rates), len(rates))
    n, difference, error, p = (np.full(shape, np.nan) for _ in range(4))
    for i, one in enumerate(rates):
        for k, other in enumerate(rates):
            if (one.entry, other.entry) not in pairs:
                continue
            told, sign = pairs[one.entry, other.entry]
            n[i, k], difference[i, k] = min(one.participants, other.participants), sign * told.value
            if told.p is not None:
                p[i, k] = told.p
            if told.these is not None:
                error[i, k] = (told.these[1] - told.these[0]) / (2 * Z95)
    ranked = standings([rate.value for rate in rates], Matches(n, difference, error, p), PEOPLE.better)
    return {
        (rate.entry, PEOPLE.id): Cell(
            rate.value, *rate.new, None, rate.participants, at.place, at.lo, at.hi, at.group, at.p_next, at.photos_more
        )
        for rate, at in zip(rates, ranked, strict=True)
    }


def pairs_of(session: Session, found: Mapping[int, Fooled]) -> Pairs:
    """What studies say of two of their methods."""
    pairs: dict[tuple[int, int], tuple[Told, int]] = {}
    studies = {(rate.study_id, rate.synthetic) for rate in found.values()}
    for study in studies:
        entries = {rate.condition: key for key, rate in found.items() if (rate.study_id, rate.synthetic) == study}
        for told in told_apart(session, *study):
            if told.a in entries and told.b in entries:
                pairs[entries[told.a], entries[told.b]] = told, 1
                pairs[entries[told.b], entries[told.a]] = told, -1
    return pairs


def people_differences(
    keys: Sequence[int], base: int, found: Mapping[int, Fooled], pairs: Pairs
) -> dict[tuple[int, int], Difference]:
    """(entry, PEOPLE) to its fool rate less that of `base`; of different studies only the two values are known."""
    apart: dict[tuple[int, int], Difference] = {}
    for key in keys:
        if key == base or key not in found or base not in found:
            continue
        apart[key, PEOPLE.id] = Difference(0, found[key].value - found[base].value)
        if (key, base) in pairs:
            told, sign = pairs[key, base]
            lo, hi = sorted(sign * end for end in told.new) if told.new else (None, None)
            n = min(found[key].participants, found[base].participants)
            apart[key, PEOPLE.id] = Difference(n, sign * told.value, lo, hi, told.p, "two-way bootstrap")
    return apart
