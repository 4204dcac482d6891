"""VACNN with visual words, and the systems beside it, over the folds of a target corpus under one protocol."""

import hashlib
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from accelerate import Accelerator
from accelerate.utils import set_seed

from humpcat.benchmarks.cells import Cell, Experiment
from humpcat.benchmarks.vacnn.systems import SYSTEMS
from humpcat.corpora import LabelSpace
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.summary import Summary
from humpcat.features.visual_words import Codebook
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
from humpcat.models.vacnn.modeling import VacnnForAudioClassification
from humpcat.protocols import Guarantee, Ledger, Split, check_split, check_unseen, clip_folds, speaker_folds
from humpcat.protocols.pretraining import pretraining_split
from humpcat.training.checkpoint import MODEL_FILES, RESULT_FILES, SPLIT, claim, save_model, save_results
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.scoring import predicted
from humpcat.training.vacnn.pictures import pictures
from humpcat.training.vacnn.pretraining import fit_pictures, pretrain, pretraining_name
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings
from humpcat.training.vacnn.systems import PictureSystem

OURS = "ours"
PROTOCOLS = {"paper": clip_folds, OURS: speaker_folds}
"""The paper's protocol, folds of clips, and ours, folds of speakers whom pretraining has not heard either."""


@dataclass(frozen=True)
class _Beginning:
    """What the fine-tuning of a fold depends on beside the settings: the name of its pretraining, if it has one."""

    pretraining_folder: str | None


@dataclass(frozen=True)
class Pretraining:
    """What all pretrainings of a benchmark share.

    Attributes:
        settings: what networks are made of.
        optimization: how a target's models are fitted.
        accelerator: device, precision, processes.
        prepared: the clips of all corpora that are pretrained on.
        space: their classes.
        folder: where pretrained networks lie.
    """

    settings: PictureSettings
    optimization: PictureOptimization
    accelerator: Accelerator
    prepared: PreparedCorpus
    space: LabelSpace
    folder: Path

    def split(self, kept_out: Collection[str]) -> Split:
        """Return who is pretrained on; folds share it where they can."""
        clips, seed = self.prepared, self.optimization.seed
        rows, fingerprints = list(clips.rows.values()), clips.features.fingerprints
        return pretraining_split(rows, clips.classes, fingerprints, kept_out, seed=seed)

    def seen(self, split: Split) -> Ledger:
        """Return what a network that is pretrained on a split has seen."""
        return Ledger.of(list(self.prepared.rows.values()), split.seen, self.prepared.features.fingerprints)

    def name(self, system: PictureSystem, split: Split) -> str:
        """Return the name of the folder of a pretraining."""
        return pretraining_name(system, self.space, split, self.settings, self.optimization.of_pretraining())

    def network(self, system: PictureSystem, split: Split) -> VacnnForAudioClassification:
        """Return a pretrained network, which is trained unless that is done."""
        return pretrain(
            system,
            self.prepared,
            self.space,
            split,
            self.settings,
            self.optimization.of_pretraining(),
            self.accelerator,
            self.folder / self.name(system, split),
        )

    @property
    def sentence(self) -> str:
        """Says what the pretraining's clips are taken from."""
        corpora = sorted({clip_id.partition("/")[0] for clip_id in self.prepared.rows})
        return f"Pretraining, where there is one, on {', '.join(corpora)}: the paper's on ravdess, tess."


