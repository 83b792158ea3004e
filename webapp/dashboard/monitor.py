"""The live monitor of a study alone: what its page asks for again and again while it is looked at."""

from __future__ import annotations

from functools import partial

from webapp.dashboard.study import monitor_context
from webapp.monitoring import Monitor, read, rows, told
from webapp.page import Answer, Asked, Page
from webapp.people import WHO


def answer(asked: Asked) -> Answer:
    """Say how the study goes."""
    monitor: Monitor = asked.found
    said = told(monitor)
    context = monitor_context(monitor, said) if asked.form == "html" else {}
    return Answer(f"Monitor of {monitor.known.name}", said, partial(rows, said), context)


PAGE = Page(
    name="monitor", path="/studies/{study}/monitor", title="Monitor", answer=answer, parameters=(WHO,), read=read,
)  # fmt: skip
