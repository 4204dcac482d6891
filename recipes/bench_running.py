#!/usr/bin/env python
"""Measure what is gained as more clips of an unknown speaker are heard, and what the checkpoint's statistics weigh.

    python recipes/bench_running.py --source runs/source --targets runs/emodb/draw-0 runs/emodb/draw-1 --data-dir DATA
    python recipes/bench_running.py --source runs/source --targets runs/emodb/draw-0 --mean-weights 2 --draws 20

Each clip is standardised by itself and by others of its speaker drawn at random, as many as are to be heard in all.
Before the first, only the statistics of other speakers are known. The weights are chosen on the source's validation
speakers, starting from the source's statistics and from those of the target, there a foreign corpus. The targets are
then tested with the weights that humpcat has: zero-shot on all speakers, starting from the source's statistics, and
fine-tuned on the speakers that did not adapt. The last lines printed are the tables: accuracy in percent after so
many clips, ± its standard deviation over draws of the clips heard.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from accelerate import Accelerator

from humpcat.cli import reporting_errors
from humpcat.corpora import label_space, target_corpus
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.running import MEAN_WEIGHT, SPREAD_WEIGHT, RunningStatistics
from humpcat.models.humpcat.standardization import Moments, Statistics, add_up, moments_of, statistics_of
from humpcat.protocols import Split
from humpcat.setting_ranges import COUNTS, Range, number_in
from humpcat.training.checkpoint import SPLIT, read_settings
from humpcat.training.data.corpus import sources_of
from humpcat.training.data.examples import ClipDataset
from humpcat.training.data.prepared_corpus import PreparedCorpus, extractors_for, prepare_corpora
from humpcat.training.settings import DataSettings, OptimizationSettings
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.trainer.loop import predict

HEARD = (1, 2, 5, 10, 20, 50)
Weights = tuple[float, float]


@dataclass(frozen=True)
class Corpus:
    """A corpus that is read once and heard in many combinations."""

    prepared: PreparedCorpus
    moments: Mapping[str, Mapping[str, Moments]]

    def speakers(self) -> dict[str, list[str]]:
        """Return the clips of each speaker."""
        found: dict[str, list[str]] = {}
        for clip_id in sorted(self.moments):
            found.setdefault(self.prepared.speaker_of(clip_id), []).append(clip_id)
        return found

    def together(self, ids: Sequence[str]) -> Mapping[str, Moments]:
        """Return the moments of some clips."""
        return add_up(self.moments[clip_id] for clip_id in ids)

    def statistics(self, ids: Sequence[str]) -> Statistics:
        """Return what ``measure`` gives of some clips."""
        return statistics_of(self.moments[clip_id] for clip_id in ids)


@dataclass(frozen=True)
class Trial:
    """A model, the clips that it is asked about, and what is known of each speaker before the first clip."""

    model: HumpCatForAudioClassification
    corpus: Corpus
    ids: Sequence[str]
    priors: Mapping[str, Statistics]

    def accuracy(self, statistics: Mapping[str, Statistics], accelerator: Accelerator) -> float:
        """Return the accuracy in percent, each clip standardised by statistics of its own."""
        prepared, classes = self.corpus.prepared, list(self.model.config.label2id)
        clips = ClipDataset(
            ids=self.ids,
            labels=[classes.index(prepared.classes[clip_id]) for clip_id in self.ids],
            lengths=[prepared.rows[clip_id]["duration"] for clip_id in self.ids],
            features=prepared.features,
            statistics=statistics,
            group_of={clip_id: clip_id for clip_id in self.ids},
        )
        found = predict(self.model, clips, accelerator)
        right = [np.argmax(found[clip_id]) == label for clip_id, label in zip(self.ids, clips.labels, strict=True)]
        return 100 * float(np.mean(right))

    def heard(self, count: int, seed: int) -> dict[str, Mapping[str, Moments]]:
        """Return for each clip what is known of its speaker by then: itself and others, drawn at random."""
        rng, speakers = np.random.default_rng(seed), self.corpus.speakers()
        found = {}
        for clip_id in self.ids:
            members = speakers[self.corpus.prepared.speaker_of(clip_id)]
            others = rng.permutation([other for other in members if other != clip_id]).tolist()
            found[clip_id] = self.corpus.together([clip_id, *others][:count])
        return found

    def running(self, heard: Mapping[str, Mapping[str, Moments]], weights: Weights) -> dict[str, Statistics]:
        """Return for each clip the running statistics."""
        priors = self.each(self.priors)
        return {
            clip_id: RunningStatistics(priors[clip_id], moments, *weights).statistics()
            for clip_id, moments in heard.items()
        }

    def each(self, by_speaker: Mapping[str, Statistics]) -> dict[str, Statistics]:
        """Return for each clip the statistics of its speaker."""
        return {clip_id: by_speaker[self.corpus.prepared.speaker_of(clip_id)] for clip_id in self.ids}

    def whole(self) -> dict[str, Statistics]:
        """Return for each clip the statistics of all clips of its speaker."""
        return self.each({name: self.corpus.statistics(ids) for name, ids in self.corpus.speakers().items()})


def show(name: str, trials: Sequence[Trial], grid: Sequence[Weights], draws: int, accelerator: Accelerator) -> None:
    """Print a line of the table for each pair of weights; accuracies are means over trials."""
    known = np.mean([trial.accuracy(trial.each(trial.priors), accelerator) for trial in trials])
    whole = np.mean([trial.accuracy(trial.whole(), accelerator) for trial in trials])
    found = np.zeros((len(grid), len(HEARD), draws))
    for (place, count), seed, trial in product(enumerate(HEARD), range(draws), trials):
        heard = trial.heard(count, seed)
        for row, weights in enumerate(grid):
            found[row, place, seed] += trial.accuracy(trial.running(heard, weights), accelerator) / len(trials)
    for weights, accuracies in zip(grid, found, strict=True):
        cells = [f"{draw.mean():.1f}" + (f" ± {draw.std(ddof=1):.1f}" if draws > 1 else "") for draw in accuracies]
        mean, spread = weights
        print(f"| {name} | {mean:g} | {spread:g} | {known:.1f} | {' | '.join(cells)} | {whole:.1f} |", flush=True)


def gathered(
    folder: str, model: HumpCatForAudioClassification, data: DataSettings, accelerator: Accelerator
) -> PreparedCorpus:
    """Return the corpus that a model was trained or fine-tuned on."""
    settings = read_settings(Path(folder))
    data.data_dir, data.label_space = data.data_dir or settings["data_dir"], settings["label_space"]
    corpora = [target_corpus(settings["lang"])] if settings["corpus"] is None else sources_of(settings)
    extractors = extractors_for(model.config, model.load_encoder().to(accelerator.device))
    return prepare_corpora(corpora, label_space(data.label_space), data, extractors, accelerator)


def moments(prepared: PreparedCorpus, ids: Sequence[str], names: Iterable[str]) -> Corpus:
    """Read what is to be standardised of some clips of a corpus."""
    return Corpus(prepared, {clip_id: moments_of(prepared.features[clip_id], names) for clip_id in ids})


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--source", default="runs/source", help="folder of the source model")
    parser.add_argument("--targets", nargs="+", required=True, help="folders of draws of one fine-tuning run")
    parser.add_argument("--data-dir", help="folder that holds the corpora; that of the source by default")
    parser.add_argument("--store", help="folder of the feature store")
    parser.add_argument(
        "--mean-weights",
        type=number_in(Range(0, 1e6, above=True)),
        nargs="+",
        default=[2, 5, 10],
        help="clips a prior's mean is worth",
    )
    parser.add_argument(
        "--spread-weights",
        type=number_in(Range(0, 1e6, above=True)),
        nargs="+",
        default=[20, 100],
        help="the same for its spread",
    )
    parser.add_argument("--draws", type=number_in(COUNTS), default=3, help="draws of the clips heard")
    arguments = parser.parse_args()
    data = DataSettings(data_dir=arguments.data_dir, store=arguments.store)
    accelerator = make_accelerator(OptimizationSettings(), "runs")

    model = HumpCatForAudioClassification.from_pretrained(arguments.source)
    tuned = {folder: HumpCatForAudioClassification.from_pretrained(folder) for folder in arguments.targets}
    unheard = Split.load(Path(arguments.source, SPLIT)).valid
    known = model.standardizer.held()
    source = moments(gathered(arguments.source, model, data, accelerator), unheard, known)
    prepared = gathered(arguments.targets[0], model, data, accelerator)
    target = moments(prepared, sorted(prepared.rows), known)

    foreign = target.statistics(list(target.moments))
    others = {
        name: target.statistics([clip_id for clip_id in target.moments if clip_id not in ids])
        for name, ids in target.speakers().items()
    }
    own_start = Trial(model, source, unheard, dict.fromkeys(source.speakers(), known))
    foreign_start = Trial(model, source, unheard, dict.fromkeys(source.speakers(), foreign))
    zero_shot = Trial(model, target, list(target.moments), dict.fromkeys(target.speakers(), known))
    fine_tuned = [
        Trial(of_draw, target, Split.load(Path(folder, SPLIT)).test, others) for folder, of_draw in tuned.items()
    ]
    grid = list(product(arguments.mean_weights, arguments.spread_weights))
    print(
        "\n| speakers | mean | spread | 0 | "
        + " | ".join(map(str, HEARD))
        + " | all |\n|---|"
        + "---|" * (len(HEARD) + 4)
    )
    show("validation, own start", [own_start], grid, 1, accelerator)
    show("validation, foreign start", [foreign_start], grid, 1, accelerator)
    chosen = [(MEAN_WEIGHT, SPREAD_WEIGHT)]
    show("target, zero-shot", [zero_shot], chosen, arguments.draws, accelerator)
    show("target, fine-tuned", fine_tuned, chosen, arguments.draws, accelerator)


if __name__ == "__main__":
    main()
