"""A photo: what every method made of it, beside the truth and what they were given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from evalsuite.errors import UserError
from evalsuite.thumbnails import resize_of, target_key
from evalsuite.typesetting import Cell, Table
from webapp.numbers import printed
from webapp.opinions import PEOPLE
from webapp.page import Answer, Asked, Page, Parameter
from webapp.parameters import whole
from webapp.pictures import output_address, target_address
from webapp.queries.boards import SHOWN, entries, find_board, metrics
from webapp.queries.fooling import Counted, fooled, rates_of_photo
from webapp.queries.photos import Photo, outputs, photo_of, photos_at, scores_of
from webapp.queries.records import Board, Entry, Metric, cited
from webapp.stage import picture, picture_list, score_rows

REAL, GRAY = 0, -1
"""What stands in a method's place on the stage: the photo, and its lightness."""
COLUMNS = 5
ALTERED = 1.0
"""Rounding to 8 bits moves lightness by some tenths of a Lab unit; more is the method's doing."""


def answer(asked: Asked) -> Answer:
    """Show a photo with all its colorizations."""
    session = asked.session
    photo = photo_of(session, asked.parts["photo"])
    if photo is None:
        raise NotFound(f"There is no photo {asked.parts['photo']}. Find it in a gallery.")
    board, others = find_board(session, photo.dataset_id, asked.values["at"])
    everyone = entries(session, board)
    scores = scores_of(session, photo.id, [entry.id for entry in everyone])
    known = {name: metric for name, metric in metrics(session, board).items() if any(name == m for _, m in scores)}
    people = rates_of_photo(session, photo.name, fooled(session, [entry.id for entry in everyone]))
    pictures = _pictures(session, photo, board, everyone)
    chosen = {one["entry"]: one for one in pictures}
    data = {
        "photo": {"id": photo.id, "name": photo.name, "class": photo.label, "sha256": photo.sha256},
        "dataset": {"id": board.dataset_id, **board.shown}, "pictures": pictures,
    }  # fmt: skip
    current = _chosen(chosen, asked.values["a"], "a", _first(pictures, everyone))
    told, side = {key: _told(counted) for key, counted in people.items()}, board.size or None
    context = {
        "photo": photo, "board": board, "others": others, "side": side, "picture": picture, "current": current,
        "reference": _chosen(chosen, asked.values["b"], "b", chosen[REAL]), "columns": _columns(known),
        "people": bool(people),
        "rows": score_rows(asked, _table(everyone, known, scores), current["entry"], set(chosen), told),
        "listed": picture_list(asked, pictures, side),
        "altered": [entry.label for entry in everyone if scores.get((entry.id, "l_shift"), 0) > ALTERED],
        "color": asked.to("color", run=everyone[-1].run_id, photo=photo.id),
        "beside": photos_at(session, photo.dataset_id, [photo.position - 1, photo.position + 1]),
    }  # fmt: skip
    cite = cited(everyone)
    typeset_later = partial(_typeset, f"Photo {photo.name} of {board.dataset}", everyone, known, scores)
    said = {(key, PEOPLE.name): counted.shrunk for key, counted in people.items()}
    records = partial(_records, everyone, [*known, *([PEOPLE.name] if said else [])], scores | said)
    return Answer(f"Photo {photo.name}", data, records, context, typeset_later, cite)


def _records(
    everyone: Sequence[Entry], known: Sequence[str], scores: Mapping[tuple[int, str], float]
) -> list[dict[str, Any]]:
    """A record per method and metric."""
    return [
        {"colorizer": entry.name, "run": entry.run, "metric": name, "value": scores[entry.id, name]}
        for entry in everyone for name in known if (entry.id, name) in scores
    ]  # fmt: skip


def _told(counted: Counted) -> str:
    """How many of how many took it for the photo, and the rate drawn toward the method's own."""
    shown = printed(PEOPLE, [counted.shrunk])
    rate = f"{shown.value(counted.shrunk)} {shown.span((counted.low, counted.high))}"
    return f"{counted.fooled} of {counted.views}, {rate}"


def _pictures(session: Session, photo: Photo, board: Board, everyone: Sequence[Entry]) -> list[dict[str, Any]]:
    """The photo, its lightness and what methods made of it, in that order; digits call the first ten."""
    key, run = target_key(photo.sha256, resize_of(board.shown)), everyone[-1].run_id
    found: list[dict[str, Any]] = [
        {"entry": REAL, "label": "Photo", "address": target_address(run, photo.id, key)},
        {"entry": GRAY, "label": "What methods get", "address": target_address(run, photo.id, key, "gray")},
    ]
    made = outputs(session, [entry.id for entry in everyone], [photo.id])
    for entry in everyone:
        if (entry.id, photo.id) in made and "target" not in entry.accepts:
            address = output_address(entry.id, photo.id, made[entry.id, photo.id])
            found.append({"entry": entry.id, "label": entry.label, "address": address})
    return found


def _first(pictures: Sequence[dict[str, Any]], everyone: Sequence[Entry]) -> dict[str, Any]:
    """The method that the page begins with: the newest that is no baseline."""
    candidates = {entry.id for entry in everyone if entry.candidate}
    shown = [one for one in pictures if one["entry"] in candidates]
    return shown[-1] if shown else pictures[-1]


def _chosen(
    pictures: Mapping[int, dict[str, Any]], key: int | None, name: str, otherwise: dict[str, Any]
) -> dict[str, Any]:
    if key is None:
        return otherwise
    if key not in pictures:
        raise UserError(f"Photo: {name}: no picture of this photo has key {key}. Use the page's own links.")
    return pictures[key]


def _columns(known: Mapping[str, Metric]) -> list[Metric]:
    usual = [known[name] for name in SHOWN if name in known]
    return [*usual, *(metric for metric in known.values() if metric not in usual)][:COLUMNS]


def _table(
    everyone: Sequence[Entry], known: Mapping[str, Metric], scores: Mapping[tuple[int, str], float]
) -> list[dict[str, Any]]:
    """A row per method, the best of each metric marked."""
    rows: list[dict[str, Any]] = [{"entry": entry, "cells": []} for entry in everyone]
    for metric in _columns(known):
        values = [scores.get((entry.id, metric.name)) for entry in everyone]
        shown = printed(metric, values)
        rivals = [v for e, v in zip(everyone, values, strict=True) if v is not None and "target" not in e.accepts]
        best = (max if metric.better == "higher" else min)(rivals) if rivals and metric.better else None
        for row, value in zip(rows, values, strict=True):
            row["cells"].append((shown.value(value), value is not None and value == best))
    return rows


def _typeset(
    caption: str, everyone: Sequence[Entry], known: Mapping[str, Metric], scores: Mapping[tuple[int, str], float]
) -> Table:
    """The same for a paper."""
    heads = (printed(metric, [scores.get((entry.id, metric.name)) for entry in everyone]).head
             for metric in _columns(known))  # fmt: skip
    rows = [
        (row["entry"].label, tuple(Cell(text, "", "best" if best else "") for text, best in row["cells"]))
        for row in _table(everyone, known, scores)
    ]
    return Table(caption, ("Method", *heads), tuple(rows), ("Bold: the best on this photo.",))


PAGE = Page(
    name="photo",
    path="/photo/{photo}",
    title="Photo",
    answer=answer,
    parameters=(
        Parameter("at", "how photos were brought to size"),
        Parameter("a", "the method on the stage", whole),
        Parameter("b", "what it is compared with", whole),
    ),
    forms=("html", "json", "csv", "tex", "bib"),
)
