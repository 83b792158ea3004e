"""turk audit"""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import Engine
from tqdm import tqdm

from evalsuite.db import default_url, make_engine, now, session_scope, upgrade
from evalsuite.errors import UserError
from turk import hosting
from turk.audit import LEAST_IMAGES, LIMIT, Audit, Verdict, audit_study, sessions_for
from turk.gray_audit import SESSIONS, GrayAudit, audit_gray
from turk.hosted import Elsewhere, elsewhere
from turk.registry import colorings
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

    Where people color, there is nothing to be told: then all images that they are sent must be gray.

    Simulated participants take a copy of the study through HTTP, on a site of its own. A classifier learns to tell
    the truth from everything that their browsers receive except the pixels: lengths, chunks and headers, addresses,
    order, what is told of a trial, and how long each response takes. It is tried on sessions that it has not seen.
    An area under the ROC curve above .53 ends with status 2. Catch trials must not be told from test trials either.

    \b
    Example:
      turk audit street-2026
      turk audit street-2026 --images 4000
    """
    engine = make_engine(url or default_url())
    upgrade(engine)
    study, folder, copies = _study(engine, name)
    if study.protocol in colorings():
        _audit_gray(engine, study, folder)
        return
    with tqdm(total=sessions_for(study, images), desc="auditing", unit=" sessions", disable=None, delay=2) as bar:
        audit = audit_study(study, folder, images, lambda _: bar.update(), copies)
    _keep(engine, study, audit)
    click.echo(_told(study, audit))
    if audit.failed is not None:
        [clue, area], *_ = audit.failed.strongest
        raise UserError(
            f"study {name!r}: nothing but pixels may tell the truth; got AUC {audit.failed.area.value:.3f}, expected "
            f"at most {LIMIT}. Most of it comes from: {clue} (AUC {area:.3f} alone). The study cannot start."
        )


def _audit_gray(engine: Engine, study: Study, folder: Path) -> None:
    with tqdm(total=SESSIONS, desc="auditing", unit=" sessions", disable=None, delay=2) as bar:
        audit = audit_gray(study, folder, lambda _: bar.update())
    _keep(engine, study, audit)
    if audit.faults:
        more = f" and {len(audit.faults) - 1} more" if len(audit.faults) > 1 else ""
        raise UserError(f"study {study.name!r}: {audit.faults[0]}{more}. The study cannot start; build it again.")
    click.echo(
        f"{study.name}: passed; all {audit.images} images of {audit.sessions} sessions, received over HTTP, are gray "
        f"in every pixel and carry nothing else.\nNext: turk launch {study.name}"
    )


def _study(engine: Engine, name: str) -> tuple[Study, Path, Elsewhere | None]:
    with session_scope(engine, read_only=True) as session:
        row = find_study(session, name)
        study, folder, copies = study_of(row), Path(row.folder), elsewhere(session, row)
    wrong = hosting.damaged(folder, sorted({sha for files in study.stimuli.values() for sha in files.values()}))
    if wrong:
        raise UserError(f"study {name!r}: {len(wrong)} stimuli in {folder} are missing or damaged. Build it again.")
    return study, folder, copies


def _keep(engine: Engine, study: Study, audit: Audit | GrayAudit) -> None:
    with session_scope(engine) as session:
        row = find_study(session, study.name, lock=True)
        row.audit = {**audit.to_json(), "sha256": study.hash, "at": now().isoformat(timespec="seconds")}


def _told(study: Study, audit: Audit) -> str:
    lines = [
        f"{study.name}: {'passed' if audit.failed is None else 'failed'}; from everything but pixels, over HTTP:",
        f"  photos from fakes      {_area(audit.truth)}, at most {LIMIT} is allowed",
    ]
    if audit.catch is not None:
        lines.append(f"  catch from test trials {_area(audit.catch)}")
    clues = "; ".join(f"{clue} {alone:.3f}" for clue, alone in audit.truth.strongest)
    lines.append(f"  clues that tell most by themselves: {clues}")
    return "\n".join([*lines, f"Next: turk launch {study.name}"] if audit.failed is None else lines)


def _area(verdict: Verdict) -> str:
    area = verdict.area
    found = f"AUC {area.value:.3f}, 95% interval [{area.low:.3f}, {area.high:.3f}]"
    return f"{found} over {verdict.sessions} sessions, {verdict.images:,} images"
