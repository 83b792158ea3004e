"""The command `webapp`."""

from __future__ import annotations

import click

from evalsuite.groups import CONTEXT, LazyGroup, run_group

COMMANDS = {
    "serve": ("webapp.commands.serve", "Serve the study site and the dashboards."),
    "export": ("webapp.commands.export", "Copy the dashboards into a folder that any web server can serve."),
    "token": ("webapp.commands.token", "Make, list and revoke tokens that open the dashboards."),
}


@click.group(cls=LazyGroup, modules=COMMANDS, context_settings=CONTEXT)
@click.version_option(package_name="colorization-evalsuite")
def group() -> None:
    """The study site and the dashboards.

    \b
    Example:
      webapp serve
      webapp serve --db sqlite:///demo/evalsuite.db --port 8080
    """


def main() -> None:
    """Run the program."""
    run_group(group, "webapp")


if __name__ == "__main__":
    main()
