"""Does any acknowledged answer get lost when the server is killed at 50 random moments?

    python tests/bench/bench_kill.py [--kills 50] [--people 40] [--database both]

Synthetic people take a zhang2016 study; its server, gunicorn with two workers, gets kill -9 again and again, and is
started again. At the end every acknowledged answer must be in the database, and every session finished.
"""

from __future__ import annotations

import argparse
import runpy
import sys
import tempfile
import time
from pathlib import Path

from evalsuite.db import make_engine

HERE = Path(__file__).resolve().parent
LOAD = runpy.run_path(str(HERE / "bench_load.py"))
ORDEALS = runpy.run_path(str(HERE.parent / "turk" / "ordeals.py"))


def main() -> None:
    """Kill on each database in turn; exit 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    asked = parser.parse_args()
    kinds = ["sqlite", "postgresql"] if asked.database == "both" else [asked.database]
    sys.exit(0 if all([unbroken(kind, asked.people, asked.kills) for kind in kinds]) else 1)


def unbroken(kind: str, people: int, kills: int) -> bool:
    """Kill on one database and print what came of it."""
    with tempfile.TemporaryDirectory() as folder, LOAD["database"](kind, Path(folder)) as url:
        study = LOAD["made_study"](url, Path(folder))
        started = time.monotonic()
        ordeal = ORDEALS["survive"](study, url, people, kills)
        engine = make_engine(url)
        wrongs = ORDEALS["wrongs"](engine, ordeal)
        engine.dispose()
    given = sum(len(report.answers) for report in ordeal.reports)
    took = time.monotonic() - started
    print(f"{kind}: {len(ordeal.moments)} kills among {given} answers of {people} people in {took:.0f} s")
    print("  " + ("; ".join(wrongs) or "every acknowledged answer is there, every session was finished"))
    return not wrongs


if __name__ == "__main__":
    main()
