#!/usr/bin/env python
"""Measure what `humpcat adapt` expects of itself against what it then does on speakers that it never heard.

    python recipes/bench_adapt.py --corpus emodb --speakers 2 4 --data-dir DATA --source SOURCE --encoder ENCODER
    python recipes/bench_adapt.py --corpus mesd --speakers 2 --shots 5 --draws 3 --data-dir DATA

Each draw takes some speakers of a corpus and of them the same number of clips of each class, writes these into a
table as one's own clips would stand in one, and adapts to them by the very function of the command. The adapted model
and the source as it is then answer all clips of the other speakers. Speakers who have too few clips of a class are
drawn anew. The last lines printed are the table: accuracy in percent as it was expected, with its 95 % interval,
whether that holds what was found, what was found, that of the source as it is, and the seconds that adapting took
with features already stored.
"""

import argparse
import csv
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from accelerate import Accelerator

from humpcat.cli import reporting_errors
from humpcat.corpora import CORPORA, label_space
from humpcat.errors import ProtocolError
from humpcat.evaluation.table import Figure
from humpcat.few_shot import AdaptSettings, adapt_with
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.pretrained import pretrained
from humpcat.protocols import Split, shots_split
from humpcat.run_folder import require_writable
from humpcat.setting_ranges import COUNTS, number_in
from humpcat.training.checkpoint import read_settings
from humpcat.training.data.prepared_corpus import PreparedCorpus, absolute, extractors_for, prepare_corpus
from humpcat.training.settings import DataSettings, OptimizationSettings
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.trainer.loop import predict

MOST_SEEDS = 100
"""Draws that may be passed over before those who ask are told that speakers lack clips."""


@dataclass(frozen=True)
class Trial:
    """One draw: accuracy as expected by cross-validation and as found on the other speakers, between 0 and 1."""

    expected: Figure
    found: float
    zero_shot: float
    seconds: float

    def within(self) -> bool:
        """Return whether what was found lies in the interval of what was expected."""
        low, high = self.expected.low, self.expected.high
        return low is not None and high is not None and low <= self.found <= high


def splits(prepared: PreparedCorpus, speakers: int, shots: int, draws: int) -> Iterator[Split]:
    """Yield draws of some clips a class by some speakers, tested on all clips of the others."""
    rows = list(prepared.rows.values())
    share = speakers / len({row["speaker"] for row in rows})
    found = passed = 0
    while found < draws:
        try:
            yield shots_split(rows, prepared.classes, shots, seed=found + passed, share=share)
            found += 1
        except ProtocolError:
            passed += 1
            if passed == MOST_SEEDS:
                raise


def write_table(prepared: PreparedCorpus, ids: Sequence[str], path: Path) -> None:
    """Write clips as a table of one's own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "label", "speaker"])
        for clip_id in ids:
            row = prepared.rows[clip_id]
            table.writerow([Path(row["path"]).resolve(), prepared.classes[clip_id], row["speaker"]])


def accuracy(
    model: HumpCatForAudioClassification, prepared: PreparedCorpus, ids: Sequence[str], accelerator: Accelerator
) -> float:
    """Return the accuracy of a model on clips, standardised by the statistics that it holds."""
    classes = list(model.config.label2id)
    clips = prepared.clips(ids, classes, "source", model.standardizer.held())
    found = predict(model, clips, accelerator)
    right = [np.argmax(found[clip_id]) == label for clip_id, label in zip(clips.ids, clips.labels, strict=True)]
    return float(np.mean(right))


def measured(
    source: HumpCatForAudioClassification,
    prepared: PreparedCorpus,
    split: Split,
    settings: AdaptSettings,
    accelerator: Accelerator,
) -> Trial:
    """Adapt to the clips of a split and test on its others."""
    write_table(prepared, split.adapt, Path(settings.data))
    began = time.monotonic()
    expected = adapt_with(settings).summary.systems[-1].figures["wa"]
    seconds = time.monotonic() - began
    adapted = HumpCatForAudioClassification.from_pretrained(settings.out)
    found, zero_shot = (accuracy(model, prepared, split.test, accelerator) for model in (adapted, source))
    return Trial(expected, found, zero_shot, seconds)


def line(speakers: int, draw: int, one: Trial) -> str:
    """Return a draw's line of the table."""
    expected = Figure(one.expected.mean, None, one.expected.low, one.expected.high)
    inside = "yes" if one.within() else "no"
    cells = (speakers, draw, expected, inside, f"{100 * one.found:.1f}", f"{100 * one.zero_shot:.1f}")
    return f"| {' | '.join(map(str, cells))} | {one.seconds:.0f} |"


def mean_line(speakers: int, measures: Sequence[Trial]) -> str:
    """Return the line of the means over draws."""
    values = [(one.expected.mean, one.found, one.zero_shot, one.seconds) for one in measures]
    expected, found, zero_shot, seconds = np.mean(values, axis=0) * (100, 100, 100, 1)
    inside = f"{sum(one.within() for one in measures)} of {len(measures)}"
    return f"| {speakers} | mean | {expected:.1f} | {inside} | {found:.1f} | {zero_shot:.1f} | {seconds:.0f} |"


@reporting_errors
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", default="emodb", help="whose clips stand for one's own")
    parser.add_argument("--source", default=str(pretrained()), help="folder of the source model")
    parser.add_argument("--encoder", help="where the source model's encoder lies, if it has moved")
    parser.add_argument(
        "--speakers", type=number_in(COUNTS), nargs="+", default=[2, 4], help="numbers of speakers who adapt"
    )
    parser.add_argument("--shots", type=number_in(COUNTS), default=10, help="clips a class of them all")
    parser.add_argument("--draws", type=number_in(COUNTS), default=5, help="draws of speakers and clips")
    parser.add_argument("--data-dir", help="folder that holds the corpora")
    parser.add_argument("--store", help="folder of the feature store")
    parser.add_argument("--out", default="runs/bench_adapt", help="folder for tables and models")
    arguments = parser.parse_args()

    source = HumpCatForAudioClassification.from_pretrained(arguments.source)
    if arguments.encoder:
        source.config.encoder = absolute(arguments.encoder)
    require_writable(arguments.out)
    accelerator = make_accelerator(OptimizationSettings(), arguments.out)
    extractors = extractors_for(source.config, source.load_encoder().to(accelerator.device))
    space = label_space(read_settings(Path(arguments.source))["label_space"])
    data = DataSettings(data_dir=arguments.data_dir, store=arguments.store, label_space=space.name)
    prepared = prepare_corpus(CORPORA[arguments.corpus], space, data, extractors, accelerator)
    # The tables lie elsewhere, and a table names files below its own folder or the one that is named here.
    audio_folder = os.path.commonpath([Path(row["path"]).resolve().parent for row in prepared.rows.values()])

    lines = []
    for speakers in arguments.speakers:
        measures = []
        for draw, split in enumerate(splits(prepared, speakers, arguments.shots, arguments.draws)):
            folder = Path(arguments.out, f"{arguments.corpus}-{speakers}-speakers", f"draw-{draw}")
            settings = AdaptSettings(
                data=f"{folder}.csv",
                audio_folder=audio_folder,
                out=str(folder),
                source=arguments.source,
                encoder=arguments.encoder,
                store=arguments.store,
            )
            measures.append(measured(source, prepared, split, settings, accelerator))
            lines.append(line(speakers, draw, measures[-1]))
        lines.append(mean_line(speakers, measures))
    print("\n| speakers | draw | expected | holds it | found | zero-shot | seconds |\n|---|---|---|---|---|---|---|")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
