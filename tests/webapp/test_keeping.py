"""What the process keeps between requests."""

from __future__ import annotations

from sqlalchemy import Engine

from evalsuite.db import session_scope
from evalsuite.store import grow_data_version
from webapp import keeping
from webapp.keeping import kept


def test_the_same_data_are_made_once_and_changed_data_anew(engine: Engine) -> None:
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return made[-1]

    with session_scope(engine) as session:
        assert [kept(session, "x", 1, make), kept(session, "x", 1, make), kept(session, "x", 2, make)] == [0, 0, 1]
        grow_data_version(session)
    with session_scope(engine) as session:
        assert kept(session, "x", 1, make) == 2


def test_what_nobody_asked_for_the_longest_goes_first(engine: Engine) -> None:
    with session_scope(engine) as session:
        for key in range(keeping.MOST):
            kept(session, "old", key, object)
        first = kept(session, "old", 0, object)
        kept(session, "new", 0, object)

        assert kept(session, "old", 0, object) is first
        assert len(keeping.KEPT) == keeping.MOST
