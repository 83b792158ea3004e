"""The tiles of galleries as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup


def tile(address: str, pictures: Sequence[tuple[str, str]], name: str, text: str, side: int = 160) -> Markup:
    """A photo with its pictures (what they are, where they are), as an item of a list."""
    images = "".join(
        [
            f'<img src="{source}" alt="{(told := escape(shown))}" title="{told}" loading="lazy" decoding="async" '
            f'width="{side}" height="{side}">'
            for shown, source in pictures
        ]
    )
    return Markup(f'<li><a href="{escape(address)}">{images}<span>{escape(name)}</span></a> <b>{escape(text)}</b></li>')
