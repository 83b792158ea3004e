"""A board as a table: chosen methods and metrics, differences from a pinned one, what papers report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.orm import Session

from evalsuite.styles import LABELED_REAL, PAPERS, Column
from evalsuite.typesetting import DASH, Cell, Table, describe
from webapp.keeping import kept
from webapp.numbers import Printed, printed
from webapp.opinions import PEOPLE, people_differences, people_ranked
from webapp.queries.boards import bests, cells
from webapp.queries.differences import Difference, differences, vectors
from webapp.queries.fooling import Fooled
from webapp.queries.records import Board, Cells, Entry, Metric
from webapp.queries.records import Cell as Score


@dataclass(frozen=True)
class Heading:
    """A column: its metric, how it is printed, and what a paper calls it."""

    title: str
    metric: Metric
    printed: Printed

    @property
    def key(self) -> str:
        """What the column is called in addresses and files."""
        return self.metric.name


@dataclass(frozen=True)
class Chosen:
    """What a leaderboard shall show.

    Attributes:
        board: The dataset.
        everyone: All its methods.
        shown: Those of this page, in order.
        columns: Titles and metrics.
        by: The metric that ranks, None where there is none.
        pin: The method that others are compared with.
        people: How often methods fooled people.
    """

    board: Board
    everyone: tuple[Entry, ...]
    shown: tuple[Entry, ...]
    columns: tuple[tuple[str, Metric], ...]
    by: Metric | None
    pin: Entry | None
    people: Mapping[int, Fooled]


@dataclass(frozen=True)
class Tabulated:
    """Everything that a leaderboard shows.

    Attributes:
        board: The dataset.
        entries: The methods, in the order of rows.
        headings: The columns.
        scores: (entry, metric) to value and standing.
        by: The metric that ranks, None where there is none.
        pin: The method that others are compared with.
        differences: (entry, metric) to the difference from the pinned one.
        domains: Metric to the range of its whiskers.
        bests: Metric to the best candidate's key and its group.
        people: How often methods fooled people.
    """

    board: Board
    entries: tuple[Entry, ...]
    headings: tuple[Heading, ...]
    scores: Cells
    by: Metric | None
    pin: Entry | None
    differences: Mapping[tuple[int, int], Difference]
    domains: Mapping[int, tuple[float, float]]
    bests: Mapping[int, tuple[int, int]]
    people: Mapping[int, Fooled]

    def score(self, entry: Entry, metric: Metric | None) -> Score | None:
        """A value, None where there is none."""
        found = self.scores.get((entry.id, metric.id)) if metric else None
        return found if found is not None and found.value is not None else None

    def reported(self, entry: Entry, heading: Heading) -> float | None:
        """What the method's paper reports for this dataset."""
        value = entry.about.get("reported", {}).get(heading.key)
        return None if value is None else float(value)

    def difference(self, entry: Entry, metric: Metric | None) -> Difference | None:
        """How far an entry is from the pinned one."""
        return self.differences.get((entry.id, metric.id)) if metric else None

    def mark(self, entry: Entry, metric: Metric | None) -> Literal["", "best", "tied"]:
        """Whether an entry is the best candidate, or cannot be told from it."""
        best = self.bests.get(metric.id) if metric and entry.candidate else None
        own = self.score(entry, metric) if best else None
        if own is None or best is None:
            return ""
        return "best" if entry.id == best[0] else "tied" if own.group == best[1] else ""


def tabulate(session: Session, chosen: Chosen) -> Tabulated:
    """Read what a leaderboard shows."""
    wanted = {metric.id: metric for metric in [chosen.by, *(metric for _, metric in chosen.columns)] if metric}
    keys = [entry.id for entry in chosen.shown] + ([chosen.pin.id] if chosen.pin else [])
    pairs, ranked = people_ranked(session, chosen.people) if PEOPLE.id in wanted else ({}, {})
    scores = {**cells(session, keys, list(wanted)), **ranked}
    competing = {entry.id for entry in chosen.shown if "target" not in entry.accepts}
    domains = {key: _domain([scores[e, key] for e in competing if (e, key) in scores]) for key in wanted}
    apart: dict[tuple[int, int], Difference] = {}
    if chosen.pin:
        apart = {**_apart(session, keys, list(wanted), scores, ranked)}
        apart |= people_differences(keys, chosen.pin.id, chosen.people, pairs)
        domains = {key: _around([d for (e, m), d in apart.items() if m == key and e in competing]) for key in wanted}
    candidates = [entry for entry in chosen.everyone if entry.candidate]
    best = {**bests(session, candidates, list(wanted)), **_fooling_best(candidates, scores)}
    heads = tuple(_heading(title, metric, scores) for title, metric in chosen.columns)
    return Tabulated(
        chosen.board, chosen.shown, heads, scores, chosen.by, chosen.pin, apart, domains, best, chosen.people
    )


