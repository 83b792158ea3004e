"""Run folders with small pictures and scores that are known, for tests of pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image
from sqlalchemy import Engine

from evalsuite.backbones.confusions import Confusions
from evalsuite.chroma import Chroma
from evalsuite.columns import ColumnFiles
from evalsuite.db import make_engine, upgrade
from evalsuite.results import LEFT_OUT, SCORED, Run, open_run
from evalsuite.stats import Difference
from evalsuite.store import import_run
from evalsuite.thumbnails import make_thumbnails
from evalsuite.tournament import Match, Tournament

PHOTOS = 24
SIZE = 24
RNG = np.random.default_rng(0)
DIFFICULTY = RNG.normal(0, 3, PHOTOS)
PICTURES = RNG.integers(0, 256, (PHOTOS, 3, 3, 3), np.uint8)
METRICS: dict[str, dict[str, Any]] = {
    "psnr_rgb": {"title": "PSNR", "unit": "dB", "better": "higher", "kind": "full-reference"},
    "ciede2000": {"title": "CIEDE2000", "unit": "CIEDE2000", "better": "lower", "kind": "full-reference"},
    "auc": {"title": "AuC", "unit": "fraction", "better": "higher", "kind": "full-reference"},
    "fid_clean": {"title": "FID (clean)", "unit": "", "better": "lower", "kind": "distribution"},
    "colorfulness": {"title": "Colorfulness", "unit": "", "better": None, "kind": "no-reference"},
    "l_shift": {"title": "L shift", "unit": "Lab units", "better": "lower", "kind": "full-reference"},
    "params_mb": {"title": "Params", "unit": "MB", "better": "lower", "kind": "cost"},
}
PAPERS = {
    "good": "Ada, Grace: A Good Method, CVPR 2024", "gray": "", "truth": "", "rival": "Emmy: A <Rival>, ECCV 2022",
    "mine.5": "", "mine.50": "",
}  # fmt: skip
GAIN = {"good": 6.0, "gray": 0.0, "truth": 70.0, "rival": 5.9, "mine.5": 7.0, "mine.50": 9.0}
ACCEPTS = {"truth": ["target"], "mine.5": ["L", "hints"], "mine.50": ["L", "hints"]}


def runs_database(folder: Path, *fill: Callable[[Engine], object]) -> str:
    """Make a database with three runs in a folder, let others put more into it, and return its address."""
    url = f"sqlite:///{folder / 'evalsuite.db'}"
    engine = make_engine(url)
    upgrade(engine)
    import_three_runs(engine, folder)
    for more in fill:
        more(engine)
    engine.dispose()
    return url


def import_three_runs(engine: Engine, folder: Path) -> None:
    """Import a run of three methods, one of a rival on the same photos, and one with hints at another size."""
    photos = write_photos(folder / "photos")
    first = write_run(folder / "first", photos, ("truth", "gray", "good"))
    import_run(engine, first, fid_matches, colors, confused)
    second = write_run(folder / "second", photos, ("rival",))
    import_run(engine, second, look=colors)
    import_run(engine, write_run(folder / "third", photos, ("gray", "good", "mine.5", "mine.50"), policy="crop"))
    for run in (first, second):
        make_thumbnails(run, folder / "thumbnails")


def write_photos(folder: Path) -> list[Path]:
    """Write the photos: nine fields of color each."""
    folder.mkdir(parents=True)
    for k, picture in enumerate(PICTURES):
        image = Image.fromarray(picture).resize((SIZE, SIZE), Image.Resampling.NEAREST)
        image.save(folder / f"p{k:02}.png")
    return sorted(folder.iterdir())


def values_of(method: str) -> dict[str, np.ndarray]:
    """Scores per photo; the rival is as good as the good one but for noise."""
    noise = np.random.default_rng(abs(hash_of(method)) % 1000).normal(0, 0.5, PHOTOS)
    psnr = np.full(PHOTOS, 100.0) if method == "truth" else 20 + GAIN[method] + DIFFICULTY + noise
    return {
        "psnr_rgb": psnr,
        "ciede2000": np.maximum(0, 30 - psnr / 4),
        "auc": np.clip(psnr / 40, 0, 1),
        "colorfulness": np.full(PHOTOS, 0.0 if method == "gray" else 30.0) + np.arange(PHOTOS) * (method != "gray"),
        "l_shift": np.full(PHOTOS, 9.0 if method == "rival" else 0.1),
    }


def hash_of(text: str) -> int:
    """A number that stays the same in every process."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def write_run(folder: Path, photos: list[Path], methods: tuple[str, ...], policy: str = "squash") -> Run:
    """Write a run folder, and open it."""
    scores = {method: values_of(method) for method in methods}
    listing = [write_output(folder, method, k) for method in methods for k in range(PHOTOS)]
    manifest = {
        "status": "complete", "created_at": "2026-01-31T12:00:00+00:00", "seed": 7,
        "command": ["run", "--images", "photos", "--out", str(folder)],
        "dataset": {"name": "street", "images": PHOTOS, "sha256": "sha-street", "size": SIZE, "resize": policy},
        "photos": [
            *({"id": p.stem, "file": str(p), "sha256": hashlib.sha256(p.read_bytes()).hexdigest(), "status": "scored",
               "reason": "", "label": k % 3} for k, p in enumerate(photos)),
            {"id": "broken", "file": "broken.png", "sha256": "", "status": "undecodable", "reason": "truncated"},
        ],
        "colorizers": {
            method: {"title": method.title(), "paper": PAPERS[method], "url": f"https://example.org/{method}",
                     "licence": "MIT", "weights": None, "cite": f"{method}2024" if PAPERS[method] else "",
                     "accepts": ACCEPTS.get(method, ["L"]),
                     "reported": {"street": {"psnr_rgb": 26.5, "fool_rate": 0.323}} if method == "good" else {}}
            for method in methods
        },
        "metrics": {name: facts | {"definition": f"{facts['title']} of tests."} for name, facts in METRICS.items()},
        "failures": [], "skipped": [], "seconds": {"metric psnr_rgb": 1.5},
        "environment": {"processor": "a <processor>", "devices": ["cpu"]}, "identity": {"versions": {"numpy": "2"}},
    }  # fmt: skip
    rows = [(p.stem, m, n, float(v[k])) for m in methods for n, v in scores[m].items() for k, p in enumerate(photos)]
    pd.DataFrame(rows, columns=["image", "colorizer", "metric", "value"]).to_parquet(folder / "scores.parquet")
    summary = {method: summary_of(method, scores[method]) for method in methods}
    by_photo = {method: curves_of(scores[method]["auc"]) for method in methods}
    curves = {method: {"auc": mean_curve(by_photo[method])} for method in methods}
    for name, content in (("manifest", manifest), ("summary", {"colorizers": summary}), ("curves", curves)):
        (folder / f"{name}.json").write_text(json.dumps(content))
    (folder / "outputs.sha256").write_text("".join(listing))
    run = open_run(folder)
    if policy == "squash":
        write_rows(run, by_photo)
    return run


