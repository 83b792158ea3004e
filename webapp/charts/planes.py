"""Maps of the ab plane: which colors occur, and how right they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

import numpy as np
from markupsafe import Markup, escape
from numpy.typing import NDArray

from webapp.srgb import lab_of

REACH = 115
SECTORS = 90
LEVELS = 9
"""Steps of the color scale; each is one path, so that a map of two thousand cells stays small."""


def histogram_map(counts: NDArray[np.int64], cell: int, title: str) -> Markup:
    """Draw how often colors occur, on a logarithmic scale, with the outline of what sRGB can show."""
    top = max(int(counts.max()), 1)
    levels = np.ceil(LEVELS * np.log1p(counts) / np.log1p(top)).astype(int)
    half = counts.shape[0] // 2
    found = {(int(a) - half, int(b) - half): int(levels[a, b]) for a, b in zip(*np.nonzero(counts), strict=True)}
    return _plane(found, cell, f"{title}; the most common color has {top:,} pixels")


def value_map(points: Sequence[tuple[int, int]], values: Iterable[float], title: str) -> Markup:
    """Draw a share per ab bin; bins without pixels stay empty."""
    known = {(a // 10, b // 10): v for (a, b), v in zip(points, values, strict=True) if np.isfinite(v)}
    return _plane({place: 1 + min(LEVELS - 1, int(LEVELS * v)) for place, v in known.items()}, 10, title)


def scale(low: str, high: str) -> Markup:
    """The color scale of maps, from low to high."""
    swatches = "".join(f'<path class="h{level}" d="M{level - 1} 0h1"/>' for level in range(1, LEVELS + 1))
    drawn = f'<svg class="scale" viewBox="0 -0.5 {LEVELS} 1" aria-hidden="true">{swatches}</svg>'
    return Markup(f'<p class="quiet">{escape(low)} {drawn} {escape(high)}</p>')


def outline() -> Markup:
    """The outline of what sRGB can show, once for all maps of a page."""
    path = "L".join(f"{a:.0f} {-b:.0f}" for a, b in gamut())
    return Markup(f'<svg class="hidden" aria-hidden="true"><path id="gamut" class="ax" d="M{path}Z"/></svg>')


def _plane(levels: Mapping[tuple[int, int], int], cell: int, title: str) -> Markup:
    """Draw levels by place (a, b), counted in cells: a to the right and b upward, neighbors of a level as one line."""
    runs: dict[int, list[str]] = {}
    for (a, b), level in levels.items():
        if levels.get((a - 1, b)) != level:
            end = a + 1
            while levels.get((end, b)) == level:
                end += 1
            runs.setdefault(level, []).append(f"M{a} {-b}h{end - a}")
    shapes = "".join(f'<path class="h{level}" d="{"".join(found)}"/>' for level, found in sorted(runs.items()))
    axes = f'<path class="gr" d="M-{REACH} 0H{REACH}M0 -{REACH}V{REACH}"/>'
    names = f'<text x="{REACH - 4}" y="-4" text-anchor="end">a</text><text x="4" y="{10 - REACH}">b</text>'
    box = f'viewBox="-{REACH} -{REACH} {2 * REACH} {2 * REACH}"'
    return Markup(
        f'<svg class="plane" {box} role="img"><title>{escape(title)}</title>{axes}'
        f'<g transform="scale({cell}) translate(-.5)">{shapes}</g><use href="#gamut"/>{names}</svg>'
    )


@cache
def gamut() -> tuple[tuple[float, float], ...]:
    """The outline of the colors of sRGB in the ab plane, whatever their lightness: the farthest in each direction."""
    steps = np.linspace(0, 1, 65)
    face = np.stack(np.meshgrid([0.0, 1.0], steps, steps, indexing="ij"), -1).reshape(-1, 3)
    cube = np.concatenate([np.roll(face, k, axis=1) for k in range(3)])
    _, a, b = lab_of(cube).T
    sector = np.floor((np.arctan2(b, a) + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    far = [max(np.flatnonzero(sector == k), key=lambda i: a[i] ** 2 + b[i] ** 2, default=None) for k in range(SECTORS)]
    return tuple((float(a[i]), float(b[i])) for i in far if i is not None)
