"""The one door to torchvision and to the packages that import it (lpips, timm, pytorch-fid)."""

from __future__ import annotations

import importlib
from functools import cache
from types import ModuleType

import torch

from evalsuite.errors import Unavailable

MISSING = "operator torchvision::nms does not exist"
SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"


def load(module: str, extra: str = "") -> ModuleType:
    """Import torchvision or a module that builds on it.

    Args:
        module: Such as "torchvision.models" or "timm".
        extra: The extra of this project that installs it, if it is optional.

    Raises:
        Unavailable: The package is not installed.
    """
    package = module.partition(".")[0]
    try:
        _load_torchvision()
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        wanted = f"colorization-evalsuite[{extra}]" if extra else package
        rule = f"{module}: the package {error.name} must be installed, and it is not"
        raise Unavailable(f"{rule}. Run pip install '{wanted}'.") from error


@cache
def _load_torchvision() -> None:
    """Import torchvision even where its compiled part was built for another torch.

    pip can put torchvision's CUDA wheel beside a CPU build of torch. The compiled operators are then absent, and the
    import fails where it describes two of them, which nobody calls here: declaring their signatures cures it. The
    modules that the failed import leaves behind are complete, so importing again goes on from them.
    """
    try:
        importlib.import_module("torchvision")
    except RuntimeError as error:
        if MISSING not in str(error):
            raise
        _declared_operators()
        importlib.import_module("torchvision")


@cache
def _declared_operators() -> torch.library.Library:
    """Declare the operators; the declarations live as long as the returned library, which the cache keeps."""
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(name + SIGNATURE)
    return library
