"""webapp export"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from evalsuite.plugins import discover
from webapp import create_app, dashboard
from webapp.config import read_config
from webapp.exporting import export
from webapp.page import Page

HERE = "127.0.0.1"
VIEWER = {"*": "viewer"}
"""Whoever comes from here is a viewer, and the site is told so as a proxy tells it: no token is made for it."""


@click.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
@click.option(
    "--views",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="The most views of each page of a dataset, those that differ least from its usual one first.",
)
@click.option("--photos", type=click.IntRange(0), default=1000, show_default=True, help="The most photos with a page.")
def command(folder: Path, url: str | None, views: int, photos: int) -> None:
    """Copy the dashboards into DIR, as files that any web server can serve, without this program.

    What a viewer sees is copied, with pictures and all data as JSON and CSV: single trials, names and money are not,
    and studies that are blinded stay so. Forms become links; links to views that are left out lead to the nearest one.

    \b
    Example:
      webapp export site/
      webapp export site/ --db sqlite:///demo/evalsuite.db && python -m http.server --directory site
    """
    config = read_config(database_url=url)
    app = create_app(replace(config, public_url=None, access_token=None, proxy_peers=(HERE,), proxy_roles=VIEWER))
    visitor = app.test_client()
    visitor.environ_base["HTTP_X_FORWARDED_USER"] = "export"
    made = export(app, visitor, discover(dashboard, "PAGE", Page), folder, views, photos)
    app.extensions["engine"].dispose()
    pictures = sum(made.pictures.values())
    click.echo(f"{folder}: {len(made.found):,} views and {pictures:,} pictures. Open {folder / 'index.html'}")
