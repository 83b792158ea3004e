"""What forms choose from as HTML: long lists of methods."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from markupsafe import Markup

from webapp.queries.records import Entry


def options(entries: Iterable[Entry], chosen: Entry | None, without: Entry | None = None) -> Markup:
    """List methods, one of them chosen, without one that cannot be."""
    key, left_out = chosen and chosen.id, without and without.id
    return Markup(
        "".join(
            [
                f'<option value="{entry.id}"{" selected" if entry.id == key else ""}>{escape(entry.label)}</option>'
                for entry in entries
                if entry.id != left_out
            ]
        )
    )
