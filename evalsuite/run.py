"""The engine's conductor: from a plan to a run folder, in one pass over the photos, going on where it stopped."""

from __future__ import annotations

import errno
import fcntl
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch
from tqdm import tqdm

from evalsuite.columns import ColumnFiles
from evalsuite.completion import complete
from evalsuite.contracts import Colorizer
from evalsuite.costs import measure_costs
from evalsuite.dataset import Dataset, open_dataset
from evalsuite.elsewhere import outputs_of_command
from evalsuite.engines import Engine, LocalEngine, decoding_processes, devices_of
from evalsuite.errors import UserError
from evalsuite.images import encode_png, write_atomically
from evalsuite.journal import Entry, Journal, append, read_journal
from evalsuite.manifest import (
    check_same,
    describe_colorizer,
    describe_metric,
    environment,
    now,
)
from evalsuite.memory import give_back, keep_large_blocks
from evalsuite.plan import Plan, check_names, check_weights, companions_of, identity_of, measurable
from evalsuite.results import SCORED, TARGET, Run, open_run, read_json, sha256_of, write_json
from evalsuite.surveying import survey_of
from evalsuite.weights import find
from evalsuite.work import Loaded, TileResult, Work, load_plugins, statuses

UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
"""A full disk, no quota left, files that may not grow further (ulimit), a folder that may only be read."""
WRITERS = 2
PENDING_TILES = 3


def run(plan: Plan) -> Run:
    """Score every photo with every colorizer and every metric, or go on with what a killed run left.

    Args:
        plan: What to do.

    Returns:
        The complete run folder.

    Raises:
        UserError: The photos, the folder, a plug-in or its weights cannot be used; nothing is lost.
    """
    keep_large_blocks()
    check_names([*(c.name for c in plan.colorizers), *plan.commands])
    check_weights(plan)
    _bring_to_its_end(plan)
    give_back()
    return open_run(plan.out)


def _bring_to_its_end(plan: Plan) -> None:
    """Do what is left of a run; all that this takes in memory is free when it returns."""
    dataset = open_dataset(plan.images, plan.labels, plan.limit, plan.seed, plan.root)
    devices = devices_of(plan.device)
    identity = identity_of(plan, dataset, devices)
    with _claimed(plan.out, identity) as known:
        if known.get("status") == "complete":
            return
        work, loaded = _load(plan, dataset, devices[0])
        manifest = _manifest(plan, work, loaded, identity, devices)
        check_same(plan.out, known.get("colorizers", manifest["colorizers"]), manifest["colorizers"])
        write_json(plan.out / "manifest.json", manifest)
        journal = _score(plan.out, work, loaded, plan.engine or LocalEngine(devices))
        costs = measure_costs(work, loaded, devices[0], _probed(plan.out, work))
        del loaded
        give_back()
        complete(plan.out, manifest, work, journal, costs)


