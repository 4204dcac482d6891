#!/usr/bin/env python
"""Measure how often the 95 % intervals hold the true score, and how often the paired test finds a false difference.

    python recipes/bench_intervals.py
    python recipes/bench_intervals.py --trials 2000 --speakers 6 10 24 90 --clips-spread 1.0

Synthetic speakers differ in how well they are understood, in their classes and in their number of clips. Intervals
should cover in 95 % and the test cry wolf in 5 % of the trials, give or take 1.96 * sqrt(0.95 * 0.05 / trials). The
last lines printed are a table of both, beside the same for intervals and tests that take clips as independent.
"""

import argparse
import time
from dataclasses import fields

from humpcat.cli import reporting_errors
from humpcat.evaluation.simulation import World, rates
from humpcat.evaluation.table import HEADINGS
from humpcat.setting_ranges import COUNTS, SEEDS, Range, number_in


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--speakers", type=number_in(COUNTS), nargs="+", default=[10, 24, 90], help="numbers of test speakers"
    )
    parser.add_argument("--trials", type=number_in(COUNTS), default=500, help="trials a number of speakers")
    parser.add_argument("--resamples", type=number_in(COUNTS), default=1000, help="resamples and swaps a trial")
    parser.add_argument("--seed", type=number_in(SEEDS), default=0, help="seed of everything random")
    for field in fields(World):
        # A population has clips, and shares of classes that differ by no more than they can.
        kind = number_in(Range(0, 1e6, above=field.name in ("balance", "clips")))
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=kind, default=field.default)
    arguments = parser.parse_args()
    world = World(**{field.name: getattr(arguments, field.name) for field in fields(World)})
    started = time.perf_counter()
    lines = []
    for speakers in arguments.speakers:
        found = rates(
            speakers, trials=arguments.trials, seed=arguments.seed, resamples=arguments.resamples, world=world
        )
        for name, heading in HEADINGS.items():
            shares = (found.covered, found.covered_by_clips, found.false_positives, found.false_positives_by_clips)
            cells = "".join(f" {100 * share[name]:10.1f}" for share in shares)
            lines.append(f"{speakers:8} {heading.removesuffix(' %'):13}{cells}")
        print(f"{speakers} speakers: done after {time.perf_counter() - started:.0f} s", flush=True)
    print(f"\n{world}, {arguments.trials} trials, {arguments.resamples} resamples, seed {arguments.seed}\n")
    print(f"{'':22} {'covered % (95 wanted)':>21} {'false alarms % (5)':>21}")
    print(f"{'speakers':>8} {'score':13} {'by speaker':>10} {'by clip':>10} {'by speaker':>10} {'by clip':>10}")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
