"""A target, the source model that is adapted to it, and the splits of its draws."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from humpcat.corpora import Corpus, LabelSpace, label_space
from humpcat.corpora.base import DATA_VARIABLE
from humpcat.errors import CheckpointError, SettingsError
from humpcat.features.base import Extractor
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.running import RunningStatistics
from humpcat.models.humpcat.standardization import Statistics
from humpcat.protocols import (
    Ledger,
    Split,
    check_split,
    check_unseen,
    clip_share_split,
    shots_split,
    speaker_share_split,
)
from humpcat.self_training import SourceMemory
from humpcat.self_training.ridge import UNLABELLED
from humpcat.training.checkpoint import LEDGER, SPLIT, read_settings
from humpcat.training.data.corpus import sources_of, target_of
from humpcat.training.data.examples import ClipDataset, joined
from humpcat.training.data.prepared_corpus import (
    PreparedCorpus,
    absolute,
    extractors_for,
    prepare_corpora,
    prepare_corpus,
    require_usable,
    with_toys,
)
from humpcat.training.data.prepared_split import PreparedSplit
from humpcat.training.guarantee import how_heard, standardized
from humpcat.training.linear_branch import memory_of, remembered
from humpcat.training.settings import NO_ALIGNMENT, AdaptationSettings, DataSettings, NetworkSettings, TargetSettings
from humpcat.training.trainable import chosen_scope, require_alignable
from humpcat.training.trainer.losses import classifier_for


@dataclass(frozen=True)
class Task:
    """A target, the source model that is adapted to it and how: what all draws share.

    Attributes:
        settings: protocol and standardisation.
        data: where things lie.
        optimization: how to fit; its scope is named.
        accelerator: device, precision, processes.
        corpus: name of the target corpus.
        space: the classes.
        config: configuration of the model.
        loss: the source model's loss.
        source: folder of the source model.
        prepared_source: the source's clips and their split, None where they are not mixed in.
        source_normalization: what the source's clips were standardised by.
        source_statistics: statistics that the source model holds.
        extractors: what features are made by.
        prepared: the target's clips.
        memories: what was remembered of the source, by standardisation; shared by all draws, modes and targets.
    """

    settings: TargetSettings
    data: DataSettings
    optimization: AdaptationSettings
    accelerator: Accelerator
    corpus: str
    space: LabelSpace
    config: HumpCatConfig
    loss: str
    source: Path
    prepared_source: PreparedSplit | None
    source_normalization: str
    source_statistics: Statistics
    extractors: Sequence[Extractor]
    prepared: PreparedCorpus
    memories: dict[str, SourceMemory] = field(default_factory=dict)

    def under(self, **changes: Any) -> "Task":
        """Return the same target under other :class:`TargetSettings`; what was read and measured is shared.

        Args:
            **changes: such as ``normalization="speaker"``, or ``protocol="shots", shots=5``.
        """
        return replace(self, settings=replace(self.settings, **changes))

    def toward(self, corpus: Corpus) -> "Task":
        """Return the same for another target; what was read and measured of the source is shared.

        Args:
            corpus: the other target.

        Raises:
            CorpusError: the corpus is not there, or no clip of it has a class.
            AudioError: too many clips are unusable.
        """
        prepared = prepare_corpus(corpus, self.space, self.data, self.extractors, self.accelerator)
        return replace(self.under(corpus=corpus.name, lang=None), corpus=corpus.name, prepared=prepared)

    def statistics(self, known: Sequence[str] = ()) -> Statistics:
        """Return what target clips are standardised by where each speaker's own do not do it.

        Args:
            known: the adaptation clips; with nothing else known of the target, these move the source's statistics.
        """
        if self.settings.normalization != "source":
            return self.prepared.whole
        running = RunningStatistics(self.source_statistics)
        for clip_id in sorted(known):
            running = running.hear(self.prepared.features[clip_id])
        return running.statistics()

    def clips(self, ids: Sequence[str], whole: Statistics | None = None) -> ClipDataset:
        """Return target clips.

        Args:
            ids: clip ids.
            whole: what they are standardised by; :meth:`statistics` by default.
        """
        statistics = self.statistics() if whole is None else whole
        return self.prepared.clips(ids, self.space.classes, self.settings.normalization, statistics)

    def source_parts(self, part: str) -> list[ClipDataset]:
        """Return clips of a part of the source's split, "train" or "valid", apart by corpus."""
        assert self.prepared_source is not None
        # Where each target speaker is standardised by its own clips, the source's speakers are too.
        mode = "speaker" if self.settings.normalization == "speaker" else self.source_normalization
        return self.prepared_source.parts(part, mode)

    def source_clips(self, part: str) -> ClipDataset:
        """Return clips of a part of the source's split, "train" or "valid"."""
        return joined(self.source_parts(part))

    def memory(self, model: HumpCatForAudioClassification) -> SourceMemory:
        """Return what a source model remembers of its clips, standardised as the target's are.

        Args:
            model: the source model, not yet adapted.
        """
        mode = "speaker" if self.settings.normalization == "speaker" else self.source_normalization
        # A model that kept nothing has its source's clips read again, for they are mixed in and so are there.
        if mode == self.source_normalization and model.memory_factor is not None:
            return remembered(model)
        if mode not in self.memories:
            self.memories[mode] = memory_of(model.config, self.source_clips("train"))
        return self.memories[mode]

    @property
    def self_training(self) -> bool:
        """Whether target clips are learnt from without their labels."""
        settings = self.settings
        wanted = settings.self_training and self.config.statistics
        return wanted and settings.normalization != "source" and self.prepared_source is not None

    def unlabelled(self, ids: Sequence[str]) -> ClipDataset:
        """Return target clips without their classes, for what may hear them and not know them."""
        return replace(self.clips(ids), labels=(UNLABELLED,) * len(ids))

    def unused(self, split: Split) -> list[str]:
        """Return target clips of no part of a split, such as those that a few shots leave of the adapting speakers."""
        return sorted(set(self.prepared.rows) - {*split.adapt, *split.valid, *split.test})

    def seen(self) -> Ledger:
        """Return what the source model has seen, and the source clips that are mixed in as they lie there now."""
        ledger = Ledger.load(self.source / LEDGER)
        if self.prepared_source is None:
            return ledger
        prepared, split = self.prepared_source.prepared, self.prepared_source.split
        mixed = Ledger.of(list(prepared.rows.values()), (*split.train, *split.valid), prepared.features.fingerprints)
        return ledger.merge(mixed)


