"""The gallery of a dataset: photos in the order of a score, or of the difference of two methods."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from evalsuite.errors import UserError
from evalsuite.thumbnails import resize_of, target_key
from webapp.numbers import Printed, printed
from webapp.page import Answer, Asked, Page, Parameter
from webapp.parameters import cursor, one_of, whole
from webapp.pictures import thumbnail_address
from webapp.queries.boards import Board, Entry, Metric, entries, find_board, metrics, preferred
from webapp.queries.differences import vectors
from webapp.queries.photos import Floats, Photo, labelled, matching, outputs, page_of, photos_at

PER_PAGE = 48


@dataclass(frozen=True)
class View:
    """What a gallery shows: a method's scores, or how much better they are than another's."""

    board: Board
    a: Entry
    b: Entry | None
    metric: Metric
    scores: Mapping[int, Floats]

    @property
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
    shown = printed(view.metric, [float(np.nanmean(scores)) for scores in view.scores.values()])
    tiles = _tiles(session, asked, view, [photos[position] for position in order.positions.tolist()], shown)
    data = {
        "dataset": {"id": board.dataset_id, **board.shown}, "metric": view.metric.name, "order": wanted["order"],
        "a": view.a.name, "b": view.b and view.b.name, "photos": order.total, "first": order.first, "rows": tiles,
    }  # fmt: skip
    rows = [{key: tile[key] for key in ("photo", "class", "a", "b", "difference")} for tile in tiles]
    context = {
        "view": view, "order": order, "entries": everyone, "metrics": known, "shown": shown, "per_page": PER_PAGE,
        "labelled": labelled(session, board.dataset_id),
    }  # fmt: skip
    return Answer(f"Gallery of {board.dataset}", data, rows, context)


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
    scores = vectors(session, [entry.id for entry in (a, b) if entry], metric.id)
    if len(scores) < 1 + (b is not None):
        names = " and ".join(entry.label for entry in (a, b) if entry)
        raise NotFound(f"{names} have no {metric.title} for single photos. Choose another metric or method.")
    return View(board, a, b, metric, scores)


def _tiles(session: Session, asked: Asked, view: View, photos: list[Photo], shown: Printed) -> list[dict[str, Any]]:
    methods = [entry for entry in (view.a, view.b) if entry]
    made = outputs(session, [entry.id for entry in methods], [photo.id for photo in photos])
    resize = resize_of(view.board.shown)
    return [
        {
            "photo": photo.name, "class": photo.label, "address": _photo_address(asked, view, photo),
            "real": thumbnail_address(target_key(photo.sha256, resize)),
            "outputs": [
                thumbnail_address(made[e.id, photo.id]) if (e.id, photo.id) in made else None for e in methods
            ],
            "a": _score(view.scores[view.a.id], photo), "b": _score(view.scores[view.b.id], photo) if view.b else None,
            "difference": _score(view.values, photo) if view.b else None,
            "texts": [shown.value(_score(view.scores[entry.id], photo)) for entry in methods],
        }
        for photo in photos
    ]  # fmt: skip


def _photo_address(asked: Asked, view: View, photo: Photo) -> str:
    at = asked.texts.get("at")
    return asked.to("photo", photo=photo.id, at=at, a=view.a.id, b=view.b.id if view.b else None)


def _score(scores: Floats, photo: Photo) -> float | None:
    value = float(scores[photo.position])
    return value if np.isfinite(value) else None


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
