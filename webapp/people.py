"""What people said, where it may be seen: the last analysis that was kept, and nothing before its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from evalsuite.typesetting import number, span
from turk.analysis_cells import TITLES
from turk.registry import protocols
from turk.result_tables import AnalysisRow
from webapp.monitoring import Monitor
from webapp.page import Parameter
from webapp.parameters import one_of

KINDS = ("these", "new")
WHO = Parameter("who", "people or synthetic participants", one_of("people", "synthetic"), "people")


def measure_of(name: str) -> str | None:
    """What studies of a protocol measure, None where people color and judge nothing."""
    known = protocols().get(name)
    return None if known is None else known.measure


def analysis(session: Session, monitor: Monitor) -> AnalysisRow | None:
    """The last analysis, None where there is none or nothing may be seen."""
    return None if monitor.blinded else session.get(AnalysisRow, (monitor.known.id, monitor.synthetic))


def headline(session: Session, monitor: Monitor) -> dict[str, Any] | None:
    """Condition to its value with both intervals, None where there is nothing to show."""
    found = analysis(session, monitor)
    return None if found is None else found.record["conditions"]


def named(estimates: Mapping[str, Any]) -> dict[str, Any]:
    """Condition to its estimate, whatever the study measures."""
    return {name: next(iter(found.values())) for name, found in estimates.items()}


def command_of(monitor: Monitor, verb: str = "analyze") -> str:
    """What to type so that results stand on the pages, or in a folder where people colored and judged nothing."""
    of = f"{monitor.known.name}{' --synthetic' if monitor.synthetic else ''}"
    return f"turk {verb} {of}" if monitor.judged else f"turk collect {of} --out colored/"


def printed_rates(estimates: Mapping[str, Any] | None, measure: str | None) -> dict[str, Any]:
    """What is estimated, and a line per condition: its name, value and both intervals, as analyses print them."""
    title, unit, digits = TITLES.get(measure or "", ("", "", 0))
    lines = [
        (name, number(one["value"], unit, digits), *(span(one[f"ci95_{kind}_photos"], unit, digits) for kind in KINDS))
        for name, one in named(estimates or {}).items()
    ]
    return {"title": title, "rates": lines}
