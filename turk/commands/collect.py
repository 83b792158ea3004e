"""turk collect"""

from __future__ import annotations

from pathlib import Path

import click

from evalsuite.commands.pairs import named_pairs
from evalsuite.db import default_url, make_engine, session_scope, upgrade
from evalsuite.errors import UserError
from turk.collected import AUTOMATIC, Wish, write_collection
from turk.collecting import Choice, choose, colored
from turk.registry import colorings
from turk.studies import find_study, study_of
from turk.study import Study


@click.command("collect")
@click.argument("name")
@click.option("--out", "folder", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the choice among several people."
)
@click.option("--colorizer", metavar="NAME", help="What colors by the points. [what participants saw]")
@click.option("--weights", multiple=True, metavar="NAME=FILE", help="A colorizer's weights file; repeatable.")
@click.option("--everybody", is_flag=True, help="Also write all colorings, in a folder for each participant.")
@click.option("--synthetic", is_flag=True, help="Synthetic participants, who never come with people.")
@click.option("--db", "url", metavar="URL", help="The database. [DATABASE_URL, or SQLite in your data folder]")
def command(
    name: str, folder: Path, seed: int, colorizer: str | None, weights: tuple[str, ...], everybody: bool,
    synthetic: bool, url: str | None,
) -> None:  # fmt: skip
    """Write what people colored: results and points, for scores and for a study in which others judge them.

    Where several people colored the same photo under the same condition, one is taken: the first in the order of
    sha256 over seed, photo, condition and participant. Photos that nobody colored under some condition are left out.
    The folder `automatic` has what the same colorizer makes without a point.

    \b
    Example:
      turk collect color-2026 --out colored/
      evalsuite score --images colored/photos --outputs automatic=colored/automatic \\
        --outputs guided=colored/with_recommendations --out runs/guided
      evalsuite sweep --images colored/photos --colorizers siggraph17,levin2004 --points 0,1,2,5,10 \\
        --hint-files colored/hints/with_recommendations --out runs/sweep
      turk build colored/judge.yaml
    """
    engine = make_engine(url or default_url())
    try:
        upgrade(engine)
        with session_scope(engine, read_only=True) as session:
            row = find_study(session, name)
            study, stimuli, study_id = study_of(row), Path(row.folder), row.id
        if study.protocol not in colorings():
            raise UserError(f"study {name!r}: people judge in it and color nothing. Give `turk export {name}`.")
        found = colored(engine, study_id, synthetic=synthetic)
    finally:
        engine.dispose()
    if not found:
        who = "synthetic participant" if synthetic else "person"
        raise UserError(f"study {name!r}: no {who} has finished it yet, so there is nothing to collect. Wait.")
    choice = choose(found, study, seed)
    files = {key: Path(file) for key, file in named_pairs(weights, "--weights", "FILE").items()}
    used = write_collection(study, stimuli, choice, Wish(folder, seed, colorizer, files, everybody, synthetic))
    click.echo(_told(study, choice, folder, used))


def _told(study: Study, choice: Choice, folder: Path, colorizer: str) -> str:
    conditions = (AUTOMATIC, *study.conditions)
    people = len({one.participant for _, one in choice.ranked})
    outputs = " ".join(f"--outputs {name}={folder / name}" for name in conditions)
    lines = [
        f"{study.name}: {len(choice.photos)} photos, each colored by {colorizer} under {', '.join(conditions)}",
        f"  {len(choice.ranked)} colorings of {people} participants, of which {len(choice.taken)} were taken",
    ]
    if choice.left_out:
        lines.append(f"  left out, as nobody colored them under some condition: {', '.join(choice.left_out[:5])}"
                     + (f" and {len(choice.left_out) - 5} more" if len(choice.left_out) > 5 else ""))  # fmt: skip
    if colorizer == "levin2004":
        lines.append(f"  levin2004 leaves a photo without points gray, and so all of {AUTOMATIC}")
    lines += [
        f"Scores: evalsuite score --images {folder / 'photos'} {outputs} --out RUN",
        f"Judged by others: turk build {folder / 'judge.yaml'}",
    ]
    return "\n".join(lines)
