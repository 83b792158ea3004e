"""A run's page, and the first page."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from evalsuite.db import session_scope
from evalsuite.store import import_run
from evalsuite.tables import MetricRow, SummaryRow
from tests.webapp.conftest import come_in
from tests.webapp.runs import METRICS, write_photos, write_run


@pytest.mark.slow
def test_a_run_says_what_ran_what_failed_and_how_to_repeat_it(viewer: FlaskClient) -> None:
    text = viewer.get("/run/1").text

    assert "evalsuite run --images photos --out" in text
    assert "a &lt;processor&gt;" in text
    assert "<code>broken</code>: truncated" in text
    assert "<td>1.5</td>" in text
    assert "Share of pixels" in text or "pixels within" in text


def test_a_run_without_costs_says_how_to_measure_them(viewer: FlaskClient, app: Flask, tmp_path: Path) -> None:
    engine = app.extensions["engine"]
    import_run(engine, write_run(tmp_path / "run", write_photos(tmp_path / "photos"), ("gray",)))
    with session_scope(engine) as db:
        costs = select(MetricRow.id).where(MetricRow.kind == "cost")
        db.execute(delete(SummaryRow).where(SummaryRow.metric_id.in_(costs)))

    sentence = "What the methods cost was not measured"

    assert sentence in come_in(app, "viewer").get("/run/1").text
    assert sentence not in viewer.get("/run/1").text


def test_its_scores_come_as_data(viewer: FlaskClient) -> None:
    found = viewer.get("/run/1.json").get_json()
    rows = list(csv.DictReader(io.StringIO(viewer.get("/run/1.csv").text)))

    assert found["colorizers"] == ["truth", "gray", "good"]
    assert found["facts"]["seed"] == 7
    assert {row["metric"] for row in rows} == set(METRICS)
    assert len(rows) == len(found["rows"]) == 3 * len(METRICS)


def test_its_scores_come_as_a_table_for_a_paper(viewer: FlaskClient) -> None:
    text = viewer.get("/run/1.tex").text

    assert "Metric & Truth & Gray & Good" in text
    assert r"\caption{Run first. street: 24 photos squashed to 24 x 24}" in text
    assert "% @misc{good2024," in text


def test_a_run_that_is_not_there_is_not_found(viewer: FlaskClient) -> None:
    answer = viewer.get("/run/99")

    assert answer.status_code == 404
    assert "There is no run 99" in answer.text


def test_the_first_page_lists_boards_and_the_newest_runs(viewer: FlaskClient) -> None:
    found = viewer.get("/index.json").get_json()

    assert [(board["dataset"], board["size"], board["runs"]) for board in found["rows"]] == [
        ("street", "crop-24", 1),
        ("street", "squash-24", 2),
    ]
    assert [run["name"] for run in found["runs"]] == ["third", "second", "first"]
    assert viewer.get(found["rows"][1]["address"]).status_code == 200
