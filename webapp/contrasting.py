"""Methods against the first of them: values, paired differences, wins, and the photos that differ most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from evalsuite.stats import holm, wins
from evalsuite.typesetting import Cell, Table, describe, p_value
from webapp.numbers import Printed, printed
from webapp.queries.differences import Difference, Floats, Vectors, differences, vectors
from webapp.queries.records import Board, Cells, Entry, Metric


@dataclass(frozen=True)
class Contrast:
    """A method against the base on a metric.

    Attributes:
        entry: The method.
        difference: Method minus base.
        p_holm: Its p, corrected for all contrasts of the page; None where nothing can be said.
        wins: Photos on which the method is better, the base is, and both are equal; None without scores per photo.
    """

    entry: Entry
    difference: Difference
    p_holm: float | None
    wins: tuple[int, int, int] | None


@dataclass(frozen=True)
class Line:
    """A metric of all methods: how it is printed, their values, and the contrasts of all but the first."""

    metric: Metric
    printed: Printed
    values: tuple[float | None, ...]
    contrasts: tuple[Contrast, ...]


def lines(session: Session, chosen: Sequence[Entry], known: Mapping[str, Metric], scores: Cells) -> list[Line]:
    """Compare all methods with the first, on every metric."""
    keys, metrics = [entry.id for entry in chosen], list(known.values())
    by_photo = vectors(session, keys, [metric.id for metric in metrics])
    found = differences(session, keys, keys[0], scores, by_photo)
    tested = {key: difference.p for key, difference in found.items() if difference.p is not None}
    corrected = dict(zip(tested, holm(list(tested.values())).tolist(), strict=True))
    made = []
    for metric in metrics:
        values = tuple(scores[key, metric.id].value if (key, metric.id) in scores else None for key in keys)
        contrasts = tuple(
            Contrast(entry, found[entry.id, metric.id], corrected.get((entry.id, metric.id)),
                     _wins(by_photo, entry.id, keys[0], metric))
            for entry in chosen[1:]
            if (entry.id, metric.id) in found
        )  # fmt: skip
        made.append(Line(metric, printed(metric, values), values, contrasts))
    return made


def _wins(by_photo: Vectors, key: int, base: int, metric: Metric) -> tuple[int, int, int] | None:
    a, b = by_photo.get((key, metric.id)), by_photo.get((base, metric.id))
    if a is None or b is None:
        return None
    both = np.isfinite(a) & np.isfinite(b)
    return wins(a[both], b[both], metric.better)


def extremes(apart: Floats, count: int) -> tuple[list[int], list[int]]:
    """The positions of so many photos with the largest and with the smallest differences, the farthest first."""
    known = np.flatnonzero(np.isfinite(apart))
    order = known[np.argsort(apart[known], kind="stable")]
    low, high = order[:count], order[::-1][:count]
    return [int(k) for k in high if apart[k] > 0], [int(k) for k in low if apart[k] < 0]


def records(chosen: Sequence[Entry], found: Sequence[Line]) -> list[dict[str, Any]]:
    """A record per contrast, for CSV."""
    return [
        {
            "metric": line.metric.name, "base": chosen[0].name, "colorizer": contrast.entry.name,
            "base_value": line.values[0], "value": line.values[chosen.index(contrast.entry)],
            "n": contrast.difference.n, "difference": contrast.difference.value, "low": contrast.difference.lo,
            "high": contrast.difference.hi, "p": contrast.difference.p, "p_holm": contrast.p_holm,
            "test": contrast.difference.test, "wins": contrast.wins[0] if contrast.wins else None,
            "losses": contrast.wins[1] if contrast.wins else None, "ties": contrast.wins[2] if contrast.wins else None,
            "unit": line.metric.unit, "better": line.metric.better,
        }
        for line in found
        for contrast in line.contrasts
    ]  # fmt: skip


def typeset(board: Board, chosen: Sequence[Entry], found: Sequence[Line]) -> Table:
    """The same for a paper: a line per metric, values and then differences from the first."""
    base = chosen[0].label
    heads = ["Metric", *(entry.label for entry in chosen), *(f"{entry.label} - {base} [95%]" for entry in chosen[1:])]
    rows = []
    for line in found:
        contrasts = {contrast.entry.id: contrast for contrast in line.contrasts}
        cells = [Cell(line.printed.value(value)) for value in line.values]
        cells += [_cell(line, contrasts.get(entry.id)) for entry in chosen[1:]]
        rows.append((line.printed.head, tuple(cells)))
    notes = ("Differences on shared photos. In parentheses p, corrected by Holm for all differences of the table.",)
    return Table(describe(board.shown), tuple(heads), tuple(rows), notes)


def _cell(line: Line, contrast: Contrast | None) -> Cell:
    if contrast is None:
        return Cell("")
    apart = contrast.difference
    p = "" if contrast.p_holm is None else f" ({p_value(contrast.p_holm)})"
    ends = line.printed.span((apart.lo, apart.hi), signed=True)
    return Cell(line.printed.value(apart.value, signed=True), f"{ends}{p}".strip())
