"""Settings of VACNN's pretraining and fine-tuning; the recipes parse these dataclasses."""

from dataclasses import dataclass, replace

from humpcat.errors import SettingsError
from humpcat.features.visual_words import WORDS
from humpcat.models.vacnn.configuration import VacnnConfig
from humpcat.setting_ranges import BELOW_ONE, COUNTS, Range, from_to
from humpcat.settings import Settings, setting
from humpcat.training.settings import DECAYS, RATES, OptimizationSettings


@dataclass
class PictureSettings(Settings):
    """What the networks that look at pictures are made of.

    Raises:
        SettingsError: a value is unknown or out of range.
    """

    words: list[int] = setting(
        [WORDS],
        "Numbers of visual words; of several, the one with the highest mean silhouette is taken.",
        from_to(2, 1_000_000),
    )
    pooling: str = setting(
        "time",
        "How the 49 places of the map reach the classifier of a target: their 'mean', the mean over 'time' for each "
        "of the 7 bands, or 'flatten' for all.",
    )
    embedding_norm: str = setting(
        "batch", "Normalisation of the vector before the classifier: 'batch', or 'none' as the paper is printed."
    )
    spec_augment: int = setting(
        0, "Masks over time, and as many over bands, on each picture that a new network learns from.", from_to(0, 64)
    )
    warp: float = setting(
        0.0, "Share by which such a picture is stretched in time, and less so in bands and grey values.", BELOW_ONE
    )
    resnet: str = setting("resnet50", "Network of timm that stands for ResNet.")
    mobilenet: str = setting("mobilenetv1_100", "Network of timm that stands for MobileNet.")
    inception: str = setting("inception_v3", "Network of timm that stands for Inception v3.")
    imagenet: bool = setting(
        False, "Begin the networks of timm with weights from ImageNet; with random ones where the hub is out of reach."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.words:
            raise SettingsError("--words: names no number, expected one or more.")
        # Now and not after hours: a pretraining has no use for some of them.
        VacnnConfig(
            pooling=self.pooling,
            embedding_norm=self.embedding_norm,
            spec_augment=self.spec_augment,
            warp=self.warp,
        )


@dataclass
class PictureOptimization(OptimizationSettings):
    """How weights are fitted: the paper's steps of the learning rate, smaller and sooner.

    Raises:
        SettingsError: a value is out of range.
    """

    epochs: int = setting(18, "Most epochs; with early stopping fewer may run.", COUNTS)
    batch_size: int = setting(16, "Clips a batch and process; the paper's is 8.", COUNTS)
    learning_rate: float = setting(
        5e-4, "Learning rate of Adam before its first step down; the paper's is 0.001.", RATES
    )
    weight_decay: float = setting(1e-4, "Penalty on the squares of the weights (L2).", DECAYS)
    balanced: bool = setting(False, "Weigh classes by the inverse of their frequency.")
    patience: int = setting(10, "Epochs without a better validation UAR after which training stops.", COUNTS)
    pretraining_epochs: int = setting(
        18,
        "Most epochs of the pretraining, which has many more clips; its learning rate steps at the same shares.",
        COUNTS,
    )
    pretraining_learning_rate: float = setting(3e-4, "The pretraining's learning rate.", RATES)
    decay_every: int = setting(3, "Epochs between two steps of the learning rate; the paper's is 10.", COUNTS)
    decay: float = setting(0.4, "What each step multiplies the learning rate by.", Range(0, 1, above=True))
    bf16: bool = setting(True, "Train in bfloat16 where the device computes in it natively; tests are in float32.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mask:
            raise SettingsError(
                f"--mask {self.mask}: hides parts of HuMP-CAT's streams, and this is VACNN: set --spec-augment."
            )

    def of_pretraining(self) -> "PictureOptimization":
        """Return the same for the pretraining.

        Example:
            >>> optimization = PictureOptimization(epochs=30, decay_every=10, pretraining_epochs=15)
            >>> pretraining = optimization.of_pretraining()
            >>> pretraining.epochs, pretraining.decay_every, pretraining.learning_rate
            (15, 5, 0.0003)
        """
        every = max(1, round(self.decay_every * self.pretraining_epochs / self.epochs))
        return replace(
            self, epochs=self.pretraining_epochs, decay_every=every, learning_rate=self.pretraining_learning_rate
        )
