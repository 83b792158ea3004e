"""A synthetic participant at the study's page."""

from __future__ import annotations

import numpy as np
import pytest

from evalsuite.errors import UserError
from turk.colorist import Colorist
from turk.crowd import KINDS
from turk.novice import Novice
from turk.study import Stimulus
from turk.visitor import Visit, Visitor
from turk.wire import Wire


def test_who_colors_takes_no_trial() -> None:
    novice = Novice(lambda photo: np.zeros((8, 8, 2), np.float32), (0,))
    part = Colorist(novice)
    visitor = Visitor("tiny", "audit", {}, "key", KINDS["psychometric"], part, (0,), lambda data: Stimulus("p", "ours"))
    visit = Visit(visitor, Wire("http://127.0.0.1:9"))
    visit.step = {"name": "trial", "progress": {"done": 0, "total": 4}}

    with pytest.raises(UserError, match="a photo was expected; got a trial"):
        visit.take()
