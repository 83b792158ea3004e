"""Real-Time User-Guided Image Colorization: regression of ab, with the hints that are given, or without (automatic).

Source: Zhang, Zhu, Isola, Geng, Lin, Yu, Efros, SIGGRAPH 2017, arXiv 1705.02999; layout of the state dict and
normalisation as in github.com/richzhang/colorization, colorizers/siggraph17.py. The input has four channels:
lightness, hinted a and b (over 110), and the mask of hints (0 or 1); the last three are 0 where nothing is given. The
release computes its decoder twice, with the same result.

The head of classes has 23 x 23 ab bins of step 10 from -110 on, a before b, as colorization-pytorch numbers them
(index = 23 a + b). The paper recommends colors from it with logits scaled by 0.2.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from evalsuite.colorizers.release import AB_SCALE, Recipe, block, hint_input, network_input
from evalsuite.contracts import Batch, Colorizer, Distribution, Setting, Weights
from evalsuite.weights import find, load_state

SIDE = 23
CLASSES = SIDE * SIDE
"""ab bins of the distribution head, which is trained and stored but not needed for the colors."""
SOFTNESS = 0.2


class SIGGRAPH17(nn.Module):
    """The network; its state dict has the keys and shapes of siggraph17-df00044c.pth.

    Example:
        Intel's Open Model Zoo counts 34.05 million parameters without the distribution head.

        >>> with torch.device("meta"):
        ...     network = SIGGRAPH17()
        >>> head = sum(p.numel() for p in network.model_class.parameters())
        >>> round((sum(p.numel() for p in network.parameters()) - head) / 1e6, 2)
        34.05
    """

    def __init__(self) -> None:
        super().__init__()
        self.model1 = nn.Sequential(*block([4, 64, 64]))
        self.model2 = nn.Sequential(*block([64, 128, 128]))
        self.model3 = nn.Sequential(*block([128, 256, 256, 256]))
        self.model4 = nn.Sequential(*block([256, 512, 512, 512]))
        self.model5 = nn.Sequential(*block([512, 512, 512, 512], dilation=2))
        self.model6 = nn.Sequential(*block([512, 512, 512, 512], dilation=2))
        self.model7 = nn.Sequential(*block([512, 512, 512, 512]))
        self.model8up = nn.Sequential(nn.ConvTranspose2d(512, 256, 4, stride=2, padding=1))
        self.model3short8 = nn.Sequential(nn.Conv2d(256, 256, 3, padding=1))
        self.model8 = nn.Sequential(*block([256, 256, 256], relu_first=True))
        self.model9up = nn.Sequential(nn.ConvTranspose2d(256, 128, 4, stride=2, padding=1))
        self.model2short9 = nn.Sequential(nn.Conv2d(128, 128, 3, padding=1))
        self.model9 = nn.Sequential(*block([128, 128], relu_first=True))
        self.model10up = nn.Sequential(nn.ConvTranspose2d(128, 128, 4, stride=2, padding=1))
        self.model1short10 = nn.Sequential(nn.Conv2d(64, 128, 3, padding=1))
        self.model10 = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(128, 128, 3, padding=1), nn.LeakyReLU(0.2))
        self.model_class = nn.Sequential(nn.Conv2d(256, CLASSES, 1))
        self.model_out = nn.Sequential(nn.Conv2d(128, 2, 1), nn.Tanh())

    def forward(self, lightness: Tensor, hints: Tensor | None = None) -> Tensor:
        """Color photos.

        Args:
            lightness: (N, 1, 256, 256) in -0.5..0.5.
            hints: (N, 3, 256, 256): a and b over 110 and the mask; None for none.

        Returns:
            ab (N, 2, 256, 256) in Lab units.
        """
        return self.decoded(*self.features(lightness, hints))

    def logits(self, lightness: Tensor, hints: Tensor | None = None) -> Tensor:
        """Logits of the 529 classes at a quarter of the size, (N, 529, 64, 64)."""
        return self.classes(self.features(lightness, hints)[2])

    def features(self, lightness: Tensor, hints: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """What both heads need: of the first block, of the second and of the eighth."""
        given = pad(lightness, (0, 0, 0, 0, 0, 3)) if hints is None else torch.cat([lightness, hints], dim=1)
        one = self.model1(given)
        two = self.model2(one[:, :, ::2, ::2])
        three = self.model3(two[:, :, ::2, ::2])
        seven = self.model7(self.model6(self.model5(self.model4(three[:, :, ::2, ::2]))))
        return one, two, self.model8(self.model8up(seven) + self.model3short8(three))

    def decoded(self, one: Tensor, two: Tensor, eight: Tensor) -> Tensor:
        """From features to ab (N, 2, 256, 256) in Lab units."""
        nine = self.model9(self.model9up(eight) + self.model2short9(two))
        ten = self.model10(self.model10up(nine) + self.model1short10(one))
        ab: Tensor = self.model_out(ten)
        return ab * AB_SCALE

    def classes(self, eight: Tensor) -> Tensor:
        """From the features of the eighth block to logits of the 529 classes."""
        logits: Tensor = self.model_class(eight)
        return logits


def class_colors(device: torch.device) -> Tensor:
    """Give the centers of the 529 classes, (529, 2) in Lab units.

    Example:
        >>> class_colors(torch.device("cpu"))[[0, 1, 23]].tolist()
        [[-110.0, -110.0], [-110.0, -100.0], [-100.0, -110.0]]
    """
    steps = torch.arange(SIDE, dtype=torch.float32, device=device) * 10 - AB_SCALE
    return torch.cartesian_prod(steps, steps)


WEIGHTS = Weights(
    file="siggraph17-df00044c.pth",
    url="https://colorizers.s3.us-east-2.amazonaws.com/siggraph17-df00044c.pth",
    sha256="df00044c0a4d7c3edcecf6f75437ce346a66e7a42612d9b968e1a7e17dbc6f66",
)


def load_network(setting: Setting) -> SIGGRAPH17:
    """Load the network.

    Raises:
        Unavailable: Its weights are not at hand.
    """
    with torch.device("meta"):
        network = SIGGRAPH17()
    return load_state(network, find(WEIGHTS, setting.weights)).to(setting.device)


def _load(setting: Setting) -> Recipe:
    return Recipe(load_network(setting))


def _distribution(setting: Setting) -> Callable[[Batch], Distribution]:
    network, colors = load_network(setting), class_colors(setting.device)

    def distribution(batch: Batch) -> Distribution:
        hints = None if batch.hints is None else hint_input(batch.hints)
        return Distribution(network.logits(network_input(batch.L), hints), colors)

    return distribution


COLORIZER = Colorizer(
    name="siggraph17",
    title="Zhang et al. 2017",
    load=_load,
    paper="Zhang, Zhu, Isola, Geng, Lin, Yu, Efros: Real-Time User-Guided Image Colorization, SIGGRAPH 2017",
    url="https://github.com/richzhang/colorization",
    licence="BSD-2-Clause",
    weights=WEIGHTS,
    accepts=("L", "hints"),
    distribution=_distribution,
    softness=SOFTNESS,
    # The automatic row of the paper: PSNR on 1000 photos of ctest10k, 24.43 +- 0.14, agrees with the authors' released
    # psnrs_siggraph.npy; the fool rate is quoted from memory of it.
    reported={"ctest10k_1000": {"psnr_rgb": 24.43, "fool_rate": 0.1858}},
    cite="zhang2017realtime",
)
