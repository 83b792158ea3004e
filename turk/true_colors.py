"""What simulated novices remember: the true colors of a study's photos. Only for commands: it loads tensors."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from evalsuite.recoloring import ab_of
from turk import hosting
from turk.novice import TrueColors
from turk.study import REAL, Study


def true_colors(study: Study, folder: Path) -> TrueColors:
    """Read colors from a study's folder, each photo once."""

    @cache
    def colors(photo: str) -> NDArray[np.float32]:
        with Image.open(io.BytesIO(hosting.read(folder, study.stimuli[REAL][photo]))) as image:
            return ab_of(np.array(image.convert("RGB")))

    return colors
