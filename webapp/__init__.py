"""Pages: the study site and the dashboards. Knows turk and evalsuite."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from evalsuite.db import make_engine, upgrade
from evalsuite.plugins import discover
from webapp import assets, dashboard, errors, notifications, pages, participant, participant_coloring
from webapp.config import MAX_REQUEST_BYTES, Config
from webapp.page import Page
from webapp.reading import make_reader
from webapp.studio import add_studio


def create_app(config: Config) -> Flask:
    """Make the site over a database, whose tables are brought to the newest revision.

    Args:
        config: The settings, from `read_config` or made by hand in tests.

    Returns:
        A WSGI application; its engine is in `app.extensions["engine"]`, that which pages read with in
        `app.extensions["reader"]`, the settings in `app.extensions["config"]`.

    Raises:
        UserError: The database cannot be used.
    """
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=config.secret_key,
        TRUSTED_HOSTS=list(config.trusted_hosts),
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_REQUEST_BYTES,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if config.proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's own way to add middleware
            app.wsgi_app, x_for=config.proxies, x_proto=config.proxies, x_host=config.proxies
        )
    engine = make_engine(config.database_url)
    upgrade(engine)
    app.extensions.update(engine=engine, reader=make_reader(engine), config=config, revision=assets.revision())
    add_studio(app, config)
    assets.add_assets(app)
    errors.register(app)
    app.register_blueprint(participant.blueprint)
    app.register_blueprint(notifications.blueprint)
    app.register_blueprint(participant_coloring.blueprint)
    app.register_blueprint(pages.make_blueprint(discover(dashboard, "PAGE", Page)))
    return app
