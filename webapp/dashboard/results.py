"""What people said of a study's conditions, from the last analysis; nothing while the study is blinded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from turk.kept import kept_tables
from turk.registry import protocol
from turk.result_tables import AnalysisRow
from webapp import photo_links
from webapp.charts.whiskers import whisker
from webapp.monitoring import Monitor, glance, head
from webapp.page import Answer, Asked, Page
from webapp.people import WHO, analysis, command_of, named
from webapp.queries.rates import PhotoRate, photo_rates

ENDS = 6
"""Photos at each end of a condition."""


def answer(asked: Asked) -> Answer:
    """Show rates with both intervals, what differs, and every table of the analysis."""
    monitor: Monitor = asked.found
    kept = analysis(asked.session, monitor)
    said: dict[str, Any] = {"study": head(monitor), "who": monitor.who, "blinded": monitor.blinded}
    context: dict[str, Any] = {"monitor": monitor, "kept": kept, "command": command_of(monitor)}
    title = f"Results of {monitor.known.name}"
    if kept is None:
        return Answer(title, said, tuple, context)
    photos = photo_rates(asked.session, monitor.known.id, monitor.synthetic)
    made_at = {"made_at": kept.made_at.isoformat(), "finished_then": kept.finished}
    said |= {"analysis": kept.record, **made_at, "photos": [rate._asdict() for rate in photos]}
    found = kept_tables(kept.tables)
    if asked.form == "html":
        context |= {"tables": found, "rates": _whiskers(kept), "ends": list(_ends(asked, monitor, photos)),
                    "since": monitor.counted.finished - kept.finished, "excluded": kept.record["excluded"]}  # fmt: skip
    source = {monitor.known.protocol: (protocol(monitor.known.protocol).source, "")}
    return Answer(title, said, partial(_rows, kept.record), context, lambda: found[0], source, lambda: found[1:])


def _whiskers(kept: AnalysisRow) -> dict[str, list[Any]]:
    """Condition to both its intervals, drawn on one scale."""
    estimates = named(kept.record["conditions"])
    targets = ("ci95_these_photos", "ci95_new_photos")
    edges = [edge for one in estimates.values() for name in targets for edge in one[name] or ()]
    fraction = kept.record["measure"] in ("fool_rate", "naturalness")
    domain = (0.0, max([0.5, *edges])) if fraction else (min(edges, default=0.0), max(edges, default=1.0))
    return {
        name: [whisker(one["value"], one[target] or (None, None), domain) for target in targets]
        for name, one in estimates.items()
    }


def _ends(asked: Asked, monitor: Monitor, photos: Sequence[PhotoRate]) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Per condition the photos that fooled people the most and the least, of those seen often enough."""
    for condition in dict.fromkeys(rate.condition for rate in photos):
        ranked = [rate for rate in photos if rate.condition == condition and rate.ranked]
        parts = {"Fooled the most": ranked[:ENDS], "Fooled the least": ranked[ENDS:][-ENDS:][::-1]}
        yield condition, [(name, _tiles(asked, monitor, rates)) for name, rates in parts.items() if rates]


def _tiles(asked: Asked, monitor: Monitor, rates: Sequence[PhotoRate]) -> Any:
    photos = [(rate.condition, rate.photo) for rate in rates]
    texts = [f"{100 * rate.shrunk:.0f}% ({rate.fooled} of {rate.views})" for rate in rates]
    return photo_links.tiles(photo_links.records(asked, monitor.known, photos), photos, texts)


def _rows(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A record per quantity, set of sessions and kind of interval, for CSV."""
    lines = []
    for sessions, part in (("kept", record), ("everyone", record["everyone"])):
        for name, estimate in part["conditions"].items():
            for quantity, found in estimate.items():
                lines += [_row(sessions, quantity, name, None, found, kind) for kind in ("these", "new")]
        for one in part["differences"]:
            kinds = {"ci95_these_photos": one["ci95_these_photos"], "ci95_new_photos": one["ci95"]}
            lines += [_row(sessions, "difference", one["a"], one["b"], one | kinds, kind) for kind in ("these", "new")]
    return lines


def _row(sessions: str, quantity: str, a: str, b: str | None, found: Mapping[str, Any], kind: str) -> dict[str, Any]:
    low, high = found[f"ci95_{kind}_photos"] or (None, None)
    tests = (found.get("p"), found.get("p_holm")) if kind == "new" else (None, None)
    return {
        "sessions": sessions, "quantity": quantity, "a": a, "b": b, "photos_meant": kind, "value": found["value"],
        "low": low, "high": high, "p": tests[0], "p_holm": tests[1], "participants": found.get("participants"),
        "trials": found.get("trials"), "photos": found.get("photos"),
    }  # fmt: skip


PAGE = Page(
    name="results", path="/studies/{study}/results", title="Results", answer=answer, parameters=(WHO,), read=glance,
    forms=("html", "json", "csv", "tex", "bib"),
)  # fmt: skip
