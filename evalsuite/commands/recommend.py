"""evalsuite recommend"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from evalsuite.commands.options import resize_policy
from evalsuite.commands.pairs import named_pairs
from evalsuite.dataset import open_dataset
from evalsuite.engines import devices_of
from evalsuite.recommending import DIFFERENCES, DRAWS, Trial, hit_rates, recommenders
from evalsuite.registry import chosen_colorizers
from evalsuite.results import write_json
from evalsuite.typesetting import Cell, Table, head, latex, markdown, number, span

FORMATS = ("markdown", "csv", "json", "latex")
TITLES = {"ciede2000": "CIEDE2000", "cie76": "the distance in ab (CIE 1976)"}


@click.command("recommend")
@click.option("--images", type=click.Path(path_type=Path), required=True, help="A folder, list or CSV of photos.")
@click.option("--colorizers", required=True, help="Networks that give a distribution: siggraph17,eccv16.")
@click.option("--weights", multiple=True, metavar="NAME=FILE", help="A network's weights file; repeatable.")
@click.option("--colors", type=click.IntRange(1, 50), default=9, show_default=True, help="How many are recommended.")
@click.option("--pixels", type=click.IntRange(1), default=100, show_default=True, help="Random pixels per photo.")
@click.option("--resize", type=click.Choice(["squash", "crop", "native"]), default="squash", show_default=True)
@click.option("--size", type=click.IntRange(16, 8192), default=256, show_default=True, help="Side in pixels.")
@click.option("--limit", type=click.IntRange(1), help="A random subset of so many photos, drawn by --seed.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
@click.option("--out", type=click.Path(path_type=Path), help="A JSON file for the numbers.")
def command(images: Path, colorizers: str, weights: tuple[str, ...], form: str, out: Path | None, **flags: Any) -> None:
    """Measure how often the true color lies within delta E 10 of one of the first k recommended ones.

    Colors are recommended as a user without other hints would see them: the most likely clusters of the network's
    distribution at the pixel, within the gamut at its lightness.

    \b
    Example:
      evalsuite recommend --images val/ --colorizers siggraph17,eccv16 --limit 1000 --out recommended.json
    """
    files = {name: Path(file) for name, file in named_pairs(weights, "--weights", "FILE").items()}
    device = devices_of(flags["device"])[0]
    dataset = open_dataset(images, None, flags["limit"], flags["seed"])
    resize = resize_policy(flags["resize"], flags["size"])
    trial = Trial(dataset, resize, flags["pixels"], flags["colors"], flags["seed"], device)
    found = hit_rates(trial, recommenders(chosen_colorizers(colorizers)[0], files, device))
    if out is not None:
        write_json(out, found)
    click.echo(_printed(found, form))
    for failure in found["failed"]:
        click.echo(f"failed  {failure['photo']}: {failure['reason']}", err=True)


def _printed(found: Mapping[str, Any], form: str) -> str:
    if form == "json":
        return json.dumps(found, indent=1)
    if form == "csv":
        return _csv(found)
    tables = [_table(found, difference) for difference in DIFFERENCES]
    if form == "markdown":
        return "\n\n".join(map(markdown, tables))
    return "\n\n".join(latex(table, f"recommended-{k}") for k, table in zip(DIFFERENCES, tables, strict=True))


def _table(found: Mapping[str, Any], difference: str) -> Table:
    dataset, methods = found["dataset"], found["methods"]
    count = len(next(iter(methods.values()))[difference]["value"])
    rows = [(str(k + 1), tuple(Cell(*_shown(methods[name][difference], k)) for name in methods)) for k in range(count)]
    caption = (
        f"{dataset['name']}: {dataset['images']:,} photos, {found['pixels']} pixels of each. How often the true color "
        f"lies within {found['within']:g} of one of the first k recommended ones, by {TITLES[difference]}."
    )
    soft = ", ".join(f"{name} {method['softness']:g}" for name, method in methods.items())
    notes = (
        f"In brackets: 95% percentile bootstrap interval over photos ({DRAWS:,} resamples; seed {found['seed']}).",
        f"Logits scaled by: {soft}. uniform recommends without having looked.",
    )
    return Table(caption, ("k", *(head(name, "fraction", "higher") for name in methods)), tuple(rows), notes)


def _shown(score: Mapping[str, Any], k: int) -> tuple[str, str]:
    return number(score["value"][k], "fraction", 1), span(score["ci95"][k], "fraction", 1)


def _csv(found: Mapping[str, Any]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("method", "difference", "k", "value", "low", "high"))
    for name, method in found["methods"].items():
        for difference in DIFFERENCES:
            score = method[difference]
            for k, (value, ci95) in enumerate(zip(score["value"], score["ci95"], strict=True), start=1):
                writer.writerow([name, difference, k, value, *(ci95 or ("", ""))])
    return out.getvalue().rstrip("\n")
