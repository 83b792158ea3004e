"""Tells Alembic which database and which tables: those given by `evalsuite.db.upgrade`, or DATABASE_URL's."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from evalsuite.db import default_url, make_engine
from turk.coloring_tables import PointEventRow
from turk.hearing_tables import HintRow
from turk.image_tables import CopyRow
from turk.paying_tables import LedgerRow
from turk.result_tables import DigestRow
from webapp.tables import TokenRow

# All floors declare their tables in one metadata; naming one of each module is what loads them.
DECLARED = (PointEventRow, HintRow, CopyRow, LedgerRow, DigestRow, TokenRow)


def migrate(connection: Connection) -> None:
    """Run the migrations that Alembic was asked for on this connection."""
    context.configure(
        connection=connection,
        target_metadata=DECLARED[0].metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    with make_engine(default_url()).execution_options(sqlite_writes=True).begin() as own:
        migrate(own)
