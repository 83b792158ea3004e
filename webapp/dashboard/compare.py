"""Two or more methods of a dataset against the first: differences, curves, colors, and where they differ most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from evalsuite.errors import UserError
from evalsuite.typesetting import p_value
from webapp import curves
from webapp.comparing import Pair, colors, ends_of, hints, histograms
from webapp.contrasting import Line, lines, records, typeset
from webapp.page import Answer, Asked, Form, Page, Parameter
from webapp.parameters import whole, wholes
from webapp.queries.boards import cells, entries, find_board, metrics_of, preferred
from webapp.queries.curves import Curves, compared
from webapp.queries.records import Entry, Metric, cited
from webapp.rows import sign
from webapp.tiles import tile

PHOTOS = 24
"""Photos that are listed, of two methods half on each side, of more fewer: numbers take their room."""
MOST = 4
"""Methods that one page, and one reader, can hold."""


def answer(asked: Asked) -> Answer:
    """Compare methods with the first of them."""
    session, wanted = asked.session, asked.values
    board, _ = find_board(session, asked.parts["dataset"], wanted["at"])
    everyone = entries(session, board)
    chosen = _chosen(everyone, wanted["e"])
    if len(chosen) < 2:
        sentence = "One method alone cannot be compared. Import a run with another on the same photos."
        return Answer(f"Comparison on {board.dataset}", {"methods": []}, tuple, {"alone": sentence})
    keys = [entry.id for entry in chosen]
    known = metrics_of(session, keys)
    found = lines(session, chosen, known, cells(session, keys, [metric.id for metric in known.values()]))
    metric = _metric(known, wanted["m"])
    other = _other(chosen, wanted["of"])
    ends = ends_of(asked, Pair(board, other, chosen[0], metric), PHOTOS // len(chosen)) if metric else []
    cumulative = compared(session, keys)
    methods = [{"entry": entry.id, "colorizer": entry.name, "run": entry.run} for entry in chosen]
    data = {
        "dataset": {"id": board.dataset_id, **board.shown},
        "methods": methods,
        "differ_most": {"colorizer": other.name, "photos": ends},
        "curves": curves.numbers(cumulative, chosen) if asked.form == "json" else None,
    }
    context = {} if asked.form != "html" else {
        "sign": sign, "tile": tile, "p_value": p_value, "board": board, "everyone": everyone, "chosen": chosen,
        "lines": found,
        "metrics": known, "metric": metric, "other": other, "ends": ends,
        "histograms": histograms(session, chosen, metric) if metric else [],
        **curves.charts(cumulative, chosen), **colors(session, chosen),
        "hints": hints(session, everyone, chosen, known),
        "shown": next((line.printed for line in found if line.metric == metric), None),
    }  # fmt: skip
    cite = cited(chosen)
    title = " and ".join(entry.label for entry in chosen) if len(chosen) == 2 else f"{len(chosen)} methods"
    typeset_later = partial(typeset, board, chosen, found)
    rows = partial(_rows, asked.form, chosen, found, cumulative)
    return Answer(f"{title} on {board.dataset}", data, rows, context, typeset_later, cite)


def _rows(
    form: Form, chosen: Sequence[Entry], found: Sequence[Line], cumulative: Curves | None
) -> list[dict[str, Any]]:
    """A record per contrast; CSV, which has no other place for them, goes on with the points of the curves."""
    made = records(chosen, found)
    if form != "csv":
        return made
    return [row | {"threshold": None} for row in made] + curves.records(cumulative, chosen)


def _chosen(everyone: Sequence[Entry], keys: Sequence[int]) -> list[Entry]:
    known = {entry.id: entry for entry in everyone}
    for key in keys:
        if key not in known:
            raise UserError(f"Compare: e: no method has key {key} here. Use the page's own links.")
    if len(keys) > MOST:
        raise UserError(f"Compare: e: at most {MOST} methods; got {len(keys)}. Leave some out.")
    if keys:
        return [known[key] for key in keys]
    candidates = [entry for entry in everyone if entry.candidate]
    return candidates[-2:] if len(candidates) > 1 else list(everyone[-2:])


def _other(chosen: Sequence[Entry], key: int | None) -> Entry:
    for entry in chosen[1:]:
        if key in (None, entry.id):
            return entry
    raise UserError(f"Compare: of: {key} is none of the methods after the first. Use the page's own links.")


def _metric(known: Mapping[str, Metric], name: str) -> Metric | None:
    if name and name not in known:
        raise UserError(f"Compare: m: no metric {name!r} here. There are {', '.join(known)}.")
    return known[name] if name else preferred(known)


PAGE = Page(
    name="compare",
    path="/compare/{dataset}",
    title="Compare",
    answer=answer,
    parameters=(
        Parameter("at", "how photos were brought to size"),
        Parameter("e", "methods, the first is the base", wholes, many=True),
        Parameter("m", "the metric of histograms and photos"),
        Parameter("of", "the method whose photos are shown", whole),
    ),
    forms=("html", "json", "csv", "tex", "bib"),
)
