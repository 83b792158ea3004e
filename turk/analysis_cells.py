"""Cells of an analysis's tables: values with their intervals, and p values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from evalsuite.typesetting import DASH, Cell, number, p_value, span

TITLES = {
    "fool_rate": ("Fool rate (%)", "fraction", 1), "naturalness": ("Called natural (%)", "fraction", 1),
    "rating": ("Mean rating (1-5)", "points", 2), "preference": ("Strength (log odds)", "log odds", 2),
}  # fmt: skip
"""Measure to its column's head, its unit and its decimals."""


def with_interval(row: Mapping[Any, Any], name: str, unit: str, digits: int, signed: bool = False) -> Cell:
    """A value with the interval beside it, from columns NAME, NAME_low and NAME_high."""
    ends = row[f"{name}_low"], row[f"{name}_high"]
    return Cell(number(row[name], unit, digits, signed), interval(ends, unit, digits, signed))


def interval(ends: tuple[float, float], unit: str, digits: int, signed: bool = False) -> str:
    """An interval, a dash where nothing can be said."""
    return DASH if np.isnan(ends[0]) else span(ends, unit, digits, signed)


def target_interval(row: Mapping[Any, Any], target: str, unit: str, digits: int, signed: bool = False) -> str:
    """The interval for "these" or "new" photos."""
    return interval((row[f"{target}_low"], row[f"{target}_high"]), unit, digits, signed)


def p_cell(p: float) -> Cell:
    """A p value, a dash where nothing was tested."""
    return Cell(p_value(None if np.isnan(p) else p))
