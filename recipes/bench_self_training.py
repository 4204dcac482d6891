#!/usr/bin/env python
"""Measure what learning from clips without labels brings or costs, where targets are tidy and where they are not.

    python recipes/bench_self_training.py --sources RUN --corpora emodb mesd --data-dir DATA --draws 10
    python recipes/bench_self_training.py --sources RUN OTHER --corpora emodb --situations tidy missing-class ...

The linear branch alone is adapted and tested, as by --scope summary, which takes seconds a draw. Without self-training
it learns from the labelled clips alone, or answers as the source left it. OUT/accuracies.jsonl gets a line a fit, and
the same command goes on where it stopped.
"""

import argparse
import json
import warnings
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
from tqdm import tqdm

from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Amount
from humpcat.cli import reporting_errors
from humpcat.evaluation.markdown_table import markdown_table
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Split
from humpcat.protocols.situations import SITUATIONS
from humpcat.run_folder import require_writable
from humpcat.training.adapter import Adapter
from humpcat.training.drawing import in_draw
from humpcat.training.linear_branch import adapt_summary, summary_logits
from humpcat.training.settings import AdaptationSettings, OptimizationSettings, TargetDataSettings, TargetSettings
from humpcat.training.target_models import source_model
from humpcat.training.task import Task
from humpcat.training.task_preparation import prepare
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.unlabelled_weight import weighed

HOW = ("without", "with")


def accuracy(task: Task, model: HumpCatForAudioClassification, split: Split) -> float:
    """Return the accuracy of a model's linear branch on the test clips, in per cent."""
    test = task.clips(split.test)
    return 100 * float((summary_logits(model, test).argmax(axis=1) == np.asarray(test.labels)).mean())


def accuracies(task: Task, amount: Amount, draw: int) -> dict[str, float]:
    """Return the accuracy without and with self-training in one draw."""
    here, split = in_draw(amount.under(task), draw, labels=amount != ZERO_SHOT)
    learnt = (*split.adapt, *split.valid) if amount != ZERO_SHOT else ()
    rest = sorted(set(here.prepared.rows) - set(learnt))
    memory, by_corpus = here.memories
    found, model = {}, source_model(here)
    if learnt:
        adapt_summary(model, memory, here.clips(learnt), before=here.origin.linear)
    found["without"] = accuracy(here, model, split)
    if learnt:
        adapter = Adapter(model, memory, here.to_adapt(split), here.accelerator, by_corpus=by_corpus)
        weighed(adapter, adapter.target.folds(draw)).fit(adapter.target.labelled)
    else:
        adapt_summary(model, memory, here.clips(()), here.unlabelled(rest), by_corpus)
    found["with"] = accuracy(here, model, split)
    return found


def tasks(arguments: argparse.Namespace) -> Iterator[tuple[str, Task]]:
    """Return each source's name and each target it can be tested on, in every mode and situation."""
    widest = max(arguments.situations, key=lambda name: SITUATIONS[name].other_classes)
    data = TargetDataSettings(data_dir=arguments.data_dir, store=arguments.store)
    for source, corpus in product(arguments.sources, arguments.corpora):
        settings = TargetSettings(
            corpus=corpus, source=source, situation=widest, out=str(Path(arguments.out, Path(source).name, corpus))
        )
        accelerator = make_accelerator(OptimizationSettings(), arguments.out)
        whole = prepare(settings, data, AdaptationSettings(scope="summary"), accelerator)
        for mode, situation in product(arguments.modes, arguments.situations):
            if mode in SITUATIONS[situation].modes:
                yield Path(source).name, whole.under(normalization=mode, situation=situation)


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", nargs="+", required=True, help="Folders that train_source.py wrote.")
    parser.add_argument("--corpora", nargs="+", default=["emodb", "mesd"], help="Targets by their registered names.")
    parser.add_argument("--modes", nargs="+", default=["speaker", "corpus"], choices=["speaker", "corpus"])
    parser.add_argument("--situations", nargs="+", default=["tidy"], choices=SITUATIONS.names())
    parser.add_argument("--shots", type=int, default=5, help="Labelled clips a class, beside 20 %% of the speakers.")
    parser.add_argument("--draws", type=int, default=10, help="Draws of who adapts.")
    parser.add_argument("--data-dir", help="Folder that holds the corpora; the source's own by default.")
    parser.add_argument("--store", help="Folder of the feature store; below the cache folder by default.")
    parser.add_argument("--out", default="runs/self-training", help="Folder of what is finished.")
    arguments = parser.parse_args()
    amounts = [ZERO_SHOT, Amount(shots=arguments.shots), Amount(share=TargetSettings.share)]
    done = Path(arguments.out, "accuracies.jsonl")
    require_writable(done.parent)
    known = (
        {tuple(key): found for key, found in map(json.loads, done.read_text().splitlines())} if done.exists() else {}
    )
    shown: dict[tuple[str, ...], list[dict[str, float]]] = defaultdict(list)
    for source, task in tasks(arguments):
        # Figures of a source that was trained again since are not taken for its own.
        model = source_model(task).weights_hash()
        place = (source, task.corpus, task.settings.normalization, task.settings.situation)
        wanted = list(product(amounts, range(arguments.draws)))
        for amount, draw in tqdm(wanted, desc=", ".join(place), leave=False):
            key = (model, *place, str(amount), draw)
            if key not in known:
                with warnings.catch_warnings():
                    # That clips are not learnt from is what the table shows.
                    warnings.filterwarnings("ignore", message=".*are not learnt from")
                    known[key] = accuracies(task, amount, draw)
                with done.open("a") as file:
                    file.write(json.dumps([key, known[key]]) + "\n")
            shown[*place, str(amount)].append(known[key])
    table = [["source", "target", "mode", "situation", *map(str, amounts)]]
    for place in dict.fromkeys(key[:-1] for key in shown):
        cells = []
        for amount in amounts:
            both = [[found[how] for found in shown[*place, str(amount)]] for how in HOW]
            cells.append(" / ".join(f"{np.mean(values):.1f} ± {np.std(values):.1f}" for values in both))
        table.append([*place, *cells])
    print("Accuracy of the linear branch without / with self-training, %; mean ± deviation over draws.\n")
    print("\n".join(markdown_table(table)))


if __name__ == "__main__":
    main()
