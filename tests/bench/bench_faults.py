"""1,000 random schedules of workers, commands, crashes and faults at the emulated MTurk; see schedules.py for the laws.

python tests/bench/bench_faults.py [SCHEDULES] [STEPS]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.turk.recruiters.schedules import Schedule, lines, template


class Counted(Schedule):
    """A schedule that is counted when it has ended."""

    bar: ClassVar[Any]

    def teardown(self) -> None:
        super().teardown()
        self.bar.update()


def main() -> None:
    """Run them; the first law that breaks ends the program with its schedule, and Ctrl-C with what was run so far."""
    given = [int(word) for word in sys.argv[1:3]]
    schedules, steps = [*given, *(1000, 15)[len(given) :]]
    checks = settings(
        max_examples=schedules,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    template()
    started = time.process_time()
    with tqdm(total=schedules, unit=" schedules", disable=None) as Counted.bar:
        try:
            run_state_machine_as_test(Counted, settings=checks)
            end = "all laws held"
        except KeyboardInterrupt:
            end = "stopped early; all laws held until then"
    print("\n".join(lines(Schedule.tally)))
    print(f"{end}; {time.process_time() - started:.0f} s of one core")


if __name__ == "__main__":
    main()
