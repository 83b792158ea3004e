"""evalsuite score"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalsuite.commands.options import plan_fields, resize_policy, shared_options, tell
from evalsuite.commands.pairs import named_pairs
from evalsuite.dataset import open_dataset
from evalsuite.elsewhere import colorizers_of_folders
from evalsuite.plan import Plan
from evalsuite.registry import chosen_metrics
from evalsuite.report import report
from evalsuite.run import run


@click.command("score")
@shared_options
@click.option(
    "--outputs",
    multiple=True,
    required=True,
    metavar="NAME=DIR",
    help="A folder of colorized photos, paired by file stem; repeatable.",
)
@click.option("--resize", type=click.Choice(["squash", "crop", "native"]),
              help="Resize photos and outputs alike; without it, or native, both must have the same size.")  # fmt: skip
def command(outputs: tuple[str, ...], resize: str | None, **flags: Any) -> None:
    """Score results that were made elsewhere, paired with their photos by file stem.

    Photos without a result and results without a photo are listed. A method that changed the lightness is scored as
    it is, and the metric l_shift shows it.

    \b
    Example:
      evalsuite score --images val/ --outputs larsson=out/larsson --outputs iizuka=out/iizuka --out runs/others
      evalsuite score --images val/ --outputs ours=out/ours --resize squash --size 256 --out runs/ours
    """
    folders = {name: Path(folder) for name, folder in named_pairs(outputs, "--outputs", "DIR").items()}
    metrics, named = chosen_metrics(flags["metrics"])
    fields = plan_fields(flags)
    dataset = open_dataset(*(fields[name] for name in ("images", "labels", "limit", "seed", "root")))
    colorizers, extra = colorizers_of_folders(folders, dataset, resize in ("squash", "crop"))
    policy = resize_policy(resize or "native", flags["size"])
    plan = Plan(**fields, colorizers=colorizers, metrics=tuple(metrics), named=named, resize=policy, extra=extra)
    done = run(plan)
    click.echo(report(done))
    tell(done, flags["strict"])
