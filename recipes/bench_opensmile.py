#!/usr/bin/env python
"""Measure how fast openSMILE's feature sets are extracted.

    python recipes/bench_opensmile.py --data-dir DATA
    python recipes/bench_opensmile.py --data-dir DATA --corpus ravdess --feature-set compare

The whole corpus, decoded, extracted by all processes and stored, stands beside the obvious alternative on some of its
clips: one process that sets openSMILE up for each file. They take turns in the same run. The last line printed is the
ratio; more than 1.00 is faster than the alternative.
"""

import argparse
import statistics
import time
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import joblib
import numpy as np

from humpcat.audio import SAMPLING_RATE
from humpcat.cli import reporting_errors
from humpcat.corpora import CORPORA
from humpcat.features.extraction import extract
from humpcat.features.opensmile import SETS, OpenSmile
from humpcat.features.store import FeatureStore
from humpcat.setting_ranges import COUNTS, number_in


def seconds_of_ours(paths: dict[str, str], name: str) -> float:
    with TemporaryDirectory() as folder:
        start = time.perf_counter()
        extract(paths, [OpenSmile(name)], FeatureStore(folder), show_progress=False)
        return time.perf_counter() - start


def seconds_of_alternative(paths: list[str], name: str) -> float:
    import opensmile

    start = time.perf_counter()
    for path in paths:
        smile = opensmile.Smile(
            opensmile.FeatureSet[SETS[name]],
            opensmile.FeatureLevel.Functionals,
            sampling_rate=SAMPLING_RATE,
            resample=True,
            mixdown=True,
        )
        smile.process_file(path)
    return time.perf_counter() - start


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, help="folder of the corpora; $HUMPCAT_DATA by default")
    parser.add_argument("--corpus", default="emodb", help="the corpus, all of it")
    parser.add_argument("--feature-set", default="is10", choices=list(SETS), help="the set")
    parser.add_argument(
        "--clips", type=number_in(COUNTS), default=100, help="clips, spread over the corpus, of the alternative"
    )
    parser.add_argument("--turns", type=number_in(COUNTS), default=2, help="repetitions; the median is printed")
    arguments = parser.parse_args()
    corpus, name = CORPORA[arguments.corpus], arguments.feature_set
    paths = {row["id"]: row["path"] for row in corpus.scan(corpus.find(arguments.data_dir)).rows}
    places = np.linspace(0, len(paths) - 1, min(arguments.clips, len(paths)), dtype=int)
    some = [list(paths.values())[place] for place in places]
    ours, alternative = [], []
    for _ in range(arguments.turns):
        ours.append(seconds_of_ours(paths, name))
        alternative.append(seconds_of_alternative(some, name))
    rate, plain = len(paths) / statistics.median(ours), len(some) / statistics.median(alternative)
    print(
        f"{joblib.cpu_count()} processes: {name} of {corpus.name}, {len(paths)} clips: {statistics.median(ours):.1f} s"
    )
    print(f"{rate:.1f} clips/s; openSMILE set up for each file, one process: {plain:.1f} clips/s")
    print(f"ratio of {name}: {rate / plain:.2f}")


if __name__ == "__main__":
    warnings.filterwarnings("ignore", "Segment too short")
    main()
