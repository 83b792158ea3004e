"""The confusion report's page and its export."""

from __future__ import annotations

import csv
import io

import pytest
from flask.testing import FlaskClient


@pytest.mark.slow
def test_a_method_s_pairs_are_listed_with_names_and_counts(viewer: FlaskClient) -> None:
    text = viewer.get("/confusions/1").text

    assert "a &lt;tiger&gt;" in text
    assert '<td class="left">cock</td><td>1</td><td>6</td><td>+5</td>' in text
    assert '<th scope="row">4</th><td class="left">8</td>' in text
    assert "Which classes recoloring turns into which" in viewer.get("/run/1").text
    assert "@misc{good2024," in viewer.get("/confusions/1.bib?colorizer=good").text


def test_another_method_may_have_none_and_a_run_no_classifier(viewer: FlaskClient) -> None:
    assert "No pair of classes is more frequent" in viewer.get("/confusions/1?colorizer=good").text
    assert "No classifier was asked in this run" in viewer.get("/confusions/2").text
    assert "Which classes recoloring turns into which" not in viewer.get("/run/2").text


def test_the_whole_report_leaves_as_csv_json_and_a_table_for_a_paper(viewer: FlaskClient) -> None:
    rows = list(csv.DictReader(io.StringIO(viewer.get("/confusions/1.csv").text)))
    found = viewer.get("/confusions/1.json").get_json()
    typeset = viewer.get("/confusions/1.tex").text

    assert [(row["colorizer"], row["label_name"], row["answer"], row["after"]) for row in rows] == [
        ("gray", "a <tiger>", "7", "6"), ("gray", "", "8", "2")
    ]  # fmt: skip
    assert (found["metric"], found["colorizer"], len(found["pairs"])) == ("top1_vgg16", "gray", 2)
    assert "cock & 1 & 6" in typeset


def test_what_is_not_there_is_said(viewer: FlaskClient) -> None:
    assert viewer.get("/confusions/99").status_code == 404
    refused = viewer.get("/confusions/1?colorizer=nobody")
    assert refused.status_code == 400
    assert "colorizer: got &#39;nobody&#39;, expected one of truth, gray, good" in refused.text
