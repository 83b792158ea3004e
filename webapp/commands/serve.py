"""webapp serve"""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

import click

from evalsuite.commands.pairs import named_pairs
from evalsuite.studio import kept
from webapp import create_app
from webapp.config import read_config
from webapp.serving import bind
from webapp.serving import serve as serve_app


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any that is free.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@click.option("--weights", multiple=True, metavar="NAME=FILE", help="Weights of a network that colors; repeatable.")
def command(host: str, port: int, url: str | None, workers: int, weights: tuple[str, ...]) -> None:
    """Serve the study site and the dashboards, and print the address with a token that opens it.

    Photos that people color are computed by a process of its own, which is started beside the site (or elsewhere, at
    COLORING_SOCKET) when somebody comes to color.

    The token is ACCESS_TOKEN where that is set, and new with every start otherwise; `webapp token` makes lasting ones.

    \b
    Example:
      webapp serve
      webapp serve --db sqlite:///demo/evalsuite.db --port 8080
    """
    config = read_config(database_url=url)
    token = config.access_token or secrets.token_urlsafe(24)
    files = {name: Path(file) for name, file in named_pairs(weights, "--weights", "FILE").items()}
    place = bind(host, port)
    if config.coloring_socket is None:
        config = replace(config, coloring_socket=kept.start(files).socket)
    app = create_app(replace(config, access_token=token))
    # A connection must not be shared by two processes.
    app.extensions["engine"].dispose()
    shown = "" if config.access_token else f"/login?token={token}"
    told = f"Open {config.public_url or place.address}{shown}\nStop with Ctrl+C."
    serve_app(app, place, workers, lambda: click.echo(told))
