"""The study's own task on one's own machine, with photos of a gallery; nothing of it is sent, kept or counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np
from werkzeug.exceptions import NotFound

from evalsuite.errors import UserError
from evalsuite.thumbnails import resize_of, target_key
from turk.registry import protocol
from turk.study import REAL, Stimulus, Trial
from turk.texts import read_templates
from webapp.page import Answer, Asked, Page, Parameter
from webapp.parameters import one_of, whole
from webapp.pictures import output_address, target_address
from webapp.queries.fooling import Counted, Fooled, photo_rates, record_of
from webapp.queries.photos import Photo, outputs, photos_at, without_truth
from webapp.selection import AFTER, SELECTION, Selection, select_photos

TASKS = ("zhang2016", "side_by_side")
TRIALS = 20
MOST = 100
SPARE = 4
"""One photo more for every so many trials: exposures that failed are replaced by fresh pairs."""
TEXTS = (
    "progress", "progress_label", "continue", "again_hidden", "device_too_small", "device_retry", "leave",
    "stage_label", "picture_left", "picture_right", "choice_left", "choice_right", "question_which_is_fake",
    "offline_title", "offline_text",
)  # fmt: skip
"""The participants' texts that the stage shows."""


def answer(asked: Asked) -> Answer:
    """Lay out the pairs, and what people said of them.

    Raises:
        NotFound: The method colored photos of which nobody has the truth.
    """
    view, count = select_photos(asked, known_to_people=True), _count(asked.values["n"])
    if without_truth(asked.session, view.a.run_id):
        raise NotFound(
            f"The photos of {view.board.dataset} have no truth (--no-reference), so that nothing real is there to tell "
            "a fake from. A study can ask which colors look natural: protocol: naturalness, rating or pairwise."
        )
    positions = _positions(asked, view, count + count // SPARE)
    photos = photos_at(asked.session, view.board.dataset_id, positions)
    rows = _pairs(asked, view, [photos[position] for position in positions])
    crowd = _crowd(asked, view.asked.get(view.a.id))
    data = {
        "dataset": {"id": view.board.dataset_id, **view.board.shown}, "method": view.a.name, "task": asked.values["p"],
        "trials": min(count, len(rows)), "crowd": crowd,
    }  # fmt: skip
    context = {
        "view": view, "board": view.board, "texts": _texts(), "rows": rows,
        "judge": {**data, "label": view.a.label, "screen": _screen(asked.values["p"]), "pool": rows},
        "tasks": {name: protocol(name).title for name in TASKS},
    } if asked.form == "html" else {}  # fmt: skip
    return Answer(f"Judge {view.a.label} on {view.board.dataset}", data, lambda: rows, context)


def _count(wanted: int | None) -> int:
    if wanted is None or not 1 <= wanted <= MOST:
        raise UserError(f"Judge: n: 1 to {MOST} trials; got {wanted}. Choose a number between.")
    return wanted


def _positions(asked: Asked, view: Selection, count: int) -> list[int]:
    """The first photos of the gallery's order, or a sample that is the same for everybody who has the address."""
    if asked.values["order"] != "random":
        return [int(position) for position in view.order(asked.values["order"], asked.values["after"], count).positions]
    known = np.arange(view.board.images) if view.kept is None else np.sort(view.kept)
    drawn = np.random.default_rng(asked.values["sample"] or 0).permutation(known)
    return [int(position) for position in drawn[:count]]


def _pairs(asked: Asked, view: Selection, photos: Sequence[Photo]) -> list[dict[str, Any]]:
    """A record per photo: both pictures, and how often people were fooled by it."""
    made = outputs(asked.session, [view.a.id], [photo.id for photo in photos])
    resize, said = resize_of(view.board.shown), _said(asked, view)
    return [
        {
            "photo": photo.name,
            "address": asked.to("photo", photo=photo.id, at=asked.texts.get("at"), a=view.a.id),
            "real": target_address(view.a.run_id, photo.id, target_key(photo.sha256, resize)),
            "fake": output_address(view.a.id, photo.id, made[view.a.id, photo.id]),
            "fooled": counted.fooled if counted else None, "views": counted.views if counted else None,
        }
        for photo in photos if (view.a.id, photo.id) in made
        for counted in (said.get(photo.position),)
    ]  # fmt: skip


def _said(asked: Asked, view: Selection) -> Mapping[int, Counted]:
    rate = view.asked.get(view.a.id)
    return photo_rates(asked.session, view.board.dataset_id, view.board.images, rate).counted if rate else {}


def _crowd(asked: Asked, rate: Fooled | None) -> dict[str, Any] | None:
    """What people said of the method in its newest study that may be seen."""
    if rate is None:
        return None
    found = record_of(asked.session, rate.study_id, rate.synthetic).get("pairs", ())
    own: Mapping[str, Any] = next((row for row in found if row["condition"] == rate.condition), {})
    keys = ("d_prime", "d_prime_low", "d_prime_high")
    return {
        "study": rate.study, "synthetic": rate.synthetic, "participants": rate.participants, "trials": rate.trials,
        "fool_rate": rate.value, "low": rate.new[0], "high": rate.new[1], **{key: own.get(key) for key in keys},
    }  # fmt: skip


def _screen(name: str) -> dict[str, Any]:
    """What the stage is told of a trial of the protocol at its defaults."""
    known = protocol(name)
    trial = Trial("test", (Stimulus("photo", "method"), Stimulus("photo", REAL)), (0, 1))
    return asdict(known.screen(trial, {key: one.default for key, one in known.parameters.items()}))


@cache
def _texts() -> dict[str, str]:
    found = read_templates(locales=("en",))["en"]
    return {name: found[name] for name in TEXTS} | {"leave": "Stop (Escape)"}


PAGE = Page(
    name="judge",
    path="/judge/{dataset}",
    title="Judge",
    answer=answer,
    parameters=(
        *(parameter for parameter in SELECTION if parameter.name != "b"),
        Parameter("order", "random photos, or the gallery's ends", one_of("random", "worst", "best"), "random"),
        AFTER,
        Parameter("sample", "which random photos", whole, "1"),
        Parameter("n", "how many trials", whole, str(TRIALS)),
        Parameter("p", "the task", one_of(*TASKS), TASKS[0]),
    ),
)
