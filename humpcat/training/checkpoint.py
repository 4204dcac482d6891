"""What lies in a model's folder beside its weights: how it was made, what it has seen, how well it does."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from transformers import SequenceFeatureExtractor
from transformers.utils import CONFIG_NAME, FEATURE_EXTRACTOR_NAME, SAFE_WEIGHTS_NAME

from humpcat.errors import CheckpointError, SettingsError
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.summary import summarise
from humpcat.evaluation.table import Summary
from humpcat.features.encoder_search import BESIDE
from humpcat.features.trained_on import trained_on
from humpcat.files import absence, read_json, write_json, write_text
from humpcat.models.base import AudioClassifier
from humpcat.models.card import CARD
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.feature_extraction import HumpCatFeatureExtractor
from humpcat.protocols import Ledger, Split
from humpcat.protocols.situations import TIDY
from humpcat.run_folder import enter, refuse_foreign
from humpcat.settings import require_readable
from humpcat.training.settings import (
    AdaptationSettings,
    DataSettings,
    NetworkSettings,
    OptimizationSettings,
    SourceSettings,
    TargetDataSettings,
    TargetSettings,
)
from humpcat.version import __version__
from humpcat.writing import writing

SETTINGS, LEDGER, SPLIT = "settings.json", "ledger.json", "split.json"
_MAY_CHANGE = frozenset(
    {"humpcat", "resume", "out", "data_dir", "store", "encoder", "workers", "tensorboard", "draws", "with_encoder"}
    | {"corpora"}
)
_BEFORE = {"situation": TIDY}
"""Settings that came later than runs that may be resumed, and what these were made with."""

SOURCE_KINDS = (SourceSettings, DataSettings, NetworkSettings, OptimizationSettings)
"""The settings that a source model was trained with."""

_KINDS = (
    *SOURCE_KINDS,
    *(TargetSettings, TargetDataSettings, AdaptationSettings),
)
RESULTS, TABLE = "results.json", "results.md"
CHECKPOINTS = "checkpoints"

RESULT_FILES = (SETTINGS, RESULTS, TABLE, PREDICTIONS)
"""What every run writes into its folder."""

MODEL_FILES = (LEDGER, SPLIT, CONFIG_NAME, SAFE_WEIGHTS_NAME, FEATURE_EXTRACTOR_NAME, CARD, BESIDE, CHECKPOINTS)
"""What a run of which one model comes writes beside these."""


def save_model(
    model: AudioClassifier,
    folder: Path,
    settings: Sequence[Any],
    ledger: Ledger,
    split: Split,
    extractor: SequenceFeatureExtractor | None = None,
    *,
    with_encoder: bool = False,
) -> None:
    """Write a model with everything that is needed to use it and to go on from it.

    Args:
        model: the model.
        folder: where to.
        settings: the dataclasses that the recipe was run with.
        ledger: what the model has seen, its source included.
        split: the split it was made on.
        extractor: makes the model's inputs; that of HuMP-CAT by default.
        with_encoder: whether the frozen encoder of a HuMP-CAT model is saved beside it.
    """
    # Before the model, whose card names the corpora of the ledger.
    with writing(folder):
        ledger.save(folder / LEDGER)
        model.save_pretrained(folder, **({"with_encoder": True} if with_encoder else {}))
        (extractor or HumpCatFeatureExtractor(model.config.extracted)).save_pretrained(folder)
        write_json(folder / SETTINGS, _merged(settings))
        split.save(folder / SPLIT)


def with_encoder(ledger: Ledger, config: HumpCatConfig) -> Ledger:
    """Return a ledger that says what the model's encoder was trained on; one that says so already stays as it is.

    Args:
        ledger: of a model, such as one that an older version wrote.
        config: configuration of that model.
    """
    if ledger.encoder is not None:
        return ledger
    return replace(ledger, encoder=trained_on(config.encoder, config.encoder_revision, [config.encoder_hash]))


def claim(
    folder: Path,
    settings: Sequence[Any],
    accelerator: Accelerator,
    *,
    resume: bool,
    names: Sequence[str] = RESULT_FILES,
    mend: str = "resume with the same settings, or leave out --resume to begin anew",
) -> None:
    """Write down what a run is made with, or make sure that a resumed one is made with the same.

    Raises:
        SettingsError: a resumed run has other settings than the interrupted one, or something that humpcat did not
            write is in the way.
    """
    if resume:
        require_same_settings(folder, settings, mend)
    begun = resume and (folder / SETTINGS).is_file()
    if not begun:
        refuse_foreign(folder, names)
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        enter(folder, names, adopt=begun)
    if accelerator.is_main_process and not (resume and (folder / SETTINGS).is_file()):
        write_json(folder / SETTINGS, _merged(settings))
    accelerator.wait_for_everyone()


def require_same_settings(
    folder: Path,
    settings: Sequence[Any],
    mend: str = "resume with the same settings, or leave out --resume to begin anew",
) -> None:
    """Refuse to go on from a run of other settings; nothing is written.

    Raises:
        SettingsError: the folder was begun with other settings.
    """
    if not (folder / SETTINGS).is_file():
        return
    before = _BEFORE | read_settings(folder)
    for name, value in binding(settings).items():
        if name in before and before[name] != value:
            raise SettingsError(f"{folder}: was begun with {name} {before[name]}, now {value}: {mend}.")


def require_same_split(split: Split, folder: Path) -> None:
    """Refuse to go on from what was learnt on another split, whose training clips may test now.

    Raises:
        SettingsError: the folder's split has other clips.
    """
    if not (folder / SPLIT).is_file():
        return
    before = Split.load(folder / SPLIT)
    for part in ("train", "adapt", "valid", "test", "unlabelled"):
        old, new = set(getattr(before, part)), set(getattr(split, part))
        if old != new:
            raise SettingsError(
                f"{folder / SPLIT}: '{part}' was begun with {len(old)} clips, now there are {len(new)}, of which "
                f"{len(new - old)} are new: resume with the same split and corpus, or begin anew without --resume."
            )


def binding(settings: Sequence[Any]) -> dict[str, Any]:
    """Return the settings that a run must share with another to give the same model, by name."""
    return {name: value for name, value in _merged(settings).items() if name not in _MAY_CHANGE}


def _merged(settings: Sequence[Any]) -> dict[str, Any]:
    return {"humpcat": __version__} | {name: value for part in settings for name, value in asdict(part).items()}


class Trained(dict[str, Any]):
    """The settings that a model was made with, which say so where one is not among them."""

    def __init__(self, path: Path, content: Mapping[str, Any]) -> None:
        super().__init__(content)
        self._path = path

    def __missing__(self, name: str) -> Any:
        raise CheckpointError(f"{self._path}: has no {name}, expected that the model was trained with: copy it again.")

    def __or__(self, other: Mapping[str, Any]) -> "Trained":  # type: ignore[override]
        return Trained(self._path, {**self, **other})


def read_settings(folder: Path, kinds: Sequence[type] = _KINDS) -> Trained:
    """Return the settings that a model was made with.

    Args:
        folder: the model's folder.
        kinds: dataclasses whose fields they are; all of source and target by default.

    Raises:
        CheckpointError: the folder is not one that a recipe wrote, or they are damaged.
    """
    path = folder / SETTINGS
    if not os.path.lexists(path):
        found = f"holds no {SETTINGS}" if folder.is_dir() else absence(folder, lead="there is ")
        raise CheckpointError(
            f"{folder}: {found}: expected a model that recipes/train_source.py wrote; check --source."
        )
    content = read_json(path, CheckpointError)
    try:
        require_readable(content, kinds)
    except SettingsError as error:
        raise CheckpointError(f"{path}: {error}") from None
    return Trained(path, content)


def save_results(
    predictions: Predictions,
    adaptation: Mapping[int, Sequence[str]] | None,
    folder: Path,
    accelerator: Accelerator,
    *,
    notes: Sequence[str] = (),
) -> Summary:
    """Write predictions, scores and the table, and print the table.

    Args:
        predictions: of all systems and draws.
        adaptation: classes of the clips that were learnt from, by draw, for the chance row; without them it answers
            the test's own majority.
        folder: where to.
        accelerator: its main process writes and prints.
        notes: what a reader has to know of the splits.
    """
    summary = summarise(predictions, adaptation=adaptation)
    summary = replace(summary, notes=(*summary.notes, *notes))
    if accelerator.is_main_process:
        with writing(folder):
            write_json(folder / RESULTS, summary.to_dict())
            write_text(folder / TABLE, summary.markdown() + "\n")
            # Last, because a draw that has its predictions counts as finished.
            predictions.write(folder / PREDICTIONS)
    accelerator.wait_for_everyone()
    return summary
