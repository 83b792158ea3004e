"""Photos, outputs and study files for tests of how studies are made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from evalsuite.images import encode_png
from evalsuite.manifest import describe_colorizer
from evalsuite.registry import colorizer
from evalsuite.results import sha256_of, write_json

SIZE = 64


def picture(seed: int, size: tuple[int, int] = (SIZE, SIZE)) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """A smooth colored picture, (H, W, 3): a coarse random grid, enlarged."""
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3), np.uint8)
    return np.array(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC))


def write_pictures(folder: Path, names: Sequence[str], first: int, size: tuple[int, int] = (SIZE, SIZE)) -> Path:
    """Write pictures under these names; seeds count from `first`."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(names, first):
        Image.fromarray(picture(seed, size)).save(folder / f"{name}.png")
    return folder


def names(count: int) -> list[str]:
    """p00, p01 and so on."""
    return [f"p{k:02}" for k in range(count)]


def write_folders(root: Path, count: int = 12) -> Path:
    """Photos and the outputs of `ours` and `theirs`."""
    for first, folder in enumerate(("photos", "ours", "theirs")):
        write_pictures(root / folder, names(count), 1000 * first)
    return root


def write_run(root: Path, count: int = 12, conditions: Sequence[str] = ("gray", "welsh2002"), size: int = SIZE) -> Path:
    """Photos and a complete run folder of them, squashed to a size, whose outputs are pictures of their own."""
    write_pictures(root / "photos", names(count), 0, (size + 20, size))
    run = root / "run"
    lines = []
    for first, name in enumerate(conditions, 1):
        for seed, photo in enumerate(names(count), 1000 * first):
            data = encode_png(picture(seed, (size, size)))
            path = run / "outputs" / name / f"{photo}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            lines.append(f"{hashlib.sha256(data).hexdigest()}  outputs/{name}/{photo}.png\n")
    (run / "outputs.sha256").write_text("".join(lines))
    (run / "scores.parquet").write_bytes(b"")
    write_json(run / "summary.json", {})
    files = [root / "photos" / f"{name}.png" for name in names(count)]
    photos = [{"id": f.stem, "file": str(f), "status": "scored", "label": None, "sha256": sha256_of(f)} for f in files]
    dataset = {"name": "photos", "size": size, "resize": "squash", "filter": {"policy": "squash", "size": size}}
    colorizers = {name: describe_colorizer(colorizer(name), None) for name in conditions}
    write_json(
        run / "manifest.json",
        {"status": "complete", "dataset": dataset, "photos": photos, "colorizers": colorizers},
    )
    return run


SMALL = f"parameters: {{size: {SIZE}, practice: 2, test: 4, catch: 2, fixation_ms: 100}}\n"
FOLDERS = "source:\n  real: photos/\n  conditions: {ours: ours/, theirs: theirs/}\n"
RUN = "source:\n  run: run\n  conditions: [gray, welsh2002]\n"


def write_file(root: Path, source: str = FOLDERS, more: str = "", name: str = "street", small: str = SMALL) -> Path:
    """Write a study file of few trials."""
    root.mkdir(parents=True, exist_ok=True)
    file = root / "study.yaml"
    file.write_text(f"name: {name}\n{source}{small}{more}")
    return file
