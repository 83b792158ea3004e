"""The whole demo, `python -m webapp.demo`: photos are scored and become a study, synthetic people take it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import click

from evalsuite.results import sha256_of

PORT = 8000
PEOPLE = 24
AUDITED = 4000
"""Images of the audit: enough for a demo; a study of one's own takes the command's 20,000."""
DRAWS = 300
"""Resamples of the photos behind how metrics agree with people: enough for a demo."""
RATES = {"levin2004": 0.40, "welsh2002": 0.25, "mean_ab": 0.10}
"""Planted, as if people had been fooled so often: synthetic participants have no eyes."""
STUDY = """\
# The demo's study: which of two pictures of a scene has the computer's colors? See `turk build --example`.
name: {name}
protocol: zhang2016
source: {{run: {run}, conditions: [{conditions}], catch: random}}
parameters: {{practice: 4, test: 20, catch: 4}}
participants_per_condition: 8
recruiter: link
exclusions: {{catch_min_correct: 3}}
"""


def write_study(out: Path) -> str:
    """Write the study file of the demo's run; its name tells which outputs it shows."""
    name = f"demo-{sha256_of(out / 'run' / 'outputs.sha256')[:6]}"
    (out / "study.yaml").write_text(STUDY.format(name=name, run="run", conditions=", ".join(RATES)))
    return name


def commands(out: Path, name: str) -> list[list[str]]:
    """The commands after the scores, as one would type them."""
    database = ["--db", f"sqlite:///{out / 'evalsuite.db'}"]
    rates = ",".join(f"{condition}={rate}" for condition, rate in RATES.items())
    return [
        ["turk", "build", str(out / "study.yaml"), *database],
        ["turk", "audit", name, "--images", str(AUDITED), *database],
        ["turk", "simulate", name, "--n", str(PEOPLE), "--fool-rate", rates, *database],
        ["turk", "analyze", name, "--synthetic", *database],
        ["turk", "agree", name, "--synthetic", "--draws", str(DRAWS), *database],
        ["turk", "launch", name, "--url", f"http://127.0.0.1:{PORT}", *database],
    ]


def run_command(words: list[str]) -> None:
    """Show a command, run it, and stop the demo where it fails."""
    click.echo(f"\n$ {shlex.join(words)}")
    done = subprocess.run([sys.executable, "-m", f"{words[0]}.cli", *words[1:]], check=False)
    if done.returncode:
        sys.exit(done.returncode)


@click.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default="demo", show_default=True)
@click.option("--serve/--no-serve", default=True, show_default=True, help="Whether to serve the site at the end.")
def main(out: Path, serve: bool) -> None:
    """Score some 40 photos, make a study of the results, let synthetic people take it, and serve all of it.

    \b
    Example:
      python -m webapp.demo --out demo --no-serve
    """
    scored = subprocess.run([sys.executable, "-m", "evalsuite.demo", "--out", str(out)], check=False)
    if scored.returncode:
        sys.exit(scored.returncode)
    name = write_study(out)
    for words in commands(out, name):
        run_command(words)
    served = ["webapp", "serve", "--db", f"sqlite:///{out / 'evalsuite.db'}", "--port", str(PORT)]
    click.echo(f"\nTake the study yourself while the site is served: http://127.0.0.1:{PORT}/study/{name}")
    if not serve:
        click.echo(f"Serve it: .venv/bin/{shlex.join(served)}")
        return
    click.echo(f"\n$ {shlex.join(served)}", nl=True)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "webapp.cli", *served[1:]])


if __name__ == "__main__":
    main()
