#!/usr/bin/env python
"""VACNN + BOVW, the whole paper: pretraining, fine-tuning, and every system that it compares, over folds.

    python recipes/benchmark_vacnn.py --data-dir DATA --out runs/vacnn
    python recipes/benchmark_vacnn.py --pretraining ravdess cremad --corpora emodb ravdess --protocols paper
    python recipes/benchmark_vacnn.py --systems "VACNN + BOVW" VACNN --folds 5 --resume
    accelerate launch recipes/benchmark_vacnn.py ...

The paper's protocol (folds of clips, SPEAKER-DEPENDENT) and ours (folds of speakers, whom pretraining has not heard
either) stand in tables of their own, the paper's figure beside each. The last lines printed are these tables, which
also lie in OUT/CORPUS/PROTOCOL/tables.md; --resume keeps what is finished in OUT, and shows it in the tables.
"""

from humpcat.arguments import parse
from humpcat.benchmarks.vacnn.benchmark import BenchmarkSettings, measure
from humpcat.cli import reporting_errors
from humpcat.training.settings import DataSettings
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings


@reporting_errors
def main() -> None:
    settings, data, network, optimization = parse(
        [BenchmarkSettings, DataSettings, PictureSettings, PictureOptimization], __doc__
    )
    accelerator = make_accelerator(optimization, settings.out)
    accelerator.print(measure(settings, data, network, optimization, accelerator))
    accelerator.end_training()


if __name__ == "__main__":
    main()
