"""What exactly a metric of a run is, and how the papers' readings of it come out on the same outputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from evalsuite.definitions import FAMILIES, REBALANCED, VARIANTS
from evalsuite.errors import UserError
from evalsuite.images import RGB, Resize, Undecodable, decode
from evalsuite.results import Run
from evalsuite.rows import VALUE
from evalsuite.typesetting import DASH, Cell, Table, decimals, describe, head, markdown, number, span
from evalsuite.variants import Floats, Shown, Variant

SAMPLE = 64
"""Photos on which variants are computed: enough to see which definition a number follows."""
SMALLEST = 11
"""Pixels on a side that the windows of SSIM need."""
THREADS = 2
HEADS = ("Definition", "Used by")


def explain(run: Run, metric: str) -> str:
    """Say what a metric of a run is and how else it is computed elsewhere.

    Args:
        run: A complete run.
        metric: A metric of the run.

    Returns:
        Markdown: the definition, what went into this run, its values, the variants on a sample of the same outputs.

    Raises:
        UserError: The run has no such metric.
    """
    if metric not in run.manifest["metrics"]:
        raise UserError(f"explain: this run has no metric {metric!r}. It has: {', '.join(run.metrics)}.")
    tables = [_values(run, metric), *_relatives(run, metric), *_rebalanced(run, metric), *_variants(run, metric)]
    return "\n\n".join((_definition(run, metric), *map(markdown, tables)))


def _definition(run: Run, metric: str) -> str:
    """Write the definition and what went into the values of this run."""
    facts, dataset = run.manifest["metrics"][metric], run.manifest["dataset"]
    direction = f"{facts['better']} is better" if facts["better"] else "neither direction is better"
    versions = ", ".join(f"{name} {version}" for name, version in run.manifest["identity"]["versions"].items())
    resampled = f"{facts['draws']:,} bootstrap resamples of photos, seed {run.manifest['seed']}"
    how = "; ".join(f"{key}: {value}" for key, value in dataset["filter"].items())
    options = "; ".join(f"{key}: {value}" for key, value in run.manifest["options"].items())
    lines = [
        f"{metric}: {facts['title']} ({', '.join(filter(None, (facts['unit'], direction, facts['kind'])))})",
        "",
        facts["definition"],
        "",
        f"- Source: {facts['source']}",
        f"- Photos: {describe(run.summary['dataset'])} (sha256 {dataset['sha256'][:12]}; {how})",
        f"- Measured on the 8-bit pixels in {run.path / 'outputs'}",
        f"- Interval: {resampled}" if facts["kind"] != "cost" else "- Interval: none, a single measurement",
        *([f"- Options: {options}"] if options else []),
        f"- Versions: {versions}",
    ]
    return "\n".join(lines)


def _values(run: Run, metric: str) -> Table:
    """Set the values with everything that the summary says of them."""
    facts = run.manifest["metrics"][metric]
    scores = {name: found for name in run.colorizers if (found := run.summary["colorizers"][name].get(metric))}
    digits = decimals(facts["unit"], [score["value"] for score in scores.values() if score["value"] is not None])
    rows, notes = [], []
    for name, score in scores.items():
        value = Cell(number(score["value"], facts["unit"], digits), span(score["ci95"], facts["unit"], digits))
        rows.append((name, (value, Cell(str(score["n"])))))
        known = {"value", "ci95", "n", "unit", "better"}
        details = {key: detail for key, detail in score.items() if key not in known and _short(detail)}
        notes += [f"{name}: " + "; ".join(f"{k}: {_text(v)}" for k, v in details.items())] if details else []
    title = head(facts["title"], facts["unit"], facts["better"])
    return Table("In this run:", ("Method", title, "n"), tuple(rows), tuple(notes))


def _short(detail: Any) -> bool:
    parts = detail.values() if isinstance(detail, dict) else [detail]
    return all(isinstance(part, str | int | float) for part in parts)


def _text(detail: Any) -> str:
    if isinstance(detail, dict):
        return ", ".join(f"{key} = {_text(value)}" for key, value in detail.items())
    return f"{detail:.5g}" if isinstance(detail, float) else str(detail)


def _relatives(run: Run, metric: str) -> Iterator[Table]:
    """Set the metrics of the same family beside each other, where names alone mislead."""
    prefix = next((prefix for prefix in FAMILIES if metric.startswith(prefix)), None)
    if prefix is None:
        return
    rows = []
    for name in (name for name in run.metrics if name.startswith(prefix)):
        facts, scores = run.manifest["metrics"][name], [run.summary["colorizers"][c].get(name) for c in run.colorizers]
        values = [score["value"] if score else None for score in scores]
        digits = decimals(facts["unit"], [value for value in values if value is not None])
        rows.append((name, tuple(Cell(number(value, facts["unit"], digits)) for value in values)))
    caption = "Metrics of this family in this run (fractions in %):"
    yield Table(caption, ("Metric", *run.colorizers), tuple(rows), (FAMILIES[prefix],))


def _rebalanced(run: Run, metric: str) -> Iterator[Table]:
    """Set other readings of rebalancing, from the run's rows."""
    if metric != "auc_rebalanced":
        return
    columns = {name: run.columns(name, metric)[1] for name in run.colorizers}
    known = [name for name, found in columns.items() if "gain" in found and len(found["gain"])]
    rows = []
    for variant, users, measure in REBALANCED:
        values = [number(measure(columns[name]), "fraction", 1) for name in known]
        rows.append((variant, (Cell(users), *map(Cell, values))))
    notes = ("The paper publishes neither prior, smoothing nor pooling.",)
    yield Table("Other readings, on all photos (%):", (*HEADS, *known), tuple(rows), notes)


