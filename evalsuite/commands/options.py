"""The flags that `run` and `score` share, and the plan that they make."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from evalsuite.engines import Engine
from evalsuite.errors import UserError
from evalsuite.images import Resize
from evalsuite.ray_engine import RayEngine
from evalsuite.results import Run

F = TypeVar("F", bound=Callable[..., Any])
SHOWN = 20

SHARED = (
    click.option("--images", type=click.Path(path_type=Path), required=True,
                 help="A folder of photos (recursive), a text file of names, or a CSV with file,class_index."),
    click.option("--root", type=click.Path(path_type=Path),
                 help="The folder at which the names of a list or CSV start. [its own]"),
    click.option("--labels", type=click.Path(path_type=Path), help="A CSV with file,class_index for a folder."),
    click.option("--metrics", default="default", show_default=True, help="default, all, or names: x,y."),
    click.option("--size", type=click.IntRange(16, 8192), default=256, show_default=True,
                 help="Side in pixels for squash and crop."),
    click.option("--limit", type=click.IntRange(1), help="Score a random subset of so many photos, drawn by --seed."),
    click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
                 help="Seeds the subset, the random baseline, simulated hints and resampling."),
    click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True),
    click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
                 help="local: this machine; ray: a Ray cluster (RAY_ADDRESS, or one started here)."),
    click.option("--prior", type=click.Path(path_type=Path),
                 help="313 bin probabilities (.npy) for the rebalanced AuC; the dataset's own colors otherwise."),
    click.option("--drop-gray", is_flag=True, help="Leave truly gray photos out (max |ab| <= 5)."),
    click.option("--strict", is_flag=True, help="Exit with 2 if any photo or output failed."),
    click.option("--out", type=click.Path(path_type=Path), required=True,
                 help="The run folder; a run that was stopped goes on."),
)  # fmt: skip


def shared_options(function: F) -> F:
    """Add the flags that `run` and `score` share."""
    for option in reversed(SHARED):
        function = option(function)
    return function


def plan_fields(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the shared flags into fields of a Plan."""
    options = {"prior": str(flags["prior"].resolve())} if flags["prior"] else {}
    return {
        "images": flags["images"], "out": flags["out"], "labels": flags["labels"], "limit": flags["limit"],
        "root": flags["root"],
        "seed": flags["seed"], "device": flags["device"], "engine": chosen_engine(flags["engine"], flags["device"]),
        "drop_gray": flags["drop_gray"], "options": options, "argv": tuple(sys.argv[1:]),
    }  # fmt: skip


def chosen_engine(name: str, device: str) -> Engine | None:
    """Return the engine of that name, None for the default one."""
    return RayEngine(device) if name == "ray" else None


def resize_policy(name: str, size: int) -> Resize:
    """Return the resize policy of that name."""
    return Resize(name, size)  # type: ignore[arg-type]  # click allows only these names


def tell(run: Run, strict: bool) -> None:
    """Say on stderr what failed, and which results no photo asked for; with `strict`, failures end with status 2."""
    manifest = run.manifest
    failed = [(f["photo"], f["reason"]) for f in manifest["dataset"]["failed"]]
    failed += [(f"{f['colorizer']} on {f['photo']}", f["reason"]) for f in manifest["failures"]]
    for name, files in manifest["extra"].items():
        for file in files[:SHOWN]:
            click.echo(f"extra   {name}: {file} is the result of no photo", err=True)
        if len(files) > SHOWN:
            click.echo(f"extra   {name}: {len(files) - SHOWN} more, listed in {run.path / 'manifest.json'}", err=True)
    for name, reason in failed[:SHOWN]:
        click.echo(f"failed  {name}: {reason}", err=True)
    if len(failed) > SHOWN:
        click.echo(f"failed  {len(failed) - SHOWN} more, listed in {run.path / 'manifest.json'}", err=True)
    if failed and strict:
        count = f"{len(failed)} photos or outputs" if len(failed) > 1 else "a photo or output"
        raise UserError(f"--strict: {count} failed, listed above. Mend or remove what is broken.")
