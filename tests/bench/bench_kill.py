"""Does any acknowledged answer get lost when the server is killed at 50 random moments?

    python tests/bench/bench_kill.py [--kills 50] [--people 40] [--database both]

Synthetic people take a zhang2016 study; its server, gunicorn with two workers, gets kill -9 again and again, and is
started again. At the end every acknowledged answer must be in the database, and every session finished.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from evalsuite.db import make_engine

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.bench.bench_load import Verdict, database, made_study, tell
from tests.turk.ordeals import counted, survive


def main() -> None:
    """Kill on each database in turn; exit 1 when anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    asked = parser.parse_args()
    kinds = ["sqlite", "postgresql"] if asked.database == "both" else [asked.database]
    verdicts = [verdict for kind in kinds for verdict in killed(kind, asked.people, asked.kills)]
    sys.exit(0 if tell(verdicts) else 1)


def killed(kind: str, people: int, kills: int) -> list[Verdict]:
    """Kill on one database, print what was wrong, and judge."""
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
        study = made_study(url, Path(folder))
        started = time.monotonic()
        ordeal = survive(study, url, people, kills)
        engine = make_engine(url)
        broken = counted(engine, ordeal)
        engine.dispose()
    given = sum(len(report.answers) for report in ordeal.reports)
    took = time.monotonic() - started
    print(f"{kind}: {given} answers of {people} people in {took:.0f} s", flush=True)
    moments = len(ordeal.moments)
    kept = [Verdict(kind, f"kill -9 while answers come: {kills}", str(moments), moments == kills)]
    return kept + [Verdict(kind, f"{what}: 0", str(count), count == 0) for what, count in broken.items()]


if __name__ == "__main__":
    main()
