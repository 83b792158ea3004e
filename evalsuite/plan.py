"""What to run, as a record, and what makes two commands the same."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from evalsuite.contracts import Colorizer, Metric, Setting
from evalsuite.dataset import Dataset, pair_by_stem
from evalsuite.engines import Engine
from evalsuite.errors import UserError
from evalsuite.images import Resize
from evalsuite.manifest import code_sha256, dataset_identity, folder_sha256, listing_sha256, versions
from evalsuite.plugins import source_of
from evalsuite.results import TARGET, sha256_of
from evalsuite.work import Work

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
FILE_OPTIONS = ("prior", "references", "scribbles", "hint_files")


@dataclass(frozen=True)
class Plan:
    """What to run: the command line as a record.

    Attributes:
        images: A folder, a text file of names or a CSV of photos.
        out: The run folder.
        colorizers: The methods.
        metrics: The scores.
        named: Names of colorizers and metrics that must not be skipped.
        labels: A CSV of file and class_index, beside a folder.
        root: Where the names of a list or CSV start, its own folder by default.
        limit: At most so many photos, a seeded random subset.
        seed: Seeds the subset, random baselines, simulated hints and resampling.
        resize: The resize policy.
        device: auto, cpu or cuda.
        engine: Where the work runs; by default this process on the device's every GPU.
        drop_gray: Leave truly gray photos out.
        weights: Colorizer name to the file given for it.
        commands: Name to `CMD {input} {output}`: external programs that are colorizers, too.
        extra: Name to the results, made elsewhere, that belong to no photo, for the manifest.
        options: Other choices, as plug-ins get them in their Setting.
        tile: How many consecutive photos are one unit of work, written down when it is done.
        argv: The command line, for the manifest.
    """

    images: Path
    out: Path
    colorizers: tuple[Colorizer, ...]
    metrics: tuple[Metric, ...]
    named: frozenset[str] = frozenset()
    labels: Path | None = None
    root: Path | None = None
    limit: int | None = None
    seed: int = 0
    resize: Resize = field(default_factory=lambda: Resize("squash", 256))
    device: str = "auto"
    engine: Engine | None = None
    drop_gray: bool = False
    weights: Mapping[str, Path] = field(default_factory=dict)
    commands: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    tile: int = 16
    argv: tuple[str, ...] = ()


def check_names(names: Sequence[str]) -> None:
    """Refuse names that cannot name a folder, or stand twice.

    Raises:
        UserError: A name is such.
    """
    for name in names:
        if not NAME.fullmatch(name) or name == TARGET:
            rule = "a colorizer's name is made of letters, digits, _, . and -, and is not 'target'"
            raise UserError(f"{name!r}: {rule}. Rename it: folders are named after it.")
        if names.count(name) > 1:
            raise UserError(f"{name!r}: two colorizers have this name. Rename one.")


def identity_of(plan: Plan, dataset: Dataset, devices: Sequence[torch.device]) -> dict[str, Any]:
    """What must be the same for a run to go on."""
    return {
        "dataset": dataset_identity(dataset),
        "resize": plan.resize.describe(),
        "colorizers": [c.name for c in plan.colorizers],
        "outputs": {c.name: _listing(c, dataset, devices[0]) for c in plan.colorizers if "output" in c.accepts},
        "commands": dict(plan.commands),
        "metrics": [m.name for m in plan.metrics],
        "seed": plan.seed,
        "drop_gray": plan.drop_gray,
        "tile": plan.tile,
        "options": dict(plan.options),
        "weights": {name: sha256_of(file) for name, file in plan.weights.items() if file.is_file()},
        "plugins": _sources(plan),
        "files": {flag: folder_sha256(Path(plan.options[flag])) for flag in FILE_OPTIONS if flag in plan.options},
        "device": devices[0].type,
        "versions": versions(),
        "code": code_sha256(),
    }


def _sources(plan: Plan) -> dict[str, str]:
    """Hash the files in which somebody else's plug-ins are written: an edited method is another one."""
    code = {c.name: c.load for c in plan.colorizers} | {m.name: m.load or m.probe for m in plan.metrics}
    sources = {name: source_of(function) for name, function in code.items()}
    return {name: sha256_of(source) for name, source in sources.items() if source is not None and source.is_file()}


def check_weights(plan: Plan) -> None:
    """Refuse weights for a method that is not in the run.

    Raises:
        UserError: There are such.
    """
    names = [*(c.name for c in plan.colorizers), *plan.commands]
    for name in plan.weights:
        if name not in names:
            raise UserError(
                f"--weights {name}: weights are of a method of this run; got {name!r}, expected one of "
                f"{', '.join(names)}. Correct the name, or add it to --colorizers."
            )


def companions_of(colorizer: Colorizer, dataset: Dataset, setting: Setting) -> Sequence[tuple[Path, ...]] | None:
    """Name the files to decode beside every photo: the colorizer's choice, or scribbles for one that takes hints."""
    if colorizer.companions is not None:
        return colorizer.companions(dataset, setting)
    if "hints" in colorizer.accepts and (scribbles := setting.options.get("scribbles")):
        files = pair_by_stem(dataset, Path(scribbles)).files
        return [() if file is None else (file,) for file in files]
    return None


def _listing(colorizer: Colorizer, dataset: Dataset, device: torch.device) -> str:
    work = Work(dataset, Resize("native", 0), (colorizer,), ())
    files = (colorizer.companions(dataset, work.setting(device)) if colorizer.companions else None) or []
    return listing_sha256([(photo.id, f[0]) for photo, f in zip(dataset.photos, files, strict=True) if f])


def measurable(metrics: Sequence[Metric], dataset: Dataset, named: frozenset[str]) -> tuple[Metric, ...]:
    """Leave out the metrics that need labels where there are none.

    Raises:
        UserError: One of them was asked for by name.
    """
    for metric in metrics:
        if metric.needs_labels and not dataset.labelled and metric.name in named:
            rule = f"{metric.name}: photos must be labelled; {dataset.source} has no labels"
            raise UserError(f"{rule}. Give --labels CSV, or take agreement_* instead.")
    return tuple(metric for metric in metrics if dataset.labelled or not metric.needs_labels)
