"""Checking a run folder: do its hashes hold, and do its scores come out again?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from evalsuite.contracts import Setting
from evalsuite.errors import UserError
from evalsuite.images import Resize
from evalsuite.loading import Wanted, load
from evalsuite.manifest import code_sha256, differences, versions
from evalsuite.registry import metric as metric_named
from evalsuite.results import Run, sha256_of
from evalsuite.scoring import exact_arithmetic
from evalsuite.views import Pair, View

TOLERANCE = 1e-4
SAMPLE = 8


@dataclass(frozen=True)
class Verdict:
    """What verification found.

    Attributes:
        checked: What was checked and holds, in words.
        differs: What does not hold, in words; empty for a sound run.
        notes: What could not be checked, or differs without being wrong (another machine's versions).
    """

    checked: tuple[str, ...]
    differs: tuple[str, ...]
    notes: tuple[str, ...]


def verify(run: Run, sample: int = SAMPLE, seed: int = 0) -> Verdict:
    """Recompute the hashes of a run's files, photos and outputs, and the scores of a sample of photos.

    Args:
        run: The run folder.
        sample: How many photos are scored again.
        seed: Chooses them.
    """
    checked: list[str] = []
    differs = list(_files(run, checked))
    outputs = list(_outputs(run, checked))
    photos, notes = _photos(run, checked)
    scores = [] if outputs or photos else list(_scores(run, sample, seed, checked, notes))
    then, now = run.manifest["identity"], {"versions": versions(), "code": code_sha256()}
    notes += list(differences({key: then[key] for key in now}, now))
    return Verdict(tuple(checked), (*differs, *outputs, *photos, *scores), tuple(notes))


def _files(run: Run, checked: list[str]) -> Iterator[str]:
    wrong = []
    for name, sha256 in run.manifest["files"].items():
        path = run.path / name
        if not path.is_file():
            wrong.append(f"{name} is missing")
        elif sha256_of(path) != sha256:
            wrong.append(f"{name} was changed after the run")
    checked += [] if wrong else [f"{len(run.manifest['files'])} files have the hashes of the manifest"]
    yield from wrong


def _outputs(run: Run, checked: list[str]) -> Iterator[str]:
    listed = run.path / "outputs.sha256"
    lines = listed.read_text().splitlines() if listed.is_file() else []
    wrong = 0
    for line in tqdm(lines, desc="outputs", unit=" images", disable=None, delay=2):
        sha256, _, name = line.partition("  ")
        path = run.path / name
        if not path.is_file() or sha256_of(path) != sha256:
            wrong += 1
            yield f"{name} {'was changed after the run' if path.is_file() else 'is missing'}"
    if not wrong:
        checked.append(f"{len(lines)} output images have their hashes")


def _photos(run: Run, checked: list[str]) -> tuple[list[str], list[str]]:
    wrong, missing = [], []
    scored = [photo for photo in run.manifest["photos"] if photo["status"] == "scored"]
    for photo in scored:
        path = Path(photo["file"])
        if not path.is_file():
            missing.append(photo["id"])
        elif sha256_of(path) != photo["sha256"]:
            wrong.append(f"the photo {photo['id']} ({path}) was changed after the run")
    if missing:
        return wrong, [f"{len(missing)} of {len(scored)} photos are no longer where they were (such as {missing[0]})"]
    checked += [] if wrong else [f"{len(scored)} photos have the hashes of the manifest"]
    return wrong, []


def _scores(run: Run, sample: int, seed: int, checked: list[str], notes: list[str]) -> Iterator[str]:
    """Score a sample of photos again from the photos and the saved outputs."""
    present = [i for i, p in enumerate(run.manifest["photos"]) if p["status"] == "scored" and Path(p["file"]).is_file()]
    if not present:
        return
    chosen = sorted(np.random.default_rng(seed).choice(present, min(sample, len(present)), replace=False).tolist())
    setting = Setting(torch.device("cpu"), run.manifest["seed"], None, run.manifest["options"])
    metrics = [metric_named(name) for name in run.metrics]
    measures = {metric.name: metric.load(setting) for metric in metrics if metric.load is not None}
    compared = wrong = 0
    for colorizer in run.colorizers:
        columns = {metric.name: run.columns(colorizer, metric.name) for metric in metrics}
        for index in chosen:
            pair = pair_of(run, colorizer, index)
            if pair is None:
                continue
            with torch.inference_mode(), exact_arithmetic():
                for name, measure in measures.items():
                    indices, kept = columns[name]
                    row = np.flatnonzero(indices == index)
                    value = measure(pair).get("value")
                    if value is None or "value" not in kept or not len(row):
                        continue
                    compared += 1
                    old, new = float(kept["value"][row[0]]), float(value[0])
                    if not np.isclose(old, new, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
                        wrong += 1
                        yield f"{name} of {colorizer} on {run.photos[index]} was {old:.6g} and comes out as {new:.6g}"
    if compared and not wrong:
        checked.append(f"{compared} scores of {len(chosen)} photos come out again within {TOLERANCE:g}")


def pair_of(run: Run, colorizer: str, index: int) -> Pair | None:
    """Load a photo of a run and a colorizer's output as they were measured; None where there is no output."""
    photo, resize = run.manifest["photos"][index], run.manifest["dataset"]
    path = run.path / "outputs" / colorizer / f"{photo['id']}.png"
    if not path.is_file():
        return None
    policy = Resize(resize["resize"], resize["size"] or 0)
    views = []
    for wanted in (Wanted((Path(photo["file"]),), policy), Wanted((path,), None)):
        picture = load(wanted)
        if picture.rgb is None:
            raise UserError(f"{picture.path}: {picture.reason}. Restore the file and verify again.")
        label = torch.tensor([-1 if photo["label"] is None else photo["label"]])
        views.append(View(torch.from_numpy(picture.rgb).permute(2, 0, 1)[None].contiguous(), label))
    return Pair(*views)


def verdict_text(verdict: Verdict) -> str:
    """Write a verdict in lines."""
    lines = [f"holds    {line}" for line in verdict.checked]
    lines += [f"differs  {line}" for line in verdict.differs]
    lines += [f"note     {line}" for line in verdict.notes]
    return "\n".join(lines)
