#!/usr/bin/env python
"""Train HuMP-CAT on one or several source corpora and test it on their unseen speakers.

The same file serves one CPU, one GPU, several GPUs and several machines:

    python recipes/train_source.py --corpus cremad --data-dir DATA --out runs/source
    accelerate launch recipes/train_source.py --corpus iemocap --data-dir DATA --out runs/source
    accelerate launch --multi_gpu --mixed_precision bf16 recipes/train_source.py ...
    python recipes/train_source.py --corpus cremad ravdess --data-dir DATA --out runs/source
    python recipes/train_source.py --toy --out runs/toy

The last lines printed are the result table; results.json beside the model holds the same figures.
"""

from humpcat.cli import reporting_errors
from humpcat.training.arguments import parse
from humpcat.training.settings import DataSettings, NetworkSettings, OptimizationSettings, SourceSettings
from humpcat.training.source import train_source
from humpcat.training.trainer.accelerator import make_accelerator


@reporting_errors
def main() -> None:
    source, data, network, optimization = parse(
        [SourceSettings, DataSettings, NetworkSettings, OptimizationSettings], __doc__
    )
    accelerator = make_accelerator(optimization, source.out)
    summary = train_source(source, data, network, optimization, accelerator)
    accelerator.print(summary.markdown())
    accelerator.end_training()


if __name__ == "__main__":
    main()
