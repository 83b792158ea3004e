"""No color: ab = 0 everywhere, the baseline that PSNR favors."""

from __future__ import annotations

from torch import Tensor

from evalsuite.contracts import Batch, Colorize, Colorizer, Setting


def _colorize(batch: Batch) -> Tensor:
    """Return zeros, (N, 2, H, W)."""
    n, _, height, width = batch.L.shape
    return batch.L.new_zeros((n, 2, height, width))


def _load(setting: Setting) -> Colorize:
    return _colorize


COLORIZER = Colorizer(
    name="gray",
    title="Gray",
    load=_load,
    # ctest10k: Zhang et al. 2016, Table 1; top-1 is verified, the AuC cells are quoted from memory of it.
    # ctest10k_1000: Zhang et al. 2017, likewise.
    reported={
        "ctest10k": {"auc": 0.891, "auc_rebalanced": 0.580, "top1_vgg16": 0.527},
        "ctest10k_1000": {"psnr_rgb": 22.82},
    },
)
