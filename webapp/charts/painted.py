"""A gray photo with the points that somebody set on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

RING = 5


@dataclass(frozen=True)
class Mark:
    """A point as it is drawn: its number on the page, its center and the side of its patch in pixels, its color."""

    point: int
    x: int
    y: int
    size: int
    color: str


def painted(photo: str, side: int, marks: Sequence[Mark], names: Mapping[int, str]) -> Markup:
    """Draw the photo of that address, and over it each patch in its color, ringed; names are read out and on hover."""
    body = f'<image href="{escape(photo)}" width="{side}" height="{side}"/>'
    for mark in marks:
        corner = mark.size / 2
        patch = f'x="{mark.x + 0.5 - corner:g}" y="{mark.y + 0.5 - corner:g}" width="{mark.size}" height="{mark.size}"'
        center = f'cx="{mark.x + 0.5:g}" cy="{mark.y + 0.5:g}"'
        body += (
            f'<g><title>{escape(names[mark.point])}</title><rect fill="{mark.color}" {patch}/>'
            f'<circle {center} r="{RING}" fill="{mark.color}" stroke="#000" stroke-width="3"/>'
            f'<circle {center} r="{RING}" fill="none" stroke="#fff" stroke-width="1.5"/></g>'
        )
    title = f"The gray photo with {len(marks)} point{'' if len(marks) == 1 else 's'}"
    return Markup(f'<svg class="painted" viewBox="0 0 {side} {side}" role="img"><title>{title}</title>{body}</svg>')
