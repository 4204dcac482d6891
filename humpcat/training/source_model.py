"""A source model and what is known of its source: its memory, and its clips where they are at hand."""

import os
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from torch import Tensor

from humpcat.corpora import label_space
from humpcat.corpora.base import DATA_VARIABLE
from humpcat.errors import CheckpointError, CorpusError
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.new_head import remembered, shared_note, with_classes
from humpcat.protocols import Ledger, Split
from humpcat.protocols.guard import require_usable
from humpcat.self_training import SourceMemory
from humpcat.training.checkpoint import LEDGER, SOURCE_KINDS, SPLIT, read_settings, with_encoder
from humpcat.training.data.corpus import folders_of, names_of, sources_of
from humpcat.training.data.examples import ClipDataset, joined
from humpcat.training.data.prepared_corpus import (
    absolute,
    extractors_for,
    prepare_corpora,
    with_toys,
)
from humpcat.training.data.prepared_split import PreparedSplit
from humpcat.training.linear_branch import Linear, held, memory_of
from humpcat.training.settings import DataSettings, NetworkSettings, TargetDataSettings

ZeroShot = tuple[dict[str, Tensor], bool]
"""The weights of a model that trained itself on a target without labels, and whether that was not believed."""


class SourceModel:
    """A source model, which all targets, modes and draws of a run share.

    The source's clips are read when they are first asked for, and what is computed of them is kept here: memories by
    standardisation, and zero-shot models by target and standardisation.

    Args:
        folder: what ``train_source`` wrote.
        data: where things lie, and the classes of the target; None for the source's own.
        accelerator: device, precision, processes.
        encoder: where the encoder lies now, if it has moved.
        folders: folders of files that define further corpora, beside those that the source was trained with.

    Attributes:
        data: where things lie; its label space is named.
        trained: the settings that the source was trained with.
        classes: the classes that it knows.
        space: the classes of the target.
        config: configuration of a model of these.
        normalization: what the source's clips were standardised by.
        statistics: statistics that the model holds.
        extractors: what features are made by.
        ledger: what the model has seen.
        zero_shot: zero-shot models that were fitted, see :func:`humpcat.training.target_models.started`.

    Raises:
        CheckpointError: the folder is not one that ``train_source`` wrote.
        SettingsError: the label space is unknown.
        EncoderError: the encoder is not to be had.
    """

    def __init__(
        self,
        folder: Path,
        data: TargetDataSettings | DataSettings,
        accelerator: Accelerator,
        encoder: str | None = None,
        folders: Sequence[str] | None = None,
    ) -> None:
        self.folder, self.accelerator = folder, accelerator
        self.trained = read_settings(folder)
        if "source" in self.trained:
            raise CheckpointError(
                f"{folder}: is itself fine-tuned from {self.trained.get('source')}, expected a model that "
                "recipes/train_source.py wrote: pass that one as --source."
            )
        # What a target may leave to its source is not left to anybody here.
        read_settings(folder, SOURCE_KINDS)
        further = [*folders_of(self.trained), *(folders or ())]
        self.trained = self.trained | {"corpora": list(dict.fromkeys(map(absolute, further)))}
        self.data = located(data, self.trained, accelerator)
        model = HumpCatForAudioClassification.from_pretrained(folder)
        self.classes = tuple(model.config.label2id)
        self._own_space = label_space(self.trained["label_space"], self.trained["corpora"])
        if self.classes != self._own_space.classes:
            raise CheckpointError(
                f"{folder}: its classes are {', '.join(self.classes)}, the label space '{self._own_space.name}' has "
                f"{', '.join(self._own_space.classes)}: train the source again."
            )
        self.space = label_space(self.data.label_space, self.trained["corpora"])
        self.encoder = absolute(encoder) if encoder else model.config.encoder
        model.config.encoder = self.encoder
        loaded = model.load_encoder().to(accelerator.device)
        self.extractors = extractors_for(model.config, loaded)
        self.normalization: str = self.trained["normalization"]
        self.statistics = model.standardizer.held()
        # Training a source hears nothing without labels, whether its ledger's version says so or not.
        self.ledger = replace(with_encoder(Ledger.load(folder / LEDGER), model.config), complete=True)
        if not self.ledger.ids:
            raise CheckpointError(
                f"{folder / LEDGER}: names no clip, expected all that the model has seen, for the leakage guard knows "
                "of nothing else: copy the model again."
            )
        self._own_config: HumpCatConfig = model.config
        self._kept = remembered(model) if model.memory_factor is not None else None
        self.config: HumpCatConfig = self.model().config
        self._clips: PreparedSplit | None = None
        self._memories: dict[str, SourceMemory] = {}
        self.zero_shot: dict[tuple[str, str, str], ZeroShot] = {}

    @property
    def new_head(self) -> bool:
        """Whether the target has other classes than the source."""
        return self.classes != self.space.classes

    @property
    def notes(self) -> list[str]:
        """What is to be said of every model that is made from this one."""
        return [shared_note(self.classes, self.space.classes)] if self.new_head else []

    def model(self) -> HumpCatForAudioClassification:
        """Return a copy of the source model, for the classes of the target."""
        return deepcopy(self._model)

    @cached_property
    def _model(self) -> HumpCatForAudioClassification:
        model = HumpCatForAudioClassification.from_pretrained(self.folder)
        # The encoder may have moved since.
        model.config.encoder = self.encoder
        return with_classes(model, self.space.classes) if self.new_head else model

    @cached_property
    def linear(self) -> Linear | None:
        """The source's linear branch; None where it has none, and where the target has other classes."""
        return None if self.new_head else held(self._model)

    @cached_property
    def missing(self) -> str | None:
        """Why the source's clips are not at hand, None if they are; nothing is read for it."""
        try:
            for corpus in sources_of(self.trained):
                corpus.find(self.data.data_dir)
        except CorpusError as error:
            return str(error)
        return None if (self.folder / SPLIT).is_file() else f"{self.folder / SPLIT}: there is no such file."

    def without_clips(self) -> str:
        """Say that the source's clips are not at hand and what serves in their place."""
        names = ", ".join(names_of(self.trained))
        return f"the source's clips ({names}) are not at hand: what the checkpoint remembers of them serves."

    def clips(self) -> PreparedSplit:
        """Return the source's clips and their split, made ready once.

        Raises:
            CorpusError: they are not at hand.
            AudioError: too many of them are unusable.
        """
        if self._clips is None:
            data = replace(self.data, label_space=self._own_space.name)
            corpora = sources_of(self.trained)
            prepared = prepare_corpora(corpora, self._own_space, data, self.extractors, self.accelerator)
            split = Split.load(self.folder / SPLIT)
            require_usable(split, prepared.rows, prepared.features.bad, "train")
            self._clips = PreparedSplit(prepared, split, self.classes, self.statistics)
        return self._clips

    def parts(self, part: str, normalization: str) -> list[ClipDataset]:
        """Return clips of a part of the source's split, apart by corpus."""
        return self.clips().parts(part, self._mode(normalization))

    def memory(self, normalization: str, *, clips: bool = False) -> SourceMemory:
        """Return what is remembered of the source for the classes of the target.

        The source's clips are read, if they may be, where the checkpoint remembers nothing or remembers them as they
        were standardised otherwise.

        Raises:
            CheckpointError: the checkpoint remembers nothing, and its clips may not be read.
        """
        mode = self._mode(normalization)
        if not clips or (mode == self.normalization and self._kept is not None):
            self.require_memory()
            assert self._kept is not None
            return self._for_target(self._kept)
        if mode not in self._memories:
            self._memories[mode] = memory_of(self._own_config, joined(self.parts("train", normalization)))
        return self._for_target(self._memories[mode])

    def memory_by_corpus(self, normalization: str, *, clips: bool = False) -> SourceMemory | None:
        """Return what is remembered of the source as its clips were standardised together, for a target by speaker.

        None for a target in another mode, and of a source that each speaker's clips standardised.

        Raises:
            CheckpointError: the checkpoint remembers nothing, and its clips may not be read.
        """
        if normalization != "speaker" or self.normalization == "speaker":
            return None
        return self.memory(self.normalization, clips=clips)

    def remembers(self, normalization: str) -> bool:
        """Return whether the checkpoint remembers the source's clips as they are standardised for a target."""
        return self._kept is not None and self._mode(normalization) == self.normalization

    def require_memory(self) -> None:
        """Refuse a model that has no memory.

        Raises:
            CheckpointError: it has none.
        """
        if self._kept is None:
            raise CheckpointError(
                f"{self.folder}: has no memory of what it was trained on, expected a model that "
                "recipes/train_source.py wrote, with the summary branch and not adapted since: name such a model as "
                "--source."
            )

    def seen(self) -> Ledger:
        """Return what the model has seen, and the source's clips as they lie there now, if they were read."""
        return self.ledger if self._clips is None else self._seen_with_clips

    @cached_property
    def _seen_with_clips(self) -> Ledger:
        prepared, split = self.clips().prepared, self.clips().split
        read = Ledger.of(list(prepared.rows.values()), (*split.train, *split.valid), prepared.features.fingerprints)
        return self.ledger.merge(read)

    def _mode(self, normalization: str) -> str:
        return "speaker" if normalization == "speaker" else self.normalization

    def _for_target(self, memory: SourceMemory) -> SourceMemory:
        return memory.of_classes(self.classes, self.space.classes) if self.new_head else memory


def located(data: DataSettings, trained: Mapping[str, Any], accelerator: Accelerator) -> DataSettings:
    """Return settings that say where a target lies, and which classes it has."""
    if data.toy:
        data, _ = with_toys(data, NetworkSettings(), accelerator)
    # Where nothing else is said, the target lies beside the source.
    data_dir = data.data_dir or os.environ.get(DATA_VARIABLE) or trained["data_dir"]
    return replace(data, label_space=data.label_space or trained["label_space"], data_dir=data_dir)
