"""Colorful Image Colorization: classification over 313 ab bins with class rebalancing, decoded to ab.

Source: Zhang, Isola, Efros, ECCV 2016, arXiv 1603.08511; layout of the state dict, decoding and normalisation as in
github.com/richzhang/colorization, colorizers/eccv16.py: softmax of the logits, then the stored 1 x 1 convolution, in
which the release's temperature is folded; ab / 110 at a quarter of the size, upsampled bilinearly.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from evalsuite.bins import ab_bins
from evalsuite.colorizers.release import AB_SCALE, Recipe, block, network_input
from evalsuite.contracts import Batch, Colorizer, Distribution, Setting, Weights
from evalsuite.weights import find, load_state

BINS = 313


class ECCV16(nn.Module):
    """The network; its state dict has the keys and shapes of colorization_release_v2-9b330a0b.pth.

    Example:
        The paper's Table 1 gives 129 MB of parameters.

        >>> with torch.device("meta"):
        ...     network = ECCV16()
        >>> round(sum(p.numel() for p in network.parameters()) * 4 / 1e6)
        129
    """

    def __init__(self) -> None:
        super().__init__()
        self.model1 = nn.Sequential(*block([1, 64, 64], stride=2))
        self.model2 = nn.Sequential(*block([64, 128, 128], stride=2))
        self.model3 = nn.Sequential(*block([128, 256, 256, 256], stride=2))
        self.model4 = nn.Sequential(*block([256, 512, 512, 512]))
        self.model5 = nn.Sequential(*block([512, 512, 512, 512], dilation=2))
        self.model6 = nn.Sequential(*block([512, 512, 512, 512], dilation=2))
        self.model7 = nn.Sequential(*block([512, 512, 512, 512]))
        up = nn.ConvTranspose2d(512, 256, 4, stride=2, padding=1)
        rest = block([256, 256, 256], relu_first=True, norm=False)
        self.model8 = nn.Sequential(up, *rest, nn.Conv2d(256, BINS, 1))
        self.model_out = nn.Conv2d(BINS, 2, 1, bias=False)

    def logits(self, lightness: Tensor) -> Tensor:
        """(N, 1, 256, 256) in -0.5..0.5 to logits over the bins, (N, 313, 64, 64)."""
        x = lightness
        for i in range(1, 9):
            x = self.get_submodule(f"model{i}")(x)
        return x

    def forward(self, lightness: Tensor) -> Tensor:
        """(N, 1, 256, 256) in -0.5..0.5 to ab (N, 2, 256, 256) in Lab units."""
        ab = self.model_out(self.logits(lightness).softmax(dim=1)) * AB_SCALE
        return interpolate(ab, scale_factor=4, mode="bilinear", align_corners=False)


WEIGHTS = Weights(
    file="colorization_release_v2-9b330a0b.pth",
    url="https://colorizers.s3.us-east-2.amazonaws.com/colorization_release_v2-9b330a0b.pth",
    sha256="9b330a0bae53f4ded77b1e23defbf78beaa09c10ebc4c4999e8e4f4a160b93f9",
)


def distribution_of(network: ECCV16, device: torch.device) -> Callable[[Batch], Distribution]:
    """Give the distribution over the 313 bins behind the network's colors."""
    return lambda batch: Distribution(network.logits(network_input(batch.L)), ab_bins(device))


def _network(setting: Setting) -> ECCV16:
    with torch.device("meta"):
        network = ECCV16()
    return load_state(network, find(WEIGHTS, setting.weights)).to(setting.device)


def _load(setting: Setting) -> Recipe:
    return Recipe(_network(setting))


def _distribution(setting: Setting) -> Callable[[Batch], Distribution]:
    return distribution_of(_network(setting), setting.device)


COLORIZER = Colorizer(
    name="eccv16",
    title="Zhang et al. 2016",
    load=_load,
    paper="Zhang, Isola, Efros: Colorful Image Colorization, ECCV 2016",
    url="https://github.com/richzhang/colorization",
    licence="BSD-2-Clause",
    weights=WEIGHTS,
    distribution=_distribution,
    # ctest10k: row "Ours (full)" of the paper's Table 1, cells other than top-1 and the fool rate quoted from memory
    # of it; ctest10k_1000: 1000 of these photos, Zhang et al. 2017, likewise; the rest: row "CIC" of DDColor's Table 1
    # (Kang et al., ICCV 2023), whose columns were made with different crops and perhaps checkpoints.
    reported={
        "ctest10k": {
            "params_mb": 129,
            "activations_mb": 142,
            "runtime_ms": 22.1,
            "auc": 0.895,
            "auc_rebalanced": 0.673,
            "top1_vgg16": 0.560,
            "fool_rate": 0.323,
        },
        "ctest10k_1000": {"psnr_rgb": 22.04},
        "val5k": {"fid_ct2": 8.72, "colorfulness_abs": 31.60, "delta_colorfulness": 6.61, "psnr_rgb": 22.64},
        "val50k": {"fid_ct2": 19.17, "colorfulness_abs": 43.92, "delta_colorfulness": 4.83, "psnr_rgb": 20.86},
        "cocostuff_val5k": {"fid_ct2": 27.88, "colorfulness_abs": 33.84, "delta_colorfulness": 4.40, "psnr_rgb": 22.73},
        "ade20k_val2k": {"fid_ct2": 15.31, "colorfulness_abs": 31.92, "delta_colorfulness": 3.12, "psnr_rgb": 23.14},
    },
    cite="zhang2016colorful",
)
