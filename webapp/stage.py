"""The table and the pictures of a photo's page as HTML: a row and a picture per method."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

from webapp.page import Asked

DIGITS = 10
"""Pictures that a digit calls."""


def score_rows(
    asked: Asked, table: Sequence[Mapping[str, Any]], current: int, on_stage: Collection[int], people: Mapping[int, str]
) -> Markup:
    """Make a row per method: its scores, the best of each metric bold, and how many people it fooled.

    Args:
        asked: The page, to link to it with another method on the stage.
        table: Per row its entry and the texts of its cells, each with whether it is the best.
        current: The entry that is on the stage.
        on_stage: The entries that have a picture.
        people: Entry to how many people it fooled, empty where nobody was asked.
    """
    made = []
    for row in table:
        key, name = row["entry"].id, escape(row["entry"].label)
        named = f'<a href="{escape(asked.here(a=key))}">{name}</a>' if key in on_stage else name
        cells = "".join([f"<td><b>{text}</b></td>" if best else f"<td>{text}</td>" for text, best in row["cells"]])
        told = f"<td>{people.get(key, '')}</td>" if people else ""
        opening = '<tr class="new">' if key == current else "<tr>"
        made.append(f'{opening}<th scope="row">{named}</th>{cells}{told}</tr>\n')
    return Markup("".join(made))


def picture(one: Mapping[str, Any], side: int | None, key: str = "") -> Markup:
    """Make a picture, at its full size where that is one for all photos."""
    size = f' width="{side}" height="{side}"' if side else ""
    name = f' id="{key}"' if key else ""
    return Markup(f'<img{name} src="{escape(one["address"])}" alt="{escape(one["label"])}"{size}>')


def picture_list(asked: Asked, pictures: Sequence[Mapping[str, Any]], side: int | None) -> Markup:
    """Make an item per picture: a method's goes on the stage, the photo becomes the reference, the rest opens alone."""
    made = []
    for place, one in enumerate(pictures):
        key, digit = one["entry"], f"<kbd>{place}</kbd> " if place < DIGITS else ""
        address = asked.here(a=key) if key > 0 else asked.here(b=key) if key == 0 else one["address"]
        frame = f'<a href="{escape(address)}" class="frame">{picture(one, side)}</a>'
        told = f"<figcaption>{digit}{escape(one['label'])}</figcaption>"
        made.append(f'<li><figure data-picture="{key}">{frame}{told}</figure></li>\n')
    return Markup("".join(made))
