"""Lists of keys in statements."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, event, select

from evalsuite.db import session_scope
from evalsuite.tables import DatasetRow
from webapp.queries.keys import among

CHOSEN = select(DatasetRow.id).where(among(DatasetRow.id, "keys")).order_by(DatasetRow.id)


@pytest.mark.parametrize("keys", [[], [2], [3, 1, 3], range(1, 200)], ids=["none", "one", "twice", "many"])
def test_rows_are_those_that_the_list_names(engine: Engine, keys: list[int]) -> None:
    with session_scope(engine) as session:
        session.add_all(DatasetRow(id=k, name=f"d{k}", sha256=f"{k:064x}", images=1) for k in range(1, 61))

    with session_scope(engine, read_only=True) as session:
        found = session.execute(CHOSEN, {"keys": keys}).scalars().all()

    assert found == sorted({key for key in keys if key <= 60})


@pytest.mark.postgresql
def test_a_statement_is_the_same_however_many_keys_postgresql_is_given(postgresql_engine: Engine) -> None:
    asked: list[str] = []
    event.listen(postgresql_engine, "before_cursor_execute", lambda *args: asked.append(args[2]))

    with session_scope(postgresql_engine, read_only=True) as session:
        for keys in ([1], list(range(100))):
            session.execute(CHOSEN, {"keys": keys})

    texts = [statement for statement in asked if statement.startswith("SELECT")]
    assert len(texts) == 2
    assert len(set(texts)) == 1
