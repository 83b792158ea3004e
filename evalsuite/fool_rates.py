"""Fool rates of a study, as `turk analyze --format json` prints them: the papers' column "labeled real"."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evalsuite.errors import UserError
from evalsuite.results import read_json


def read_fool_rates(path: Path) -> dict[str, dict[str, Any]]:
    """Read what `turk analyze --format json` printed.

    Args:
        path: The JSON file.

    Returns:
        Condition to {"value", "ci95"}, fractions; the interval is that for these photos, as in the paper.

    Raises:
        UserError: The file has another form.
    """
    record = read_json(path)
    try:
        rates = {name: facts["fool_rate"] for name, facts in record["conditions"].items()}
        found = {name: {"value": rate["value"], "ci95": _interval(rate)} for name, rate in rates.items()}
    except (AttributeError, KeyError, TypeError) as error:
        rule = f"{path}: fool rates are what `turk analyze NAME --format json` prints"
        raise UserError(f"{rule}; got {type(error).__name__}: {error}. Print them again.") from error
    return {name: rate for name, rate in found.items() if rate["value"] is not None}


def _interval(rate: Mapping[str, Any]) -> list[float] | None:
    ends = rate.get("ci95_these_photos")
    return None if ends is None or None in ends else [float(end) for end in ends]
