"""turk agree"""

from __future__ import annotations

import json

import click
import pandas as pd
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from tqdm import tqdm

from evalsuite.db import default_url, make_engine, session_scope, upgrade
from evalsuite.errors import UserError
from evalsuite.tables import ColorizerRow, EntryRow, MetricRow, PhotoRow, ScoreRow
from evalsuite.typesetting import Cell, Table, markdown, number
from turk import frames
from turk.agreement import agreement
from turk.analysis_record import rows
from turk.blinding import blinded
from turk.kept import RATED, keep_agreement
from turk.quality import exclude
from turk.registry import protocol
from turk.result_tables import AnalysisRow
from turk.sample import sample
from turk.studies import find_study, study_of
from turk.study import Study
from turk.tables import StudyRow


@click.command("agree")
@click.argument("name")
@click.option("--synthetic", is_flag=True, help="Synthetic participants, who never come with people.")
@click.option("--draws", type=click.IntRange(100), default=1000, show_default=True, help="Resamples of photos.")
@click.option("--format", "form", type=click.Choice(["markdown", "json"]), default="markdown", show_default=True)
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, synthetic: bool, draws: int, form: str, url: str | None) -> None:
    """Hold every metric of a study's run against people: does it tell what fools them?

    The study must be of a run that was imported, and `turk analyze` must have been given. What is printed is also kept
    for the dashboard.

    \b
    Example:
      turk agree street-2026
      turk agree street-2026 --synthetic --format json
    """
    engine = make_engine(url or default_url())
    upgrade(engine)
    with session_scope(engine, read_only=True) as db:
        row = find_study(db, name)
        study, key = study_of(row), row.id
        _check(db, row, study, synthetic)
        scores = scores_of(db, row)
    found = _agreement(scores, _answers(engine, key, study, synthetic), draws)
    with session_scope(engine) as db:
        keep_agreement(db, key, synthetic, found)
    engine.dispose()
    click.echo(json.dumps(rows(found), indent=1) if form == "json" else markdown(table(found, name, synthetic)))


def scores_of(db: Session, study: StudyRow) -> pd.DataFrame:
    """The scores per photo of the methods that a study's run has: image, colorizer, metric, value."""
    named = (
        select(PhotoRow.name, ColorizerRow.name, MetricRow.name, ScoreRow.value)
        .select_from(EntryRow)
        .join(ColorizerRow, ColorizerRow.id == EntryRow.colorizer_id)
        .join(ScoreRow, ScoreRow.entry_id == EntryRow.id)
        .join(MetricRow, MetricRow.id == ScoreRow.metric_id)
        .join(PhotoRow, PhotoRow.id == ScoreRow.photo_id)
        .where(EntryRow.run_id == study.run_id, MetricRow.kind != "cost")
        .order_by(MetricRow.name, ColorizerRow.name, PhotoRow.position)
    )
    found = [tuple(line) for line in db.execute(named)]
    return pd.DataFrame(found, columns=["image", "colorizer", "metric", "value"])


def table(found: pd.DataFrame, name: str, synthetic: bool) -> Table:
    """Set the correlations, the best first within a level."""
    warning = "SYNTHETIC PARTICIPANTS, NO PEOPLE. " if synthetic else ""
    lines = []
    for row in (
        found.assign(strength=found["spearman"].abs()).sort_values("strength", ascending=False).to_dict("records")
    ):
        cells = [Cell(row["level"])]
        for kind in ("spearman", "pearson"):
            ends = row[f"{kind}_low"], row[f"{kind}_high"]
            interval = "" if pd.isna(ends[0]) else f"[{', '.join(number(end, '', 2, True) for end in ends)}]"
            cells.append(Cell(number(row[kind], "", 2, True), interval))
        cells += [Cell(number(row["ceiling"], "", 2)), Cell(f"{row['photos']:,}"), Cell(f"{row['colorizers']:,}")]
        lines.append((row["metric"], tuple(cells)))
    heads = ("Metric", "Per", "Spearman [95%]", "Pearson [95%]", "Ceiling", "Photos", "Colorizers")
    note = (
        "Correlation with fool rates, over photos (deviations from each colorizer's mean) and over colorizers (means). "
        "The ceiling is how half of the people agree with the other half, stepped up to all of them."
    )
    return Table(f"{warning}Metrics against people, {name}", heads, tuple(lines), (note,))


def _check(db: Session, row: StudyRow, study: Study, synthetic: bool) -> None:
    if protocol(study.protocol).measure not in RATED:
        raise UserError(f"study {row.name!r}: metrics are held against fool rates, which {study.protocol} has not.")
    if row.run_id is None:
        raise UserError(
            f"study {row.name!r}: it is not of a run in this database, so there are no scores. Import the run with "
            "`evalsuite import`, and build studies with `source: {run: ...}`."
        )
    if not synthetic and blinded(db, row.id, row.state, study):
        raise UserError(f"study {row.name!r}: blinded until its stopping rule is met. Wait for more people.")
    if db.get(AnalysisRow, (row.id, synthetic)) is None:
        flag = " --synthetic" if synthetic else ""
        raise UserError(f"study {row.name!r}: give `turk analyze {row.name}{flag}` first.")


def _answers(engine: Engine, key: int, study: Study, synthetic: bool) -> pd.DataFrame:
    responses = frames.responses(engine, key, synthetic=synthetic)
    sessions = frames.sessions(engine, key, synthetic=synthetic)
    excluded = exclude(responses, sessions, study.exclusions, frames.decisions(engine, key))
    return sample(responses, sessions, excluded).trials


def _agreement(scores: pd.DataFrame, answers: pd.DataFrame, draws: int) -> pd.DataFrame:
    shown = scores[scores["colorizer"].isin(answers["condition"].unique())]
    named = tqdm(list(shown.groupby("metric", sort=False)), desc="agreeing", unit=" metrics", disable=None, delay=2)
    found = [agreement(own, answers, draws) for _, own in named]
    if not found:
        raise UserError("the run has no scores of single photos of what the study shows. Score it with other metrics.")
    return pd.concat(found, ignore_index=True)
