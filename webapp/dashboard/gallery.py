"""The gallery of a dataset: photos in the order of a score, or of the difference of two methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from evalsuite.errors import UserError
from evalsuite.thumbnails import resize_of, target_key
from webapp.numbers import Printed, printed
from webapp.page import Answer, Asked, Page, Parameter
from webapp.parameters import cursor, one_of, whole
from webapp.pictures import thumbnail_address
from webapp.queries.boards import entries, find_board, metrics, preferred
from webapp.queries.differences import vectors
from webapp.queries.photos import Floats, Photo, labelled, matching, outputs, page_of, photos_at
from webapp.queries.records import Board, Entry, Metric
from webapp.tiles import tile

PER_PAGE = 48


@dataclass(frozen=True)
class View:
    """What a gallery shows: a method's scores, or how much better they are than another's."""

    board: Board
    a: Entry
    b: Entry | None
    metric: Metric
    scores: Mapping[int, Floats]

    @cached_property
    def values(self) -> Floats:
        """What photos are ordered by."""
        own = self.scores[self.a.id]
        return own if self.b is None else own - self.scores[self.b.id]


def answer(asked: Asked) -> Answer:
    """Show a page of photos."""
    session, wanted = asked.session, asked.values
    board, _ = find_board(session, asked.parts["dataset"], wanted["at"])
    everyone, known = entries(session, board), metrics(session, board)
    view = _view(session, board, everyone, known, wanted)
    kept = matching(session, board.dataset_id, wanted["label"], wanted["q"])
    best_up = view.metric.better != "lower"
    order = page_of(view.values, (wanted["order"] == "best") == best_up, wanted["after"], PER_PAGE, kept)
    photos = photos_at(session, board.dataset_id, order.positions.tolist())
    found = _records(session, asked, view, [photos[position] for position in order.positions.tolist()])
    data = {
        "dataset": {"id": board.dataset_id, **board.shown}, "metric": view.metric.name, "order": wanted["order"],
        "a": view.a.name, "b": view.b and view.b.name, "photos": order.total, "first": order.first,
    }  # fmt: skip
    shown = printed(view.metric, [float(np.nanmean(scores)) for scores in view.scores.values()])
    context = {} if asked.form != "html" else {
        "view": view, "records": found, "tiles": _tiles(view, found, shown, wanted["beside"] == "real"), "order": order,
        "entries": everyone, "metrics": known, "shown": shown, "per_page": PER_PAGE,
        "labelled": labelled(session, board.dataset_id),
    }  # fmt: skip
    return Answer(f"Gallery of {board.dataset}", data, lambda: found, context)


def _view(
    session: Session, board: Board, everyone: list[Entry], known: Mapping[str, Metric], wanted: Mapping[str, Any]
) -> View:
    metric = known.get(wanted["m"]) if wanted["m"] else preferred(known)
    if metric is None:
        raise UserError(f"Gallery: m: no metric {wanted['m']!r} here. There are {', '.join(known)}.")
    chosen = {entry.id: entry for entry in everyone}
    for name in ("a", "b"):
        if wanted[name] is not None and wanted[name] not in chosen:
            raise UserError(f"Gallery: {name}: no method has key {wanted[name]} here. Use the page's own links.")
    a = chosen[wanted["a"]] if wanted["a"] else next((e for e in reversed(everyone) if e.candidate), everyone[-1])
    b = chosen[wanted["b"]] if wanted["b"] not in (None, a.id) else None
    found = vectors(session, [entry.id for entry in (a, b) if entry], [metric.id])
    scores = {key: by_photo for (key, _), by_photo in found.items()}
    if len(scores) < 1 + (b is not None):
        names = " and ".join(entry.label for entry in (a, b) if entry)
        raise NotFound(f"{names} have no {metric.title} for single photos. Choose another metric or method.")
    return View(board, a, b, metric, scores)


def _records(session: Session, asked: Asked, view: View, photos: Sequence[Photo]) -> list[dict[str, Any]]:
    """A record per photo: its scores, and where its pictures are."""
    methods = {name: entry for name, entry in (("a", view.a), ("b", view.b)) if entry}
    made = outputs(session, [entry.id for entry in methods.values()], [photo.id for photo in photos])
    resize, at, b = resize_of(view.board.shown), asked.texts.get("at"), view.b.id if view.b else None
    return [
        {
            "photo": photo.name, "class": photo.label,
            **{name: _finite(view.scores[entry.id][photo.position]) for name, entry in methods.items()},
            "address": asked.to("photo", photo=photo.id, at=at, a=view.a.id, b=b),
            "real": thumbnail_address(target_key(photo.sha256, resize)),
            **{f"output_{name}": thumbnail_address(made[entry.id, photo.id]) if (entry.id, photo.id) in made else None
               for name, entry in methods.items()},
        } | ({"difference": _finite(view.values[photo.position])} if view.b else {})
        for photo in photos
    ]  # fmt: skip


def _tiles(view: View, records: Sequence[Mapping[str, Any]], shown: Printed, real: bool) -> Markup:
    made = []
    for record in records:
        pictures = [("Photo", record["real"])] if real else []
        for name, entry in (("a", view.a), ("b", view.b)):
            if entry and record[f"output_{name}"]:
                pictures.append((entry.label, record[f"output_{name}"]))
        text = " / ".join(shown.value(record[name]) for name in ("a", "b") if name in record)
        made.append(tile(record["address"], pictures, record["photo"], text))
    return Markup("\n").join(made)


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


PAGE = Page(
    name="gallery",
    path="/gallery/{dataset}",
    title="Gallery",
    answer=answer,
    parameters=(
        Parameter("at", "how photos were brought to size"),
        Parameter("a", "a method", whole),
        Parameter("b", "a method to compare with", whole),
        Parameter("m", "a metric"),
        Parameter("order", "worst or best first", one_of("worst", "best"), "worst"),
        Parameter("beside", "what is shown beside", one_of("real", "nothing"), "real"),
        Parameter("label", "a class", whole),
        Parameter("q", "a part of a photo's name"),
        Parameter("after", "where the page before ended", cursor),
    ),
)
