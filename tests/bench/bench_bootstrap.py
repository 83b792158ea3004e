"""How long does it take to resample 10,000 photos 10,000 times?

    python tests/bench/bench_bootstrap.py [--photos 10000] [--draws 10000] [--columns 12]

"numpy, photo by photo" is the usual loop: draw positions, index the table, average. It is timed on fewer resamples and
scaled up. "this suite" is evalsuite.stats.bootstrap with its default threads: the best of --repeat runs, and the time
that all its threads spent, which a busy machine changes less.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np

from evalsuite.reductions import ratio
from evalsuite.stats import Floats, bootstrap, interval


def numpy_loop(table: Floats, draws: int) -> Floats:
    """Average the rows that were drawn, one resample after the other."""
    rng = np.random.default_rng(0)
    n = len(table)
    return np.stack([table[rng.integers(0, n, n)].mean(0) for _ in range(draws)], axis=1)


def this_suite(table: Floats, draws: int) -> Floats:
    """Resample with the suite's estimators, as its summaries do."""
    return bootstrap([ratio(column, np.ones(len(table))) for column in table.T], len(table), draws, seed=0)


def best_of(repeat: int, work: Callable[[], Floats]) -> tuple[float, float, Floats]:
    """Return the least time on the wall, the least time of the processor, and the last result."""
    wall, processor = [], []
    for _ in range(repeat):
        started, spent = time.perf_counter(), time.process_time()
        result = work()
        wall.append(time.perf_counter() - started)
        processor.append(time.process_time() - spent)
    return min(wall), min(processor), result


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("photos", 10_000), ("draws", 10_000), ("columns", 12), ("repeat", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    table = np.random.default_rng(0).gamma(9.0, 3.0, (args.photos, args.columns))
    sample = max(1, args.draws // 20)
    loop_wall, loop_processor, theirs = best_of(max(1, args.repeat // 2), lambda: numpy_loop(table, sample))
    our_wall, our_processor, ours = best_of(args.repeat, lambda: this_suite(table, args.draws))
    scale = args.draws / sample
    print(f"{args.draws:,} resamples of {args.photos:,} photos x {args.columns} columns\n")
    print(f"{'':24}{'wall s':>9}{'cpu s':>9}{'resamples/s':>14}{'95% interval of column 0':>28}")
    rows = (
        ("numpy, photo by photo", loop_wall * scale, loop_processor * scale, theirs),
        ("this suite", our_wall, our_processor, ours),
    )
    for name, wall, processor, drawn in rows:
        low, high = interval(drawn[0])
        print(f"{name:24}{wall:9.2f}{processor:9.2f}{args.draws / wall:14,.0f}{low:20.4f}, {high:.4f}")
    print(f"{'ratio':24}{loop_wall * scale / our_wall:9.1f}{loop_processor * scale / our_processor:9.1f}")


if __name__ == "__main__":
    main()
