"""Metrics against people: how well each tells what fools people, and the photos on which they disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalsuite.errors import UserError
from evalsuite.typesetting import DASH, Cell, Table, number, span
from turk.kept import RATED, methods_of
from turk.photo_rates import ENOUGH
from turk.registry import protocol
from turk.tables import StudyRow
from webapp import photo_links
from webapp.agreeing import Points, disagreements, points
from webapp.charts.points import scatter
from webapp.monitoring import Monitor, glance, head
from webapp.numbers import printed
from webapp.page import Answer, Asked, Page, Parameter
from webapp.people import WHO, analysis, command_of, measure_of
from webapp.queries.boards import entries_by_id, metrics_of, preferred
from webapp.queries.rates import photo_rates
from webapp.queries.records import Metric, cited

DISAGREE = 8
LEVELS = ("photo", "colorizer")


def answer(asked: Asked) -> Answer:
    """Correlate every metric with fool rates, per photo and per colorizer."""
    monitor: Monitor = asked.found
    kept = analysis(asked.session, monitor)
    said: dict[str, Any] = {"study": head(monitor), "who": monitor.who, "blinded": monitor.blinded}
    context: dict[str, Any] = {"monitor": monitor, "kept": kept, "command": command_of(monitor),
                               "rated": measure_of(monitor.known.protocol) in RATED}  # fmt: skip
    title = f"Metrics against people, {monitor.known.name}"
    if kept is None or monitor.known.run_id is None or not context["rated"]:
        return Answer(title, said, tuple, context)
    entries = methods_of(asked.session, StudyRow(run_id=monitor.known.run_id))
    known = {name: one for name, one in metrics_of(asked.session, list(entries.values())).items() if one.kind != "cost"}
    lines = _sorted(kept.agreement or (), known)
    metric = _metric(known, asked.values["m"], lines)
    tables = [_table(level, lines, known) for level in LEVELS]
    if metric is not None:
        rates = photo_rates(asked.session, monitor.known.id, monitor.synthetic)
        found = points(asked.session, monitor.known, rates, metric)
        ends = disagreements(found, metric, DISAGREE)
        links = _links(asked, monitor, found, [k for order in ends.values() for k in order])
        said |= {"metric": metric.name, "disagree": {name: _records(found, k, links) for name, k in ends.items()}}
        if asked.form == "html":
            context |= {"ends": {name: _tiles(found, k, links, metric) for name, k in ends.items()},
                        "chart": _chart(found, metric), "few": not any(rate.ranked for rate in rates)}  # fmt: skip
    context |= {"known": known, "enough": ENOUGH, "metric": metric, "tables": tables if lines else [], "lines": lines,
                "agree": command_of(monitor, "agree")}  # fmt: skip
    cite = cited(entries_by_id(asked.session, list(entries.values())).values())
    cite |= {monitor.known.protocol: (protocol(monitor.known.protocol).source, "")}
    return Answer(title, said, lambda: lines, context, (lambda: tables[0]) if lines else None, cite, lambda: tables[1:])


def _metric(known: Mapping[str, Metric], name: str, lines: Sequence[Mapping[str, Any]]) -> Metric | None:
    if name and name not in known:
        raise UserError(f"Metrics: m: no metric {name!r} here. There are {', '.join(known)}.")
    of_photos = [line["metric"] for line in lines if line["level"] == "photo" and line["spearman"] is not None]
    return known[name] if name else known[of_photos[0]] if of_photos else preferred(known)


def _sorted(lines: Sequence[Mapping[str, Any]], known: Mapping[str, Metric]) -> list[dict[str, Any]]:
    """Those that agree the most first, whatever the direction; those of which nothing can be said last."""
    kept = [dict(line) for line in lines if line["metric"] in known]
    return sorted(kept, key=lambda line: (LEVELS.index(line["level"]), -abs(line["spearman"] or 0), line["metric"]))


def _table(level: str, lines: Sequence[Mapping[str, Any]], known: Mapping[str, Metric]) -> Table:
    mine = [line for line in lines if line["level"] == level]
    what = {"photo": "Per photo: deviations from each method's mean", "colorizer": "Per colorizer: means"}[level]
    heads = ("Metric", "Spearman", "[95%]", "Pearson", "[95%]", "Noise ceiling", "Photos", "Methods")
    rows = tuple((known[line["metric"]].title, tuple(_cells(line))) for line in mine)
    notes = (
        "Intervals resample photos. The ceiling is the correlation of half of the people with the other half, stepped "
        "up to all of them: no metric can be expected much beyond its root. Metrics of which lower is better agree "
        "with people where they are negative.",
    )
    return Table(what, heads, rows, notes)


def _cells(line: Mapping[str, Any]) -> list[Cell]:
    cells = []
    for kind in ("spearman", "pearson"):
        ends = (line[f"{kind}_low"], line[f"{kind}_high"])
        interval = span(ends, "", 2, True) if None not in ends else DASH
        cells += [Cell(number(line[kind], "", 2, True)), Cell(interval)]
    return [*cells, Cell(number(line["ceiling"], "", 2)), Cell(f"{line['photos']:,}"), Cell(f"{line['colorizers']:,}")]


def _chart(found: Points, metric: Metric) -> Any:
    titles = f"{metric.title}{f', {metric.unit}' if metric.unit else ''}", "taken for real, % (shrunk)"
    return scatter(found.scores, found.shrunk, [rate.condition for rate in found.rates], titles)


def _links(asked: Asked, monitor: Monitor, found: Points, order: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Point to where its photo's page and pictures are."""
    photos = [(found.rates[k].condition, found.rates[k].photo) for k in order]
    return dict(zip(order, photo_links.records(asked, monitor.known, photos), strict=True))


def _records(found: Points, order: Sequence[int], links: Mapping[int, dict[str, Any]]) -> list[dict[str, Any]]:
    return [found.rates[k]._asdict() | {"score": float(found.scores[k]), "address": links[k]["address"]} for k in order]


def _tiles(found: Points, order: Sequence[int], links: Mapping[int, dict[str, Any]], metric: Metric) -> Any:
    shown, rates = printed(metric, found.scores.tolist()), [found.rates[k] for k in order]
    photos = [(rate.condition, rate.photo) for rate in rates]
    scores = [shown.value(float(found.scores[k])) for k in order]
    texts = [f"{rate.condition}: {100 * rate.shrunk:.0f}%, {score}" for rate, score in zip(rates, scores, strict=True)]
    return photo_links.tiles([links[k] for k in order], photos, texts)


PAGE = Page(
    name="metrics", path="/studies/{study}/metrics", title="Metrics against people", answer=answer, read=glance,
    parameters=(WHO, Parameter("m", "the metric of the chart and the photos")),
    forms=("html", "json", "csv", "tex", "bib"),
)  # fmt: skip
