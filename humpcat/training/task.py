"""A target and the source model that is adapted to it: what all draws of a run share."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from humpcat.corpora import Corpus, LabelSpace
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.running import RunningStatistics
from humpcat.models.humpcat.scopes import CLOSED_FORM, DISTILLED
from humpcat.models.humpcat.standardization import Statistics
from humpcat.protocols import Ledger, Split
from humpcat.protocols.situations import SITUATIONS, Situation
from humpcat.self_training import SourceMemory
from humpcat.self_training.ridge import UNLABELLED
from humpcat.training.checkpoint import RESULT_FILES
from humpcat.training.data.examples import ClipDataset, joined
from humpcat.training.data.prepared_corpus import PreparedCorpus, prepare_corpus
from humpcat.training.fusion_student import FusionStudent
from humpcat.training.settings import NO_ALIGNMENT, AdaptationSettings, DataSettings, TargetSettings
from humpcat.training.source_model import SourceModel
from humpcat.training.target_clips import TargetClips

DRAW = "draw-"
"""How the folder of a draw is called, before its number."""


@dataclass(frozen=True)
class Task:
    """A target, the source model that is adapted to it and how: what all draws share.

    Attributes:
        settings: protocol and standardisation.
        optimization: how to fit; scope and loss are named.
        accelerator: device, precision, processes.
        origin: the source model.
        corpus: name of the target corpus.
        prepared: the target's clips: all that lie there, or in a draw's task those that come in its situation.
        every: all that lie there, in a task of a draw; None where ``prepared`` holds them.
        pool: a hash of what lies in ``prepared``; empty where that are all clips.
        pools: what came in the situations that were met so far, by that hash.
    """

    settings: TargetSettings
    optimization: AdaptationSettings
    accelerator: Accelerator
    origin: SourceModel
    corpus: str
    prepared: PreparedCorpus
    every: PreparedCorpus | None = None
    pool: str = ""
    pools: dict[str, PreparedCorpus] = field(default_factory=dict)

    @property
    def situation(self) -> Situation:
        """What of the target lies there without labels."""
        return SITUATIONS[self.settings.situation]

    @property
    def data(self) -> DataSettings:
        """Where things lie."""
        return self.origin.data

    @property
    def space(self) -> LabelSpace:
        """The classes."""
        return self.origin.space

    @property
    def config(self) -> HumpCatConfig:
        """Configuration of the model."""
        return self.origin.config

    @property
    def source(self) -> Path:
        """Folder of the source model."""
        return self.origin.folder

    @property
    def out(self) -> Path:
        """Folder of the run."""
        return folder_of(self.settings, self.corpus)

    def folder(self, draw: int) -> Path:
        """Return the folder of a draw."""
        return self.out / f"{DRAW}{draw}"

    @property
    def draws(self) -> int:
        """Number of draws."""
        return draws_of(self.settings)

    @property
    def written(self) -> tuple[Any, ...]:
        """The settings as they are written beside each model."""
        return self.settings, self.data, self.optimization

    @property
    def loss(self) -> str:
        """Name of the loss that gradients minimise: the source's unless another one was asked for."""
        return self.optimization.loss or str(self.origin.trained["loss"])

    def under(self, **changes: Any) -> "Task":
        """Return the same target under other :class:`TargetSettings`; what was read and measured is shared."""
        return replace(self, settings=replace(self.settings, **changes))

    def toward(self, corpus: Corpus) -> "Task":
        """Return the same for another target; what was read and measured of the source is shared.

        Raises:
            CorpusError: the corpus is not there, or no clip of it has a class.
            AudioError: too many clips are unusable.
        """
        prepared = prepared_target(self.settings, corpus, self.origin, self.accelerator)
        return replace(
            self.under(corpus=corpus.name, lang=None),
            corpus=corpus.name,
            prepared=prepared,
            every=None,
            pool="",
            pools={},
        )

    def statistics(self, known: Sequence[str] = ()) -> Statistics:
        """Return what target clips are standardised by where each speaker's own do not do it.

        With nothing else known of the target, the adaptation clips that are known move the source's statistics.
        """
        if self.settings.normalization != "source":
            return self.prepared.whole
        running = RunningStatistics(self.origin.statistics)
        for clip_id in sorted(known):
            running = running.hear(self.prepared.features[clip_id])
        return running.statistics()

    def clips(self, ids: Sequence[str], whole: Statistics | None = None) -> ClipDataset:
        """Return target clips, standardised by ``whole``, or by :meth:`statistics`."""
        statistics = self.statistics() if whole is None else whole
        return self.prepared.clips(ids, self.space.classes, self.settings.normalization, statistics)

    def unlabelled(self, ids: Sequence[str]) -> ClipDataset:
        """Return target clips without their classes, for what may use the clips and not their classes."""
        return replace(self.clips(ids), labels=(UNLABELLED,) * len(ids))

    def to_adapt(self, split: Split) -> TargetClips:
        """Return the clips of a split as the few-shot adapter may use them: adaptation and validation have labels."""
        return TargetClips(
            self.prepared,
            self.space.classes,
            (*split.adapt, *split.valid),
            self.settings.normalization,
            self.origin.statistics,
            self_training=self.self_training,
        )

    def source_parts(self, part: str) -> list[ClipDataset]:
        """Return clips of a part of the source's split, "train" or "valid", apart by corpus."""
        return self.origin.parts(part, self.settings.normalization)

    def source_clips(self, part: str) -> ClipDataset:
        """Return clips of a part of the source's split, "train" or "valid"."""
        return joined(self.source_parts(part))

    @property
    def aligned(self) -> bool:
        """Whether the zero-shot model's fusion is aligned to the target."""
        return self.optimization.align != NO_ALIGNMENT

    @property
    def by_gradients(self) -> bool:
        """Whether gradients fit the model from the labels, and the linear branch only follows."""
        return self.optimization.scope not in CLOSED_FORM or self.aligned

    @property
    def student(self) -> FusionStudent | None:
        """How the fusion learns from clips without labels; None where it stays as the source left it."""
        if self.optimization.scope != DISTILLED or not self.self_training:
            return None
        return FusionStudent(self.accelerator, self.optimization, self.settings.steps_per_epoch)

    @property
    def source_at_hand(self) -> bool:
        """Whether the source's clips may be read, and are there."""
        return self.settings.source_per_batch > 0 and self.origin.missing is None

    @property
    def memories(self) -> tuple[SourceMemory, SourceMemory | None]:
        """What is remembered of the source, as the target is standardised, and as all its clips together were."""
        mode, clips = self.settings.normalization, self.source_at_hand
        return self.origin.memory(mode, clips=clips), self.origin.memory_by_corpus(mode, clips=clips)

    @property
    def reads_source(self) -> bool:
        """Whether adapting reads the source's clips: to mix them in, to weigh what trains itself, or to remember."""
        remembered = self.origin.remembers(self.settings.normalization)
        return self.source_at_hand and (self.by_gradients or self.self_training or not remembered)

    @property
    def self_training(self) -> bool:
        """Whether target clips are learnt from without their labels."""
        settings = self.settings
        wanted = settings.self_training and self.config.statistics and settings.normalization != "source"
        # After gradients the source's validation speakers have to say what the fusion is worth.
        return wanted and (self.source_at_hand or not self.by_gradients)

    @property
    def notes(self) -> list[str]:
        """What is to be said of every draw."""
        instead = not self.by_gradients and self.settings.source_per_batch > 0 and self.origin.missing is not None
        notes = [*self.origin.notes, *([self.origin.without_clips()] if instead else [])]
        return [*notes, *self.origin.ledger.notes]

    def seen(self, split: Split) -> Ledger:
        """Return what a model of a draw sees of the target: clips with their labels, and those heard without them."""
        # As they lie there, so that who really speaks and the recordings themselves are entered.
        every, learnt = self.every or self.prepared, {*split.adapt, *split.valid}
        # Statistics of all clips go into the model unless the source's standardise, and then no clip is heard at all.
        heard = set() if self.settings.normalization == "source" else set(self.prepared.rows) - learnt
        return Ledger.of(list(every.rows.values()), learnt, every.features.fingerprints, unlabelled=heard)

    def unused(self, split: Split) -> list[str]:
        """Return target clips of no part of a split, such as those that a few shots leave of the adapting speakers."""
        return sorted(set(self.prepared.rows) - {*split.adapt, *split.valid, *split.test})


def folder_of(settings: TargetSettings, corpus: str) -> Path:
    """Return the folder of a run, by the name of its target corpus where none was given."""
    return Path(settings.out or f"runs/{corpus}")


def draws_of(settings: TargetSettings) -> int:
    """Return the number of draws."""
    return len(settings.splits) if settings.splits else settings.draws


def files_of(settings: TargetSettings) -> list[str]:
    """Return the names of what a run writes right below its folder."""
    return [*RESULT_FILES, *(f"{DRAW}{draw}" for draw in range(draws_of(settings)))]


def prepared_target(
    settings: TargetSettings, corpus: Corpus, origin: SourceModel, accelerator: Accelerator
) -> PreparedCorpus:
    """Return a target's clips with their features, those of other classes among them where the situation has them."""
    others = SITUATIONS[settings.situation].other_classes
    return prepare_corpus(corpus, origin.space, origin.data, origin.extractors, accelerator, other_classes=others)
