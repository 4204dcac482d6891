"""The pretraining that the folds of a target start from: on whom, under which name, and what it has seen."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from accelerate import Accelerator

from humpcat.corpora import LabelSpace
from humpcat.models.vacnn.modeling import VacnnForAudioClassification
from humpcat.protocols import Ledger, Split
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.vacnn.pretraining import pretrain, pretraining_name, pretraining_split
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings
from humpcat.training.vacnn.systems import PictureSystem


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
        """Return who is pretrained on; folds share it where they can.

        Args:
            kept_out: speakers of whom nothing may be learnt.
        """
        return pretraining_split(self.prepared, kept_out, seed=self.optimization.seed)

    def seen(self, split: Split) -> Ledger:
        """Return what a network that is pretrained on a split has seen.

        Args:
            split: who is pretrained on.
        """
        return Ledger.of(list(self.prepared.rows.values()), split.seen, self.prepared.features.fingerprints)

    def name(self, system: PictureSystem, split: Split) -> str:
        """Return the name of the folder of a pretraining.

        Args:
            system: says which network.
            split: who is pretrained on.
        """
        return pretraining_name(system, self.space, split, self.settings, self.optimization.of_pretraining())

    def network(self, system: PictureSystem, split: Split) -> VacnnForAudioClassification:
        """Return a pretrained network, which is trained unless that is done.

        Args:
            system: says which network.
            split: who is pretrained on.
        """
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
