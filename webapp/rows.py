"""The rows of a leaderboard as HTML: hundreds of cells, each a number, its interval and a whisker."""

from __future__ import annotations

from html import escape

from markupsafe import Markup

from evalsuite.contracts import Better
from evalsuite.typesetting import DASH
from webapp.charts.whiskers import whisker
from webapp.numbers import Printed
from webapp.opinions import PEOPLE
from webapp.page import Asked
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
NONE = f"<td>{DASH}</td>"


def rows(table: Tabulated, asked: Asked) -> Markup:
    """Make a row per method: its ranks, its name, on how many photos or by how many people it was ranked, its cells.

    A rule parts groups of methods; where none is pinned, a row says whether it is told from the next.
    """
    made: list[str] = []
    group: int | None = None
    of = "people" if table.by == PEOPLE else "photos"
    for entry in table.entries:
        own = table.score(entry, table.by)
        placed = own if own is not None and own.place is not None else None
        opens = placed is not None and group is not None and placed.group != group
        group = placed.group if placed else group
        apart = "" if table.pin else f'<td class="next">{_apart(placed, of)}</td>'
        cells = "".join([_cell(table, entry, column) for column in table.headings])
        line = f"<td>{_rank(placed)}</td>\n{_method(table, entry, asked)}\n<td>{f'{own.n:,}' if own else ''}</td>"
        opening = '<tr class="g">' if opens else "<tr>"
        made.append(f"{opening}{line}{apart}{cells}</tr>\n")
    return Markup("".join(made))


def _method(table: Tabulated, entry: Entry, asked: Asked) -> str:
    """The name, which leads to the run, a link that pins the method, and what it is told beside the lightness."""
    name, told = escape(entry.label), ", ".join(SEEN.get(seen, seen) for seen in sorted(entry.accepts))
    pin = escape(asked.here(pin=entry.id))
    link = "" if entry == table.pin else f' <a class="pin" href="{pin}" aria-label="Compare all with {name}">pin</a>'
    run = f'<a href="{asked.to("run", run=entry.run_id)}#e{entry.id}">{name}</a>'
    return f'<th scope="row">{run}{link}{f"<i>{escape(told)}</i>" if told else ""}</th>'


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


def _cell(table: Tabulated, entry: Entry, column: Heading) -> str:
    score, shown = table.score(entry, column.metric), column.printed
    published = table.reported(entry, column)
    paper = f"<u>published {shown.value(published)}</u>" if published is not None and table.pin is None else ""
    if score is None or score.value is None:
        return f"<td>{DASH}{paper}</td>"
    apart = table.difference(entry, column.metric)
    if table.pin is not None:
        return NONE if apart is None else _difference(table, shown, apart)
    mark = table.mark(entry, column.metric)
    text = shown.value(score.value)
    value = f"<b>{text}</b>" if mark == "best" else f"{text}†" if mark == "tied" else text
    ends = (score.lo, score.hi)
    line = whisker(score.value, ends, table.domains[shown.metric.id]) if score.lo is not None else ""
    asked = _asked(table.people[entry.id]) if column.metric == PEOPLE else ""
    return f"<td>{value} <small>{shown.span(ends)}</small>{line}{asked}{paper}</td>"


def _asked(rate: Fooled) -> str:
    """Whom a fool rate comes from."""
    return f"<u>{rate.participants} {'synthetic ones' if rate.synthetic else 'people'}, {rate.trials:,} trials</u>"


def _difference(table: Tabulated, shown: Printed, apart: Difference) -> str:
    ends = (apart.lo, apart.hi)
    line = whisker(apart.value, ends, table.domains[shown.metric.id], zero=True) if apart.lo is not None else ""
    mark = sign(apart, shown.metric.better)
    text = f"{mark} {shown.value(apart.value, signed=True)} <small>{shown.span(ends, signed=True)}</small>"
    return f"<td>{text}{line}</td>"


def sign(apart: Difference, better: Better) -> str:
    """Better or worse by shape, never by color alone."""
    if apart.lo is None:
        return ""
    if not apart.apart:
        return "="
    if better is None:
        return ""
    return "▲" if (apart.value > 0) == (better == "higher") else "▼"
