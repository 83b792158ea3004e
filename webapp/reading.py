"""The database as pages read it: never written, and no statement longer than a second.

What a page asks is all that goes back and forth: PostgreSQL is told both rules once for a connection, and each of its
statements sees what is committed when it begins, in a transaction or not. The first of them, which every page needs,
also tells whether the connection still lives.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from werkzeug.exceptions import ServiceUnavailable

from webapp.keeping import version_of

Found = TypeVar("Found")
LIMIT_S = 1.0
STEPS = 10_000
"""SQLite's virtual machine asks after so many steps, well below a millisecond, whether to go on."""
PREPARED_AFTER = 1
"""Pages ask the same few statements again and again: the second time one is worth preparing."""
SLOW = (
    "The database took longer than a second to answer and was stopped. Narrow the view down, or try again in a moment."
)


def make_reader(engine: Engine, limit_s: float = LIMIT_S) -> Engine:
    """Make the engine that pages read with, over the database of another; it is disposed of with that one."""
    if engine.dialect.name == "sqlite":
        reader = engine.execution_options(sqlite_writes=False, limit_s=limit_s)
        event.listen(reader, "before_cursor_execute", _start)
        return reader
    kept_ready = {"prepare_threshold": PREPARED_AFTER}
    own = create_engine(engine.url, isolation_level="AUTOCOMMIT", connect_args=kept_ready)
    event.listen(own, "connect", partial(_prepare_postgresql, limit_s))
    event.listen(engine, "engine_disposed", lambda _: own.dispose())
    return own


@contextmanager
def reading(reader: Engine) -> Iterator[Session]:
    """Open a session that reads.

    Raises:
        ServiceUnavailable: A statement took longer than the limit and was stopped.
    """
    with _told(), _answering(reader, version_of)[0] as session, _limited(session.connection()):
        yield session


def ask(reader: Engine, question: Callable[[Session], Found]) -> Found:
    """Return what a single question finds; rows can be read on, but lead to no others.

    Raises:
        ServiceUnavailable: It took longer than the limit and was stopped.
    """
    with _told():
        session, found = _answering(reader, question)
        session.close()
        return found


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if _stopped(error):
            raise ServiceUnavailable(SLOW) from None
        raise


def _answering(reader: Engine, question: Callable[[Session], Found], again: bool = True) -> tuple[Session, Found]:
    """Open a session with its first question: a server that was restarted has hung up on connections from before."""
    session = Session(reader)
    try:
        with _limited(session.connection()):
            return session, question(session)
    except BaseException as error:
        session.close()
        if again and isinstance(error, DBAPIError) and error.connection_invalidated:
            return _answering(reader, question, again=False)
        raise


def _prepare_postgresql(limit_s: float, driver: Any, _record: object) -> None:
    # What the compiler of statements would gain is less than it takes.
    rules = {"statement_timeout": int(1000 * limit_s), "default_transaction_read_only": "on", "jit": "off"}
    driver.execute("; ".join(f"SET {name} = {value}" for name, value in rules.items()))


@contextmanager
def _limited(connection: Connection) -> Iterator[None]:
    """Let SQLite, which knows no such limit, ask for it; its connections serve those who write as well."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    known = connection.info
    driver.set_progress_handler(lambda: time.monotonic() > known["until"], STEPS)
    try:
        yield
    finally:
        driver.set_progress_handler(None, STEPS)


def _start(connection: Connection, *_: Any) -> None:
    connection.info["until"] = time.monotonic() + connection.get_execution_options()["limit_s"]


def _stopped(error: OperationalError) -> bool:
    """SQLite says "interrupted", PostgreSQL 57014 (query_canceled)."""
    return str(error.orig) == "interrupted" or getattr(error.orig, "sqlstate", None) == "57014"
