"""The command `evalsuite`: a group that loads only the command that was asked for, so that --help is quick."""

from __future__ import annotations

import importlib
import os
import sys

import click

from evalsuite.errors import UserError

COMMANDS = {
    "list": ("evalsuite.commands.list", "Show the colorizers and metrics that are known."),
    "run": ("evalsuite.commands.run", "Colorize photos and score the results."),
    "score": ("evalsuite.commands.score", "Score results that were made elsewhere."),
    "report": ("evalsuite.commands.report", "Print a run as a table."),
    "compare": ("evalsuite.commands.compare", "Compare two colorizers photo by photo."),
    "import": ("evalsuite.commands.import_", "Put a run into the database."),
    "verify": ("evalsuite.commands.verify", "Recompute a run's hashes and a sample of its scores."),
}


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, in the order of work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="colorization-evalsuite")
def group() -> None:
    """Score image colorization: from a folder of photos to a table with intervals.

    \b
    Example:
      evalsuite run --images photos/ --colorizers gray,welsh2002 --out runs/first
      evalsuite report runs/first
    """


def main() -> None:
    """Run the command; a mistake of the caller is one sentence on stderr and exit status 2."""
    # OpenMP reads this when torch is loaded: threads that spin while they wait take the cores of decoding processes.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        group(standalone_mode=False)
    except UserError as error:
        click.echo(f"evalsuite: {error}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("evalsuite: stopped. The same command goes on from here.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)


if __name__ == "__main__":
    main()
