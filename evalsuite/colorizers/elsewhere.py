"""Results that were made elsewhere, as a colorizer that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from evalsuite.contracts import Batch, Colorize, Colorizer, Setting
from evalsuite.errors import UserError

if TYPE_CHECKING:
    from evalsuite.dataset import Dataset


def outputs_of(
    name: str, files: Sequence[Path | None], policy: Literal["dataset", "as_is"] = "as_is", title: str = ""
) -> Colorizer:
    """Make a colorizer of another method's output files.

    Args:
        name: What to call the method.
        files: Per photo of the dataset, in its order, the output; None where there is none.
        policy: "as_is" refuses outputs of another size than their photos', "dataset" resizes them as the photos are.
        title: Its name in tables; the name by default.

    Returns:
        A colorizer that gives the files' pixels, with whatever lightness they have.
    """

    def companions(dataset: Dataset, setting: Setting) -> Sequence[tuple[Path, ...]]:
        if len(files) != len(dataset.photos):
            got = f"{len(files)} for {len(dataset.photos)} photos"
            raise UserError(f"{name}: one output, or None, per photo of the dataset; got {got}. Pair them again.")
        return [() if file is None else (file,) for file in files]

    def load(setting: Setting) -> Colorize:
        return lambda batch: _stack(batch)

    return Colorizer(
        name=name,
        title=title or name,
        load=load,
        accepts=("output",),
        companions=companions,
        companion_policy=policy,
    )


def _stack(batch: Batch) -> Tensor:
    """The outputs, (N, 3, H, W) uint8 sRGB."""
    expected = tuple(batch.L.shape[2:])
    for output in batch.companions:
        if tuple(output.shape[1:]) != expected:
            got = f"{output.shape[2]} x {output.shape[1]}, expected {expected[1]} x {expected[0]}"
            raise UserError(
                f"an output has its photo's size; got {got}. Say with --resize squash or crop how to mend it."
            )
    return torch.stack(batch.companions).to(batch.L.device)
