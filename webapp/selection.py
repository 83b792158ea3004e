"""A selection of photos: whose outputs, in which order, of which class and name; what galleries and judges show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotFound

from evalsuite.errors import UserError
from webapp.opinions import PEOPLE
from webapp.page import Asked, Parameter
from webapp.parameters import cursor, one_of, whole
from webapp.queries.boards import entries, find_board, metrics, preferred
from webapp.queries.differences import vectors
from webapp.queries.fooling import Fooled, PhotoRates, fooled, photo_rates
from webapp.queries.photos import Floats, Kept, Order, matching, page_of
from webapp.queries.records import Board, Entry, Metric
from webapp.standout import SETS, standout

SELECTION = (
    Parameter("at", "how photos were brought to size"),
    Parameter("a", "a method", whole),
    Parameter("b", "a method to compare with", whole),
    Parameter("m", "a metric, or what people said"),
    Parameter("label", "a class", whole),
    Parameter("q", "a part of a photo's name"),
)
ORDER = Parameter("order", "worst or best first", one_of("worst", "best"), "worst")
AFTER = Parameter("after", "where the page before ended", cursor)
TRUTH = ("ciede2000", "lpips_alex", "psnr_rgb", "auc")
"""What says how far from the truth an output is, the first that there is."""


@dataclass(frozen=True)
class Selection:
    """What is selected from: a method's scores, or how much better they are than another's.

    Attributes:
        board: The dataset.
        everyone: All its methods.
        metrics: Name to metric, with what people said where it is known.
        a: The method.
        b: The method that it is compared with, if any.
        by: What photos are ordered by; its name is one of SETS for photos that stand out.
        scores: (entry, metric) to the scores by photo.
        far: What says how far from the truth an output is, for photos that stand out.
        asked: Entry to its study.
        rates: Entry to how often its photos fooled people.
        kept: The positions of photos of the class and name.
    """

    board: Board
    everyone: Sequence[Entry]
    metrics: Mapping[str, Metric]
    a: Entry
    b: Entry | None
    by: Metric
    kept: Kept
    scores: Mapping[tuple[int, int], Floats] = field(default_factory=dict)
    far: Metric | None = None
    asked: Mapping[int, Fooled] = field(default_factory=dict)
    rates: Mapping[int, PhotoRates] = field(default_factory=dict)

    @cached_property
    def values(self) -> Floats:
        """What photos are ordered by."""
        if self.by.name in SETS and self.far is not None:
            return standout(self.by.name, self.rates[self.a.id], self.scores[self.a.id, self.far.id], self.far.better)
        own = self.of(self.a)
        return own if self.b is None else own - self.of(self.b)

    def of(self, entry: Entry) -> Floats:
        """A method's own values by photo."""
        if self.by.name == PEOPLE.name:
            return self.rates[entry.id].shrunk
        return self.scores[entry.id, (self.far or self.by).id]

    @property
    def chosen(self) -> dict[str, Entry]:
        """The methods, as parameters call them."""
        return {name: entry for name, entry in (("a", self.a), ("b", self.b)) if entry}

    def order(self, order: str, after: tuple[float, int] | None, size: int) -> Order:
        """A page of the selection."""
        best_up = self.by.better != "lower"
        return page_of(self.values, (order == "best") == best_up or self.by.name in SETS, after, size, self.kept)


def select_photos(asked: Asked, known_to_people: bool = False) -> Selection:
    """Read what a page's parameters select.

    Args:
        asked: A page with the parameters of SELECTION.
        known_to_people: Whether to begin with a method that a study asked about, where nobody chose one.

    Raises:
        UserError: There is no such method or metric.
        NotFound: The methods have no such scores for single photos.
    """
    session, wanted = asked.session, asked.values
    board, _ = find_board(session, asked.parts["dataset"], wanted["at"])
    everyone, known = entries(session, board), metrics(session, board)
    studies = fooled(session, [entry.id for entry in everyone])
    known = known | ({one.name: one for one in (PEOPLE, *SETS.values())} if studies else {})
    # Outputs of old photos without a truth have scores that are neither good nor bad.
    by = known.get(wanted["m"]) if wanted["m"] else preferred(known) or next(iter(known.values()), None)
    if by is None:
        raise UserError(f"{asked.page.title}: m: no metric {wanted['m']!r} here. There are {', '.join(known)}.")
    a = _entry(asked, everyone, "a") or _first(everyone, studies if known_to_people or by.kind == PEOPLE.kind else {})
    b = _entry(asked, everyone, "b")
    kept = matching(session, board.dataset_id, wanted["label"], wanted["q"])
    chosen = Selection(board, everyone, known, a, None if b == a else b, by, kept, asked=studies)
    return _of_people(session, chosen) if by.kind == PEOPLE.kind else _of_metric(session, chosen)


def _entry(asked: Asked, everyone: Sequence[Entry], name: str) -> Entry | None:
    key = asked.values.get(name)
    found = next((entry for entry in everyone if entry.id == key), None)
    if key and found is None:
        raise UserError(f"{asked.page.title}: {name}: no method has key {key} here. Use the page's own links.")
    return found


def _first(everyone: Sequence[Entry], studies: Mapping[int, Any]) -> Entry:
    """The newest method that is no baseline, of those that people saw where people are asked."""
    shown = [entry for entry in everyone if entry.id in studies] or everyone
    return next((entry for entry in reversed(shown) if entry.candidate), shown[-1])


def _of_metric(session: Session, chosen: Selection) -> Selection:
    names = " and ".join(entry.label for entry in chosen.chosen.values())
    found = vectors(session, [entry.id for entry in chosen.chosen.values()], [chosen.by.id])
    if len(found) < len(chosen.chosen):
        raise NotFound(f"{names} have no {chosen.by.title} for single photos. Choose another metric or method.")
    return _with(chosen, scores=found)


def _of_people(session: Session, chosen: Selection) -> Selection:
    asked = [entry for entry in chosen.chosen.values() if entry.id not in chosen.asked]
    if asked:
        known = ", ".join(entry.label for entry in chosen.everyone if entry.id in chosen.asked)
        raise NotFound(f"{asked[0].label} was in no study whose results may be seen. These were: {known}.")
    board = chosen.board
    rates = {entry.id: photo_rates(session, board.dataset_id, board.images, chosen.asked[entry.id])
             for entry in chosen.chosen.values()}  # fmt: skip
    if chosen.by.name not in SETS:
        return _with(chosen, rates=rates)
    for name in TRUTH:
        metric = chosen.metrics.get(name)
        found = vectors(session, [entry.id for entry in chosen.chosen.values()], [metric.id]) if metric else {}
        if len(found) == len(chosen.chosen):
            return _with(chosen, rates=rates, scores=found, far=metric)
    raise NotFound(f"Nothing says how far photos of {chosen.a.label} are from the truth: no {' and no '.join(TRUTH)}.")


def _with(chosen: Selection, **changes: Any) -> Selection:
    return Selection(**{**vars(chosen), **changes})


def fool_counts(chosen: Selection, positions: Sequence[int]) -> list[dict[str, Any]]:
    """Per photo how often each method fooled people, for records of it."""
    return [
        {f"{what}_{name}": getattr(rate, what) if rate else None
         for name, entry in chosen.chosen.items() if entry.id in chosen.rates
         for rate in (chosen.rates[entry.id].counted.get(position),)
         for what in ("fooled", "views", "shrunk", "low", "high")}
        for position in positions
    ]  # fmt: skip


def finite(value: Any) -> float | None:
    """A number, None where there is none."""
    return float(value) if np.isfinite(value) else None
