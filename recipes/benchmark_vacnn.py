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

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from humpcat.benchmarks.vacnn.paper import PRETRAINING, PRETRAINING_ACCURACY
from humpcat.benchmarks.vacnn.runner import PROTOCOLS, FoldBenchmark
from humpcat.benchmarks.vacnn.systems import systems_named
from humpcat.benchmarks.vacnn.tables import classes_table, report
from humpcat.cli import reporting_errors
from humpcat.corpora import CORPORA, label_space
from humpcat.errors import SettingsError
from humpcat.evaluation.metrics import scores
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.models.vacnn.configuration import VACNN
from humpcat.models.vacnn.network import require_network
from humpcat.training.arguments import parse
from humpcat.training.data.prepared_corpus import prepare_corpora, prepare_corpus
from humpcat.training.settings import DataSettings, require_none_but
from humpcat.training.trainer.accelerator import make_accelerator
from humpcat.training.vacnn.pictures import picture_extractors
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings

SOURCE_SPACE = "seven"


@dataclass
class BenchmarkSettings:
    """Which corpora, systems and protocols, and where to."""

    pretraining: list[str] = field(
        default_factory=lambda: ["tess", "ravdess"], metadata={"help": "Corpora that are pretrained on."}
    )
    corpora: list[str] = field(
        default_factory=lambda: ["ravdess", "emodb", "savee"], metadata={"help": "Target corpora."}
    )
    systems: list[str] = field(
        default_factory=list, metadata={"help": "Systems by their names in the tables; all by default."}
    )
    protocols: list[str] = field(
        default_factory=lambda: list(PROTOCOLS),
        metadata={"help": "'paper' (folds of clips) and 'ours' (folds of speakers)."},
    )
    folds: int = field(default=5, metadata={"help": "Number of folds."})
    valid_share: float = field(
        default=0.0,
        metadata={
            "help": "Share of a fold's training clips that choose the epoch and fit the temperature; with 0 the last "
            "epoch is taken."
        },
    )
    out: str = field(default="runs/vacnn", metadata={"help": "Folder for models and results."})
    resume: bool = field(default=False, metadata={"help": "Keep what is finished in OUT and go on with the rest."})

    def __post_init__(self) -> None:
        for name in self.protocols:
            if name not in PROTOCOLS:
                raise SettingsError(f"protocol '{name}' is unknown: choose among {', '.join(PROTOCOLS)}.")
        if self.folds < 2:
            raise SettingsError(f"folds {self.folds}: expected 2 or more.")
        if not 0 <= self.valid_share < 1:
            raise SettingsError(f"valid_share {self.valid_share}: expected 0 or more and less than 1.")


def pretraining_tables(out: Path) -> str:
    """Return accuracy and scores by class of every pretrained network on its own test clips (table 2)."""
    parts = [f"Pretraining (the paper on TESS and RAVDESS: accuracy {PRETRAINING_ACCURACY} %)"]
    for file in sorted(out.glob(f"{PRETRAINING}/*/{PREDICTIONS}")):
        found = Predictions.read(file)
        wa = scores(found.gold, found.predicted, found.classes).wa
        parts.append(f"{file.parent.name}: accuracy (WA) {100 * wa:.1f} %, {found.values('guarantee')[0]}.")
        parts.append(classes_table(found, PRETRAINING))
    return "\n\n".join(parts)


@reporting_errors
def main() -> None:
    settings, data, network, optimization = parse(
        [BenchmarkSettings, DataSettings, PictureSettings, PictureOptimization], __doc__
    )
    systems = systems_named(settings.systems)
    # All that can be told is told before anything is begun anew, or computed.
    require_none_but(data, "data_dir", "store", "max_bad_share")
    for system in systems:
        if system.network(network) != VACNN:
            require_network(system.network(network))
    out = Path(settings.out)
    for name in (*settings.pretraining, *settings.corpora):
        if CORPORA[name].find(data.data_dir).resolve() in {(out / folder).resolve() for folder in settings.corpora}:
            raise SettingsError(f"out {out}: holds the corpus {name} itself: name another folder.")
    accelerator = make_accelerator(optimization, settings.out)
    if not settings.resume and accelerator.is_main_process:
        for folder in (PRETRAINING, *settings.corpora):
            shutil.rmtree(out / folder, ignore_errors=True)
    accelerator.wait_for_everyone()

    space = label_space(SOURCE_SPACE)
    plain, described = picture_extractors(describe=False), picture_extractors(describe=True)
    source = prepare_corpora([CORPORA[name] for name in settings.pretraining], space, data, plain, accelerator)
    tables = []
    for corpus in settings.corpora:
        own = label_space(f"shared:{corpus}")
        extractors = described if any(system.bovw for system in systems) else plain
        prepared = prepare_corpus(CORPORA[corpus], own, data, extractors, accelerator)
        benchmark = FoldBenchmark(
            network,
            optimization,
            accelerator,
            source,
            space,
            prepared,
            own,
            settings.folds,
            settings.valid_share,
            out / corpus,
        )
        for protocol in settings.protocols:
            text = report(*benchmark.run(protocol, systems), corpus)
            if accelerator.is_main_process:
                (out / corpus / protocol / "tables.md").write_text(text + "\n")
            tables.append(f"{CORPORA[corpus].title}, {protocol}\n\n{text}")
    accelerator.print("\n\n".join(["", *tables, pretraining_tables(out)]))
    accelerator.end_training()


if __name__ == "__main__":
    main()
