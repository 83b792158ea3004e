"""1,000 random schedules of workers, commands, crashes and faults at the emulated MTurk; see schedules.py for the laws.

python tests/bench/bench_faults.py [SCHEDULES] [STEPS]
"""

from __future__ import annotations

import sys
import time

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.turk.recruiters.schedules import Schedule, lines


def main() -> None:
    """Run them; the first law that breaks ends the program with its schedule."""
    schedules, steps = (int(word) for word in (*sys.argv[1:], "1000", "25")[:2])
    checks = settings(
        max_examples=schedules,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    started = time.perf_counter()
    run_state_machine_as_test(Schedule, settings=checks)
    print("\n".join(lines(Schedule.tally)))
    print(f"all laws held; {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