def prepare(
    settings: TargetSettings, data: DataSettings, optimization: AdaptationSettings, accelerator: Accelerator
) -> Task:
    """Read a source model, and make the features of its target and of the source clips that are mixed in.

    Args:
        settings: target, source model, protocol.
        data: where corpora and features lie; ``label_space`` is the source model's.
        optimization: how to fit.
        accelerator: device, precision, processes.

    Raises:
        CheckpointError: the source folder is not one that ``train_source`` wrote.
        CorpusError: a corpus is not there, or no clip of it has a class.
        AudioError: too many clips are unusable.
    """
    require_alignable(optimization.align, settings.normalization, settings.source_per_batch)
    source = Path(settings.source)
    trained = read_settings(source)
    if "source" in trained:
        raise CheckpointError(
            f"{source}: is itself fine-tuned from {trained.get('source')}, expected a model that "
            "recipes/train_source.py wrote: pass that one as --source."
        )
    data = located(data, trained, accelerator)
    space = label_space(data.label_space)
    corpus = target_of(settings, data)
    model = HumpCatForAudioClassification.from_pretrained(source)
    config: HumpCatConfig = model.config
    if list(config.label2id) != list(space.classes):
        raise CheckpointError(
            f"{source}: its classes are {', '.join(config.label2id)}, the label space '{space.name}' has "
            f"{', '.join(space.classes)}: train the source again."
        )
    loss = _loss(optimization.loss or trained["loss"], config)
    optimization = replace(optimization, scope=chosen_scope(optimization.scope, config, optimization.align))
    if settings.encoder:
        config.encoder = absolute(settings.encoder)
    encoder = model.load_encoder().to(accelerator.device)
    extractors = extractors_for(config, encoder)
    prepared = prepare_corpus(corpus, space, data, extractors, accelerator)
    source_statistics = model.standardizer.held()
    prepared_source = None
    if settings.source_per_batch > 0:
        heard = prepare_corpora(sources_of(trained), space, data, extractors, accelerator)
        prepared_source = PreparedSplit(heard, Split.load(source / SPLIT), space.classes, source_statistics)
        require_usable(prepared_source.split, heard, "train")
    return Task(
        settings=settings,
        data=data,
        optimization=optimization,
        accelerator=accelerator,
        corpus=corpus.name,
        space=space,
        config=config,
        loss=loss,
        source=source,
        prepared_source=prepared_source,
        source_normalization=trained["normalization"],
        source_statistics=source_statistics,
        extractors=extractors,
        prepared=prepared,
    )


