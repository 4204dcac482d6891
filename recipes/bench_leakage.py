#!/usr/bin/env python
"""What leakage is worth: one model under clip-level folds, which share speakers, and under speaker folds.

    python recipes/bench_leakage.py --corpora emodb ravdess cremad --data-dir DATA --encoder WHISPER --out runs/leakage

All emotions of each corpus are told apart, training is the same in both, and every clip is tested once in each.
The last lines printed are one table a corpus, which also lies in OUT/CORPUS/results.md; finished folds are kept, so
that the same command goes on where it was interrupted.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

from humpcat.arguments import parse
from humpcat.cli import reporting_errors
from humpcat.corpora import CORPORA, label_space
from humpcat.errors import SettingsError
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.table import Summary
from humpcat.protocols import clip_folds, labelled, speaker_folds
from humpcat.setting_ranges import from_to
from humpcat.settings import Settings, setting
from humpcat.training.checkpoint import read_settings, require_same_split, save_results
from humpcat.training.data.prepared_corpus import absolute
from humpcat.training.settings import (
    DataSettings,
    NetworkSettings,
    OptimizationSettings,
    SourceSettings,
    require_none_but,
)
from humpcat.training.source import train_source
from humpcat.training.trainer.accelerator import make_accelerator

PROTOCOLS = {"clip-level folds": clip_folds, "speaker folds": speaker_folds}


@dataclass
class LeakageSettings(Settings):
    """Which corpora, and where to."""

    corpora: list[str] = setting(["emodb", "ravdess", "cremad"], "Corpora by their registered names.")
    folds: int = setting(5, "Number of folds.", from_to(2, 1000))
    out: str = setting("runs/leakage", "Folder for models and results.")


def compare(
    corpus: str,
    settings: LeakageSettings,
    data: DataSettings,
    network: NetworkSettings,
    optimization: OptimizationSettings,
) -> Summary:
    """Train and test on every fold of both protocols."""
    data = replace(data, label_space=f"shared:{corpus}")
    rows = CORPORA[corpus].scan(CORPORA[corpus].find(data.data_dir)).rows
    classes, _ = labelled(rows, label_space(data.label_space))
    out = Path(settings.out, corpus)
    parts: list[Predictions] = []
    for name, folds in PROTOCOLS.items():
        for fold, split in enumerate(folds(rows, classes, k=settings.folds, seed=optimization.seed)):
            folder = out / f"{name.replace(' ', '-')}-{fold}"
            split.save(folder / "fold.json")
            source = SourceSettings(corpus=[corpus], out=str(folder), split=str(folder / "fold.json"))
            if (folder / PREDICTIONS).is_file():
                require_same_settings(folder, network, optimization)
                require_same_split(split, folder)
            else:
                accelerator = make_accelerator(optimization, source.out)
                accelerator.print(f"{corpus}, {name}: fold {fold + 1} of {settings.folds}.")
                train_source(source, data, network, optimization, accelerator)
            parts.append(Predictions.read(folder / PREDICTIONS).as_fold(name, fold))
    learnt = {0: list(classes.values())}
    return save_results(Predictions.concat(parts), learnt, out, make_accelerator(optimization, str(out)))


def require_same_settings(folder: Path, network: NetworkSettings, optimization: OptimizationSettings) -> None:
    """Refuse to take a fold that another command has finished for one of this command."""
    before = read_settings(folder)
    now = asdict(network) | {"encoder": absolute(network.encoder)} | asdict(optimization)
    for name in sorted(set(now) - {"workers", "tensorboard"}):
        if before.get(name) != now[name]:
            raise SettingsError(
                f"{folder}: was made with {name} {before.get(name)}, now {now[name]}: go on with the same settings, "
                "or name another --out."
            )


@reporting_errors
def main() -> None:
    settings, data, network, optimization = parse(
        [LeakageSettings, DataSettings, NetworkSettings, OptimizationSettings], __doc__
    )
    require_none_but(data, "data_dir", "store", "max_bad_share")
    tables = {corpus: compare(corpus, settings, data, network, optimization) for corpus in settings.corpora}
    for corpus, summary in tables.items():
        print(f"\n{CORPORA[corpus].title}\n{summary.markdown()}")


if __name__ == "__main__":
    main()
