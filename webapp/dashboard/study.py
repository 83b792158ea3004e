"""A study: how it goes, minute by minute, and its fool rates once they may be seen."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Any

from markupsafe import Markup

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
    hours = tuple((one["hour"], one["finished"]) for one in said["pace"]["hours"])
    return {"monitor": monitor, "said": said, "chart": _drawn(hours), "excluded": exclusions(monitor)}


@lru_cache(maxsize=64)
def _drawn(hours: tuple[tuple[str, int], ...]) -> Markup:
    """Draw the hours once while no session finishes: monitors are asked for again and again."""
    return hours_chart([{"hour": hour, "finished": finished} for hour, finished in hours])


PAGE = Page(
    name="study", path="/studies/{study}", title="Study", answer=answer, parameters=(WHO,), read=read,
)  # fmt: skip
