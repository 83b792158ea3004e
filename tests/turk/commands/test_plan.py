"""The command `turk plan`."""

from __future__ import annotations

import csv
import io
import json

import click
import pytest
from click.testing import CliRunner

from evalsuite.errors import UserError
from turk.commands.plan import command


def said(*arguments: str) -> str:
    """What the command prints; what it raises is raised."""
    return CliRunner().invoke(command, arguments, catch_exceptions=False, standalone_mode=False).output


def test_an_effect_is_turned_into_people_dollars_and_hours() -> None:
    text = said("--conditions", "3", "--photos", "500", "--effect", "5", "--recruiter", "prolific")

    assert "A difference of 5.0 points needs" in text
    assert "(needed)" in text
    assert "the smallest of 3 p values" in text
    assert "Prolific takes about a third" in text


def test_a_budget_is_turned_into_people() -> None:
    found = json.loads(
        said("--photos", "100", "--budget", "134.40", "--reward", "1.40", "--recruiter", "mturk", "--format", "json")
    )

    assert found["affordable"] == 40
    [row] = [row for row in found["options"] if row["people_per_condition"] == 40]
    assert row["total_usd"] == "134.40"
    assert row["half_width"] == pytest.approx(0.048, abs=0.0005)


def test_it_says_when_more_people_cannot_help_because_photos_are_few() -> None:
    text = said("--photos", "60", "--half-width", "4")

    assert "no number of people suffices" in text
    assert "Photos are few: with 60 no number of people brings the half-width below" in text
    assert "Photos are few" not in said("--photos", "5000")


def test_it_says_when_photos_are_too_few_to_run_the_study() -> None:
    assert "40 photos are too few to run it" in said("--photos", "40")


def test_one_number_of_people_can_be_looked_at_alone() -> None:
    rows = list(csv.DictReader(io.StringIO(said("--photos", "100", "--people", "40", "--format", "csv"))))

    assert [row["people_per_condition"] for row in rows] == ["40"]
    assert float(rows[0]["half_width"]) == pytest.approx(0.048, abs=0.0005)


def test_mturk_is_priced_in_one_hit_too() -> None:
    assert "In one HIT, 80 people would cost $156.80 instead" in said(
        "--photos", "100", "--people", "40", "--reward", "1.40", "--recruiter", "mturk"
    )


def test_latex_has_the_table() -> None:
    assert r"\toprule" in said("--photos", "100", "--format", "latex")


def test_nonsense_is_refused_in_a_sentence() -> None:
    with pytest.raises(UserError, match="--rate: between"):
        said("--photos", "100", "--rate", "100")
    for arguments, words in (
        (("--effect", "0"), "points lie between 0 and 100"), (("--budget", "-1"), "dollars are 0 or more"),
        (("--budget", "much"), "is no amount of dollars"),
    ):  # fmt: skip
        with pytest.raises(click.BadParameter, match=words):
            said("--photos", "100", *arguments)
