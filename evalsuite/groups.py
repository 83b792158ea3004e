"""Groups of commands that load only the command asked for, and the one place where mistakes become sentences."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from typing import Any

import click

from evalsuite.errors import UserError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class LazyGroup(click.Group):
    """A group whose commands live in modules of their own: name to (module, one line); the module has `command`."""

    def __init__(self, *args: Any, modules: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, in the order of work."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the command of that name."""
        if cmd_name not in self.modules:
            return None
        command: click.Command = importlib.import_module(self.modules[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.modules.items()])


def run_group(group: click.Group, name: str) -> None:
    """Run a program; a mistake of the caller is one sentence on stderr and exit status 2."""
    # OpenMP reads this when torch is loaded: threads that spin while they wait take the cores of decoding processes.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        group(prog_name=name, standalone_mode=False)
    except UserError as error:
        click.echo(f"{name}: {error}", err=True)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{name}: stopped. The same command goes on from here.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
