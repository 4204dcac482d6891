#!/usr/bin/env python
"""Measure HuMP-CAT against a linear probe on every target corpus that is found, from no labelled clip to many.

    python recipes/benchmark_humpcat.py --source runs/source --data-dir DATA --out runs/benchmark
    python recipes/benchmark_humpcat.py --corpora emodb mesd --modes speaker --shots 1 5 --draws 10 ...
    python recipes/benchmark_humpcat.py --situations tidy others missing-class clips-10 ...
    accelerate launch recipes/benchmark_humpcat.py ...

Each draw of the speakers who adapt gives one test set, on which all systems are tested: zero-shot, learnt from a few
clips a class, and from all clips of those speakers. OUT/results.md, results.json and learning-curve.svg say what came
out; OUT/CORPUS/MODE holds the predictions, which `humpcat report` and `humpcat compare` read. By --situations targets
are measured that are not tidy too, beside the tidy ones; their cells lie in OUT/CORPUS/MODE/situation-NAME. Finished
cells are kept: the same command goes on where it was interrupted, and one that asks for more systems, modes,
situations, draws, shots or corpora adds to them.
"""

from pathlib import Path

from humpcat.arguments import parse
from humpcat.benchmarks.humpcat.benchmark import measure
from humpcat.benchmarks.humpcat.plan import Asked
from humpcat.benchmarks.humpcat.settings import AdaptingSettings, BenchmarkSettings
from humpcat.cli import reporting_errors
from humpcat.training.settings import AdaptationSettings, TargetDataSettings
from humpcat.training.trainer.accelerator import make_accelerator


@reporting_errors
def main() -> None:
    settings, adapting, data, optimization = parse(
        [BenchmarkSettings, AdaptingSettings, TargetDataSettings, AdaptationSettings], __doc__
    )
    accelerator = make_accelerator(optimization, settings.out)
    measured = measure(Asked(settings, adapting, data, optimization, accelerator))
    if accelerator.is_main_process:
        page = measured.write(Path(settings.out))
        print(page[: page.index("## Learning curve")])
    accelerator.end_training()


if __name__ == "__main__":
    main()
