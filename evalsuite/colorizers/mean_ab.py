"""One color for all: the mean ab over the dataset's photos.

The mean comes from the photos that are scored, so this is a floor for constant guesses and no honest method.
"""

from __future__ import annotations

import torch
from torch import Tensor

from evalsuite.contracts import Batch, Colorize, Colorizer, Setting
from evalsuite.errors import UserError


def _load(setting: Setting) -> Colorize:
    if setting.survey is None:
        raise UserError("mean_ab: the mean ab comes from a survey of the dataset; got none. Pass Setting.survey.")
    mean = torch.as_tensor(setting.survey.mean_ab, dtype=torch.float32, device=setting.device).reshape(1, 2, 1, 1)

    def colorize(batch: Batch) -> Tensor:
        n, _, height, width = batch.L.shape
        return mean.expand(n, 2, height, width)

    return colorize


COLORIZER = Colorizer(name="mean_ab", title="Mean color", load=_load, needs_survey=True)
