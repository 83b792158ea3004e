"""The rows of a leaderboard as HTML: hundreds of cells, each a number, its interval and a whisker."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from evalsuite.contracts import Better
from evalsuite.typesetting import DASH
from webapp.charts.whiskers import whisker
from webapp.numbers import Printed
from webapp.opinions import PEOPLE
from webapp.queries.differences import Difference
from webapp.queries.fooling import Fooled
from webapp.queries.records import Cell, Entry
from webapp.tabulation import Heading, Tabulated

SEEN = {
    "target": "sees the photo",
    "hints": "is told colors",
    "reference": "gets a reference",
    "output": "made elsewhere",
}
NONE = Markup(f"<td>{DASH}</td>")


@dataclass(frozen=True)
class Row:
    """A method's row.

    Attributes:
        entry: The method.
        told: What it is told beside the lightness, in words.
        rank: The ranks that it may have.
        n: On how many photos it was scored by the metric that ranks, or how many people ranked it.
        opens: Whether a new group of methods begins here.
        cells: A cell per column, as HTML.
        apart: Whether it is told from the next row, or what would tell it.
    """

    entry: Entry
    told: tuple[str, ...]
    rank: str
    n: str
    opens: bool
    cells: Markup
    apart: str


def rows(table: Tabulated) -> list[Row]:
    """Make the rows."""
    made: list[Row] = []
    group: int | None = None
    of = "people" if table.by == PEOPLE else "photos"
    for entry in table.entries:
        own = table.score(entry, table.by)
        placed = own if own is not None and own.place is not None else None
        opens = placed is not None and group is not None and placed.group != group
        group = placed.group if placed else group
        told = tuple(SEEN.get(seen, seen) for seen in sorted(entry.accepts))
        cells = Markup("".join(_cell(table, entry, column) for column in table.headings))
        made.append(Row(entry, told, _rank(placed), f"{own.n:,}" if own else "", opens, cells, _apart(placed, of)))
    return made


def _rank(score: Cell | None) -> str:
    if score is None:
        return DASH
    return str(score.rank_lo) if score.rank_lo == score.rank_hi else f"{score.rank_lo}{DASH}{score.rank_hi}"


def _apart(score: Cell | None, of: str) -> str:
    if score is None or (score.p_next is None and score.photos_more is None):
        return ""
    if score.photos_more == 0:
        return "apart"
    return f"≈ {score.photos_more:,} {of} more" if score.photos_more else "not told apart"


def _cell(table: Tabulated, entry: Entry, column: Heading) -> Markup:
    score, shown = table.score(entry, column.metric), column.printed
    published = table.reported(entry, column)
    paper = f"<u>published {shown.value(published)}</u>" if published is not None and table.pin is None else ""
    if score is None or score.value is None:
        return Markup(f"<td>{DASH}{paper}</td>")
    apart = table.difference(entry, column.metric)
    if table.pin is not None:
        return NONE if apart is None else _difference(table, shown, apart)
    mark = table.mark(entry, column.metric)
    text = shown.value(score.value)
    value = f"<b>{text}</b>" if mark == "best" else f"{text}†" if mark == "tied" else text
    ends = (score.lo, score.hi)
    line = whisker(score.value, ends, table.domains[shown.metric.id]) if score.lo is not None else ""
    asked = _asked(table.people[entry.id]) if column.metric == PEOPLE else ""
    return Markup(f"<td>{value} <small>{shown.span(ends)}</small>{line}{asked}{paper}</td>")


def _asked(rate: Fooled) -> str:
    """Whom a fool rate comes from."""
    return f"<u>{rate.participants} {'synthetic ones' if rate.synthetic else 'people'}, {rate.trials:,} trials</u>"


def _difference(table: Tabulated, shown: Printed, apart: Difference) -> Markup:
    ends = (apart.lo, apart.hi)
    line = whisker(apart.value, ends, table.domains[shown.metric.id], zero=True) if apart.lo is not None else ""
    mark = sign(apart, shown.metric.better)
    text = f"{mark} {shown.value(apart.value, signed=True)} <small>{shown.span(ends, signed=True)}</small>"
    return Markup(f"<td>{text}{line}</td>")


def sign(apart: Difference, better: Better) -> str:
    """Better or worse by shape, never by color alone."""
    if apart.lo is None:
        return ""
    if not apart.apart:
        return "="
    if better is None:
        return ""
    return "▲" if (apart.value > 0) == (better == "higher") else "▼"
