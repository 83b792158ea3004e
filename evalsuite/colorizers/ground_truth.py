"""The photo's own ab: the ceiling of every metric."""

from __future__ import annotations

from torch import Tensor

from evalsuite.contracts import Batch, Colorize, Colorizer, Setting
from evalsuite.errors import UserError


def _colorize(batch: Batch) -> Tensor:
    """Return the targets' ab, (N, 2, H, W) in Lab units."""
    if batch.target is None:
        raise UserError("ground_truth: a batch holds its targets; got none. Pass Batch.target.")
    return batch.target.ab


def _load(setting: Setting) -> Colorize:
    return _colorize


COLORIZER = Colorizer(
    name="ground_truth",
    title="Ground truth",
    load=_load,
    accepts=("L", "target"),
    # ctest10k: Zhang et al. 2016, Table 1 (AuC 1 and 50% hold by definition). The others: colorfulness of the photos as
    # implied by every row of DDColor's Table 1 (Kang et al., ICCV 2023).
    reported={
        "ctest10k": {"auc": 1.0, "auc_rebalanced": 1.0, "top1_vgg16": 0.683, "fool_rate": 0.5},
        "val5k": {"colorfulness_abs": 38.21, "delta_colorfulness": 0.0},
        "val50k": {"colorfulness_abs": 39.09, "delta_colorfulness": 0.0},
        "cocostuff_val5k": {"colorfulness_abs": 38.24, "delta_colorfulness": 0.0},
        "ade20k_val2k": {"colorfulness_abs": 35.04, "delta_colorfulness": 0.0},
    },
)
