"""A frozen network that looks at images once and lets every metric use what it saw.

The engine turns TF32 off around every metric, so float32 is float32 on a GPU too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from evalsuite.backbones.preparation import Preparation
from evalsuite.views import View

TILE = 4
"""Images at once on a CPU: few enough for the caches, many enough that laying out the weights does not count."""


@dataclass(frozen=True)
class Seen:
    """What a network saw in N images.

    Attributes:
        features: (N, d) float32, what its last layer gets.
        logits: (N, classes) float32, empty (N, 0) for a network that does not classify.
    """

    features: Tensor
    logits: Tensor


@dataclass(frozen=True, eq=False)
class Backbone:
    """A network with its weights in memory.

    Attributes:
        name: As in the names of metrics.
        preparation: From 8-bit pixels to its input.
        network: From (N, 3, h, w) to features and logits.
    """

    name: str
    preparation: Preparation
    network: Callable[[Tensor], tuple[Tensor, Tensor]]

    def see(self, view: View) -> Seen:
        """Run the network on the images of a view, the first time that anybody asks."""
        return view.shared(("backbone", self.name), lambda: self._run(view.rgb8))

    def _run(self, rgb8: Tensor) -> Seen:
        with torch.inference_mode():
            parts = [self.network(laid_out(self.preparation(part))) for part in tiles(rgb8)]
        features, logits = (torch.cat(column) for column in zip(*parts, strict=True))
        return Seen(features, logits)


def tiles(images: Tensor, most: int = TILE) -> tuple[Tensor, ...]:
    """Cut a batch into pieces that suit the caches of a CPU; a GPU gets the batch as it is."""
    return images.split(most) if images.device.type == "cpu" else (images,)


def laid_out(tensor: Tensor) -> Tensor:
    """Lay images or kernels out as their device convolves them fastest in float32: channels last on a CPU."""
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.device.type == "cpu" else tensor
