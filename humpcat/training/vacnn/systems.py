"""The systems that the paper compares, and its accuracy of each (Sensors 2020, 20, 5559, tables 3 and 10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from humpcat.corpora import LabelSpace
from humpcat.errors import SettingsError
from humpcat.models.vacnn.configuration import VACNN, VacnnConfig
from humpcat.training.vacnn.settings import PictureSettings

FROZEN_BLOCKS = 1
"""Blocks that the paper freezes in fine-tuning, with the stem."""


@dataclass(frozen=True)
class System:
    """One row of the comparison.

    Attributes:
        name: how it is called in tables.
        accuracy: corpus to the accuracy that the paper printed, in per cent.
        pretrained: whether it is pretrained and fine-tuned, or trained on the target alone.
        bovw: whether visual words are fused in.
        attention: "va" or "cbam".
        backbone: "vacnn", or the field of the settings that names the network of timm.
    """

    name: str
    accuracy: Mapping[str, float]
    pretrained: bool = True
    bovw: bool = False
    attention: str = "va"
    backbone: str = VACNN

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
        """Return the name of the backbone.

        Args:
            settings: name the networks of timm.
        """
        return VACNN if self.backbone == VACNN else str(getattr(settings, self.backbone))

    def pretraining(self, settings: PictureSettings) -> str:
        """Return a name that systems with the same pretraining share, for the folder of it.

        Args:
            settings: name the networks of timm.
        """
        return f"{VACNN}-{self.attention}" if self.backbone == VACNN else self.network(settings)


def _accuracy(ravdess: float, emodb: float, savee: float) -> dict[str, float]:
    return {"ravdess": ravdess, "emodb": emodb, "savee": savee}


FULL = "VACNN + BOVW"

SYSTEMS = (
    System(FULL, _accuracy(83.33, 86.92, 75.00), bovw=True),
    System(f"{FULL}, pure", _accuracy(72, 77, 69), pretrained=False, bovw=True),
    System("VACNN (CBAM) + BOVW", _accuracy(77, 81, 72), bovw=True, attention="cbam"),
    System("VACNN", _accuracy(74.31, 79.44, 64.58)),
    System("ResNet", _accuracy(73.26, 76.64, 59.38), backbone="resnet"),
    System("MobileNet", _accuracy(71.53, 76.64, 56.25), backbone="mobilenet"),
    System("Inception v3", _accuracy(69.10, 73.83, 51.04), backbone="inception"),
)
"""All systems; table 3 prints the accuracies of the second and third without decimals."""


def systems_named(names: list[str]) -> tuple[System, ...]:
    """Return the systems of these names, in the paper's order.

    Args:
        names: as in ``SYSTEMS``; none means all.

    Raises:
        SettingsError: a name is unknown.

    Example:
        >>> [system.name for system in systems_named(["ResNet", "VACNN"])]
        ['VACNN', 'ResNet']
    """
    known = [system.name for system in SYSTEMS]
    for name in names:
        if name not in known:
            raise SettingsError(f"system '{name}' is unknown: choose among {'; '.join(known)}.")
    return tuple(system for system in SYSTEMS if not names or system.name in names)
