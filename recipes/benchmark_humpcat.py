#!/usr/bin/env python
"""Measure HuMP-CAT against a linear probe on every target corpus that is found, from no labelled clip to many.

    python recipes/benchmark_humpcat.py --source runs/source --data-dir DATA --out runs/benchmark
    python recipes/benchmark_humpcat.py --corpora emodb mesd --modes speaker --shots 1 5 --draws 10 ...
    accelerate launch recipes/benchmark_humpcat.py ...

Each draw of the speakers who adapt gives one test set, on which all systems are tested: zero-shot, learnt from a few
clips a class, and from all clips of those speakers. OUT/results.md, results.json and learning-curve.svg say what came
out; OUT/CORPUS/MODE holds the predictions, which `humpcat report` and `humpcat compare` read. Finished parts are kept:
the same command goes on where it was interrupted, and one that asks for more draws, shots or corpora adds to them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from humpcat.benchmarks.humpcat.cells import BenchmarkCell
from humpcat.benchmarks.humpcat.learning_curve_plot import draw_learning_curves
from humpcat.benchmarks.humpcat.page import markdown
from humpcat.benchmarks.humpcat.paper import ACCURACY, MEAN
from humpcat.benchmarks.humpcat.plan import plans
from humpcat.benchmarks.humpcat.results import ZERO_SHOT, Amount, BenchmarkResults
from humpcat.benchmarks.humpcat.runner import TargetBenchmark
from humpcat.benchmarks.humpcat.settings import AdaptingSettings, BenchmarkSettings
from humpcat.cli import reporting_errors
from humpcat.corpora import CORPORA
from humpcat.files import replacing, write_json
from humpcat.protocols import Ledger
from humpcat.training.arguments import parse
from humpcat.training.checkpoint import LEDGER
from humpcat.training.settings import AdaptationSettings, TargetDataSettings
from humpcat.training.task import Task
from humpcat.training.trainer.accelerator import make_accelerator


def measure(planned: Sequence[tuple[Task, list[BenchmarkCell]]], settings: BenchmarkSettings) -> BenchmarkResults:
    """Run every part of every target and mode that is not there yet, and compare."""
    measured = []
    main = planned[0][0].accelerator.is_local_main_process
    total = sum(len(cells) for _, cells in planned) * len(settings.modes)
    with tqdm(total=total, unit="part", disable=not main) as bar:
        for task, cells in planned:
            for mode in settings.modes:
                target = TargetBenchmark(task.under(normalization=mode), Path(settings.out, task.corpus, mode))
                for cell in cells:
                    if main and not target.finished(cell):
                        bar.write(f"{task.corpus}, {mode}, draw {cell.draw + 1} of {settings.draws}: {cell.name}")
                    target.run(cell)
                    bar.update()
                measured.append(target.gathered(cells, CORPORA[task.corpus].title))
    share = planned[0][0].settings.share
    return BenchmarkResults.of(measured, [ZERO_SHOT, *map(Amount, settings.shots), Amount(share=share)])


def provenance(task: Task, settings: BenchmarkSettings) -> dict[str, Any]:
    """Return what the figures were made with, by names that mean the same on every machine."""
    return {
        "source": sorted(Ledger.load(task.source / LEDGER).corpora),
        "encoder": Path(task.config.encoder).name,
        "draws": settings.draws,
        "share": task.settings.share,
        "shots": settings.shots,
        "classes": list(task.space.classes),
    }


@reporting_errors
def main() -> None:
    settings, adapting, data, optimization = parse(
        [BenchmarkSettings, AdaptingSettings, TargetDataSettings, AdaptationSettings], __doc__
    )
    accelerator = make_accelerator(optimization, settings.out)
    notes: list[str] = []

    def tell(sentence: str) -> None:
        notes.append(sentence)
        accelerator.print(sentence)

    planned = plans(settings, adapting, data, optimization, accelerator, tell)
    benchmark = measure(planned, settings)
    if accelerator.is_main_process:
        out, made_with = Path(settings.out), provenance(planned[0][0], settings)
        page = markdown(benchmark, made_with, notes, ACCURACY, MEAN)
        draw_learning_curves(benchmark, out)
        write_json(out / "results.json", made_with | benchmark.to_dict() | {"notes": notes})
        with replacing(out / "results.md") as draft:
            draft.write_text(page, encoding="utf-8")
        print(page[: page.index("## Learning curve")])
    accelerator.end_training()


if __name__ == "__main__":
    main()
