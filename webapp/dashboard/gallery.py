"""The gallery of a dataset: photos in the order of a score, of a difference, or of how often people were fooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from evalsuite.thumbnails import resize_of, target_key
from turk.photo_rates import ENOUGH
from webapp.choices import options
from webapp.numbers import Printed, printed
from webapp.opinions import PEOPLE
from webapp.page import Answer, Asked, Page, Parameter
from webapp.parameters import one_of
from webapp.pictures import thumbnail_address
from webapp.queries.photos import Photo, labelled, outputs, photos_at
from webapp.selection import AFTER, ORDER, SELECTION, Selection, finite, fool_counts, select_photos
from webapp.standout import SETS
from webapp.tiles import tile

PER_PAGE = 48


def answer(asked: Asked) -> Answer:
    """Show a page of photos."""
    session, wanted = asked.session, asked.values
    view = select_photos(asked)
    board = view.board
    order = view.order(wanted["order"], wanted["after"], PER_PAGE)
    positions = order.positions.tolist()
    photos = photos_at(session, board.dataset_id, positions)
    found = _records(asked, view, [photos[position] for position in positions])
    data = {
        "dataset": {"id": board.dataset_id, **board.shown}, "metric": view.by.name, "order": wanted["order"],
        "a": view.a.name, "b": view.b and view.b.name, "photos": order.total, "first": order.first,
        "studies": {entry.name: view.asked[entry.id].study for entry in view.chosen.values() if view.rates},
    }  # fmt: skip
    shown = printed(view.far or view.by, [_middle(view, name) for name in view.chosen])
    context = {} if asked.form != "html" else {
        "view": view, "board": board, "records": found, "order": order, "entries": view.everyone, "sets": SETS,
        "tiles": _tiles(view, found, shown, wanted["beside"] == "real"), "metrics": view.metrics, "shown": shown,
        "per_page": PER_PAGE, "labelled": labelled(session, board.dataset_id), "people": view.by.kind == PEOPLE.kind,
        "enough": ENOUGH, "options": options,
    }  # fmt: skip
    return Answer(f"Gallery of {board.dataset}", data, lambda: found, context)


def _middle(view: Selection, name: str) -> float:
    values = view.of(view.chosen[name])
    return float(np.nanmean(values)) if np.isfinite(values).any() else 0.0


def _records(asked: Asked, view: Selection, photos: Sequence[Photo]) -> list[dict[str, Any]]:
    """A record per photo: its scores, and where its pictures are."""
    methods = view.chosen
    made = outputs(asked.session, [entry.id for entry in methods.values()], [photo.id for photo in photos])
    resize, at, b = resize_of(view.board.shown), asked.texts.get("at"), view.b.id if view.b else None
    people = fool_counts(view, [photo.position for photo in photos])
    return [
        {
            "photo": photo.name, "class": photo.label,
            **{name: finite(view.of(entry)[photo.position]) for name, entry in methods.items()}, **counts,
            "address": asked.to("photo", photo=photo.id, at=at, a=view.a.id, b=b),
            "real": thumbnail_address(target_key(photo.sha256, resize)),
            **{f"output_{name}": thumbnail_address(made[entry.id, photo.id]) if (entry.id, photo.id) in made else None
               for name, entry in methods.items()},
        } | _of_order(view, photo)
        for photo, counts in zip(photos, people, strict=True)
    ]  # fmt: skip


def _of_order(view: Selection, photo: Photo) -> dict[str, float | None]:
    """What the photo is ordered by, where that is not the method's own value."""
    if view.by.name in SETS:
        return {view.by.name: finite(view.values[photo.position])}
    return {"difference": finite(view.values[photo.position])} if view.b else {}


def _tiles(view: Selection, records: Sequence[Mapping[str, Any]], shown: Printed, real: bool) -> Markup:
    made = []
    for record in records:
        pictures = [("Photo", record["real"])] if real else []
        for name, entry in view.chosen.items():
            if record[f"output_{name}"]:
                pictures.append((entry.label, record[f"output_{name}"]))
        texts = [_told(view, record, name, shown) for name in view.chosen]
        made.append(tile(record["address"], pictures, record["photo"], " / ".join(texts)))
    return Markup("\n").join(made)


def _told(view: Selection, record: Mapping[str, Any], name: str, shown: Printed) -> str:
    """A method's value, or how often it fooled how many."""
    if not view.rates:
        return shown.value(record[name])
    counted = f"{record[f'fooled_{name}']} of {record[f'views_{name}']}" if record[f"views_{name}"] else "not seen"
    if view.far is not None:
        return f"{counted}, {shown.value(record[name])}"
    ends = (record[f"low_{name}"], record[f"high_{name}"])
    return f"{counted}: {shown.value(record[name])}% {shown.span(ends)}" if record[f"views_{name}"] else counted


PAGE = Page(
    name="gallery",
    path="/gallery/{dataset}",
    title="Gallery",
    answer=answer,
    parameters=(
        *SELECTION[:4],
        ORDER,
        Parameter("beside", "what is shown beside", one_of("real", "nothing"), "real"),
        *SELECTION[4:],
        AFTER,
    ),
)
