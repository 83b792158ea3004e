"""turk simulate"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import click
from tqdm import tqdm

from evalsuite.db import default_url, make_engine, session_scope, upgrade
from evalsuite.errors import UserError
from turk.crowd import read_shares
from turk.observers import make_population
from turk.own_site import Site, own_site
from turk.registry import colorings, protocol
from turk.simulate import Crowd, simulate, totals
from turk.studies import find_study, study_of
from turk.study import REAL, Study
from turk.true_colors import true_colors
from turk.visitor import Report

COLUMNS = {
    "people": "people",
    "finished": "finished",
    "already": "before",
    "left": "left",
    "vanished": "vanished",
    "answers": "answers",
    "points": "points",
    "missed": "replaced",
    "too_fast": "too fast, refused",
    "again": "sent again",
    "conflicts": "changed, refused",
    "reloads": "reloads",
}
"""What is counted to its column's head."""


@click.command("simulate")
@click.argument("name")
@click.option("--n", "people", type=click.IntRange(1, 100_000), default=80, show_default=True, help="Participants.")
@click.option("--fool-rate", "rates", metavar="NAME=RATE,...", default="", help="Planted rates by condition.")
@click.option("--observers", default="mixed", show_default=True, metavar="KINDS", help="mixed, or KIND=SHARE,...")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Equal seeds are equal people.")
@click.option("--url", metavar="URL", help="A site that is running, with its key in SYNTHETIC_KEY. [its own]")
@click.option("--at-once", type=click.IntRange(1, 512), default=8, show_default=True, help="At the same time.")
@click.option("--db", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(
    name: str, people: int, rates: str, observers: str, seed: int, url: str | None, at_once: int, db: str | None
) -> None:
    """Let synthetic participants take a study through HTTP, with known strengths.

    They see what a browser is sent, and tell images apart by their bytes, as people do by looking. Their sessions are
    marked synthetic, have places of their own and never mix with people's. The same command goes on where it was
    stopped, and takes nobody twice.

    \b
    Kinds of observers: psychometric, reloader, double_submitter, quitter, guesser, one_side, too_fast; `mixed` is a
    crowd of all of them.

    \b
    Example:
      turk simulate street-2026 --n 80
      turk simulate street-2026 --n 80 --fool-rate ours=0.32,theirs=0.13 --observers psychometric=0.9,guesser=0.1
    """
    crowd = Crowd(people, read_shares(observers), read_rates(rates), seed, at_once=at_once)
    database = db or default_url()
    study, folder = _study(database, name)
    if study.protocol in colorings():
        crowd = _novices(crowd, study, folder)
    planted = {} if crowd.colors else make_population(study, crowd.rates, seed).rates
    bar = tqdm(total=people, desc="simulating", unit=" participants", disable=None, delay=2)
    with _site(url, database) as site, bar:
        reports = simulate(study, site, crowd, lambda report: bar.update())
    click.echo(_told(study, reports, planted, seed))
    faults = sorted({fault for report in reports for fault in report.faults})
    for fault in faults:
        click.echo(f"turk: the site made a mistake: {fault}. Please report it.", err=True)
    if faults:
        sys.exit(1)


def read_rates(text: str) -> dict[str, float]:
    """Read `ours=0.32,theirs=0.13`.

    Raises:
        UserError: A part is not of that form, or a name stands twice.
    """
    rates: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, rate = (word.strip() for word in part.rpartition("="))
        try:
            value = float(rate)
        except ValueError:
            value = -1.0
        if not name or name in rates or not 0 < value < 1:
            raise UserError(f"--fool-rate: NAME=RATE once each, between 0 and 1; got {part!r}. Write ours=0.32.")
        rates[name] = value
    return rates


def _novices(crowd: Crowd, study: Study, folder: Path) -> Crowd:
    """The same crowd, coloring."""
    if crowd.rates:
        raise UserError("--fool-rate: people color in this study and judge nothing. Leave it out.")
    return replace(crowd, colors=true_colors(study, folder))


def _study(database: str, name: str) -> tuple[Study, Path]:
    engine = make_engine(database)
    upgrade(engine)
    with session_scope(engine, read_only=True) as session:
        row = find_study(session, name)
        study, folder = study_of(row), Path(row.folder)
    engine.dispose()
    return study, folder


@contextmanager
def _site(url: str | None, database: str) -> Iterator[Site]:
    if url is None:
        with own_site(database) as site:
            yield site
        return
    key = os.environ.get("SYNTHETIC_KEY")
    if not key:
        raise UserError("SYNTHETIC_KEY: --url needs the key that the site was started with. Set it for both.")
    yield Site(url, key)


def _told(study: Study, reports: Sequence[Report], planted: Mapping[str, float], seed: int) -> str:
    shown = [name for name in planted if name != REAL or protocol(study.protocol).measure != "fool_rate"]
    planned = "Planted: " + ", ".join(f"{name} {planted[name]:.1%}" for name in shown)
    colored = "Novices: they remember the photos' true colors, more or less, and color until the time is over."
    table = totals(reports)
    used = {key: head for key, head in COLUMNS.items() if any(counts[key] for counts in table.values())}
    kinds = max(map(len, table))
    lines = [
        f"{study.name}: {len(reports)} synthetic participants, seed {seed}; everything is marked synthetic.",
        planned if planted else colored,
        "",
        " " * kinds + "".join(f"  {head}" for head in used.values()),
    ]
    for kind, counts in table.items():
        lines.append(f"{kind:{kinds}}" + "".join(f"  {counts[key]:{len(head)}}" for key, head in used.items()))
    following = "analyze" if planted else "collect"
    where = "" if planted else " --out colored/"
    return "\n".join([*lines, "", f"Next: turk {following} {study.name} --synthetic{where}"])