def _apart(
    session: Session, keys: Sequence[int], metric_ids: Sequence[int], scores: Cells, ranked: Cells
) -> Mapping[tuple[int, int], Difference]:
    """Differences from the last of the methods, photo by photo: computed once while scores and fool rates stay."""
    key = (tuple(keys), tuple(metric_ids), tuple(ranked.items()))
    return kept(
        session, "differences", key,
        lambda: differences(session, keys, keys[-1], scores, vectors(session, keys, metric_ids)),
    )  # fmt: skip


def _fooling_best(candidates: Sequence[Entry], scores: Cells) -> dict[int, tuple[int, int]]:
    """Who fooled people best, where two or more tried."""
    ranked = sorted(
        (score.place, entry.id, score.group)
        for entry in candidates
        if (score := scores.get((entry.id, PEOPLE.id))) and score.place is not None and score.group is not None
    )
    return {PEOPLE.id: (ranked[0][1], ranked[0][2])} if len(ranked) > 1 else {}


def headings(metrics: Mapping[str, Metric], chosen: Sequence[str], style: str) -> list[tuple[str, Metric]]:
    """The columns: those of a paper, or the chosen metrics."""
    if style not in PAPERS:
        return [(metrics[name].title, metrics[name]) for name in chosen]
    found: list[tuple[str, Metric]] = []
    for column in PAPERS[style]:
        name = column.filled_by(list(metrics))
        if name is not None:
            found.append((_title(column, metrics[name]), metrics[name]))
        elif column.title == LABELED_REAL:
            found.append((LABELED_REAL, PEOPLE))
    return found


def _title(column: Column, metric: Metric) -> str:
    """As the paper has it, unless another metric stands for the paper's."""
    return column.title if metric.name == column.metrics[0] else metric.title


def _domain(scores: Sequence[Score]) -> tuple[float, float]:
    """The range that holds all values and intervals."""
    edges = [edge for s in scores for edge in (s.value, s.lo, s.hi) if edge is not None]
    return (min(edges), max(edges)) if edges else (0.0, 1.0)


def _around(found: Sequence[Difference]) -> tuple[float, float]:
    """The range that holds all intervals of differences, and 0."""
    edges = [edge for d in found for edge in (d.lo, d.hi) if edge is not None]
    return min([0.0, *edges]), max([0.0, *edges])


def _heading(title: str, metric: Metric, scores: Cells) -> Heading:
    """Choose how a column is printed."""
    return Heading(title, metric, printed(metric, [s.value for (_, key), s in scores.items() if key == metric.id]))


def records(table: Tabulated) -> list[dict[str, Any]]:
    """A record per method and metric, for CSV."""
    return [
        {
            "place": score.place, "rank_lo": score.rank_lo, "rank_hi": score.rank_hi, "tie_group": score.group,
            "colorizer": entry.name, "run": entry.run, "entry": entry.id, "metric": column.key, "n": score.n,
            "value": score.value, "low": score.lo, "high": score.hi, "unit": column.metric.unit,
            "better": column.metric.better, "published": table.reported(entry, column),
            "difference": apart.value if apart else None, "difference_low": apart.lo if apart else None,
            "difference_high": apart.hi if apart else None, "p_next": score.p_next,
            "photos_more": None if column.metric == PEOPLE else score.photos_more,
            "people_more": score.photos_more if column.metric == PEOPLE else None,
        }
        for entry in table.entries
        for column in table.headings
        if (score := table.score(entry, column.metric))
        for apart in (table.difference(entry, column.metric),)
    ]  # fmt: skip


def typeset(table: Tabulated, caption: str) -> Table:
    """The same for a paper."""
    heads = [column.printed.head.replace(column.metric.title, column.title) for column in table.headings]
    rows = [(entry.label, tuple(_cell(table, entry, column) for column in table.headings)) for entry in table.entries]
    notes = ["Bold: the best; dagger: not told from it by paired tests with Holm's correction. Brackets: 95%."]
    if table.pin:
        notes = [f"Differences from {table.pin.label} on shared photos, with 95% intervals."]
    return Table(f"{describe(table.board.shown)}. {caption}", ("Method", *heads), tuple(rows), tuple(notes))


def _cell(table: Tabulated, entry: Entry, column: Heading) -> Cell:
    score, shown = table.score(entry, column.metric), column.printed
    if score is None:
        published = table.reported(entry, column)
        return Cell(DASH if published is None or table.pin else f"{shown.value(published)} (published)")
    apart = table.difference(entry, column.metric)
    if apart is not None:
        return Cell(shown.value(apart.value, signed=True), shown.span((apart.lo, apart.hi), signed=True))
    mark = "" if table.pin else table.mark(entry, column.metric)
    return Cell(shown.value(score.value), shown.span((score.lo, score.hi)), mark)