@contextmanager
def _claimed(out: Path, identity: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Hold the run folder for this process and give the manifest that it has, empty for a new run."""
    if out.exists() and not out.is_dir():
        raise UserError(f"{out}: --out is a folder; this is a file. Choose another name.")
    if out.is_dir() and any(out.iterdir()) and not (out / "manifest.json").exists():
        raise UserError(f"{out}: this folder holds other files and no run. Choose a new or empty folder.")
    with _said_when_unwritable(out), _lock_of(out) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"{out}: another process is at work in this folder. Wait for it, or end it.") from None
        known = read_json(out / "manifest.json") if (out / "manifest.json").exists() else {}
        if known:
            check_same(out, known["identity"], identity)
        else:
            write_json(out / "manifest.json", {"status": "running", "identity": identity})
        yield known


def _lock_of(out: Path) -> TextIO:
    out.mkdir(parents=True, exist_ok=True)
    return (out / ".lock").open("w")


@contextmanager
def _said_when_unwritable(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in UNWRITABLE:
            raise
        what = f"the run folder cannot be written ({error.strerror})"
        raise UserError(f"{out}: {what}. Mend that and give the same command again: it goes on.") from error


def _load(plan: Plan, dataset: Dataset, device: torch.device) -> tuple[Work, Loaded]:
    """Make the work of a plan, with what could be loaded."""
    made = (outputs_of_command(name, c, dataset, plan.resize, plan.out) for name, c in plan.commands.items())
    colorizers = (*plan.colorizers, *made)
    metrics = measurable(plan.metrics, dataset, plan.named)
    work = Work(dataset, plan.resize, colorizers, metrics, plan.seed, plan.options, plan.weights)
    work = replace(work, drop_gray=plan.drop_gray, tile=plan.tile)
    if any(c.needs_survey for c in colorizers):
        survey = survey_of(dataset, plan.resize, decoding_processes(), plan.out / "survey.npz")
        work = replace(work, survey=survey)
    loaded = load_plugins(work, device, plan.named)
    present = tuple(c for c in colorizers if c.name in loaded.colorizers)
    metrics = tuple(m for m in metrics if m.name in loaded.metrics or m.probe is not None)
    if not present or not metrics:
        raise UserError(f"nothing to do: {'; '.join(reason for *_, reason in loaded.skipped)}")
    beside = {c.name: companions_of(c, dataset, work.setting(device, c.name)) for c in present}
    companions = {name: files for name, files in beside.items() if files is not None}
    return replace(work, colorizers=present, metrics=metrics, companions=companions), loaded


def _manifest(
    plan: Plan, work: Work, loaded: Loaded, identity: Mapping[str, Any], devices: Sequence[torch.device]
) -> dict[str, Any]:
    def weights(colorizer: Colorizer) -> Path | None:
        given = plan.weights.get(colorizer.name)
        return given if colorizer.weights is None else find(colorizer.weights, given)

    return {
        "format": 1,
        "status": "running",
        "created_at": now(),
        "command": list(plan.argv),
        "seed": plan.seed,
        "options": dict(plan.options),
        "identity": identity,
        "environment": environment([str(device) for device in devices]),
        "colorizers": {c.name: describe_colorizer(c, weights(c)) for c in work.colorizers},
        "metrics": {m.name: describe_metric(m) for m in work.metrics},
        "extra": {name: list(files) for name, files in plan.extra.items()},
        "skipped": [{"kind": kind, "name": name, "reason": reason} for kind, name, reason in loaded.skipped],
    }


def _score(out: Path, work: Work, loaded: Loaded, engine: Engine) -> Journal:
    """Score the tiles that are not done, writing each down before the next but a few."""
    path, columns = out / "journal.jsonl", ColumnFiles(out / "rows", len(work.dataset.photos))
    for metric in work.metrics:
        for name, array in (metric.constants(work.options) if metric.constants else {}).items():
            write_constant(out / "rows" / TARGET / f"{metric.name}.constant.{name}.npy", array)
    done = read_journal(path).lines
    tiles = [number for number in range(work.tiles) if number not in done]
    first = sum(len(work.indices(number)) for number in done)
    bar = tqdm(total=len(work.dataset.photos), initial=first, unit=" photos", disable=None, delay=2, desc="scoring")
    pending: deque[tuple[TileResult, list[Future[tuple[str, str]]]]] = deque()
    with ThreadPoolExecutor(WRITERS) as writers, bar:
        try:
            for result in engine.results(work, loaded, tiles):
                pending.append((result, [writers.submit(_write_output, out, work, o) for o in result.outputs]))
                while len(pending) > PENDING_TILES:
                    bar.update(_settle(path, columns, work, *pending.popleft()))
        finally:
            while pending:
                bar.update(_settle(path, columns, work, *pending.popleft()))
    return read_journal(path)


def write_constant(path: Path, array: np.ndarray[Any, Any]) -> None:
    """Keep an array that belongs to the run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)


def _write_output(out: Path, work: Work, output: tuple[str, int, Any]) -> tuple[str, str]:
    name, index, pixels = output
    path = out / "outputs" / name / f"{work.dataset.photos[index].id}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, pixels.read_bytes() if isinstance(pixels, Path) else encode_png(pixels))
    return path.relative_to(out).as_posix(), sha256_of(path)


def _settle(
    journal: Path, columns: ColumnFiles, work: Work, result: TileResult, written: list[Future[tuple[str, str]]]
) -> int:
    """Write a tile's rows, wait for its images, then note that it is done."""
    indices = work.indices(result.number)
    for owner, column, positions, rows in result.columns:
        columns.write(owner, column, positions, rows)
    for colorizer in work.colorizers:
        columns.write(colorizer.name, "status", np.array(indices), statuses(result, colorizer.name, indices))
    outputs = [future.result() for future in written]
    append(journal, Entry(result.number, result.photos, result.failures, outputs, dict(result.seconds)))
    return len(indices)


def _probed(out: Path, work: Work) -> dict[str, list[int]]:
    """Name the first photo that each colorizer colored, on which its cost is measured."""
    rows = {colorizer.name: np.load(out / "rows" / colorizer.name / "status.npy") for colorizer in work.colorizers}
    return {name: np.flatnonzero(status == SCORED)[:1].tolist() for name, status in rows.items()}
