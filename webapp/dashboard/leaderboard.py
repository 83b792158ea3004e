"""The leaderboard of a dataset: methods x metrics, with intervals, ranks that are sure, and what papers report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from sqlalchemy.orm import Session

from evalsuite.errors import UserError
from evalsuite.styles import STYLES
from webapp.opinions import PEOPLE
from webapp.page import Answer, Asked, Page, Parameter, Shorter
from webapp.parameters import names, one_of, whole
from webapp.queries.boards import SHOWN, entries, find_board, metrics, values
from webapp.queries.fooling import Fooled, fooled
from webapp.queries.records import Entry, Metric, cited
from webapp.rows import rows
from webapp.tabulation import Chosen, headings, records, tabulate, typeset

PER_PAGE = 100
COLUMNS = 6


def answer(asked: Asked) -> Answer:
    """Rank the methods of a dataset."""
    session, wanted = asked.session, asked.values
    board, others = find_board(session, asked.parts["dataset"], wanted["at"])
    everyone = entries(session, board)
    people = fooled(session, [entry.id for entry in everyone])
    known = metrics(session, board) | ({PEOPLE.name: PEOPLE} if people else {})
    columns = headings(known, _chosen(asked, known), wanted["style"])
    by = _by(known, wanted["by"], [metric for _, metric in columns])
    named = [entry for entry in everyone if wanted["q"].lower() in entry.label.lower()]
    ordered = _ordered(named, by, _values(session, named, by, people))
    start = next((k + 1 for k, entry in enumerate(ordered) if entry.id == wanted["after"]), 0)
    shown = tuple(ordered[start : start + PER_PAGE])
    pin = _pin(everyone, wanted["pin"])
    table = tabulate(session, Chosen(board, tuple(everyone), shown, tuple(columns), by, pin, people))
    more = start + PER_PAGE < len(ordered)
    data = {
        "dataset": {"id": board.dataset_id, **board.shown}, "ranked_by": by and by.name,
        "pinned": table.pin and table.pin.id, "methods": len(ordered),
    }  # fmt: skip
    context = {
        "table": table, "rows": rows(table, asked), "others": others, "metrics": known, "styles": STYLES,
        "next_page": shown[-1].id if more else None, "shown": [metric for _, metric in columns],
        "people": people and by == PEOPLE,
    } if asked.form == "html" else {}  # fmt: skip
    cite = cited(shown)
    caption = f"Ranked by {by.title}." if by else ""
    typeset_later = partial(typeset, table, caption)
    return Answer(f"Leaderboard of {board.dataset}", data, partial(records, table), context, typeset_later, cite)


def _chosen(asked: Asked, known: Mapping[str, Metric]) -> list[str]:
    """The metrics asked for, or the usual ones: forms name those that they were filled with."""
    wanted: Sequence[str] = asked.values["m"]
    for name in wanted:
        if name not in known:
            raise UserError(f"Leaderboard: m: no metric {name!r} on this board. It has {', '.join(known)}.")
    first = [name for name in SHOWN if name in known]
    people = [PEOPLE.name] if PEOPLE.name in known else []
    rest = [name for name in known if name not in (*first, *people)]
    usual = [*people, *first, *rest][:COLUMNS]
    if wanted and set(wanted) == set(usual) and asked.form == "html":
        raise Shorter(asked.here(m=None))
    return list(wanted) or usual


def _by(known: Mapping[str, Metric], name: str, shown: Sequence[Metric]) -> Metric | None:
    if name and name not in known:
        raise UserError(f"Leaderboard: by: no metric {name!r} on this board. It has {', '.join(known)}.")
    if name:
        return known[name]
    ranking = [metric for metric in shown if metric.better and metric != PEOPLE]  # few methods are ever shown to people
    return next(iter([*ranking, *shown]), None)


def _pin(everyone: Sequence[Entry], key: int | None) -> Entry | None:
    found = next((entry for entry in everyone if entry.id == key), None)
    if key is not None and found is None:
        raise UserError(f"Leaderboard: pin: no method has key {key} on this board. Use the page's own links.")
    return found


def _values(
    session: Session, found: Sequence[Entry], by: Metric | None, people: Mapping[int, Fooled]
) -> Mapping[int, float]:
    if by == PEOPLE:
        return {key: rate.value for key, rate in people.items()}
    return values(session, [entry.id for entry in found], by.id) if by else {}


def _ordered(found: Sequence[Entry], by: Metric | None, value: Mapping[int, float]) -> list[Entry]:
    """Best first; without a direction the highest first; those without a value last."""
    sign = 1 if by and by.better == "lower" else -1
    return sorted(found, key=lambda entry: (entry.id not in value, sign * value.get(entry.id, 0.0), entry.id))


PAGE = Page(
    name="leaderboard",
    path="/leaderboard/{dataset}",
    title="Leaderboard",
    answer=answer,
    parameters=(
        Parameter("at", "how photos were brought to size", str),
        Parameter("style", "a paper's columns", one_of(*STYLES), "default"),
        Parameter("m", "metrics", names, many=True),
        Parameter("by", "the metric that ranks", str),
        Parameter("pin", "the method that others are compared with", whole),
        Parameter("q", "part of a method's name", str),
        Parameter("after", "the last method of the page before", whole),
    ),
    forms=("html", "json", "csv", "tex", "bib"),
)
