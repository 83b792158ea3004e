"""Every backbone by name, with what a reader of its numbers must know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial

import torch

from evalsuite.backbones import inception, lite0, timm_models, vgg16
from evalsuite.backbones.backbone import Backbone
from evalsuite.errors import UserError
from evalsuite.vision import load as vision

LITE0 = "efficientnet_lite0"


@dataclass(frozen=True)
class Entry:
    """A known backbone.

    Attributes:
        title: For tables.
        input: What is done to the pixels.
        weights: Which weights.
        load: Brings it into memory.
        classifies: Whether it names ImageNet's 1000 classes.
    """

    title: str
    input: str
    weights: str
    load: Callable[[torch.device], Backbone]
    classifies: bool = True


def _inception(name: str, title: str, weights: str) -> Entry:
    return Entry(title, str(inception.PREPARATIONS[name]), weights, partial(inception.load, name), classifies=False)


TENSORFLOW = f"TensorFlow's of 2015, {inception.TENSORFLOW.file}"
TORCHVISION = f"torchvision's, {inception.TORCHVISION.file}"
ENTRIES: Mapping[str, Entry] = {
    LITE0: Entry("EfficientNet-Lite0", str(lite0.PREPARATION), lite0.WEIGHTS.file, lite0.load),
    "vgg16": Entry("VGG-16", str(vgg16.PREPARATION), f"torchvision's, {vgg16.WEIGHTS.file}", vgg16.load),
    "clean": _inception("clean", "Inception-v3, clean-fid's input", TENSORFLOW),
    "legacy": _inception("legacy", "Inception-v3, pytorch-fid's input", TENSORFLOW),
    "ct2": _inception("ct2", "Inception-v3, CT2's input", TORCHVISION),
    "ddcolor": _inception("ddcolor", "Inception-v3, DDColor's validation input", TORCHVISION),
}


def entry(name: str) -> Entry:
    """Describe a backbone; a name that is not ours is taken for timm's."""
    own = f"as timm's configuration of {name} says (antialiased, torch)"
    return ENTRIES.get(name) or Entry(name, own, f"timm's pretrained {name}", partial(timm_models.load, name))


@cache
def backbone(name: str, device: torch.device) -> Backbone:
    """Return a backbone with its weights in memory, the same one to everybody.

    Raises:
        UserError: Nobody knows the name.
        Unavailable: Its weights or packages are not at hand.
    """
    return entry(name).load(device)


def classifier(name: str, device: torch.device) -> Backbone:
    """Return a backbone that names ImageNet's classes.

    Raises:
        UserError: It does not classify, or nobody knows it.
        Unavailable: Its weights or packages are not at hand.
    """
    if not entry(name).classifies:
        known = ", ".join(key for key, value in ENTRIES.items() if value.classifies)
        raise UserError(f"classifier {name!r}: this network gives features only. Choose {known} or a model of timm.")
    return backbone(name, device)


@cache
def class_names() -> tuple[str, ...]:
    """ImageNet's 1000 class names in the order of the classifiers, from torchvision."""
    return tuple(vision("torchvision.models").VGG16_Weights.IMAGENET1K_V1.meta["categories"])
