"""The site in a thread of this process, for tests that speak HTTP."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine

from tests.serving import serving
from tests.turk.studies_made import SECRET, SYNTHETIC_KEY
from turk.own_site import Site
from webapp import create_app
from webapp.config import Config


@contextmanager
def run_site(engine: Engine, folder: Path) -> Iterator[Site]:
    """Serve the site over an engine's database until the block ends."""
    url = engine.url.render_as_string(hide_password=False)
    app = create_app(Config(url, SECRET, folder, folder, synthetic_key=SYNTHETIC_KEY))
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    try:
        with serving(app) as port:
            yield Site(f"http://127.0.0.1:{port}", SYNTHETIC_KEY)
    finally:
        app.extensions["engine"].dispose()
