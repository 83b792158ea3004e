"""The command `evalsuite`."""

from __future__ import annotations

import click

from evalsuite.groups import CONTEXT, LazyGroup, run_group

COMMANDS = {
    "list": ("evalsuite.commands.list", "Show the colorizers and metrics that are known."),
    "run": ("evalsuite.commands.run", "Colorize photos and score the results."),
    "sweep": ("evalsuite.commands.sweep", "Score methods against the number of hints."),
    "recommend": ("evalsuite.commands.recommend", "Measure how good recommended colors are."),
    "paint": ("evalsuite.commands.paint", "Color photos for pages on which people put points."),
    "hints": ("evalsuite.commands.hints", "Write down the hints of simulated users."),
    "score": ("evalsuite.commands.score", "Score results that were made elsewhere."),
    "report": ("evalsuite.commands.report", "Print a run as a table."),
    "compare": ("evalsuite.commands.compare", "Compare two colorizers photo by photo."),
    "confusions": ("evalsuite.commands.confusions", "List which classes recoloring turns into which."),
    "import": ("evalsuite.commands.import_", "Put a run into the database."),
    "convert": ("evalsuite.commands.convert", "Turn an author's Caffe weights into a state dict."),
    "verify": ("evalsuite.commands.verify", "Recompute a run's hashes and a sample of its scores."),
}


@click.group(cls=LazyGroup, modules=COMMANDS, context_settings=CONTEXT)
@click.version_option(package_name="colorization-evalsuite")
def group() -> None:
    """Score image colorization: from a folder of photos to a table with intervals.

    \b
    Example:
      evalsuite run --images photos/ --colorizers gray,welsh2002 --out runs/first
      evalsuite report runs/first
    """


def main() -> None:
    """Run the program."""
    run_group(group, "evalsuite")


if __name__ == "__main__":
    main()
