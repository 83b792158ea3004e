"""Small studies in which people color, and somebody who walks through them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from sqlalchemy import Engine

from evalsuite.recoloring import grayed
from tests.turk.studies_made import put_study
from turk.hosting import write
from turk.registry import colorings
from turk.study import REAL, Study
from turk.tables import StudyRow

SIZE = 64
CONDITIONS = colorings()["novice2017"].conditions


def make_coloring_study(
    engine: Engine, folder: Path, *, photos: int = 6, state: str = "live", parameters: Mapping[str, Any] | None = None,
    name: str = "paint", texts: Mapping[str, Any] | None = None,
) -> StudyRow:  # fmt: skip
    """Freeze a study of patchy squares and put it into a database: a tutorial photo and four that count by default."""
    named = [f"photo-{k:03d}" for k in range(photos)]
    (folder / "stimuli").mkdir(parents=True, exist_ok=True)
    drawn = {photo: _drawn(k) for k, photo in enumerate(named)}
    real = {photo: write(folder, colored) for photo, (colored, _) in drawn.items()}
    gray = {photo: write(folder, grays) for photo, (_, grays) in drawn.items()}
    known = {key: one.default for key, one in colorings()["novice2017"].parameters.items()}
    study = Study(
        name=name,
        protocol="novice2017",
        parameters=known | {"size": SIZE, "practice": 1, "test": 4} | dict(parameters or {}),
        conditions=CONDITIONS,
        catch=None,
        photos=tuple(named),
        stimuli={REAL: real, **dict.fromkeys(CONDITIONS, gray)},
        participants_per_condition=4,
        recruiter="link",
        reward_usd=Decimal(0),
        texts=texts or {"en": {"consent_version": "v1"}},
        seed=3,
    )
    return put_study(engine, Study.from_json(study.to_json()), folder, state)


def patches(number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Four squares of different color and lightness."""
    rng = np.random.default_rng(number)
    colors = rng.integers(40, 220, (2, 2, 3), np.uint8)
    return np.kron(colors, np.ones((SIZE // 2, SIZE // 2, 1), np.uint8))


@cache
def _drawn(number: int) -> tuple[bytes, bytes]:
    """The PNG of a photo, and of the gray photo."""
    return png(patches(number)), png(grayed(patches(number)))


def png(rgb: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """A PNG of pixels."""
    stream = BytesIO()
    Image.fromarray(rgb).save(stream, "PNG")
    return stream.getvalue()


def place(number: int, at_ms: float, point: int = 0, **changed: Any) -> dict[str, Any]:
    """An event that sets a point."""
    color = {"x": 10, "y": 20, "a": 30.5, "b": -12.25, "source": "palette"}
    return {"number": number, "kind": "place", "point": point, "at_ms": at_ms, **color, **changed}
