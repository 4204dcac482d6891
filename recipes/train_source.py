#!/usr/bin/env python
"""Train HuMP-CAT on one or several source corpora and test it on their unseen speakers.

The same file serves one CPU, one GPU, several GPUs and several machines:

    python recipes/train_source.py --corpus cremad --data-dir DATA --out runs/source
    accelerate launch recipes/train_source.py --corpus iemocap --data-dir DATA --out runs/source
    accelerate launch --multi_gpu --mixed_precision bf16 recipes/train_source.py ...
    python recipes/train_source.py --corpus cremad ravdess --data-dir DATA --out runs/source
    python recipes/train_source.py --toy --out runs/toy

The last lines printed are the result table; results.json beside the model holds the same figures.
From Python, humpcat.train(corpus=["cremad"], data_dir="DATA", out="runs/source") does the same.
"""

from humpcat.arguments import parse
from humpcat.cli import reporting_errors
from humpcat.training.settings import DataSettings, NetworkSettings, OptimizationSettings, SourceSettings
from humpcat.training.source import build, evaluate, fit, save
from humpcat.training.source_run import checked, make_split, prepare, tune
from humpcat.training.trainer.accelerator import make_accelerator


@reporting_errors
def main() -> None:
    source, data, network, optimization = parse(
        [SourceSettings, DataSettings, NetworkSettings, OptimizationSettings], __doc__
    )
    accelerator = make_accelerator(optimization, source.out)

    # All that can be known before work begins is checked first; the folder of the run is not touched yet.
    run = checked(source, data, network, optimization, accelerator)

    # Encoder: where --tuned-layers asks for it, its upper layers learn the source before all else.
    if network.tuned_layers:
        tune(run)

    # Data: rows of the corpora that have a class, and their features, each of which is computed once and stored.
    prepared = prepare(run)

    # Split: whole recording sessions train, validate and test, and no test clip or speaker is among those that train.
    clips = make_split(run, prepared)

    # Model: encoder, MFCC and prosody fused by cross-attention, and beside the fusion a linear branch.
    model = build(run, clips)

    # Fit: the linear branch in closed form, the fusion by gradients; validation chooses epoch and branch weights. Of
    # several corpora each is left out of a linear branch in turn, which says how sure to be of strangers.
    left_out = fit(run, model, clips)
    save(run, model, clips)

    # Test: probabilities of the unseen speakers, and the table of what they are worth; with --test-share 0 those of
    # the corpora that were left out.
    summary = evaluate(run, model, clips, left_out)
    accelerator.print(summary.markdown())
    accelerator.end_training()


if __name__ == "__main__":
    main()
