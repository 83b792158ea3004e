"""evalsuite sweep"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalsuite.commands.hint_options import hint_choices, hint_files_option, hint_style_option
from evalsuite.commands.options import plan_fields, resize_policy, shared_options, tell
from evalsuite.commands.pairs import named_pairs
from evalsuite.errors import UserError
from evalsuite.plan import Plan
from evalsuite.registry import chosen_colorizers, chosen_metrics
from evalsuite.sweep import sweep
from evalsuite.sweep_tables import FORMATS, sweep_report

METRICS = "psnr_rgb,lpips_alex,ciede2000"
POINTS = "0,1,2,5,10,20,50,100,200,500"


@click.command("sweep")
@shared_options
@click.option("--colorizers", required=True, help="Names: a,b; path/to/file.py:NAME is your own.")
@click.option("--points", default=POINTS, show_default=True, help="Numbers of hints.")
@hint_style_option
@hint_files_option
@click.option("--weights", multiple=True, metavar="NAME=FILE", help="A colorizer's weights file; repeatable.")
@click.option("--resize", type=click.Choice(["squash", "crop", "native"]), default="squash", show_default=True)
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
def command(colorizers: str, points: str, weights: tuple[str, ...], resize: str, form: str, **flags: Any) -> None:
    """Score methods against the number of hints: PSNR, LPIPS and CIEDE2000 by default.

    Each photo is decoded once, and its hints are nested: the first 5 of 10 are the 5. Prints curves with paired bands,
    the area under each, the points needed to reach other methods without hints, what each further point adds, and the
    published curve of siggraph17; sweep.json in the run folder has it all. Killed, it goes on when it is given again.
    With --hint-files, k points are the first k recorded ones.

    \b
    Example:
      evalsuite sweep --images photos/ --colorizers levin2004 --points 0,1,2,5,10 --limit 20 --out runs/small
      evalsuite sweep --images val/ --colorizers siggraph17,levin2004,eccv16 --limit 1000 --out runs/sweep
    """
    picked, named = chosen_colorizers(colorizers)
    metrics, named_metrics = chosen_metrics(METRICS if flags["metrics"] == "default" else flags["metrics"])
    fields = plan_fields(flags)
    fields["options"] |= hint_choices(flags, ("hint_files",))
    plan = Plan(
        **fields,
        colorizers=tuple(picked),
        metrics=tuple(metrics),
        named=named | named_metrics,
        resize=resize_policy(resize, flags["size"]),
        weights={name: Path(file) for name, file in named_pairs(weights, "--weights", "FILE").items()},
    )
    done, found = sweep(plan, _numbers(points))
    click.echo(sweep_report(done, found, form))
    tell(done, flags["strict"])


def _numbers(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or not all(word.isdecimal() for word in words):
        raise UserError(f"--points: whole numbers, such as {POINTS}; got {text!r}. Correct it.")
    return [int(word) for word in words]
