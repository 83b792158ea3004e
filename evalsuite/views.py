"""What metrics look at: batches of 8-bit images whose derived forms are computed once and shared by all."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import TypeVar, cast

import torch
from torch import Tensor

from evalsuite.color import rgb_to_lab
from evalsuite.errors import UserError

T = TypeVar("T")


class Shared:
    """What was made once, by key, for everybody who asks."""

    def __init__(self) -> None:
        self._made: dict[Hashable, object] = {}

    def __call__(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` gave the first time that anybody asked for `key`."""
        if key not in self._made:
            self._made[key] = make()
        return cast(T, self._made[key])


class View:
    """N images of one size, 8-bit sRGB, with everything that is derived from them kept for the next metric.

    Attributes:
        rgb8: (N, 3, H, W) uint8 on the run's device.
        labels: (N,) int64 class indices, -1 where a photo has none.
    """

    def __init__(self, rgb8: Tensor, labels: Tensor | None = None) -> None:
        if rgb8.dtype != torch.uint8 or rgb8.ndim != 4 or rgb8.shape[1] != 3:
            got = f"{tuple(rgb8.shape)} {rgb8.dtype}"
            raise UserError(f"View: images are uint8 of shape (N, 3, H, W); got {got}. Convert them first.")
        self.rgb8 = rgb8
        self.labels = torch.full((len(rgb8),), -1, device=rgb8.device) if labels is None else labels
        self.shared = Shared()

    @cached_property
    def lab(self) -> Tensor:
        """(N, 3, H, W) float32: L 0..100, a and b in Lab units (D65, 2 degrees)."""
        return rgb_to_lab(self.rgb8)

    @property
    def L(self) -> Tensor:
        """(N, 1, H, W) float32, 0..100."""
        return self.lab[:, :1]

    @property
    def ab(self) -> Tensor:
        """(N, 2, H, W) float32, Lab units."""
        return self.lab[:, 1:]


class Pair:
    """Targets and outputs of the same photos; what metrics of both share is kept here.

    Attributes:
        target: The real photos.
        output: The colorizations, the very pixels that are saved and shown.
    """

    def __init__(self, target: View, output: View) -> None:
        if target.rgb8.shape != output.rgb8.shape:
            got, expected = tuple(output.rgb8.shape), tuple(target.rgb8.shape)
            raise UserError(f"Pair: outputs have their targets' shape; got {got}, expected {expected}. Resize them.")
        self.target = target
        self.output = output
        self.shared = Shared()

    @cached_property
    def ab_distance(self) -> Tensor:
        """(N, H, W) float32: per pixel the Euclidean distance of output and target in ab, Lab units."""
        a, b = (self.output.ab - self.target.ab).unbind(1)
        return torch.addcmul(a * a, b, b).sqrt_()
