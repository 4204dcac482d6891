"""Fine-tune VACNN with visual words, and the systems beside it, over the folds of a target corpus."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from accelerate import Accelerator
from accelerate.utils import set_seed

from humpcat.benchmarks.vacnn.paper import PRETRAINING
from humpcat.benchmarks.vacnn.systems import SYSTEMS
from humpcat.corpora import LabelSpace
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.summary import Summary
from humpcat.features.visual_words import Codebook
from humpcat.models.vacnn.feature_extraction import VacnnFeatureExtractor
from humpcat.models.vacnn.modeling import VacnnForAudioClassification
from humpcat.protocols import Ledger, Split, check_split, check_unseen, clip_folds, speaker_folds
from humpcat.training.checkpoint import LEDGER, SPLIT, claim, require_same_split, save_model, save_results
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.scoring import predicted
from humpcat.training.vacnn.pictures import pictures
from humpcat.training.vacnn.pretraining import fit_pictures, pretrain, pretraining_name, pretraining_split
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings
from humpcat.training.vacnn.systems import PictureSystem

PROTOCOLS = {"paper": clip_folds, "ours": speaker_folds}
"""The paper's protocol, folds of clips, and ours, folds of speakers whom pretraining has not heard either."""


@dataclass(frozen=True)
class _Beginning:
    """What the fine-tuning of a fold depends on beside the settings: the name of its pretraining, if it has one."""

    pretraining_folder: str | None


