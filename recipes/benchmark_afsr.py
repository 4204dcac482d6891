#!/usr/bin/env python
"""AFSR and every baseline of unsupervised adaptation between corpora, on openSMILE functionals or pooled embeddings.

    python recipes/benchmark_afsr.py --data-dir DATA --out runs/cross-corpus
    python recipes/benchmark_afsr.py --pairs emodb:mesd mesd:emodb --methods svm jdar afsr --protocols transductive ...
    python recipes/benchmark_afsr.py --label-space four --features is10 pooled --encoder WHISPER --ablation True ...
    python recipes/benchmark_afsr.py --methods afsr --seeds 3 --sensitivity 0 0.01 0.1 1 10 ...

A labelled source corpus, a target corpus without labels, the classes that both have. No label of the target is used
but to score. OUT/results.md, results.json and sensitivity.svg say what came out, the paper's figures beside ours;
OUT/FEATURES/PROTOCOL/SOURCE-TARGET holds the predictions, which `humpcat report` and `humpcat compare` read. Finished
parts are kept: the same command goes on where it was interrupted, and one that asks for more adds to them.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from humpcat.benchmarks.cross_corpus.page import FULL, feature_sets, section
from humpcat.benchmarks.cross_corpus.results import ProtocolResults, comparisons_to_dict
from humpcat.benchmarks.cross_corpus.runner import CrossCorpusBenchmark
from humpcat.benchmarks.cross_corpus.sensitivity_plot import draw_sensitivity
from humpcat.benchmarks.cross_corpus.settings import CrossCorpusData, CrossCorpusSettings
from humpcat.cli import reporting_errors
from humpcat.errors import SettingsError
from humpcat.evaluation.table import count
from humpcat.files import replacing, write_json
from humpcat.training.arguments import parse
from humpcat.training.data.prepared_corpus import with_toys
from humpcat.training.settings import NetworkSettings, OptimizationSettings
from humpcat.training.trainer.accelerator import make_accelerator

_CHOICE = {
    "none": "the methods' defaults, the same for every pair",
    "source": "chosen for each pair and seed by the UAR of held-out source speakers",
    "entropy": "chosen for each pair and seed by how sure a fit is of the target's unlabelled clips",
}


def page(
    benchmark: CrossCorpusBenchmark, measured: Sequence[ProtocolResults], notes: Sequence[str], drawn: bool
) -> str:
    """Return the whole result as Markdown."""
    settings, data = benchmark.settings, benchmark.data
    lines = [
        "# Unsupervised adaptation between corpora",
        "",
        f"Classes of a pair: {data.label_space}; parameters: {_CHOICE[settings.select]}; "
        f"{count(settings.seeds, 'seed')}. Each corpus is standardised by itself. Means ± standard deviation over "
        "seeds (in the inductive protocol over draws of the speakers; no deviation where neither changes anything), "
        "in square brackets 95 % intervals that resample speakers. In round brackets what the paper (Information "
        "2025, 16, 945) printed, where pair, classes and features are its own.",
        *notes,
        "",
    ]
    for protocol in settings.protocols:
        lines += feature_sets([one for one in measured if one.protocol == protocol])
    for one in measured:
        first = one.features == settings.features[0]
        lines += section(one, benchmark.methods, *((benchmark.ablation, benchmark.weights) if first else ()))
    if drawn:
        lines += ["## Sensitivity to the weights of the losses", "", "![UAR by weight](sensitivity.svg)", ""]
    return "\n".join(lines)


def figures(
    benchmark: CrossCorpusBenchmark, measured: Sequence[ProtocolResults], notes: Sequence[str]
) -> dict[str, Any]:
    """Return everything that was measured in plain dicts, lists and numbers."""
    methods = [system for system in benchmark.methods if system != FULL]
    return {
        "label_space": benchmark.data.label_space,
        "select": benchmark.settings.select,
        "seeds": benchmark.settings.seeds,
        "notes": list(notes),
        "measured": [
            one.to_dict(benchmark.systems(one.features))
            | {"AFSR less": comparisons_to_dict(one.differences(FULL, methods))}
            | {"AFSR less, ablation": comparisons_to_dict(one.differences(FULL, benchmark.ablation))}
            for one in measured
        ],
    }


@reporting_errors
def main() -> None:
    settings, data = parse([CrossCorpusSettings, CrossCorpusData], __doc__)
    accelerator = make_accelerator(OptimizationSettings(), settings.out)
    if accelerator.num_processes > 1:
        raise SettingsError(
            f"accelerate launch with {accelerator.num_processes} processes: this recipe runs as one: use --jobs for "
            "several fits at a time."
        )
    if data.toy:
        data, network = with_toys(data, NetworkSettings(), accelerator)
        settings = replace(settings, encoder=network.encoder)
    notes: list[str] = []

    def tell(sentence: str) -> None:
        notes.append(sentence)
        accelerator.print(sentence)

    benchmark = CrossCorpusBenchmark(settings, data, accelerator, tell)
    measured = benchmark.run()
    out = Path(settings.out)
    first = [one for one in measured if one.features == settings.features[0]]
    drawn = bool(settings.sensitivity and first)
    if drawn:
        draw_sensitivity(first, settings.sensitivity, out)
    write_json(out / "results.json", figures(benchmark, measured, notes))
    text = page(benchmark, measured, notes, drawn)
    with replacing(out / "results.md") as draft:
        draft.write_text(text + "\n", encoding="utf-8")
    print(text)
    accelerator.end_training()


if __name__ == "__main__":
    main()