def _variants(run: Run, metric: str) -> Iterator[Table]:
    """Compute the variants of a metric on a sample of the run's photos and outputs."""
    if metric not in VARIANTS:
        return
    positions = _sample(run)
    photos = {k: photo for k in positions if (photo := _photo(run, k)) is not None}
    if not photos:
        where = Path(run.manifest["photos"][positions[0]]["file"]).parent if positions else "the run"
        yield Table(f"Variants need the photos, which are no longer in {where} as they were.", HEADS, ())
        return
    variants, unit = VARIANTS[metric], run.manifest["metrics"][metric]["unit"]
    found = {name: _measured(run, name, photos, variants) for name in run.colorizers}
    digits = decimals(unit, [value for values in found.values() for value in values if value is not None])
    rows = [
        (v.name, (Cell(v.users), *(Cell(number(found[name][k], unit, digits)) for name in run.colorizers)))
        for k, v in enumerate(variants)
    ]
    own = (Cell("this run's rows"), *(Cell(number(_own(run, name, metric, photos), unit, digits)) for name in found))
    shown = [(metric, own)] if any(cell.text != DASH for cell in own[1:]) else []
    scored, lost = run.summary["dataset"]["images"], len(positions) - len(photos)
    caption = f"How definitions differ on the same outputs, {len(photos)} of {scored:,} photos:"
    notes = (f"Photos of the sample that are no longer as they were: {lost}.",) if lost else ()
    yield Table(caption, (*HEADS, *run.colorizers), (*shown, *rows), notes)


def _sample(run: Run) -> list[int]:
    """Choose photos evenly from those that every method was scored on, or from all that were scored."""
    everywhere = [set(run.columns(name, run.metrics[0])[0].tolist()) for name in run.colorizers]
    shared = sorted(set.intersection(*everywhere))
    return [shared[k] for k in np.unique(np.linspace(0, len(shared) - 1, SAMPLE).astype(int))] if shared else []


def _photo(run: Run, position: int) -> RGB | None:
    """Load a photo as it was measured, None if it is gone or was changed."""
    photo, dataset = run.manifest["photos"][position], run.manifest["dataset"]
    try:
        data = Path(photo["file"]).read_bytes()
    except OSError:
        return None
    if sha256(data).hexdigest() != photo["sha256"]:
        return None
    return Resize(dataset["resize"], dataset["size"] or 0).apply(decode(data))


def _measured(run: Run, name: str, photos: dict[int, RGB], variants: Sequence[Variant]) -> list[float | None]:
    """Compute all variants for one method, None where it has no output."""
    work = partial(_rows, run, name, variants)
    with ThreadPoolExecutor(THREADS) as pool:
        done = pool.map(work, photos.items())
        rows = [r for r in tqdm(done, f"variants of {name}", len(photos), disable=None, delay=2) if r is not None]
    if not rows:
        return [None] * len(variants)
    return [v.pool(np.array([row[k] for row in rows], np.float64)) for k, v in enumerate(variants)]


def _rows(run: Run, name: str, variants: Sequence[Variant], photo: tuple[int, RGB]) -> list[float | Floats] | None:
    position, target = photo
    path = run.path / "outputs" / name / f"{run.photos[position]}.png"
    try:
        output = decode(path.read_bytes())
    except (OSError, Undecodable):
        return None
    if output.shape != target.shape or min(target.shape[:2]) < SMALLEST:
        return None
    shown = Shown(target, output)
    return [variant.measure(shown) for variant in variants]


def _own(run: Run, name: str, metric: str, photos: dict[int, RGB]) -> float | None:
    """Average the run's own scores over the sample."""
    positions, columns = run.columns(name, metric)
    if VALUE not in columns:
        return None
    return float(np.asarray(columns[VALUE], np.float64)[np.isin(positions, list(photos))].mean())
