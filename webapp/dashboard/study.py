"""A study: how it goes, minute by minute, and its fool rates once they may be seen."""

from __future__ import annotations

from functools import partial
from typing import Any

from webapp.charts.bars import hours_chart
from webapp.monitoring import Monitor, exclusions, read, rows, told
from webapp.page import Answer, Asked, Page
from webapp.people import WHO, headline, measure_of, printed_rates


def answer(asked: Asked) -> Answer:
    """Say how the study goes."""
    monitor: Monitor = asked.found
    said = told(monitor)
    rates = headline(asked.session, monitor)
    said["conditions"] = rates
    context: dict[str, Any] = {}
    if asked.form == "html":
        context = monitor_context(monitor, said) | printed_rates(rates, measure_of(monitor.known.protocol))
    return Answer(f"Study {monitor.known.name}", said, partial(rows, said), context)


def monitor_context(monitor: Monitor, said: dict[str, Any]) -> dict[str, Any]:
    """What the monitor's template needs."""
    return {"monitor": monitor, "said": said, "chart": hours_chart(said["pace"]["hours"]),
            "excluded": exclusions(monitor)}  # fmt: skip


PAGE = Page(
    name="study", path="/studies/{study}", title="Study", answer=answer, parameters=(WHO,), read=read,
)  # fmt: skip
