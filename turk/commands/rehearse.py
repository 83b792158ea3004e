"""turk rehearse"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from tqdm import tqdm

from evalsuite.db import default_url, make_engine, upgrade
from evalsuite.errors import UserError
from turk.commands import analyze, close, launch, pay, sync
from turk.commands.simulate import read_rates
from turk.crowd import read_shares
from turk.emulator.emulator import Settings
from turk.emulator.faults import read_script
from turk.guests import WAYS
from turk.recruiters.contract import Unsure
from turk.rehearsal import Stage, Wish, let_in, staged, take_time, wait_for_bonuses
from turk.rehearsed import Money, Recovered, money_of, recovered
from turk.visitor import Report

TRIES = 20


@click.command("rehearse")
@click.argument("name")
@click.option("--recruiter", type=click.Choice(list(WAYS)), required=True, help="Through whom people come.")
@click.option("--n", "people", type=click.IntRange(1, 10_000), default=40, show_default=True, help="People.")
@click.option("--fool-rate", "rates", metavar="NAME=RATE,...", default="", help="Planted rates by condition.")
@click.option("--observers", default="psychometric=1", show_default=True, metavar="KINDS", help="As in turk simulate.")
@click.option("--faults", type=click.Path(path_type=Path), help="A script of faults; see turk emulate --help.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Equal seeds are equal people.")
@click.option("--at-once", type=click.IntRange(1, 64), default=8, show_default=True, help="At the same time.")
@click.option(
    "--browser", "browsers", type=click.IntRange(0, 100), default=0, show_default=True,
    help="So many of them with Chromium, in real time.",
)  # fmt: skip
@click.option(
    "--minutes", type=click.FloatRange(0.1, 600), help="How long everybody takes; who earns too little is topped up."
)
@click.option("--out", type=click.Path(path_type=Path), help="Keep the copy's database and codes in this new folder.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(
    name: str, recruiter: str, people: int, rates: str, observers: str, faults: Path | None, seed: int, at_once: int,
    browsers: int, minutes: float | None, out: Path | None, url: str | None,
) -> None:  # fmt: skip
    """Rehearse a whole study on this machine: launch, people, sync, pay, analyze, close.

    A copy of the study, with as many places as people come, goes through the same commands as the real one, against
    local servers that speak the recruiter's API (turk emulate) and our own site. Simulated people of known strengths
    come through the recruiter's site, take the study by HTTP (or some in Chromium, third-party cookies blocked), and go
    back. They are quicker than people; with --minutes they took so long, and turk pay tops up to the wage floor. At the
    end our ledger is held against the server's, and the fool rates against those that were planted. The study itself,
    its database and real money are not touched.

    \b
    Example:
      turk rehearse street-2026 --recruiter mturk --n 40
      turk rehearse street-2026 --recruiter mturk --n 4 --browser 1
      turk rehearse street-2026 --recruiter mturk --minutes 20
      turk rehearse street-2026 --recruiter prolific --fool-rate ours=0.32,theirs=0.13
    """
    rules, fault_seed = read_script(faults, None) if faults else ((), seed)
    wish = Wish(
        recruiter, people, read_shares(observers), read_rates(rates), seed, at_once, min(browsers, people), minutes,
        Settings(seed=seed, rules=rules, fault_seed=fault_seed),
    )  # fmt: skip
    engine = make_engine(url or default_url())
    upgrade(engine)
    with _folder(out) as folder, staged(engine, name, wish, folder) as stage:
        _go(stage, wish, folder)


def _go(stage: Stage, wish: Wish, folder: Path) -> None:
    name, database, endpoint = stage.study.name, stage.database, stage.endpoint
    there = ["--url", stage.hall.site.url, *(["--endpoint", endpoint] if endpoint else [])]
    _run(launch.command, [name, *there, "--db", database])
    with tqdm(total=wish.people, desc="rehearsing", unit=" people", disable=None, delay=2) as bar:
        reports = let_in(stage, wish, lambda report: bar.update())
    click.echo(_people(reports))
    if wish.minutes is not None:
        take_time(stage, wish.minutes)
    if endpoint:
        _run(sync.command, [name, "--db", database])
        _run(pay.command, [name, "--yes", "--db", database])
        wait_for_bonuses(stage)
    else:
        _run(pay.command, [name, "--codes", str(folder / "codes.csv"), "--db", database])
    _run(analyze.command, [name, "--unblind", "--reason", "a rehearsal", "--no-model", "--db", database])
    _run(close.command, [name, "--yes", "--db", database])
    _judge(money_of(stage), recovered(stage, wish))


def _run(command: click.Command, arguments: list[str]) -> None:
    """Give one of our own commands, and again when nobody knows what was done, as a person would.

    Raises:
        Unsure: Still nobody knows after many tries.
    """
    shown = [word for word in arguments if not word.startswith("sqlite:") and word != "--db"]
    for left in reversed(range(TRIES)):
        click.echo(f"\n$ turk {command.name} {' '.join(shown)}")
        try:
            command.main(arguments, standalone_mode=False)
            return
        except Unsure as unsure:
            if not left:
                raise
            click.echo(f"turk: {unsure}")


def _people(reports: Sequence[Report]) -> str:
    ends: dict[str, int] = {}
    for report in reports:
        ends[report.outcome] = ends.get(report.outcome, 0) + 1
    return f"{len(reports)} simulated people came: " + ", ".join(
        f"{count} {end}" for end, count in sorted(ends.items())
    )


def _judge(money: Money | None, rates: Sequence[Recovered]) -> None:
    """Print what a rehearsal is to show.

    Raises:
        UserError: Ledgers differ, or a planted rate was not found.
    """
    click.echo()
    if money is not None:
        same = "equal to the cent" if money.agree else "DIFFERENT"
        click.echo(
            f"Our ledger ${money.ours_usd}, the server's ${money.servers_usd}: {same}; {money.people} people paid, "
            f"${money.held_usd} still set aside, bonuses ${money.our_bonuses_usd} and ${money.servers_bonuses_usd}"
        )
    for one in rates:
        click.echo(one)
    if money is not None and not money.agree:
        raise UserError("turk rehearse: the two ledgers differ. This is a mistake of ours: please report it.")
    missed = [one.condition for one in rates if not one.close]
    if missed:
        raise UserError(f"turk rehearse: planted rates were not recovered for {', '.join(missed)}. Ask more people.")


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is None:
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as made:
            yield Path(made)
        return
    if out.exists():
        raise UserError(f"--out: {out} is there already. Name a new folder.")
    out.mkdir(parents=True)
    yield out.resolve()
