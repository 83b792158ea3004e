"""turk export"""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Engine

from evalsuite.db import default_url, make_engine, session_scope, upgrade
from evalsuite.errors import UserError
from turk import frames
from turk.blinding import hidden, record_look
from turk.design import arms_of
from turk.export import Wanted, export_study
from turk.progress import progress
from turk.registry import colorings
from turk.studies import find_study, study_of
from turk.tables import StudyRow


@click.command("export")
@click.argument("name")
@click.option("--out", "folder", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option("--synthetic", is_flag=True, help="Synthetic participants, who never come with people.")
@click.option("--identities", is_flag=True, help="Also write what platforms call people: personal data.")
@click.option("--unblind", is_flag=True, help="Export before the stopping rule is met; that you did is recorded.")
@click.option("--reason", metavar="TEXT", help="Why you look early; it is recorded.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(
    name: str, folder: Path, synthetic: bool, identities: bool, unblind: bool, reason: str | None, url: str | None
) -> None:
    """Write a study's answers as CSV and Parquet, with a codebook, the frozen study, a Methods text and an R script.

    Participants have pseudonyms that belong to this study alone.

    \b
    Example:
      turk export street-2026 --out street-2026-data
    """
    engine = make_engine(url or default_url())
    try:
        upgrade(engine)
        study = _may_export(engine, name, synthetic=synthetic, look=unblind, reason=reason)
        files = export_study(engine, study.id, study_of(study), Wanted(folder, synthetic, identities))
    finally:
        engine.dispose()
    click.echo(f"{folder}: {len(files)} files, study {study.sha256[:12]}. Begin with {folder / 'codebook.md'}.")
    if identities:
        click.echo("identities.csv has personal data: keep it apart, and delete it when paying is done.", err=True)


def _may_export(engine: Engine, name: str, *, synthetic: bool, look: bool, reason: str | None) -> StudyRow:
    """Return the study, unless its answers must not be seen yet; a look before its time is recorded."""
    with session_scope(engine, read_only=True) as session:
        session.expire_on_commit = False
        row = find_study(session, name)
    study = study_of(row)
    if study.protocol in colorings():
        return row  # nothing is judged, so there is nothing to be blind to
    so_far = progress(study, arms_of(study), frames.sessions(engine, row.id, synthetic=synthetic))
    early = hidden(row.state, so_far, synthetic=synthetic)
    if early and not look:
        raise UserError(
            f"study {name!r}: {so_far.finished} of {so_far.wanted} sessions are finished, so its answers stay closed "
            "until the stopping rule is met. Wait, or export with --unblind, which is recorded."
        )
    if early:
        record_look(engine, row.id, so_far, reason)
    return row
