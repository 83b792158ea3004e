"""Sites over databases: one with runs in it that many tests read, and empty ones that a test may change."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from evalsuite.db import session_scope
from tests.conftest import KINDS, postgres_database
from tests.webapp.stocked import database_of, fill, stocked
from webapp import create_app
from webapp.access import Role
from webapp.config import Config
from webapp.tokens import add_token

OWNER_TOKEN = "printed-at-start"
OF_OUR_OWN = {"Sec-Fetch-Site": "same-origin"}
"""What browsers say of a form of the site itself."""
Enter = Callable[[Role], FlaskClient]


def config_of(url: str, folder: Path) -> Config:
    """Settings of a site over that database."""
    return Config(url, "k" * 32, folder / "studies", folder / "thumbnails", access_token=OWNER_TOKEN)


def come_in(app: Flask, role: Role) -> FlaskClient:
    """A client that came in with a token of that role; anonymous ones did not."""
    visitor = app.test_client()
    if role != "anonymous":
        with session_scope(app.extensions["engine"]) as session:
            token = add_token(session, f"{role}-{uuid.uuid4().hex}", role)
        assert visitor.post("/login", data={"token": token}, headers=OF_OUR_OWN).status_code == 303
    return visitor


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with runs, studies and a database to copy."""
    return stocked(tmp_path_factory)


@pytest.fixture(scope="session")
def stocked_postgres(postgres: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The same in a PostgreSQL database: its address, and the folder with the runs."""
    folder = tmp_path_factory.mktemp("site")
    with postgres_database(postgres) as url:
        fill(url, folder)
        yield url, folder


@pytest.fixture(scope="session", params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A site with three runs and four studies, over a database of each kind in turn; tests only read it."""
    # Each file of tests turns from one kind to the other: what is filled once must outlive the site.
    if request.param == "sqlite":
        folder = request.getfixturevalue("stock")
        url = database_of(folder, tmp_path_factory.mktemp("site"))
    else:
        url, folder = request.getfixturevalue("stocked_postgres")
    app = create_app(config_of(url, folder))
    yield app
    app.extensions["engine"].dispose()


@pytest.fixture
def viewer(site: Flask) -> FlaskClient:
    """Somebody who may look at the site with runs."""
    return come_in(site, "viewer")


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Iterator[Flask]:
    """A site over an empty database, of each kind in turn."""
    made = create_app(config_of(engine.url.render_as_string(hide_password=False), tmp_path))
    yield made
    made.extensions["engine"].dispose()


@pytest.fixture
def enter(app: Flask) -> Enter:
    """Come into the empty site with a role."""
    return lambda role: come_in(app, role)
