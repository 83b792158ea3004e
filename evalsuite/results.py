"""The run folder: manifest, columns of rows, scores, summary, curves and output images.

manifest.json                               what ran; its status tells whether it is complete
journal.jsonl                               one line per finished tile: what a killed run goes on from
rows/<colorizer>/<metric>.<column>.npy      what the metrics measured, photos along the first axis
rows/<colorizer>/status.npy                 per photo: waiting, scored, failed or left out
rows/target/<metric>.<column>.npy           what was measured on the real photos, once for all colorizers
scores.parquet summary.json curves.json     written at the end, from the rows
outputs/<colorizer>/<photo>.png             the pixels that were measured
outputs.sha256                              their hashes, as `sha256sum --check` reads them
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalsuite.columns import picked
from evalsuite.contracts import Columns
from evalsuite.errors import UserError

WAITING, SCORED, FAILED, LEFT_OUT = 0, 1, 2, 3
TARGET = "target"
DEFAULT_HINTS = 50


@contextmanager
def replaced(path: Path) -> Iterator[IO[str]]:
    """Write a text file so that a reader sees the old one or the new one and nothing between."""
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write an object as JSON; values that are iterators become lists, of which one item is in memory at a time."""
    with replaced(path) as stream:
        stream.write("{")
        for number, (key, item) in enumerate(value.items()):
            stream.write((",\n " if number else "\n ") + json.dumps(key) + ": ")
            stream.writelines(_list(item) if isinstance(item, Iterator) else [_indented(item, 1)])
        stream.write("\n}\n" if value else "}\n")


def _list(items: Iterator[Any]) -> Iterator[str]:
    """Write a list as json.dumps(..., indent=1) does one level down, item by item."""
    between = "[\n  "
    for item in items:
        yield between + _indented(item, 2)
        between = ",\n  "
    yield "[]" if between.startswith("[") else "\n ]"


def _indented(value: object, level: int) -> str:
    return json.dumps(value, indent=1, allow_nan=False).replace("\n", "\n" + " " * level)


def read_json(path: Path) -> Any:
    """Read a JSON file of a run folder.

    Raises:
        UserError: It is missing or damaged.
    """
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise UserError(f"{path}: no such file. Is {path.parent} a run folder that is complete?") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as JSON ({error}). Restore it or run again.") from None


def sha256_of(path: Path) -> str:
    """Hash a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass(frozen=True)
class Run:
    """A run folder, read.

    Attributes:
        path: The folder.
        manifest: manifest.json.
    """

    path: Path
    manifest: Mapping[str, Any]

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """summary.json."""
        summary: Mapping[str, Any] = read_json(self.path / "summary.json")
        return summary

    @cached_property
    def curves(self) -> Mapping[str, Any]:
        """curves.json: colorizer to metric to points."""
        curves: Mapping[str, Any] = read_json(self.path / "curves.json")
        return curves

    @cached_property
    def scores(self) -> pd.DataFrame:
        """scores.parquet: image, colorizer, metric, value."""
        return pd.read_parquet(self.path / "scores.parquet")

    @cached_property
    def photos(self) -> list[str]:
        """The photos' ids, in the dataset's order."""
        return [photo["id"] for photo in self.manifest["photos"]]

    @cached_property
    def colorizers(self) -> list[str]:
        """The colorizers' names, in the order of the command."""
        return list(self.manifest["colorizers"])

    @cached_property
    def metrics(self) -> list[str]:
        """The metrics' names."""
        return list(self.manifest["metrics"])

    def kept(self) -> NDArray[np.bool_]:
        """Tell of every photo whether it was decoded and not dropped: the same for all colorizers."""
        status = np.load(self.path / "rows" / self.colorizers[0] / "status.npy")
        return np.asarray(status != LEFT_OUT)

    def columns(self, colorizer: str, metric: str) -> tuple[NDArray[np.int64], Columns]:
        """Return the positions of the photos that were scored, and the metric's columns at these photos.

        Raises:
            UserError: The run has no such colorizer.
        """
        if colorizer not in self.manifest["colorizers"]:
            known = ", ".join(self.colorizers)
            raise UserError(f"{self.path}: no colorizer {colorizer!r} in this run. It has: {known}.")
        status = np.load(self.path / "rows" / colorizer / "status.npy")
        scored = np.flatnonzero(status == SCORED)
        whole = len(scored) == len(status)
        columns: dict[str, NDArray[Any]] = {}
        for owner, prefix in ((colorizer, ""), (TARGET, "target.")):
            for path in sorted((self.path / "rows" / owner).glob(f"{metric}.*.npy")):
                name = path.name.removeprefix(metric + ".").removesuffix(".npy")
                column = np.load(path, mmap_mode="r")
                constant = name.startswith("constant.")
                columns[name if constant else prefix + name] = column if whole or constant else picked(column, scored)
        return scored, columns


def open_run(path: Path | str) -> Run:
    """Open a run folder.

    Raises:
        UserError: It is no run folder, or its run has not come to its end.
    """
    path = Path(path)
    if not (path / "manifest.json").is_file():
        raise UserError(f"{path}: no run folder (it has no manifest.json). Name the --out folder of `evalsuite run`.")
    manifest = read_json(path / "manifest.json")
    if manifest.get("status") != "complete":
        raise UserError(f"{path}: this run has not come to its end. Give its command again: it goes on from there.")
    return Run(path, manifest)