@dataclass(frozen=True)
class FoldBenchmark(Experiment[PictureSystem]):
    """What all folds of all systems share.

    Attributes:
        pretraining: what the pretrained systems start from, and the settings of all.
        prepared: the clips of the target.
        space: their classes.
        protocol: "paper" or "ours".
        asked: number of folds that was asked for.
        valid_share: share of a fold's training clips that choose the epoch; with 0 the last one is taken.
        folder: OUT/CORPUS/PROTOCOL, for models and results.
    """

    pretraining: Pretraining
    prepared: PreparedCorpus
    space: LabelSpace
    protocol: str
    asked: int
    valid_share: float
    folder: Path

    @property
    def name(self) -> str:
        """Corpus and protocol."""
        return f"{self.folder.parent.name}, {self.protocol}"

    @cached_property
    def folds(self) -> int:
        """How many folds there are: no more than speakers, where these make the folds."""
        speakers = {self.prepared.speaker_of(clip_id) for clip_id in self.prepared.rows}
        few = self.protocol == OURS and 2 <= len(speakers) < self.asked
        return len(speakers) if few else self.asked

    @cached_property
    def drawn(self) -> Sequence[Split]:
        """The folds, guarded by themselves."""
        splits = PROTOCOLS[self.protocol](
            self._rows,
            self.prepared.classes,
            k=self.folds,
            seed=self.pretraining.optimization.seed,
            valid_share=self.valid_share,
        )
        return [
            check_split(self._rows, split, self.prepared.features.fingerprints, allow_leakage=split.speaker_dependent)
            for split in splits
        ]

    def cells(self, system: PictureSystem) -> list[Cell[PictureSystem]]:
        """Return all cells of a system."""
        return [Cell(system, fold, self.folder / system.folder / f"fold-{fold}") for fold in range(self.folds)]

    def with_finished(self, systems: Sequence[PictureSystem]) -> list[PictureSystem]:
        """Return the systems and those that are finished already, for tables lose nothing when a run is resumed."""
        return [system for system in SYSTEMS if system in systems or all(cell.finished for cell in self.cells(system))]

    def split(self, cell: Cell[PictureSystem]) -> Split:
        """Return the fold, guarded against what its pretraining has seen too; see :class:`Experiment`."""
        split = self.drawn[cell.draw]
        if not cell.system.pretrained:
            return split
        ledger = self.pretraining.seen(self._source(split))
        fingerprints = self.prepared.features.fingerprints
        heard = check_unseen(ledger, self._rows, split.test, fingerprints, allow_leakage=split.speaker_dependent)
        if not heard:
            return split
        clips = "test clips with their labels" if ledger.ids & set(split.test) else "test speakers"
        return split.stamped(str(Guarantee.parse(split.guarantee).adding(f"pretraining heard {clips}")))

    def begin(self, cell: Cell[PictureSystem], split: Split) -> None:
        """See :class:`Experiment`."""
        if cell.system.bovw and not cell.finished:
            # Before the folder is claimed: words that cannot be found should leave nothing to undo.
            self._codebook(split)
        names = (*RESULT_FILES, *MODEL_FILES)
        settings = self._settings(cell.system, split)
        claim(cell.folder, settings, self.pretraining.accelerator, resume=True, names=names)

    def work(self, cell: Cell[PictureSystem], split: Split) -> Callable[[], Predictions]:
        """See :class:`Experiment`."""
        return partial(self._fit, cell, split)

    def announcement(self, cell: Cell[PictureSystem]) -> str:
        """See :class:`Experiment`."""
        return f"{self.name}, {cell.system.name}: fold {cell.draw + 1} of {self.folds}."

    def gathered(self, systems: Sequence[PictureSystem]) -> tuple[Predictions, Summary]:
        """Write the predictions of all folds and their summary with the notes of all folds, and return both."""
        parts = [
            Predictions.read(cell.folder / PREDICTIONS).as_fold(system.name, cell.draw)
            for system in systems
            for cell in self.cells(system)
        ]
        made, learnt = Predictions.concat(parts), {0: list(self.prepared.classes.values())}
        notes = dict.fromkeys(note for split in self.drawn for note in split.notes)
        if self.folds < self.asked:
            notes[f"{self.folds} folds, not {self.asked}: there are {self.folds} speakers."] = None
        notes[self.pretraining.sentence] = None
        accelerator = self.pretraining.accelerator
        return made, save_results(made, learnt, self.folder, accelerator, notes=tuple(notes))

    @cached_property
    def _rows(self) -> list[object]:
        return list(self.prepared.rows.values())

    def _fit(self, cell: Cell[PictureSystem], split: Split) -> Predictions:
        """Train and test one system on one fold, and save its model."""
        system, folder, accelerator = cell.system, cell.folder, self.pretraining.accelerator
        optimization, source = self.pretraining.optimization, self._source(split)
        if accelerator.is_main_process:
            # Now: what is interrupted goes on with the same split.
            split.save(folder / SPLIT)
        pretrained = self.pretraining.network(system, source) if system.pretrained else None
        codebook = self._codebook(split) if system.bovw else None
        set_seed(optimization.seed)
        model = self._fresh(system, codebook, pretrained)
        train, valid, test = (
            pictures(self.prepared, getattr(split, part), self.space.classes, describe=system.bovw)
            for part in ("train", "valid", "test")
        )
        fit_pictures(model, train, valid, self.space, optimization, accelerator, folder / "checkpoints")
        made = predicted(model, test, self.prepared, self.space, split, accelerator, system=system.name, draw=0)
        if accelerator.is_main_process:
            seen = self.pretraining.seen(source) if system.pretrained else Ledger()
            seen = seen.merge(Ledger.of(self._rows, split.seen, self.prepared.features.fingerprints))
            extractor = VacnnFeatureExtractor(describe=system.bovw)
            save_model(model, folder, self._settings(system, split), seen, split, extractor)
        learnt = {0: [self.prepared.classes[clip_id] for clip_id in split.train]}
        save_results(made, learnt, folder, accelerator, notes=split.notes)
        return made

    def _settings(self, system: PictureSystem, split: Split) -> tuple[object, ...]:
        """Return what a cell depends on."""
        name = self.pretraining.name(system, self._source(split)) if system.pretrained else None
        return self.pretraining.settings, self.pretraining.optimization, _Beginning(name)

    def _source(self, split: Split) -> Split:
        """Return who is pretrained on for a fold."""
        # Validation speakers too: clips that were pretrained on would choose a checkpoint too late.
        apart = () if split.speaker_dependent else (*split.test, *split.valid)
        return self.pretraining.split({self.prepared.speaker_of(clip_id) for clip_id in apart})

    def _fresh(
        self, system: PictureSystem, codebook: Codebook | None, pretrained: VacnnForAudioClassification | None
    ) -> VacnnForAudioClassification:
        """Return a model for the target, its trunk taken over from pretraining where there is one."""
        words = 0 if codebook is None else len(codebook.words_)
        model = VacnnForAudioClassification(
            system.config(self.pretraining.settings, self.space, words, tuned=pretrained is not None)
        )
        if codebook is not None:
            model.hold(codebook)
        if pretrained is not None:
            model.trunk.load_state_dict(pretrained.trunk.state_dict())
        return model

    def _codebook(self, split: Split) -> Codebook:
        """Return the codebook of a fold, fitted to its training clips; systems with the same clips share it."""
        accelerator = self.pretraining.accelerator
        words, seed = self.pretraining.settings.words, self.pretraining.optimization.seed
        digest = hashlib.blake2b(json.dumps([split.train, words, seed]).encode(), digest_size=4).hexdigest()
        file = self.folder / f"codebook-{digest}.safetensors"
        with accelerator.main_process_first():
            if not file.is_file():
                descriptors = [self.prepared.features.read(clip_id, "kaze") for clip_id in split.train]
                fitted = Codebook(words, seed=seed).fit(descriptors)
                if fitted.silhouettes_:
                    tried = ", ".join(f"{size} words {value:.3f}" for size, value in fitted.silhouettes_.items())
                    accelerator.print(f"mean silhouettes: {tried}; {len(fitted.words_)} words are taken.")
                fitted.save(file)
        return Codebook.load(file)
