"""How well a study's images were shown: exposures against the plan, and the sentence for the paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

from evalsuite.typesetting import Cell, Table, number
from webapp.charts.bars import exposures_chart
from webapp.exposing import Exposed, exposed
from webapp.monitoring import Monitor, head, read
from webapp.page import Answer, Asked, Page
from webapp.people import WHO

SECOND = 1000.0


def answer(asked: Asked) -> Answer:
    """Show how far exposures were off the plan."""
    monitor: Monitor = asked.found
    found = exposed(asked.session, monitor.known, monitor.synthetic, monitor.counted)
    planned = monitor.study.parameters.get("exposure_ms") or None
    groups = {"Browser": found.browsers, "Refresh rate (Hz)": found.rates}
    said = {
        "study": head(monitor), "who": monitor.who, "planned_ms": planned, "trials": found.trials,
        "valid": found.counting, "replaced": found.replaced, "long_frames": found.long_frames,
        "refresh_hz": found.hz, "sentence": found.sentence(),
    }  # fmt: skip
    tables = [_table(name, groups[name]) for name in groups]
    frame_ms = SECOND / found.hz if found.hz else None
    context = {
        "monitor": monitor, "found": found, "planned": planned, "tables": tables,
        "chart": exposures_chart(found.valid, found.invalid, frame_ms), "frame_ms": frame_ms,
    }  # fmt: skip
    title = f"Timing of {monitor.known.name}"
    return Answer(title, said, partial(_rows, found), context, lambda: tables[0], {}, lambda: tables[1:])


def _table(name: str, groups: Mapping[str, Counter[str]]) -> Table:
    ordered = sorted(groups.items(), key=lambda item: -item[1]["trials"])
    shares = {key: n["valid"] / n["trials"] if n["trials"] else None for key, n in ordered}
    rows = tuple((key, (Cell(f"{n['trials']:,}"), Cell(number(shares[key], "fraction", 1)))) for key, n in ordered)
    return Table(f"By {name[0].lower()}{name[1:]}", (name, "Test trials", "As planned (%)"), rows)


def _rows(found: Exposed) -> list[dict[str, Any]]:
    """A record per distance from the plan, for CSV."""
    return [
        {"off_ms": off, "valid": valid, "trials": trials}
        for valid, counts in ((True, found.valid), (False, found.invalid))
        for off, trials in sorted(counts.items())
    ]


PAGE = Page(
    name="timing", path="/studies/{study}/timing", title="Timing", answer=answer, parameters=(WHO,), read=read,
    forms=("html", "json", "csv", "tex", "bib"),
)  # fmt: skip
