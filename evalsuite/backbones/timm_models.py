"""Any classifier of timm, by timm's name: an optional extra."""

from __future__ import annotations

import difflib
import importlib
import math
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn

from evalsuite.backbones.backbone import Backbone
from evalsuite.backbones.preparation import Preparation, in_levels
from evalsuite.errors import Unavailable, UserError
from evalsuite.vision import load as vision

PROBE_S = 5.0


def load(name: str, device: torch.device) -> Backbone:
    """Load a timm model with its pretrained weights and the preparation that timm gives for it.

    Raises:
        UserError: timm knows no such model.
        Unavailable: timm is not installed, or the weights are not cached and cannot be had.
    """
    timm = vision("timm", extra="timm")
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "See timm.list_models()."
        raise UserError(f"classifier {name!r}: efficientnet_lite0, vgg16 or a model of timm; got {name!r}. {hint}")
    try:
        with _quick_when_offline():
            network = timm.create_model(name, pretrained=True)
    except (OSError, RuntimeError) as error:
        reason = str(error).partition("\n")[0].rstrip(".")
        rule = f"classifier {name!r}: timm's pretrained weights must be cached or within reach"
        raise Unavailable(f"{rule}; got {reason}. Connect once, or choose another classifier.") from error
    return wrap(name, network, device)


def wrap(name: str, network: Any, device: torch.device) -> Backbone:
    """Make a backbone of a timm model that is in memory."""
    config = vision("timm.data", extra="timm").resolve_model_data_config(network)
    module: nn.Module = network.eval().requires_grad_(False).to(device)
    return Backbone(name, preparation(config), TimmModel(module))


def preparation(config: dict[str, Any]) -> Preparation:
    """Translate timm's data configuration."""
    side = config["input_size"][-1]
    squash = config.get("crop_mode") == "squash"
    resize = side if squash else math.floor(side / config["crop_pct"])
    kind: Literal["bilinear", "bicubic"] = "bilinear" if config["interpolation"] == "bilinear" else "bicubic"
    return Preparation(resize, side, kind, in_levels(config["mean"]), in_levels(config["std"]), squash)


class TimmModel(nn.Module):
    """A timm model, giving what its last layer gets beside what it says."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network: Any = network

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Map images to features (N, d) and logits (N, classes)."""
        seen = self.network.forward_features(image)
        features = self.network.forward_head(seen, pre_logits=True)
        return features.flatten(1), self.network.get_classifier()(features)


@contextmanager
def _quick_when_offline() -> Iterator[None]:
    """Let the Hugging Face client use its cache alone while its server is out of reach: else it tries for a minute."""
    constants: Any = importlib.import_module("huggingface_hub.constants")
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not _reachable(os.environ.get("HF_ENDPOINT", constants.ENDPOINT))
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


def _reachable(address: str) -> bool:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, method="HEAD"), timeout=PROBE_S):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
