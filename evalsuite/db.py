"""The one declarative base, the engine factory, the session scope and the way to the newest tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from platformdirs import user_data_path
from sqlalchemy import (
    JSON,
    URL,
    Connection,
    DateTime,
    Dialect,
    Double,
    Engine,
    MetaData,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from evalsuite.errors import UserError

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
DRIVERS = {"sqlite": "sqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# busy_timeout comes first: setting the journal mode can already meet another process's lock.
SQLITE_PRAGMAS = {
    "busy_timeout": "30000",
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "mmap_size": str(256 * 2**20),
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite, which knows no zones, keeps it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware time into UTC.

        Raises:
            ValueError: The time is naive.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"times are aware; got {value!r} without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Where the tables of all floors are declared."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        float: Double(),
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
    }


def now() -> datetime:
    """The time, aware and in UTC."""
    return datetime.now(UTC)


def default_url() -> str:
    """DATABASE_URL, or else an SQLite file in the user's data folder."""
    file = user_data_path("colorization-evalsuite", appauthor=False) / "evalsuite.db"
    return os.environ.get("DATABASE_URL") or f"sqlite:///{file}"


def make_engine(url: str) -> Engine:
    """Make an engine for SQLite or PostgreSQL; nothing is connected yet.

    Raises:
        UserError: The URL cannot be read or belongs to another database, or the file's folder cannot be made.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        _make_folder(Path(parsed.database).parent)
    engine = create_engine(parsed)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def session_scope(engine: Engine, *, read_only: bool = False) -> Iterator[Session]:
    """Open a session that is one transaction: committed at the end, rolled back on any error.

    Writers of SQLite wait for each other at their start and so never fail halfway; readers wait for nobody.
    """
    options: dict[str, Any] = {"sqlite_writes": not read_only}
    if engine.dialect.name == "postgresql":
        options["postgresql_readonly"] = read_only
    with Session(engine.execution_options(**options)) as session, session.begin():
        yield session


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the tables to a revision, by default the newest; does nothing where they are there.

    Raises:
        UserError: The database cannot be reached, or was made by a newer version of the suite.
    """
    with _migrating(engine) as config:
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the tables back to a revision, "base" for none.

    Raises:
        UserError: The database cannot be reached, or was made by a newer version of the suite.
    """
    with _migrating(engine) as config:
        command.downgrade(config, revision)


@contextmanager
def _migrating(engine: Engine) -> Iterator[Config]:
    where = engine.url.render_as_string(hide_password=True)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        connection = engine.execution_options(sqlite_writes=True).connect()
    except DBAPIError as error:
        reason = str(error.orig).strip()
        raise UserError(f"{where}: the database cannot be opened ({reason}). Check --db or DATABASE_URL.") from None
    with connection, connection.begin():
        config.attributes["connection"] = connection
        try:
            yield config
        except CommandError as error:
            raise UserError(f"{where}: made by a newer version ({error}). Update colorization-evalsuite.") from None


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UserError(f"--db, DATABASE_URL: {url!r} is no database URL. Write sqlite:///FILE.") from None
    driver = DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        got = parsed.get_backend_name()
        raise UserError(f"--db, DATABASE_URL: the database is sqlite or postgresql; got {got!r}. Use one of the two.")
    return parsed.set(drivername=driver)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: the database's folder cannot be made ({error.strerror}). Name another.") from None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own implicit transactions leave DDL and SELECT outside; SQLAlchemy then says BEGIN itself.
    connection.isolation_level = None
    for pragma, value in SQLITE_PRAGMAS.items():
        connection.execute(f"PRAGMA {pragma} = {value}").close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("sqlite_writes")
    connection.exec_driver_sql(f"PRAGMA query_only = {int(writes is False)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
