"""What distinguishes one network on pictures from another: backbone, attention, words, pretraining."""

from dataclasses import dataclass
from typing import Any

from humpcat.corpora import LabelSpace
from humpcat.models.vacnn.configuration import VACNN, VacnnConfig
from humpcat.training.vacnn.settings import PictureSettings

FROZEN_BLOCKS = 1
"""Blocks that the paper freezes in fine-tuning, with the stem."""


@dataclass(frozen=True)
class PictureSystem:
    """One row of the comparison.

    Attributes:
        name: how it is called in tables.
        pretrained: whether it is pretrained and fine-tuned, or trained on the target alone.
        bovw: whether visual words are fused in.
        attention: "va" or "cbam".
        backbone: "vacnn", or the field of the settings that names the network of timm.
    """

    name: str
    pretrained: bool = True
    bovw: bool = False
    attention: str = "va"
    backbone: str = VACNN

    @property
    def folder(self) -> str:
        """The name as that of a folder.

        Example:
            >>> PictureSystem("VACNN (CBAM) + BOVW").folder
            'vacnn-cbam-bovw'
        """
        kept = "".join(letter if letter.isalnum() else " " for letter in self.name.lower())
        return "-".join(kept.split())

    def config(
        self, settings: PictureSettings, space: LabelSpace, words: int = 0, *, tuned: bool = False
    ) -> VacnnConfig:
        """Return the configuration of a new model.

        Args:
            settings: what networks are made of.
            space: the classes.
            words: size of the codebook; 0 for pretraining and for systems without visual words.
            tuned: whether a pretrained trunk is fine-tuned, of which the paper freezes the first block; it has seen
                augmented pictures enough.
        """
        chosen: dict[str, Any] = {"backbone": self.network(settings), "words": words}
        if self.backbone == VACNN:
            frozen = FROZEN_BLOCKS if tuned else 0
            chosen |= {
                "attention": self.attention,
                "pooling": settings.pooling,
                "embedding_norm": settings.embedding_norm,
                "frozen_blocks": frozen,
            }
        return VacnnConfig(
            **chosen,
            spec_augment=0 if tuned else settings.spec_augment,
            warp=0.0 if tuned else settings.warp,
            label2id={name: index for index, name in enumerate(space.classes)},
        )

    def network(self, settings: PictureSettings) -> str:
        """Return the name of the backbone."""
        return VACNN if self.backbone == VACNN else str(getattr(settings, self.backbone))

    def pretraining(self, settings: PictureSettings) -> str:
        """Return a name that systems with the same pretraining share, for the folder of it."""
        return f"{VACNN}-{self.attention}" if self.backbone == VACNN else self.network(settings)