def _loss(name: str, config: HumpCatConfig) -> str:
    """Return the loss, which the source's classifier must be able to serve."""
    # Cross-entropy serves either classifier.
    if classifier_for(name) == "cosine" != config.classifier:
        raise SettingsError(
            f"loss '{name}' with a {config.classifier} classifier: a margin is one of cosines: train the source with "
            f"--loss {name} too, or fine-tune with cross-entropy."
        )
    return name


def located(data: DataSettings, trained: dict[str, Any], accelerator: Accelerator) -> DataSettings:
    """Return settings that say where a target lies, and tell the source model's classes apart.

    Args:
        data: as they were asked for.
        trained: the settings beside the source model.
        accelerator: the main process makes the toy corpora, if they are asked for.
    """
    if data.toy:
        data, _ = with_toys(data, NetworkSettings(), accelerator)
    # Where nothing else is said, the target lies beside the source.
    data_dir = data.data_dir or os.environ.get(DATA_VARIABLE) or trained["data_dir"]
    return replace(data, label_space=trained["label_space"], data_dir=data_dir)


def draw_split(task: Task, draw: int) -> Split:
    """Read or make the split of one draw, and guard it; what it says of standardisation goes with every number.

    Args:
        task: the target.
        draw: number of the draw.

    Raises:
        ProtocolError: there are too few speakers or clips.
        LeakageError: test material was seen by the source model or stands in the adaptation clips too.
    """
    rows, settings = list(task.prepared.rows.values()), task.settings
    split = Split.load(settings.splits[draw]) if settings.splits else _drawn(task, rows, draw)
    require_usable(split, task.prepared, "adapt")
    fingerprints = task.prepared.features.fingerprints
    # A split that says of itself that it is SPEAKER-DEPENDENT stamps its numbers already.
    allowed = task.data.allow_leakage or split.speaker_dependent
    split = check_split(rows, split, fingerprints, allow_leakage=allowed)
    stamp = check_unseen(task.seen(), rows, split.test, fingerprints, allow_leakage=task.data.allow_leakage)
    if stamp and split.speaker_dependent:
        what = f"by the source: {stamp.partition(': ')[2]}"
        stamp = split.guarantee if what in split.guarantee else f"{split.guarantee}; {what}"
    split = split.stamped(stamp) if stamp else split
    aligned = task.optimization.align != NO_ALIGNMENT
    return standardized(split, how_heard(settings.normalization, aligned=aligned, self_trained=task.self_training))


def _drawn(task: Task, rows: list[Mapping[str, Any]], draw: int) -> Split:
    classes, settings = task.prepared.classes, task.settings
    anonymous = all(row["speaker"] is None for row in rows)
    if settings.protocol == "clips" or (settings.protocol == "speakers" and anonymous):
        return clip_share_split(rows, classes, share=settings.share, seed=draw)
    if settings.protocol == "speakers":
        return speaker_share_split(rows, classes, share=settings.share, seed=draw)
    return shots_split(rows, classes, settings.shots, seed=draw, share=settings.share)
