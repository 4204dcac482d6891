#!/usr/bin/env python
"""Fine-tune a source model to a target corpus with a small part of it, and test on the rest.

    python recipes/finetune_target.py --lang de --data-dir DATA --source runs/source
    python recipes/finetune_target.py --corpus ravdess --data-dir DATA --source runs/source --draws 10
    python recipes/finetune_target.py --corpus my_clips --lang pl --source runs/source
    accelerate launch recipes/finetune_target.py --lang es ...

By default 20 % of the speakers adapt and the others test, in five draws. What adapts is the linear branch; the fusion
stays as it is unless --scope says otherwise. Each draw's model lies in OUT/draw-N.
The last lines printed are the result table; results.json in OUT holds the same figures.
"""

from humpcat.cli import reporting_errors
from humpcat.training.arguments import parse
from humpcat.training.data.corpus import target_of
from humpcat.training.settings import AdaptationSettings, TargetDataSettings, TargetSettings
from humpcat.training.target import finetune_target
from humpcat.training.trainer.accelerator import make_accelerator


@reporting_errors
def main() -> None:
    target, data, optimization = parse([TargetSettings, TargetDataSettings, AdaptationSettings], __doc__)
    target.out = target.out or f"runs/{target_of(target, data).name}"
    accelerator = make_accelerator(optimization, target.out)
    summary = finetune_target(target, data, optimization, accelerator)
    accelerator.print(summary.markdown())
    accelerator.end_training()


if __name__ == "__main__":
    main()