def write_output(folder: Path, method: str, photo: int) -> str:
    """Write what a method made of a photo, and return its line of outputs.sha256."""
    picture = PICTURES[photo].astype(int)
    changed = {"truth": picture, "gray": picture.mean(-1, keepdims=True).repeat(3, -1)}
    pixels = changed.get(method, picture + (20 if method == "rival" else 5)).clip(0, 255).astype(np.uint8)
    path = folder / "outputs" / method / f"p{photo:02}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.NEAREST).save(path)
    return f"{hashlib.sha256(path.read_bytes()).hexdigest()}  outputs/{method}/p{photo:02}.png\n"


def write_legacy_run(folder: Path, photos: list[Path]) -> Run:
    """Write a run of photos without a truth: outputs were looked at alone."""
    write_run(folder, photos, ("good",))
    scores = pd.read_parquet(folder / "scores.parquet")
    scores[scores["metric"] == "colorfulness"].to_parquet(folder / "scores.parquet")
    manifest, summary = (json.loads((folder / name).read_text()) for name in ("manifest.json", "summary.json"))
    manifest["metrics"] = {"colorfulness": manifest["metrics"]["colorfulness"]}
    manifest["dataset"] |= {"name": "old", "sha256": "sha-old"}
    manifest["options"] = {"no_reference": "yes"}
    found = {method: {"colorfulness": row["colorfulness"]} for method, row in summary["colorizers"].items()}
    contents = {"manifest": manifest, "summary": {"colorizers": found}, "curves": {}}
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return open_run(folder)


