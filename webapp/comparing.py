"""What a comparison shows beside numbers and curves: histograms, photos that differ most, hints, colors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from sqlalchemy.orm import Session

from evalsuite.bin_grid import bin_centers
from evalsuite.thumbnails import resize_of, target_key
from webapp.charts.axes import LINES
from webapp.charts.histograms import difference_histogram
from webapp.charts.lines import Line, hints_chart, rarity_chart
from webapp.charts.planes import histogram_map, outline, scale, value_map
from webapp.contrasting import extremes
from webapp.hinted import family_of, hint_lines
from webapp.page import Asked
from webapp.pictures import thumbnail_address
from webapp.queries.boards import cells
from webapp.queries.colors import STEP, TARGET, all_colors, by_rarity, colors_of
from webapp.queries.differences import Floats, vectors
from webapp.queries.photos import outputs, photos_at
from webapp.queries.records import Board, Entry, Metric


def histograms(session: Session, chosen: Sequence[Entry], metric: Metric) -> list[tuple[Entry, Markup]]:
    """Per method the histogram of its differences from the first."""
    by_photo = {key: found for (key, _), found in vectors(session, [e.id for e in chosen], [metric.id]).items()}
    if chosen[0].id not in by_photo:
        return []
    apart = {
        entry.id: found - by_photo[chosen[0].id]
        for entry in chosen[1:]
        if (found := by_photo.get(entry.id)) is not None
    }
    titles = {entry.id: f"{metric.title}: {entry.label} minus {chosen[0].label}" for entry in chosen}
    known = {key: found[np.isfinite(found)] for key, found in apart.items() if np.isfinite(found).any()}
    return [(e, difference_histogram(known[e.id], titles[e.id])) for e in chosen if e.id in known]


@dataclass(frozen=True)
class Pair:
    """A method, the base that it is compared with, and the metric."""

    board: Board
    other: Entry
    base: Entry
    metric: Metric


def ends_of(asked: Asked, pair: Pair, count: int) -> list[list[dict[str, Any]]]:
    """The photos on which a method is the farthest above its base, and those at the other end."""
    found = vectors(asked.session, [pair.other.id, pair.base.id], [pair.metric.id])
    if len(found) < 2:
        return []
    apart = found[pair.other.id, pair.metric.id] - found[pair.base.id, pair.metric.id]
    return [_tiles(asked, pair, apart, end) for end in extremes(apart, count)]


def _tiles(asked: Asked, pair: Pair, apart: Floats, positions: Sequence[int]) -> list[dict[str, Any]]:
    board, both = pair.board, (pair.other, pair.base)
    photos, resize = photos_at(asked.session, board.dataset_id, positions), resize_of(board.shown)
    made = outputs(asked.session, [entry.id for entry in both], [photo.id for photo in photos.values()])
    at = asked.texts.get("at")
    return [
        {
            "photo": photo.name, "difference": float(apart[position]),
            "address": asked.to("photo", photo=photo.id, at=at, a=pair.other.id, b=pair.base.id),
            "pictures": [
                ("Photo", thumbnail_address(target_key(photo.sha256, resize))),
                *((e.label, thumbnail_address(made[e.id, photo.id])) for e in both if (e.id, photo.id) in made),
            ],
        }
        for position in positions
        for photo in (photos[position],)
    ]  # fmt: skip


def hints(
    session: Session, everyone: Sequence[Entry], chosen: Sequence[Entry], known: Mapping[str, Metric]
) -> Markup | None:
    """PSNR against the number of hints, of chosen methods that their run has with several numbers of them."""
    metric = known.get("psnr_rgb")
    if metric is None:
        return None
    families = {family for entry in chosen if (family := family_of(entry))}
    shown = [entry for entry in everyone if entry in chosen or family_of(entry) in families]
    found = hint_lines(shown, cells(session, [entry.id for entry in shown], [metric.id]), metric.id)
    return hints_chart(found[:LINES], f"{metric.title}, {metric.unit}") if found else None


def colors(session: Session, chosen: Sequence[Entry]) -> dict[str, Any]:
    found = all_colors(session, [entry.id for entry in chosen])
    labels = {entry.id: entry.label for entry in chosen}
    real = colors_of(session, chosen[0].id, TARGET)
    maps = [("Photos", histogram_map(real.histogram, STEP, "Colors of the photos"))] if real else []
    maps += [(labels[k], histogram_map(c.histogram, STEP, f"Colors of {labels[k]}")) for k, c in found.items()]
    right = {k: colors for k, colors in found.items() if colors.accuracy is not None}
    accuracy = [(labels[k], value_map(bin_centers(), c.accuracy, f"{labels[k]}, by true color"))
                for k, c in right.items() if c.accuracy is not None]  # fmt: skip
    rare = [Line(labels[k], list(range(1, len(groups) + 1)), groups)
            for k, c in right.items() if len(groups := by_rarity(c)) > 1]  # fmt: skip
    scales = scale("rare", "common"), scale("0", "100%")
    return {
        "outline": outline(),
        "scales": scales,
        "maps": maps,
        "accuracy": accuracy,
        "rare": rarity_chart(rare) if rare else None,
    }
