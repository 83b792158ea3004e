"""siggraph17 asked again and again about photos that get more and more points.

It costs 150 GFLOP per photo, a second of two cores. While a user waits, a draft is shown first: what the network made
of the photo before, plus the difference that the new points make to it at 96 x 96, which costs a seventh.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from evalsuite.colorizers.release import AB_SCALE, hint_input, network_input
from evalsuite.colorizers.siggraph17 import SIGGRAPH17
from evalsuite.contracts import Batch
from evalsuite.hints import resized
from evalsuite.points import Point

FEATURES = 16
DRAFT = 96


@dataclass(frozen=True)
class Given:
    """A photo with the points that a user gave: what is computed belongs to these.

    Attributes:
        photo: The photo's key.
        points: In pixels of the photo as it is colored.
    """

    photo: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Base:
    """What a network made of a photo before: drafts start from it.

    Attributes:
        ab: (1, 2, 256, 256), Lab units.
        small: (1, 2, 96, 96), of the same points at the size of drafts.
    """

    ab: Tensor
    small: Tensor


class Drafting:
    """The network, with what it felt and made of the last few photos and points.

    Args:
        load: Loads the network when it is first asked.
        pause: Called between its blocks; what it raises ends the pass.
    """

    def __init__(self, load: Callable[[], SIGGRAPH17], pause: Callable[[], None]) -> None:
        self._load = load
        self._pause = pause
        self._bases: OrderedDict[str, Base] = OrderedDict()
        self._features: OrderedDict[Given, tuple[Tensor, Tensor, Tensor]] = OrderedDict()

    def exact(self, given: Given, batch: Batch) -> Tensor:
        """Return the network's own ab, (1, 2, 256, 256), Lab units; drafts start from it."""
        ab: Tensor = self._network.decoded(*self._felt(given, batch))
        self._bases[given.photo] = Base(ab, self._small(batch))
        self._bases.move_to_end(given.photo)
        while len(self._bases) > FEATURES:
            self._bases.popitem(last=False)
        return ab

    def drafted(self, given: Given, batch: Batch) -> Tensor:
        """Return a quick approximation of the same; the same where that is known, or nothing to start from."""
        base = self._bases.get(given.photo)
        if base is None or given in self._features:
            return self.exact(given, batch)
        change = self._small(batch) - base.small
        return base.ab + interpolate(change, size=base.ab.shape[2:], mode="bilinear", align_corners=False)

    def logits(self, given: Given, batch: Batch) -> Tensor:
        """Return those of the network's class head."""
        logits: Tensor = self._network.classes(self._felt(given, batch)[2])
        return logits

    @cached_property
    def _network(self) -> SIGGRAPH17:
        network = self._load()
        for block in network.children():
            block.register_forward_pre_hook(lambda *_: self._pause())
        return network

    def _small(self, batch: Batch) -> Tensor:
        """What the network makes of the photo at the size of drafts."""
        assert batch.hints is not None
        L = interpolate(network_input(batch.L), size=(DRAFT, DRAFT), mode="bicubic", antialias=True)
        hints = resized(batch.hints, DRAFT, DRAFT)
        ab: Tensor = self._network(L, torch.cat([hints.ab / AB_SCALE, hints.mask], dim=1))
        return ab

    def _felt(self, given: Given, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Features, which both heads need."""
        assert batch.hints is not None
        if given not in self._features:
            self._features[given] = self._network.features(network_input(batch.L), hint_input(batch.hints))
            while len(self._features) > FEATURES:
                self._features.popitem(last=False)
        return self._features[given]
