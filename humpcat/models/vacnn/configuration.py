"""Configuration of VACNN, of its fusion with visual words, and of the networks that it is compared with."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from transformers import PreTrainedConfig

from humpcat.errors import SettingsError
from humpcat.models.keywords import refuse_strange, with_remarks, without_remarks
from humpcat.models.labels import ordered_labels
from humpcat.setting_ranges import number, text, whole_number

VACNN = "vacnn"


class VacnnConfig(PreTrainedConfig):
    """Settings of a classifier of log-mel pictures.

    The defaults are those of the paper (Sensors 2020, 20, 5559), but for ``embedding_norm``; ``docs/vacnn.md`` says
    which of them are inferred, and what was added to the fusion with visual words.

    Args:
        backbone: "vacnn", or the name of a network of timm that takes its place, such as "resnet50".
        attention: "va", the paper's module, or "cbam" in its place.
        widths: filters of the three blocks; the stem has as many as the first.
        groups: groups of each group normalisation.
        reduction: by how much channel attention squeezes.
        hidden_size: width of the layer before the classifier, where there are no visual words.
        words: number of visual words; 0 for VACNN alone.
        pooling: how the 49 places of the map reach the classifier: "mean" over all of them, over "time" for each of
            the 7 bands, or "flatten".
        embedding_norm: how the vector before the classifier is normalised: "batch", or "none" as the paper is
            printed.
        frozen_blocks: blocks that are not trained, counted from the front with the stem; the paper freezes 1 when it
            fine-tunes.
        spec_augment: masks over time, and as many over bands, that are laid over a picture in training; 0 for none.
        warp: share by which a picture is stretched in time in training, and less so in bands and grey values; 0 for
            none.
        label2id: class name to output index, 0 to the number of classes less one.

    Raises:
        KeywordError: a setting is misspelt.
        SettingsError: a setting is out of range.
    """

    model_type = VACNN

    def __init__(
        self,
        backbone: str = VACNN,
        attention: str = "va",
        widths: Sequence[int] = (32, 96, 288),
        groups: int = 8,
        reduction: int = 4,
        hidden_size: int = 256,
        words: int = 0,
        pooling: str = "mean",
        embedding_norm: str = "batch",
        frozen_blocks: int = 0,
        spec_augment: int = 0,
        warp: float = 0.0,
        label2id: Mapping[str, int] | None = None,
        **kwargs: Any,
    ) -> None:
        self.backbone = backbone
        self.attention = attention
        # Blocks of one width are no fault.
        self.widths = list(widths) if isinstance(widths, Sequence) else widths
        self.groups = groups
        self.reduction = reduction
        self.hidden_size = hidden_size
        self.words = words
        self.pooling = pooling
        self.embedding_norm = embedding_norm
        self.frozen_blocks = frozen_blocks
        self.spec_augment = spec_augment
        self.warp = warp
        if label2id is not None:
            kwargs |= ordered_labels(label2id, kwargs.get("id2label"))
        refuse_strange(type(self), kwargs)
        super().__init__(**kwargs)
        self._check()
        # Every Auto class begins with a configuration: from here on it finds model and feature extractor too.
        for module in ("modeling", "feature_extraction"):
            import_module(f"humpcat.models.vacnn.{module}")

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """Read what a file holds; what somebody else put there is kept, what is misspelt refused."""
        settings, remarks = without_remarks(cls, config_dict)
        return with_remarks(super().from_dict(settings, **kwargs), remarks)

    def _check(self) -> None:
        text("backbone", self.backbone)
        for name, value, choices in (
            ("attention", self.attention, ("va", "cbam")),
            ("pooling", self.pooling, ("mean", "time", "flatten")),
            ("embedding_norm", self.embedding_norm, ("batch", "none")),
        ):
            if value not in choices:
                raise SettingsError(f"{name} '{value}' is unknown: choose one of {', '.join(choices)}.")
        for name, least, most in (("groups", 1, 1024), ("reduction", 1, 1024), ("hidden_size", 1, 4096)):
            whole_number(name, getattr(self, name), least, most)
        for name, most in (("words", 65_536), ("spec_augment", 64), ("frozen_blocks", 3)):
            whole_number(name, getattr(self, name), 0, most)
        for width in self.widths if isinstance(self.widths, list) else ():
            whole_number("widths", width, 1, 2048)
        three = isinstance(self.widths, list) and len(self.widths) == 3
        if not three or any(width % self.groups or width % self.reduction for width in self.widths):
            raise SettingsError(
                f"widths {self.widths}: expected three multiples of groups {self.groups} and of reduction "
                f"{self.reduction}, such as 32 96 288."
            )
        number("warp", self.warp, 0, 1)
        if self.backbone != VACNN and (self.words or self.frozen_blocks):
            raise SettingsError(
                f"backbone '{self.backbone}' with {self.words} words and {self.frozen_blocks} frozen blocks: a "
                "network of timm has neither: set both to 0."
            )
