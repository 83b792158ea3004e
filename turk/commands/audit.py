"""turk audit"""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Engine
from tqdm import tqdm

from evalsuite.db import default_url, make_engine, now, session_scope, upgrade
from evalsuite.errors import UserError
from turk import hosting
from turk.audit import LEAST_IMAGES, LIMIT, Verdict, audit_study, sessions_for
from turk.studies import find_study, study_of
from turk.study import Study


@click.command("audit")
@click.argument("name")
@click.option(
    "--images", type=click.IntRange(LEAST_IMAGES), default=20_000, show_default=True, help="Received, about, in all."
)
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(name: str, images: int, url: str | None) -> None:
    """Show that nothing but pixels tells a real photo from a fake; else the study cannot start.

    Simulated participants take a copy of the study through HTTP, on a site of its own. A classifier learns to tell
    the truth from everything that their browsers receive except the pixels: lengths, chunks and headers, addresses,
    order, what is told of a trial, and how long each response takes. It is tried on sessions that it has not seen.
    An area under the ROC curve above .53 ends with status 2.

    \b
    Example:
      turk audit street-2026
      turk audit street-2026 --images 4000
    """
    engine = make_engine(url or default_url())
    upgrade(engine)
    study, folder = _study(engine, name)
    with tqdm(total=sessions_for(study, images), desc="auditing", unit=" sessions", disable=None, delay=2) as bar:
        verdict = audit_study(study, folder, images, lambda _: bar.update())
    _keep(engine, study, verdict)
    click.echo(_told(study, verdict))
    if not verdict.passed:
        [clue, area], *_ = verdict.strongest
        raise UserError(
            f"study {name!r}: nothing but pixels may tell the truth; got AUC {verdict.area.value:.3f}, expected at "
            f"most {LIMIT}. Most of it comes from: {clue} (AUC {area:.3f} alone). The study cannot start."
        )


def _study(engine: Engine, name: str) -> tuple[Study, Path]:
    with session_scope(engine, read_only=True) as session:
        row = find_study(session, name)
        study, folder = study_of(row), Path(row.folder)
    wrong = hosting.damaged(folder, sorted({sha for files in study.stimuli.values() for sha in files.values()}))
    if wrong:
        raise UserError(f"study {name!r}: {len(wrong)} stimuli in {folder} are missing or damaged. Build it again.")
    return study, folder


def _keep(engine: Engine, study: Study, verdict: Verdict) -> None:
    with session_scope(engine) as session:
        row = find_study(session, study.name, lock=True)
        row.audit = {**verdict.to_json(), "sha256": study.hash, "at": now().isoformat(timespec="seconds")}


def _told(study: Study, verdict: Verdict) -> str:
    area = verdict.area
    lines = [
        f"{study.name}: AUC {area.value:.3f} [{area.low:.3f}, {area.high:.3f}] from everything but pixels; "
        f"{'passed' if verdict.passed else 'failed'} (at most {LIMIT})",
        f"  {verdict.images:,} images in {verdict.sessions} sessions over HTTP; 95% interval over sessions",
        "  clues that tell most by themselves: "
        + "; ".join(f"{clue} {alone:.3f}" for clue, alone in verdict.strongest),
    ]  # fmt: skip
    return "\n".join([*lines, f"Next: turk launch {study.name}"] if verdict.passed else lines)
