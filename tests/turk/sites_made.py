"""The site in a thread of this process, for tests that speak HTTP."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from werkzeug.serving import make_server

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
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield Site(f"http://127.0.0.1:{server.port}", SYNTHETIC_KEY)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["engine"].dispose()
