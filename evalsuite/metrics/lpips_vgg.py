"""Learned perceptual distance (LPIPS) through VGG-16.

Source: as lpips_alex, with the lpips package's net=vgg. Papers mix the two in one table: they are not comparable. It
costs 23 times the arithmetic of AlexNet's, and 32 MB of features per target of 256 x 256.

Example:
    >>> import torch
    >>> from evalsuite.contracts import Setting
    >>> from evalsuite.views import Pair, View
    >>> view = View(torch.zeros(1, 3, 16, 16, dtype=torch.uint8))
    >>> measure = METRIC.load(Setting(torch.device("cpu")))
    >>> measure(Pair(view, view))["value"].item()
    0.0
"""

from __future__ import annotations

from dataclasses import replace

from evalsuite.metrics import lpips_alex

METRIC = replace(
    lpips_alex.METRIC,
    name="lpips_vgg",
    title="LPIPS (VGG)",
    source="Zhang et al. 2018, https://github.com/richzhang/PerceptualSimilarity, version 0.1, net=vgg",
    definition=(
        "LPIPS version 0.1 through torchvision's VGG-16 (vgg16-397923af) on the 8-bit RGB pixels at their own size, "
        "mapped to -1..1; the mean over photos."
    ),
    load=lpips_alex.loader("vgg"),
    default=False,
)
