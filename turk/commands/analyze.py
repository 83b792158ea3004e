"""turk analyze"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click
import pandas as pd
from sqlalchemy import Engine

from evalsuite.db import default_url, make_engine, now, session_scope, upgrade
from evalsuite.errors import UserError
from evalsuite.typesetting import latex, markdown
from turk import frames
from turk.amt_csv import estimate, read_results
from turk.amt_report import amt_report
from turk.analysis import Analysis, analyze
from turk.analysis_record import blinded_record, record, table
from turk.analysis_tables import counts, tables
from turk.blinding import hidden, record_look
from turk.design import arms_of
from turk.kept import keep
from turk.pilot import pilot_plan
from turk.progress import Progress, progress
from turk.quality import exclude
from turk.registry import protocol
from turk.studies import find_study, study_of, user_name
from turk.study import Study
from turk.tables import DecisionRow, SessionRow

FORMATS = ("markdown", "latex", "csv", "json")


@dataclass(frozen=True)
class Wanted:
    """What is to be printed, and what its reader decided."""

    synthetic: bool
    unblind: bool
    exclude: int | None
    reason: str | None
    form: str
    plan: bool
    model: bool


@click.command("analyze")
@click.argument("name", required=False)
@click.option("--synthetic", is_flag=True, help="Synthetic participants, who never come with people.")
@click.option("--unblind", is_flag=True, help="Look before the stopping rule is met; that you did is recorded.")
@click.option("--exclude", "out", type=int, metavar="SESSION", help="Leave a session out by hand; needs --reason.")
@click.option("--reason", metavar="TEXT", help="Why you look early, or leave somebody out; it is recorded.")
@click.option("--plan", is_flag=True, help="Instead: plan the next study from the spreads that this one shows.")
@click.option("--model/--no-model", default=True, show_default=True, help="Fit the crossed-effects model too.")
@click.option("--csv", "file", type=click.Path(path_type=Path), help="A result file of AMT_Real_vs_Fake instead.")
@click.option("--estimator", type=click.Choice(["amt_real_vs_fake"]), help="How --csv is analyzed; there is one way.")
@click.option("--practice", default=10, show_default=True, help="With --csv: pairs at the start that do not count.")
@click.option("--pairs", default=60, show_default=True, help="With --csv: pairs of an assignment, practice included.")
@click.option(
    "--draws",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="With --csv: resamples; else the study's.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="With --csv: of the resamples.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="markdown", show_default=True)
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(
    name: str | None, synthetic: bool, unblind: bool, out: int | None, reason: str | None, plan: bool, model: bool,
    file: Path | None, estimator: str | None, practice: int, pairs: int, draws: int, seed: int, form: str,
    url: str | None,
) -> None:  # fmt: skip
    """Print a study's fool rates with honest intervals, with and without exclusions.

    Until the study's stopping rule is met, counts and quality are shown and nothing of the conditions. What is printed
    is also kept for the dashboard.

    \b
    Example:
      turk analyze street-2026
      turk analyze street-2026 --format latex
      turk analyze street-2026 --synthetic
      turk analyze street-2026 --exclude 17 --reason "wrote that the images did not load"
      turk analyze --csv results.csv --estimator amt_real_vs_fake --practice 10 --pairs 60
    """
    if (name is None) == (file is None):
        raise UserError("turk analyze: NAME of a study, or --csv FILE. Give one of the two.")
    if file is not None:
        results = read_results(file, practice, pairs)
        click.echo(amt_report(file, results, estimate(results, draws, seed), draws, form))
        return
    if estimator:
        raise UserError("--estimator: it goes with --csv; a study has the analysis that it was frozen with. Drop it.")
    wanted = Wanted(synthetic, unblind, out, reason, form, plan, model)
    engine = make_engine(url or default_url())
    try:
        upgrade(engine)
        click.echo(_study_report(engine, str(name), wanted))
    finally:
        engine.dispose()


def _study_report(engine: Engine, name: str, wanted: Wanted) -> str:
    with session_scope(engine, read_only=True) as session:
        row = find_study(session, name)
        study, study_id, state = study_of(row), row.id, row.state
    protocol(study.protocol)  # refuses those in which nobody judges
    if wanted.exclude is not None:
        _leave_out(engine, study_id, wanted)
    responses = frames.responses(engine, study_id, synthetic=wanted.synthetic)
    sessions = frames.sessions(engine, study_id, synthetic=wanted.synthetic)
    if sessions.empty:
        who = "synthetic participant" if wanted.synthetic else "person"
        other = f"turk simulate {name}" if wanted.synthetic else f"turk analyze {name} --synthetic"
        raise UserError(f"study {name!r}: no {who} has taken it yet. Wait for answers, or see `{other}`.")
    decided = frames.decisions(engine, study_id)
    so_far = progress(study, arms_of(study), sessions)
    if hidden(state, so_far, synthetic=wanted.synthetic):
        if not wanted.unblind:
            return _blinded(study, so_far, exclude(responses, sessions, study.exclusions, decided), wanted.form)
        record_look(engine, study_id, so_far, wanted.reason)
    found = analyze(responses, sessions, study, decided, wanted.model or wanted.plan)
    keep(engine, study_id, found, (responses, sessions))
    return pilot_plan(found, wanted.form) if wanted.plan else _printed(found, wanted.form)


def _printed(found: Analysis, form: str) -> str:
    if form == "json":
        return json.dumps(record(found), indent=1, allow_nan=False)
    if form == "csv":
        return table(found)
    if form == "markdown":
        return "\n\n".join(map(markdown, tables(found)))
    texts = [latex(one, f"{found.study.name}-{k}" if k else found.study.name) for k, one in enumerate(tables(found))]
    return "\n\n".join((r"% \usepackage{booktabs}", *texts))


def _blinded(study: Study, so_far: Progress, excluded: pd.DataFrame, form: str) -> str:
    if form == "json":
        return json.dumps(blinded_record(study, so_far, excluded), indent=1, allow_nan=False)
    if form != "markdown":
        raise UserError(f"study {study.name!r}: blinded, so there are only counts. Take --format markdown or json.")
    told = (
        f"{study.name}: {so_far.finished:,} of {so_far.wanted:,} finished. Fool rates are shown when the stopping rule "
        "is met, so that nobody stops when they look good; --unblind shows them now, and that is recorded."
    )
    return "\n\n".join((told, *map(markdown, counts(so_far, excluded))))


def _leave_out(engine: Engine, study_id: int, wanted: Wanted) -> None:
    if not wanted.reason:
        raise UserError("--exclude: nobody is left out by hand without a reason. Say why with --reason.")
    with session_scope(engine) as session:
        row = session.get(SessionRow, wanted.exclude)
        if row is None or row.study_id != study_id or row.synthetic != wanted.synthetic:
            raise UserError(f"--exclude: the study has no session {wanted.exclude}. `turk export` lists them.")
        session.add(
            DecisionRow(
                study_id=study_id, session_id=row.id, kind="exclude", reason=wanted.reason, by=user_name(), at=now()
            )
        )  # fmt: skip