@dataclass(frozen=True)
class FoldBenchmark:
    """What all folds of all systems share.

    Attributes:
        settings: what networks are made of.
        optimization: how to fit.
        accelerator: device, precision, processes.
        source: the clips of all corpora of the pretraining.
        source_space: their classes.
        prepared: the clips of the target.
        space: their classes.
        folds: number of folds.
        valid_share: share of a fold's training clips that choose the epoch; with 0 the last one is taken.
        out: folder of the target's models and results; the pretraining's lies beside it.
    """

    settings: PictureSettings
    optimization: PictureOptimization
    accelerator: Accelerator
    source: PreparedCorpus
    source_space: LabelSpace
    prepared: PreparedCorpus
    space: LabelSpace
    folds: int
    valid_share: float
    out: Path

    def run(self, protocol: str, systems: tuple[PictureSystem, ...]) -> tuple[Predictions, Summary]:
        """Train and test systems on every fold of a protocol; finished ones are kept.

        Args:
            protocol: "paper" or "ours".
            systems: the systems.

        Returns:
            The predictions of all systems, also of others that were finished here before, and their summary with the
            notes of all folds; both also lie in ``out/protocol``.

        Raises:
            LeakageError: test speakers were pretrained on, though the protocol says that they were not.
            SettingsError: what lies there was begun with other settings or splits, or a codebook has too few
                descriptors.
        """
        rows = list(self.prepared.rows.values())
        folds, fewer = self._folds(protocol)
        splits = PROTOCOLS[protocol](
            rows, self.prepared.classes, k=folds, seed=self.optimization.seed, valid_share=self.valid_share
        )
        parts, notes = [], dict.fromkeys(note for split in splits for note in split.notes)
        notes |= dict.fromkeys([*fewer, self._pretrained_on()])
        for system in self._with_finished(protocol, systems, folds):
            for fold, drawn in enumerate(splits):
                allowed = drawn.speaker_dependent
                split = check_split(rows, drawn, self.prepared.features.fingerprints, allow_leakage=allowed)
                self.accelerator.print(f"{self.out.name}, {protocol}, {system.name}: fold {fold + 1} of {folds}.")
                folder = self._folder(protocol, system, fold)
                self._one(system, split, folder)
                parts.append(Predictions.read(folder / PREDICTIONS).as_fold(system.name, fold))
        learnt = {0: list(self.prepared.classes.values())}
        made = Predictions.concat(parts)
        summary = save_results(made, learnt, self.out / protocol, self.accelerator, notes=tuple(notes))
        return made, summary

    def _with_finished(
        self, protocol: str, systems: tuple[PictureSystem, ...], folds: int
    ) -> tuple[PictureSystem, ...]:
        """Return the systems and those that are finished already, for tables lose nothing when a run is resumed."""

        def finished(system: PictureSystem) -> bool:
            files = (self._folder(protocol, system, fold) / PREDICTIONS for fold in range(folds))
            return all(file.is_file() for file in files)

        return tuple(system for system in SYSTEMS if system in systems or finished(system))

    def _folder(self, protocol: str, system: PictureSystem, fold: int) -> Path:
        return self.out / protocol / _folder_name(system) / f"fold-{fold}"

    def _folds(self, protocol: str) -> tuple[int, list[str]]:
        """Return how many folds there are, and what to say where it is not as many as were asked for."""
        speakers = {self.prepared.speaker_of(clip_id) for clip_id in self.prepared.rows}
        if protocol != "ours" or not 2 <= len(speakers) < self.folds:
            return self.folds, []
        return len(speakers), [f"{len(speakers)} folds, not {self.folds}: there are {len(speakers)} speakers."]

    def _pretrained_on(self) -> str:
        """Say what the pretraining's clips are taken from."""
        corpora = sorted({clip_id.partition("/")[0] for clip_id in self.source.rows})
        return f"Pretraining, where there is one, on {', '.join(corpora)}: the paper's on ravdess, tess."

    def _one(self, system: PictureSystem, split: Split, folder: Path) -> None:
        """Train and test one system on one fold, or leave it where that is done."""
        require_same_split(split, folder)
        finished = (folder / PREDICTIONS).is_file()
        # Before the folder is claimed: words that cannot be found should leave nothing to undo.
        codebook = self._codebook(split, folder.parents[1]) if system.bovw and not finished else None
        source = self._source_split(split) if system.pretrained else None
        begun = (self.settings, self.optimization, _Beginning(self._pretraining(system, source) if source else None))
        claim(folder, begun, self.accelerator, resume=True)
        if finished:
            return
        pretrained, ledger = self._pretrained(system, source) if source else (None, Ledger())
        rows, fingerprints = list(self.prepared.rows.values()), self.prepared.features.fingerprints
        heard = check_unseen(ledger, rows, split.test, fingerprints, allow_leakage=split.speaker_dependent)
        if heard:
            clips = "test clips with their labels" if ledger.ids & set(split.test) else "test speakers"
            split = split.stamped(f"{split.guarantee}; pretraining heard {clips}")
        if self.accelerator.is_main_process:
            split.save(folder / SPLIT)

        set_seed(self.optimization.seed)
        model = self._fresh(system, codebook, pretrained)
        train, valid, test = (
            pictures(self.prepared, getattr(split, part), self.space.classes, describe=system.bovw)
            for part in ("train", "valid", "test")
        )
        fit_pictures(model, train, valid, self.space, self.optimization, self.accelerator, folder / "checkpoints")
        made = predicted(model, test, self.prepared, self.space, split, self.accelerator, system=system.name, draw=0)
        if self.accelerator.is_main_process:
            seen = ledger.merge(Ledger.of(rows, split.seen, fingerprints))
            extractor = VacnnFeatureExtractor(describe=system.bovw)
            save_model(model, folder, begun, seen, split, extractor)
        learnt = {0: [self.prepared.classes[clip_id] for clip_id in split.train]}
        save_results(made, learnt, folder, self.accelerator, notes=split.notes)
        if self.accelerator.is_main_process:
            # Last: a run that is killed before goes on from here.
            shutil.rmtree(folder / "checkpoints", ignore_errors=True)

    def _source_split(self, split: Split) -> Split:
        """Return who is pretrained on for a fold; folds share it where they can."""
        # Validation speakers too: clips that were pretrained on would choose a checkpoint too late.
        apart = () if split.speaker_dependent else (*split.test, *split.valid)
        kept_out = {self.prepared.speaker_of(clip_id) for clip_id in apart}
        return pretraining_split(self.source, kept_out, seed=self.optimization.seed)

    def _pretraining(self, system: PictureSystem, source: Split) -> str:
        """Return the name of the folder of a pretraining."""
        return pretraining_name(system, self.source_space, source, self.settings, self.optimization.of_pretraining())

    def _pretrained(self, system: PictureSystem, source: Split) -> tuple[VacnnForAudioClassification, Ledger]:
        """Return a pretrained network, and what it has seen."""
        optimization = self.optimization.of_pretraining()
        folder = self.out.parent / PRETRAINING / self._pretraining(system, source)
        model = pretrain(
            system, self.source, self.source_space, source, self.settings, optimization, self.accelerator, folder
        )
        return model, Ledger.load(folder / LEDGER)

    def _fresh(
        self, system: PictureSystem, codebook: Codebook | None, pretrained: VacnnForAudioClassification | None
    ) -> VacnnForAudioClassification:
        """Return a model for the target, its trunk taken over from pretraining where there is one."""
        words = 0 if codebook is None else len(codebook.words_)
        model = VacnnForAudioClassification(
            system.config(self.settings, self.space, words, tuned=pretrained is not None)
        )
        if codebook is not None:
            model.hold(codebook)
        if pretrained is not None:
            model.trunk.load_state_dict(pretrained.trunk.state_dict())
        return model

    def _codebook(self, split: Split, folder: Path) -> Codebook:
        """Return the codebook of a fold, fitted to its training clips; systems with the same clips share it."""
        words, seed = self.settings.words, self.optimization.seed
        digest = hashlib.blake2b(json.dumps([split.train, words, seed]).encode(), digest_size=4).hexdigest()
        file = folder / f"codebook-{digest}.safetensors"
        with self.accelerator.main_process_first():
            if not file.is_file():
                descriptors = [self.prepared.features.read(clip_id, "kaze") for clip_id in split.train]
                fitted = Codebook(words, seed=seed).fit(descriptors)
                if fitted.silhouettes_:
                    tried = ", ".join(f"{size} words {value:.3f}" for size, value in fitted.silhouettes_.items())
                    self.accelerator.print(f"mean silhouettes: {tried}; {len(fitted.words_)} words are taken.")
                fitted.save(file)
        return Codebook.load(file)


def _folder_name(system: PictureSystem) -> str:
    """Return a system's name as a folder.

    Example:
        >>> _folder_name(PictureSystem("VACNN (CBAM) + BOVW"))
        'vacnn-cbam-bovw'
    """
    kept = "".join(letter if letter.isalnum() else " " for letter in system.name.lower())
    return "-".join(kept.split())
