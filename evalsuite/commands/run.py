"""evalsuite run"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from evalsuite.commands.hint_options import hint_choices, hint_files_option, hint_style_option, hints_option
from evalsuite.commands.options import plan_fields, resize_policy, shared_options, tell
from evalsuite.commands.pairs import named_pairs
from evalsuite.contracts import Colorizer, Metric
from evalsuite.errors import UserError
from evalsuite.legacy import OPTION, colorizers_without_truth, metrics_without_truth
from evalsuite.plan import Plan
from evalsuite.registry import chosen_colorizers, chosen_metrics
from evalsuite.report import report
from evalsuite.run import run


@click.command("run")
@shared_options
@click.option("--colorizers", default="", help="all, or names: a,b; path/to/file.py:NAME is your own.")
@click.option(
    "--command",
    "commands",
    multiple=True,
    metavar="[NAME=]'CMD {input} {output}'",
    help="An external program that colorizes a folder of gray PNGs; repeatable.",
)
@click.option("--weights", multiple=True, metavar="NAME=FILE", help="A colorizer's weights file; repeatable.")
@click.option("--resize", type=click.Choice(["squash", "crop", "native"]), default="squash", show_default=True)
@hints_option(None, "How many hints to simulate for methods that take hints. [50 for levin2004, 0 for networks]")
@hint_style_option
@hint_files_option
@click.option("--scribbles", type=click.Path(path_type=Path), help="A folder of scribbled photos, instead of hints.")
@click.option("--references", type=click.Path(path_type=Path),
              help="A photo, or a folder of photos by stem, for methods that take a reference.")  # fmt: skip
@click.option(
    "--no-reference", is_flag=True, help="The photos have no truth (old black-and-white ones): outputs alone."
)
def command(colorizers: str, commands: tuple[str, ...], weights: tuple[str, ...], resize: str, **flags: Any) -> None:
    """Colorize photos with several methods and score the results, in one pass over the photos.

    The command prints the table when it is done. Killed, it goes on where it stopped when it is given again.

    \b
    Example:
      evalsuite run --images photos/ --colorizers gray,welsh2002,levin2004 --out runs/first
      evalsuite run --images val/ --colorizers eccv16,siggraph17 --metrics all --limit 1000 --out runs/val
      evalsuite run --images photos/ --colorizers siggraph17,levin2004 --hints 10 --out runs/guided
      evalsuite run --images old/ --no-reference --colorizers eccv16,siggraph17 --out runs/old
      evalsuite run --images photos/ --colorizers mine.py:COLORIZER --out runs/mine
      evalsuite run --images photos/ --command 'net=th colorize.lua {input} {output}' --out runs/net
    """
    picked, named = chosen_colorizers(colorizers) if colorizers or not commands else ([], frozenset())
    metrics, named_metrics = chosen_metrics(flags["metrics"])
    fields = plan_fields(flags)
    fields["options"] |= hint_choices(flags, ("hints", "hint_files", "scribbles"))
    if flags["references"] is not None:
        fields["options"]["references"] = str(flags["references"].resolve())
    if flags["no_reference"]:
        picked, metrics = _without_truth(fields, (picked, named), (metrics, named_metrics))
    plan = Plan(
        **fields,
        colorizers=tuple(picked),
        metrics=tuple(metrics),
        named=named | named_metrics,
        resize=resize_policy(resize, flags["size"]),
        weights={name: Path(file) for name, file in named_pairs(weights, "--weights", "FILE").items()},
        commands=_named_commands(commands),
    )
    done = run(plan)
    click.echo(report(done))
    tell(done, flags["strict"])


def _without_truth(
    fields: dict[str, Any],
    colorizers: tuple[list[Colorizer], frozenset[str]],
    metrics: tuple[list[Metric], frozenset[str]],
) -> tuple[list[Colorizer], list[Metric]]:
    """Keep what makes sense for photos without a truth, and note in the run that they have none."""
    if fields["drop_gray"]:
        raise UserError(
            "--no-reference: the photos are gray, and --drop-gray would leave all out. Give one of the two."
        )
    fields["options"][OPTION] = "yes"
    kept = colorizers_without_truth(*colorizers, fields["options"])
    return list(kept), list(metrics_without_truth(*metrics))


def _named_commands(commands: tuple[str, ...]) -> dict[str, str]:
    """Read NAME=CMD, or CMD alone, which is called command."""
    named = [c if c.split("=", 1)[0].replace("_", "").isalnum() and "=" in c else f"command={c}" for c in commands]
    return named_pairs(named, "--command", "'CMD {input} {output}'")
