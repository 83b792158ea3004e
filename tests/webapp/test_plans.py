"""What pages ask of the database: few statements, none of which reads a large table whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event

from tests.webapp.conftest import come_in
from webapp.keeping import KEPT

LARGE = (
    "scores", "vectors", "outputs", "summaries", "standings", "pairs", "curves", "photo_curves", "chroma", "trials",
    "failures", "confusions", "photo_rates", "fool_rates", "analyses", "digests",
)  # fmt: skip
AT = "at=squash-24"
VIEWS = {
    "/": 4,
    "/run/1": 16,
    "/confusions/1": 8,
    f"/leaderboard/1?{AT}": 10,
    f"/leaderboard/1?{AT}&m=psnr_rgb,auc&pin=2": 13,
    f"/leaderboard/1?{AT}&m=fool_rate&by=fool_rate&pin=2": 13,
    f"/leaderboard/1?{AT}&style=zhang2016&q=o": 10,
    f"/compare/1?{AT}": 24,
    f"/gallery/1?{AT}": 10,
    f"/gallery/1?{AT}&a=3&b=4&m=ciede2000&order=best&label=1&q=p": 12,
    "/color?run=1&photo=1": 6,
    f"/gallery/1?{AT}&a=3&b=4&m=fool_rate": 11,
    f"/gallery/1?{AT}&a=3&m=convincing": 11,
    f"/judge/1?{AT}": 12,
    f"/photo/1?{AT}": 12,
    "/studies": 10,
    "/studies/1": 9,
    "/studies/1/monitor": 8,
    "/studies/2/monitor": 8,
    "/studies/1/results": 30,
    "/studies/1/timing": 9,
    "/studies/1/metrics": 20,
    "/studies/1/sessions": 10,
    "/sessions/1": 8,
    "/trials/1": 9,
}
"""Views and how many statements each may make."""


@contextmanager
def statements(site: Flask) -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile, with nothing kept from before."""
    KEPT.clear()
    found: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            found.append((statement, parameters))

    event.listen(site.extensions["reader"], "before_cursor_execute", note)
    yield found
    event.remove(site.extensions["reader"], "before_cursor_execute", note)


@pytest.mark.parametrize("address", VIEWS)
def test_no_plan_reads_a_large_table_whole(site: Flask, address: str) -> None:
    visitor = come_in(site, "researcher")

    with statements(site) as asked:
        assert visitor.get(address).status_code == 200

    with site.extensions["engine"].connect() as connection:
        whole = {table for one in asked for table in read_whole(connection, *one)}
    assert asked
    assert whole.isdisjoint(LARGE)


def read_whole(connection: Connection, statement: str, parameters: Any) -> set[str]:
    """The tables that the plan of a statement reads from their first row to their last."""
    if connection.dialect.name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return {step.detail.split()[1] for step in plan if step.detail.startswith("SCAN")}
    # PostgreSQL reads small tables whole whatever their indexes; without leave to, it does so where no index serves.
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    [plan] = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    return set(scanned(plan["Plan"]))


def scanned(node: dict[str, Any]) -> Iterator[str]:
    """The tables that a part of a PostgreSQL plan scans without an index."""
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for part in node.get("Plans", []):
        yield from scanned(part)


@pytest.mark.parametrize("address", VIEWS)
def test_every_view_stays_within_its_budget_of_statements(site: Flask, address: str) -> None:
    visitor = come_in(site, "researcher")

    with statements(site) as asked:
        assert visitor.get(address).status_code == 200

    assert len(asked) <= VIEWS[address], [statement for statement, _ in asked]


def test_a_plan_that_reads_a_large_table_whole_is_noticed(site: Flask) -> None:
    with site.extensions["engine"].connect() as connection:
        whole, looked_up = (
            read_whole(connection, f"SELECT photo FROM trials WHERE {where}", ())
            for where in ("answer = 'left'", "session_id = 1")
        )

    assert (whole, looked_up) == ({"trials"}, set())
