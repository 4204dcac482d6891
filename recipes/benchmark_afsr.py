#!/usr/bin/env python
"""AFSR and every baseline of unsupervised adaptation between corpora, on openSMILE functionals or pooled embeddings.

    python recipes/benchmark_afsr.py --data-dir DATA --out runs/cross-corpus
    python recipes/benchmark_afsr.py --pairs emodb:mesd mesd:emodb --methods svm jdar afsr --protocols transductive ...
    python recipes/benchmark_afsr.py --label-space four --features is10 pooled --encoder WHISPER --ablation True ...
    python recipes/benchmark_afsr.py --methods afsr --seeds 3 --sensitivity 0 0.01 0.1 1 10 ...

A labelled source corpus, a target corpus without labels, the classes that both have. No label of the target is used
but to score. OUT/results.md, results.json and sensitivity.svg say what came out, the paper's figures beside ours;
OUT/FEATURES/PROTOCOL/SOURCE-TARGET holds the predictions, which `humpcat report` and `humpcat compare` read. Finished
cells are kept: the same command goes on where it was interrupted, and one that asks for more methods, pairs, protocols
or feature sets adds to them.
"""

from pathlib import Path

from humpcat.arguments import parse
from humpcat.benchmarks.cross_corpus.benchmark import measure
from humpcat.benchmarks.cross_corpus.settings import CrossCorpusData, CrossCorpusSettings
from humpcat.cli import reporting_errors
from humpcat.training.settings import OptimizationSettings
from humpcat.training.trainer.accelerator import make_accelerator


@reporting_errors
def main() -> None:
    settings, data = parse([CrossCorpusSettings, CrossCorpusData], __doc__)
    accelerator = make_accelerator(OptimizationSettings(), settings.out)
    measured = measure(settings, data, accelerator)
    print(measured.write(Path(settings.out)))
    accelerator.end_training()


if __name__ == "__main__":
    main()
