"""A sweep as tables: a metric against the number of points, beside what papers published, and what follows from it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from evalsuite.errors import UserError
from evalsuite.results import Run
from evalsuite.typesetting import DASH, Cell, Table, decimals, describe, head, latex, markdown, number, span

FORMATS = ("markdown", "csv", "json", "latex")
CSV_HEADS = ("quantity", "metric", "colorizer", "points", "value", "low", "high", "unit")
Facts = Mapping[str, Any]


def sweep_report(run: Run, found: Facts, form: str) -> str:
    """Print a sweep.

    Args:
        run: The run folder.
        found: What sweep.json says.
        form: One of FORMATS.

    Raises:
        UserError: Another format.
    """
    if form not in FORMATS:
        raise UserError(f"sweep: there are formats {', '.join(FORMATS)}; got {form!r}. Choose one of these.")
    if form == "json":
        return json.dumps(found, indent=1, allow_nan=False)
    if form == "csv":
        return _csv(found)
    tables = list(_tables(run, found))
    if form == "markdown":
        return "\n\n".join(map(markdown, tables))
    label = f"sweep-{found['dataset']['name']}"
    return "\n\n".join((r"% \usepackage{booktabs}", *(latex(t, f"{label}-{k}") for k, t in enumerate(tables))))


def _tables(run: Run, found: Facts) -> Iterator[Table]:
    metrics = {metric: run.manifest["metrics"][metric] for metric in found["photos"]}
    for metric, facts in metrics.items():
        yield _curves(found, metric, facts)
        yield _gains(found, metric, facts)
        if any(row["metric"] == metric for row in found["differences"]):
            yield _differences(found, metric, facts)
    yield _areas(found, metrics)
    if found["needed"]:
        yield _needed(found, metrics)


def _curves(found: Facts, metric: str, facts: Facts) -> Table:
    """One line per number of points; published curves stand beside ours."""
    lines = {name: curves[metric] for name, curves in found["curves"].items()}
    digits = decimals(facts["unit"], [value for line in lines.values() for value in line["value"]])
    published = [curve for curve in found["published"] if curve["metric"] == metric]
    rows = []
    for count in found["points"]:
        cells = [_at(line, count, facts["unit"], digits) for line in lines.values()]
        rows.append((str(count), (*cells, *(_published(curve, count, facts["unit"], digits) for curve in published))))
    heads = [head(name, facts["unit"], facts["better"]) for name in lines]
    caption = f"{describe(found['dataset'])}. {facts['title']} against the number of points ({_hints(found)})."
    notes = [_band_note(found, metric), *(_published_note(curve) for curve in published)]
    theirs = (f"published {curve['colorizer']}" for curve in published)
    return Table(caption, ("Points", *heads, *theirs), tuple(rows), tuple(notes))


def _hints(found: Facts) -> str:
    return "recorded hints" if found["hints"]["files"] else f"simulated users of style {found['hints']['style']}"


def _band_note(found: Facts, metric: str) -> str:
    return (
        f"In brackets: 95% percentile bootstrap interval over the {found['photos'][metric]:,} photos on which all "
        f"methods succeeded ({found['draws']:,} resamples, the same for all; seed {found['seed']}). Hints are nested."
    )


def _published_note(curve: Facts) -> str:
    return (
        f"Published {curve['colorizer']}: {curve['source']}; {curve['protocol']}. Standard error "
        f"{curve['standard_error']:g}."
    )


def _at(line: Facts, count: int, unit: str, digits: int) -> Cell:
    if not line["hinted"]:
        row = 0
    elif count in line["points"]:
        row = line["points"].index(count)
    else:
        return Cell(DASH)
    return Cell(number(line["value"][row], unit, digits), span(line["ci95"][row], unit, digits))


def _published(curve: Facts, count: int, unit: str, digits: int) -> Cell:
    for points, value in zip(curve["points"], curve["values"], strict=True):
        if abs(points - count) <= count / 100:
            return Cell(number(value, unit, digits), "" if points == count else f"(at {points})")
    return Cell(DASH)


def _gains(found: Facts, metric: str, facts: Facts) -> Table:
    lines = {name: c[metric]["gain_per_point"] for name, c in found["curves"].items() if c[metric]["hinted"]}
    unit = facts["unit"]
    steps = [(step["from"], step["to"]) for step in next(iter(lines.values()))]
    rows = []
    for k, (start, end) in enumerate(steps):
        rows.append((f"{start} to {end}", tuple(_signed(steps_of[k], unit, 4) for steps_of in lines.values())))
    heads = (head(name, unit, facts["better"]) for name in lines)
    return Table(f"{facts['title']}: what each further point adds.", ("Points", *heads), tuple(rows))


def _differences(found: Facts, metric: str, facts: Facts) -> Table:
    pairs = [row for row in found["differences"] if row["metric"] == metric]
    columns = list(dict.fromkeys((row["a"], row["b"]) for row in pairs))
    at = {(row["a"], row["b"], row["points"]): row for row in pairs}
    digits = decimals(facts["unit"], [row["value"] for row in pairs])
    rows = []
    for count in found["points"]:
        cells = [at.get((*pair, count)) for pair in columns]
        rows.append((str(count), tuple(Cell(DASH) if c is None else _signed(c, facts["unit"], digits) for c in cells)))
    heads = (head(f"{a} minus {b}", facts["unit"], None) for a, b in columns)
    return Table(f"{facts['title']}: paired differences.", ("Points", *heads), tuple(rows))


def _areas(found: Facts, metrics: Mapping[str, Facts]) -> Table:
    rows = []
    for name, curves in found["curves"].items():
        for metric, facts in metrics.items():
            areas, unit = curves[metric].get("area"), facts["unit"]
            if areas:
                digits = decimals(unit, [areas["log"]["value"]])
                cells = tuple(_plain(areas[axis], unit, digits) for axis in ("log", "linear"))
                rows.append((f"{name}, {head(facts['title'], unit, facts['better'])}", cells))
    caption = (
        f"Area under each curve from {found['points'][0]} to {found['points'][-1]} points, over the axis's length."
    )
    return Table(caption, ("Curve", "over ln(1 + points)", "over points"), tuple(rows))


def _needed(found: Facts, metrics: Mapping[str, Facts]) -> Table:
    rows = []
    for metric, members in groupby(found["needed"], key=lambda row: str(row["metric"])):
        facts = metrics[metric]
        for row in members:
            level = number(row["level"], facts["unit"], decimals(facts["unit"], [row["level"]]))
            goal = f"{row['target']} without hints: {facts['title']} {level}".strip()
            rows.append((f"{row['colorizer']} to reach {goal}", (Cell(*_count(row, found["points"])),)))
    caption = "Points needed, on straight lines over ln(1 + points) between the numbers above."
    return Table(caption, ("Goal", "Points"), tuple(rows))


def _count(row: Facts, points: Sequence[int]) -> tuple[str, str]:
    def shown(value: float | None) -> str:
        return f"more than {points[-1]}" if value is None else f"{value:.1f}"

    ends = row["ci95"]
    return shown(row["value"]), "" if ends is None else f"[{shown(ends[0])}, {shown(ends[1])}]"


def _plain(score: Facts, unit: str, digits: int) -> Cell:
    return Cell(number(score["value"], unit, digits), span(score["ci95"], unit, digits))


def _signed(score: Facts, unit: str, digits: int) -> Cell:
    return Cell(number(score["value"], unit, digits, signed=True), span(score["ci95"], unit, digits, signed=True))


def _csv(found: Facts) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_HEADS)
    units: dict[str, str] = {}
    for name, curves in found["curves"].items():
        for metric, curve in curves.items():
            units[metric] = curve["unit"]
            writer.writerows(_curve_lines(name, metric, curve))
    for row in found["differences"]:
        pair = f"{row['a']} - {row['b']}"
        writer.writerow(_line("difference", row["metric"], pair, row["points"], row, units[row["metric"]]))
    for row in found["needed"]:
        pair = f"{row['colorizer']} to {row['target']}"
        writer.writerow(_line("points needed", row["metric"], pair, "", row, "points"))
    for curve in found["published"]:
        for count, value in zip(curve["points"], curve["values"], strict=True):
            score = {"value": value, "ci95": None}
            writer.writerow(
                _line("published", curve["metric"], curve["colorizer"], count, score, units[curve["metric"]])
            )
    return out.getvalue().rstrip("\n")


def _curve_lines(name: str, metric: str, curve: Facts) -> Iterator[list[Any]]:
    for count, value, ci95 in zip(curve["points"], curve["value"], curve["ci95"], strict=True):
        yield _line("value", metric, name, count, {"value": value, "ci95": ci95}, curve["unit"])
    for step in curve.get("gain_per_point", ()):
        yield _line("gain per point", metric, name, f"{step['from']} to {step['to']}", step, curve["unit"])
    for axis, area in curve.get("area", {}).items():
        yield _line(f"area, {axis} axis", metric, name, "", area, curve["unit"])


def _line(quantity: str, metric: str, colorizer: str, points: object, score: Facts, unit: str) -> list[Any]:
    return [quantity, metric, colorizer, points, score["value"], *(score["ci95"] or ("", "")), unit]
