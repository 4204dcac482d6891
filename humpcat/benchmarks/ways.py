"""Measure what each way of use of a model gives: from one clip of a stranger to the labels of some speakers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from humpcat.benchmarks.cells import Cell
from humpcat.benchmarks.humpcat.plan import Asked, plans
from humpcat.benchmarks.humpcat.results import HUMPCAT
from humpcat.benchmarks.humpcat.settings import AdaptingSettings, BenchmarkSettings
from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Amount, Learner
from humpcat.benchmarks.runner import Notes, answers, run
from humpcat.corpora import CORPORA, load_corpus
from humpcat.evaluation.predictions import Predictions
from humpcat.evaluation.summary import summarise
from humpcat.inference.classifier import HumpCatPipeline
from humpcat.inference.pipeline import pipeline
from humpcat.models.ways import Way, Ways
from humpcat.setting_ranges import COUNTS
from humpcat.settings import Settings, setting
from humpcat.training.settings import AdaptationSettings, DataSettings
from humpcat.training.trainer.accelerator import make_accelerator

Row = Mapping[str, Any]

SHOTS = 5

STRANGER, SPEAKER, CORPUS = "one clip of a stranger", "several clips of one speaker", "a whole corpus without labels"
SPEAKERS = "a whole corpus without labels, and who speaks (row zero-shot)"
FEW, SHARE = f"{SHOTS} labelled clips a class", "all clips of 20 % of the speakers, labelled"
BOTH = f"{SHOTS} labelled clips a class, the corpus without labels"

_ADAPTED = "humpcat adapt LABELLED --out MINE && humpcat predict CLIP --model MINE"

COMMANDS = {
    STRANGER: "humpcat predict CLIP",
    SPEAKER: "humpcat predict --one-speaker SPEAKER",
    CORPUS: "humpcat predict --one-speaker CORPUS",
    SPEAKERS: "python recipes/finetune_target.py --corpus CORPUS --normalization speaker --source MODEL",
    FEW: _ADAPTED,
    SHARE: _ADAPTED,
    BOTH: "humpcat adapt LABELLED --unlabelled CORPUS --out MINE && humpcat predict CLIP --model MINE",
}
"""What there is to go by, to what a user types then; SPEAKER, CORPUS, LABELLED and MINE are
folders."""


@dataclass
class WaysSettings(Settings):
    """What is measured."""

    source: str = setting("humpcat/pretrained/mini", "Folder of the model, into which the table is written.")
    corpus: str = setting("ravdess", "A corpus of which it has learnt nothing, by its registered name.")
    draws: int = setting(3, "Number of different draws of who adapts.", COUNTS)
    out: str = setting("runs/ways", "Folder of the benchmark that is run; finished parts are kept.")


def measure_ways(settings: WaysSettings, data: DataSettings) -> Ways:
    """Measure every way of use on the same test clips.

    What labels teach is measured by cells of the benchmark, whose adapter is that of ``humpcat adapt``; what other
    clips of a speaker or a corpus tell, as ``humpcat predict --one-speaker`` hears them.

    Args:
        settings: what is measured.
        data: where corpora and features lie.

    Raises:
        HumpcatError: the source is no model that was trained, the corpus is not there, or a clip cannot be used.
    """
    asked = BenchmarkSettings(
        source=settings.source,
        corpora=[settings.corpus],
        modes=["source", "corpus", "speaker"],
        systems=[HUMPCAT],
        shots=[SHOTS],
        draws=settings.draws,
        out=settings.out,
    )
    fitting = AdaptationSettings()
    accelerator = make_accelerator(fitting, settings.out)
    few, share = Amount(shots=SHOTS), Amount(share=AdaptingSettings().share)
    learnt = {
        STRANGER: ("source", ZERO_SHOT),
        SPEAKERS: ("speaker", ZERO_SHOT),
        FEW: ("source", few),
        SHARE: ("source", share),
        BOTH: ("corpus", few),
    }
    tables = _benchmarked(Asked(asked, AdaptingSettings(), data, fitting, accelerator), learnt)
    stranger = tables[STRANGER]
    classifier = pipeline(settings.source)
    tested = set(stranger.values("id"))
    rows = [row for row in load_corpus(settings.corpus, data.data_dir).rows if row["id"] in tested]
    speakers: dict[str, list[Row]] = {}
    for row in rows:
        speakers.setdefault(row["speaker"], []).append(row)
    tables[SPEAKER] = answered_instead(stranger, heard_together(classifier, speakers.values()))
    tables[CORPUS] = answered_instead(stranger, heard_together(classifier, [rows]))
    made = summarise(Predictions.concat([table.as_fold(way, 0) for way, table in tables.items()]))
    figures = {row.system: row.figures["uar"] for row in made.systems}
    return Ways(
        title=CORPORA[settings.corpus].title,
        speakers=made.speakers,
        clips=made.clips,
        draws=made.draws,
        classes=len(made.classes),
        model_hash=classifier.model.weights_hash(),
        ways=tuple(
            Way(way, command, figures[way].mean, figures[way].low, figures[way].high)
            for way, command in COMMANDS.items()
        ),
    )


def _benchmarked(asked: Asked, learnt: Mapping[str, tuple[str, Amount]]) -> dict[str, Predictions]:
    """Run the cells of a benchmark that are of a mode and an amount, and return what they answer by the way of use."""
    tell, draws = Notes(asked.accelerator), asked.settings.draws
    of_way: dict[str, list[Cell[Learner]]] = {way: [] for way in learnt}
    planned = []
    for target, every in plans(asked, tell):
        # What lies finished in the folder is planned too, whoever asked for it.
        cells = [cell for cell in every if cell.system.system.name == HUMPCAT and cell.draw < draws]
        for way, wanted in learnt.items():
            of_way[way] += [cell for cell in cells if (target.mode, cell.system.amount) == wanted]
        planned.append((target, [cell for cell in cells if any(cell in chosen for chosen in of_way.values())]))
    run(planned, asked.accelerator, tell)
    return {way: answers(cells) for way, cells in of_way.items()}


def heard_together(classifier: HumpCatPipeline, groups: Iterable[Sequence[Row]]) -> dict[str, list[float]]:
    """Return what is said of clips, each group of which is heard whole before any of it is answered.

    Args:
        classifier: the pipeline.
        groups: rows of clips.

    Returns:
        Clip id to one probability a class, in the order of the model's outputs.

    Raises:
        AudioError: a clip cannot be used.
    """
    classes = list(classifier.model.config.label2id)
    found = {}
    for rows in groups:
        answers = classifier.listener()([row["path"] for row in rows])
        for row, answer in zip(rows, answers, strict=True):
            scores = {each["label"]: each["score"] for each in answer}
            found[row["id"]] = [scores[name] for name in classes]
    return found


def answered_instead(predictions: Predictions, said: Mapping[str, Sequence[float]]) -> Predictions:
    """Return a table with other answers to the same clips of the same draws.

    Args:
        predictions: the table.
        said: clip id to one probability a class of the table.
    """
    table = predictions.table
    answers = np.array([said[clip_id] for clip_id in predictions.values("id")])
    for place, name in enumerate(predictions.classes):
        column = f"p_{name}"
        table = table.set_column(table.column_names.index(column), column, pa.array(answers[:, place]))
    return Predictions(table, predictions.classes)
