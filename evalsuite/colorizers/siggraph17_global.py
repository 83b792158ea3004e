"""Real-Time User-Guided Image Colorization with global hints: the colors of a photo as a whole are given, not where.

Source: Zhang, Zhu, Isola, Geng, Lin, Yu, Efros, SIGGRAPH 2017, arXiv 1705.02999: the histogram over the 313 ab bins and
the mean saturation, each with a bit that says whether it is given, go through four layers of 1 x 1 convolutions with
512 channels, which are added to the output of the main branch's fourth block. The authors released this network for
Caffe only (global_model.caffemodel of junyanz/interactive-deep-colorization); `evalsuite convert siggraph17_global`
turns the file into a state dict, and the file itself is taken, too.

The state dict is ours. model1 to model10 and model_out are those of siggraph17, without model_class; global_histogram
(512, 314, 1, 1) and global_saturation (512, 2, 1, 1), which has no bias, are the first layer, whose outputs are added;
model_global holds what follows: ReLU and BatchNorm (0, 1), then three times a convolution, ReLU and BatchNorm (2..4,
5..7, 8..10). ab_scale is what the last tanh is multiplied with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from evalsuite.caffemodel import read_graph
from evalsuite.colorizers.caffe_release import load_either
from evalsuite.colorizers.caffe_siggraph17 import state_of_caffe
from evalsuite.colorizers.references import references_for
from evalsuite.colorizers.release import AB_SCALE, network_input
from evalsuite.colorizers.siggraph17 import SIGGRAPH17
from evalsuite.contracts import Batch, Colorizer, GlobalHints, Setting, Weights
from evalsuite.errors import UserError
from evalsuite.weights import find

if TYPE_CHECKING:
    from evalsuite.dataset import Dataset

BINS, WIDTH = 313, 512


class SIGGRAPH17Global(nn.Module):
    """The network.

    Example:
        >>> with torch.device("meta"):
        ...     network = SIGGRAPH17Global()
        >>> [tuple(network.get_parameter(f"{name}.weight").shape) for name in ("global_histogram", "model_global.2")]
        [(512, 314, 1, 1), (512, 512, 1, 1)]
    """

    ab_scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, module in SIGGRAPH17().named_children():
            if name != "model_class":
                self.add_module(name, module)
        self.global_histogram = nn.Conv2d(BINS + 1, WIDTH, 1)
        self.global_saturation = nn.Conv2d(2, WIDTH, 1, bias=False)
        layers: list[nn.Module] = [nn.ReLU(), nn.BatchNorm2d(WIDTH)]
        for _ in range(3):
            layers += [nn.Conv2d(WIDTH, WIDTH, 1), nn.ReLU(), nn.BatchNorm2d(WIDTH)]
        self.model_global = nn.Sequential(*layers)
        self.register_buffer("ab_scale", torch.tensor([AB_SCALE]))

    def forward(self, lightness: Tensor, histogram: Tensor, saturation: Tensor, hints: Tensor | None = None) -> Tensor:
        """Color photos.

        Args:
            lightness: (N, 1, 256, 256) in -0.5..0.5.
            histogram: (N, 314): shares of the bins and 1, or zeros where none is given.
            saturation: (N, 2): mean saturation 0..1 and 1, or zeros.
            hints: (N, 3, 256, 256) as siggraph17 takes them; None for none.

        Returns:
            ab (N, 2, 256, 256) in Lab units.
        """
        part = self.get_submodule
        given = pad(lightness, (0, 0, 0, 0, 0, 3)) if hints is None else torch.cat([lightness, hints], dim=1)
        whole = self.global_histogram(histogram[..., None, None]) + self.global_saturation(saturation[..., None, None])
        one = part("model1")(given)
        two = part("model2")(one[:, :, ::2, ::2])
        three = part("model3")(two[:, :, ::2, ::2])
        x = part("model4")(three[:, :, ::2, ::2]) + self.model_global(whole)
        for name in ("model5", "model6", "model7"):
            x = part(name)(x)
        x = part("model8")(part("model8up")(x) + part("model3short8")(three))
        x = part("model9")(part("model9up")(x) + part("model2short9")(two))
        x = part("model10")(part("model10up")(x) + part("model1short10")(one))
        ab: Tensor = part("model_out")(x)
        return ab * self.ab_scale


class GlobalRecipe(nn.Module):
    """The colorizer made of the network."""

    def __init__(self, network: SIGGRAPH17Global) -> None:
        super().__init__()
        self.network = network
        self.eval()

    def forward(self, batch: Batch) -> Tensor:
        """Color a batch at the network's resolution."""
        if batch.global_hints is None:
            rule = "siggraph17_global: it is given a histogram and a saturation"
            raise UserError(f"{rule}; got none. Pass Batch.global_hints.")
        ab: Tensor = self.network(network_input(batch.L), *global_input(batch.global_hints))
        return ab


def global_input(hints: GlobalHints) -> tuple[Tensor, Tensor]:
    """Append to both hints the bit that says that they are given: (N, 314) and (N, 2)."""
    return pad(hints.histogram, (0, 1), value=1.0), pad(hints.saturation[:, None], (0, 1), value=1.0)


def _references(dataset: Dataset, setting: Setting) -> Sequence[tuple[Path, ...]] | None:
    return references_for(dataset, setting) if "references" in setting.options else None


def _from_caffe(path: Path) -> Mapping[str, Tensor]:
    return state_of_caffe(read_graph(path), path)


def _load(setting: Setting) -> GlobalRecipe:
    path = find(WEIGHTS, setting.weights)
    with torch.device("meta"):
        network = SIGGRAPH17Global()
    return GlobalRecipe(load_either(network, path, _from_caffe)).to(setting.device)


WEIGHTS = Weights(file="global_model.caffemodel", url=None, sha256="")

COLORIZER = Colorizer(
    name="siggraph17_global",
    title="Zhang et al. 2017, global hints",
    load=_load,
    paper="Zhang, Zhu, Isola, Geng, Lin, Yu, Efros: Real-Time User-Guided Image Colorization, SIGGRAPH 2017",
    url="https://github.com/junyanz/interactive-deep-colorization",
    licence="MIT",
    weights=WEIGHTS,
    accepts=("L", "global_hints"),
    # 1000 photos of ctest10k, each with its own histogram; quoted from memory of the paper.
    reported={"ctest10k_1000": {"psnr_rgb": 27.85}},
    companions=_references,
    companion_policy="as_is",
    cite="zhang2017realtime",
    from_caffe=_from_caffe,
)