def summary_of(method: str, scores: dict[str, np.ndarray]) -> dict[str, Any]:
    """What summary.json says of a method."""
    found = {
        name: {"value": float(v.mean()), "ci95": [float(v.mean() - 1), float(v.mean() + 1)], "n": PHOTOS}
        for name, v in scores.items()
    }
    found["fid_clean"] = {"value": 40 - GAIN[method] / 2, "ci95": [1.0, 50.0], "n": PHOTOS}
    found["params_mb"] = {"value": 129.0 if method == "good" else None, "ci95": None, "n": int(method == "good")}
    return {name: row | {k: METRICS[name][k] for k in ("unit", "better")} for name, row in found.items()}


def curves_of(auc: np.ndarray) -> np.ndarray:
    """A curve per photo, (photos, 151), that ends at 1."""
    return np.asarray(np.linspace(0, 1, 151) ** (1.1 - auc[:, None]), np.float32)


def mean_curve(curves: np.ndarray) -> dict[str, list[float]]:
    """Their mean with its band, as curves.json has it."""
    mean = curves.mean(axis=0, dtype=np.float64)
    margin = 1.96 * curves.std(axis=0, ddof=1, dtype=np.float64) / len(curves) ** 0.5
    low, high = np.clip(mean - margin, 0, 1), np.clip(mean + margin, 0, 1)
    return {"threshold": list(range(151)), "share": mean.tolist(), "low": low.tolist(), "high": high.tolist()}


def write_rows(run: Run, curves: Mapping[str, np.ndarray]) -> None:
    """Write the curves of photos as runs keep them; without them, a run is like those of older versions."""
    photos, everywhere = len(run.photos), np.arange(PHOTOS)
    files = ColumnFiles(run.path / "rows", photos)
    for method, of_photos in curves.items():
        files.write(method, "status", np.arange(photos), np.array([SCORED] * PHOTOS + [LEFT_OUT], np.uint8))
        files.write(method, "auc.cmf", everywhere, of_photos)


def colors(run: Run) -> list[Chroma]:
    """Colors as if they were counted: all in one cell, and three bins of which the rare ones are harder."""
    counts = np.zeros((45, 45), np.int64)
    counts[22, 22] = 1000
    bins = np.zeros((2, 313))
    bins[:, [0, 100, 200]] = [[5, 80, 990], [10, 100, 1000]]
    return [Chroma("target", counts, None), *(Chroma(method, counts, bins) for method in run.colorizers)]


def confused(run: Run) -> list[Confusions]:
    """What a classifier confuses: gray photos, and more often than before."""
    pair: dict[str, int | str] = {
        "label": 3,
        "answer": 7,
        "before": 1,
        "after": 6,
        "label_name": "a <tiger>",
        "answer_name": "cock",
    }
    unnamed: dict[str, int | str] = {"label": 4, "answer": 8, "before": 0, "after": 2}
    first = Confusions("truth", "top1_vgg16", [])
    return [first, Confusions("gray", "top1_vgg16", [pair, unnamed]), Confusions("good", "top1_vgg16", [])]


def fid_matches(run: Run) -> Tournament:
    """The one pair that competes in FID, as resampling would have it."""
    return Tournament(
        (Match("fid_clean", "gray", "good", PHOTOS, Difference(3.0, (2.0, 4.0), 0.001, PHOTOS), 0.001),), ()
    )  # fmt: skip
