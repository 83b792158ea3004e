"""What a run is made of, and what comes of a part of it: the records that engines pass around."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evalsuite.contracts import Colorize, Colorizer, Measure, Metric, Setting
from evalsuite.dataset import Dataset
from evalsuite.errors import Unavailable
from evalsuite.images import Resize
from evalsuite.loading import Wanted
from evalsuite.plugins import said_as_mistake, source_of
from evalsuite.results import FAILED, LEFT_OUT, SCORED
from evalsuite.survey import Survey


@dataclass(frozen=True)
class Work:
    """Everything that a worker must know to score any tile of a run.

    Attributes:
        dataset: The photos.
        resize: The resize policy of photos.
        colorizers: The methods, in the order of the command.
        metrics: What is measured.
        seed: The run's seed.
        options: The run's other choices, as plug-ins get them in their Setting.
        weights: Colorizer name to the file given for it.
        survey: The first look over all photos, where a method needs one.
        companions: Colorizer name to the candidate files of every photo.
        drop_gray: Whether truly gray photos are left out.
        tile: How many consecutive photos are one unit of work.
    """

    dataset: Dataset
    resize: Resize
    colorizers: tuple[Colorizer, ...]
    metrics: tuple[Metric, ...]
    seed: int = 0
    options: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[str, Path] = field(default_factory=dict)
    survey: Survey | None = None
    companions: Mapping[str, Sequence[tuple[Path, ...]]] = field(default_factory=dict)
    drop_gray: bool = False
    tile: int = 16

    @property
    def tiles(self) -> int:
        """How many tiles there are."""
        return -(-len(self.dataset.photos) // self.tile)

    def indices(self, number: int) -> range:
        """Return the positions in the dataset of a tile's photos."""
        return range(number * self.tile, min((number + 1) * self.tile, len(self.dataset.photos)))

    def setting(self, device: torch.device, name: str = "") -> Setting:
        """Make what the plug-in of that name is told."""
        return Setting(device, self.seed, self.weights.get(name), self.options, self.survey)

    def wanted(self, number: int) -> list[Wanted]:
        """List the files of a tile: its photos, then each colorizer's companions."""
        wanted = [Wanted((self.dataset.photos[i].path,), self.resize) for i in self.indices(number)]
        for colorizer in self.colorizers:
            if colorizer.name in self.companions:
                resize = self.resize if colorizer.companion_policy == "dataset" else None
                files = self.companions[colorizer.name]
                wanted += [Wanted(tuple(files[i]), resize) for i in self.indices(number)]
        return wanted


@dataclass
class TileResult:
    """What came of a tile.

    Attributes:
        number: Which tile.
        photos: Per photo what the manifest says of it.
        columns: Owner (a colorizer or "target"), column, positions (N,) and rows (N, ...).
        failures: Colorizer, position, reason.
        outputs: Colorizer, position and the pixels (H, W, 3), or the PNG file that holds exactly these.
        seconds: Stage to time spent.
    """

    number: int
    photos: list[dict[str, Any]]
    columns: list[tuple[str, str, NDArray[np.int64], NDArray[Any]]] = field(default_factory=list)
    failures: list[tuple[str, int, str]] = field(default_factory=list)
    outputs: list[tuple[str, int, NDArray[np.uint8] | Path]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))


@dataclass(frozen=True)
class Loaded:
    """Colorizers and metrics with their weights in memory, and what could not be had.

    Attributes:
        colorizers: Name to the function that colorizes.
        metrics: Name to the function that measures.
        skipped: Kind, name and reason of what is not at hand and was not asked for by name.
    """

    colorizers: Mapping[str, Colorize]
    metrics: Mapping[str, Measure]
    skipped: list[tuple[str, str, str]]


def load_plugins(work: Work, device: torch.device, named: frozenset[str] = frozenset()) -> Loaded:
    """Load every colorizer and metric of the work.

    Raises:
        Unavailable: Something that was asked for by name is not at hand.
        UserError: Somebody else's plug-in raised.
    """
    colorizers: dict[str, Colorize] = {}
    metrics: dict[str, Measure] = {}
    skipped: list[tuple[str, str, str]] = []
    for colorizer in work.colorizers:
        setting = work.setting(device, colorizer.name)
        _load(colorizer.load, setting, colorizers, ("colorizer", colorizer.name), named, skipped)
    for metric in work.metrics:
        if metric.load is not None:
            _load(metric.load, work.setting(device), metrics, ("metric", metric.name), named, skipped)
    return Loaded(colorizers, metrics, skipped)


def _load(
    load: Callable[[Setting], Any],
    setting: Setting,
    into: dict[str, Any],
    what: tuple[str, str],
    named: frozenset[str],
    skipped: list[tuple[str, str, str]],
) -> None:
    try:
        if source_of(load) is None:
            into[what[1]] = load(setting)
        else:
            with said_as_mistake(" ".join(what), "its load failed", "Mend the plug-in."):
                into[what[1]] = load(setting)
    except Unavailable as error:
        if what[1] in named:
            raise
        skipped.append((*what, str(error)))


def photo_seed(seed: int, photo: str) -> int:
    """Make a photo's own seed (63 bits) from the run's seed and the photo's id."""
    return int.from_bytes(sha256(f"{seed}:{photo}".encode()).digest()[:8], "big") >> 1


def statuses(result: TileResult, colorizer: str, indices: Sequence[int]) -> NDArray[np.uint8]:
    """Tell per photo of a tile whether the colorizer's output was scored."""
    failed = {i for name, i, _ in result.failures if name == colorizer}
    codes = {"scored": SCORED, "undecodable": LEFT_OUT, "dropped": LEFT_OUT}
    return np.array(
        [FAILED if i in failed else codes[photo["status"]] for i, photo in zip(indices, result.photos, strict=True)],
        np.uint8,
    )
