"""The audit of studies in which people color: does anything that a browser gets tell the true colors?

There is no real photo to be told from a fake, so nothing is classified. What could spoil the study is color that leaks:
simulated novices take a copy of it over HTTP, and every image that they are sent must be gray in every pixel, and carry
nothing but pixels.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from evalsuite.db import make_engine, session_scope, upgrade
from turk.colorist import Colorist
from turk.crowd import KINDS
from turk.novice import Novice
from turk.own_site import Site, own_site
from turk.png import chunks
from turk.simulate import eyes
from turk.studies import insert_study
from turk.study import Stimulus, Study
from turk.true_colors import true_colors
from turk.visitor import See, Visit, Visitor
from turk.wire import Wire

SESSIONS = 4
"""Two couples: both conditions of some photos."""
PIXELS_ONLY = {"IHDR", "IDAT", "IEND"}


@dataclass(frozen=True, slots=True)
class GrayAudit:
    """What an audit found.

    Attributes:
        sessions: How many were taken.
        images: How many different images were received.
        faults: What tells of colors, in sentences.
    """

    sessions: int
    images: int
    faults: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """What the study keeps; there is no AUC where nothing is judged."""
        kept = {"sessions": self.sessions, "images": self.images, "faults": list(self.faults)}
        return {"kind": "gray", **kept, "passed": not self.faults}


def audit_gray(study: Study, folder: Path, told: Callable[[int], object] = id) -> GrayAudit:
    """Take a copy of a study on a site of its own and look at all images.

    Args:
        study: As it was frozen.
        folder: Its files.
        told: Called with the number of each session when it is through.

    Raises:
        UserError: The site does not answer, or shows images of another study.
    """
    received: dict[bytes, Stimulus] = {}
    with tempfile.TemporaryDirectory(prefix="audit-") as work:
        url = f"sqlite:///{work}/audit.db"
        engine = make_engine(url)
        upgrade(engine)
        with session_scope(engine) as session:
            insert_study(session, study, folder).recruiter = "link"
        engine.dispose()
        see = _noting(eyes(study), received)
        with own_site(url) as site:
            for number in range(SESSIONS):
                _take(study, folder, site, number, see)
                told(number)
    return judged(received, SESSIONS)


def judged(received: dict[bytes, Stimulus], sessions: int) -> GrayAudit:
    """Judge the images that browsers received."""
    faults = sorted({fault for data, stimulus in received.items() for fault in _faults(data, stimulus)})
    return GrayAudit(sessions, len(received), tuple(faults))


def _noting(see: See, received: dict[bytes, Stimulus]) -> See:
    def noting(data: bytes) -> Stimulus:
        return received.setdefault(data, see(data))

    return noting


def _take(study: Study, folder: Path, site: Site, number: int, see: See) -> None:
    novice = Novice(true_colors(study, folder), (study.seed, number))
    query = {"id": f"audit-{number}"}
    visitor = Visitor(study.name, "audit", query, site.key, KINDS["psychometric"], Colorist(novice), (number,), see)
    visit = Visit(visitor, Wire(site.url))
    try:
        visit.enter()
        visit.take()
    finally:
        visit.wire.close()


def _faults(data: bytes, stimulus: Stimulus) -> list[str]:
    kinds = {kind for kind, _ in chunks(data)}
    with Image.open(io.BytesIO(data)) as image:
        pixels = np.array(image.convert("RGB")).astype(np.int16)
    found = []
    if np.ptp(pixels, axis=2).any():
        found.append(f"{stimulus.photo}: the image that participants get has colors")
    if kinds - PIXELS_ONLY:
        found.append(f"{stimulus.photo}: the file has more than pixels ({', '.join(sorted(kinds - PIXELS_ONLY))})")
    return found
