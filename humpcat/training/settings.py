"""Every setting of the recipes, with its default and what changing it does; the recipes parse these dataclasses."""

from dataclasses import dataclass, field, fields

from humpcat.corpora.asked import OwnDataSettings
from humpcat.errors import SettingsError
from humpcat.features.base import MAX_BAD_SHARE
from humpcat.features.encoder_checkpoint import DEFAULT_ENCODER
from humpcat.protocols.situations import SITUATIONS, TIDY
from humpcat.setting_ranges import BELOW_ONE, COUNTS, PARTS, SEEDS, SHARES, Range, from_to
from humpcat.settings import Settings, flag, setting

NORMALIZATIONS = ("source", "corpus", "speaker")

NO_ALIGNMENT = "none"

RATES = Range(0, 100, above=True)
"""Learning rates."""

DECAYS = Range(0, 100)
"""Weight decays."""

MOST_LAYERS = 128
"""More hidden states than any encoder has."""


@dataclass
class DataSettings(OwnDataSettings):
    """Where corpora and features lie, and which classes there are."""

    data_dir: str | None = setting(
        None, "Folder that holds the corpora; $HUMPCAT_DATA by default, and for a target the source's own folder."
    )
    toy: bool = setting(False, "Use the synthetic toy corpora and a toy encoder, which prove the plumbing only.")
    label_space: str = setting(
        "four",
        "Classes: 'four' (anger, happiness with excitement, neutral, sadness), 'four-strict' (without), 'quadrants' "
        "of valence and arousal, 'seven' (VACNN's pretraining), 'shared:CORPUS+CORPUS' (emotions that they share), or "
        "'owner:CORPUS' (its labels), or 'own' (the labels of your own data as they are, any number).",
    )
    store: str | None = setting(None, "Folder of the feature store; below the cache folder by default.")
    max_bad_share: float = setting(MAX_BAD_SHARE, "Share of unusable clips above which the run stops.", SHARES)
    allow_leakage: bool = setting(False, "Go on although test material was seen; stamps every number.")


@dataclass
class TargetDataSettings(DataSettings):
    """Where corpora and features lie, and which classes a target has."""

    label_space: str | None = setting(  # type: ignore[assignment]
        None,
        "Classes, as for the source, whose own they are by default. Others get a new head on the source's backbone, "
        "which keeps what the source knows of the classes that both have.",
    )


def require_none_but(settings: DataSettings, *taken: str) -> None:
    """Make sure that nothing was set that a recipe does not look at.

    Raises:
        SettingsError: another field has not its default.

    Example:
        >>> require_none_but(DataSettings(data_dir="corpora"), "data_dir")
    """
    for each in fields(settings):
        value = getattr(settings, each.name)
        if each.name not in taken and value != each.default:
            raise SettingsError(f"{flag(each.name)} {value}: is not for this recipe: leave it out.")


@dataclass
class NetworkSettings(Settings):
    """Which encoder, and what is built on it; kept in the checkpoint."""

    encoder: str = setting(DEFAULT_ENCODER, "Speech encoder: a hub name, or a folder in the hub's layout.")
    encoder_revision: str | None = setting(None, "Branch, tag or commit of a hub name.")
    encoder_layers: list[int] | None = setting(
        None,
        "Hidden states to read, 0 to the encoder's depth, -1 the last; four middle to upper ones by default.",
        from_to(-1, MOST_LAYERS),
    )
    tuned_layers: int = setting(
        0,
        "Encoder layers to train on the source before all else, counted down from the highest that is read; 0 leaves "
        "the encoder as it is. Each checkpoint then holds the encoder.",
        from_to(0, MOST_LAYERS),
    )
    paper: bool = setting(False, "Build the network as the paper is understood: last layer, convolution stem.")
    streams: list[str] | None = setting(
        None, "What the fusion reads of hidden, mfcc, prosody and streams of your own; the three by default."
    )
    stem: str | None = setting(
        None,
        "How hidden states become a stream: 'layers', a linear map of each; 'linear', one of their mix; 'conv', the "
        "paper's. The first by default, the last with --paper.",
    )
    fusion: str | None = setting(
        None,
        "How streams are fused: 'rotary-cross-attention', which knows the time of steps; 'cross-attention', the "
        "paper's; 'gated-cross-attention', 'gating', 'concatenation'. The first by default, the second with --paper.",
    )
    pooling: str = setting("statistics", "Mean and deviation over time: 'statistics', or 'attentive', as is learnt.")
    summary_streams: list[str] | None = setting(
        None,
        "What the linear branch reads: of hidden the means, of mfcc and prosody deviations too; the three by default. "
        "A source answers by hidden alone where that is among them; the others serve adapting.",
    )
    loss: str = setting("cross-entropy", "'cross-entropy', or 'additive-margin' with a contrastive-centre term.")


@dataclass
class OptimizationSettings(Settings):
    """How weights are fitted.

    Raises:
        SettingsError: a value is out of range.
    """

    seed: int = setting(0, "Seed of everything random: split, weights, batches, dropout.", SEEDS)
    epochs: int = setting(
        2, "Most epochs; with early stopping fewer may run. More fit the source better and others worse.", COUNTS
    )
    batch_size: int = setting(32, "Clips a batch and process.", COUNTS)
    accumulation: int = setting(1, "Batches whose gradients are added before a step.", COUNTS)
    learning_rate: float = setting(
        5e-4, "Peak learning rate of AdamW; warmed up, then lowered to zero by a cosine.", RATES
    )
    weight_decay: float = setting(0.05, "Decoupled weight decay.", DECAYS)
    label_smoothing: float = setting(0.0, "Share of the target that is spread over all classes.", BELOW_ONE)
    balanced: bool = setting(True, "Weigh classes by the inverse of their frequency.")
    mask: float = setting(
        0.0, "Largest share of time and of values hidden from the fusion in training (SpecAugment).", BELOW_ONE
    )
    averaging: float = setting(
        0.0,
        "Decay a step of a moving average of the weights, such as 0.9, which is kept in their place; 0 for none.",
        BELOW_ONE,
    )
    patience: int = setting(3, "Epochs without a better validation UAR after which training stops.", COUNTS)
    workers: int = setting(0, "Processes that read features ahead.", from_to(0, 1024))
    tensorboard: bool = setting(False, "Write loss and scores for TensorBoard into OUT/tensorboard.")


@dataclass
class AdaptationSettings(OptimizationSettings):
    """How a source model is fitted to a few clips of the target.

    Epochs, batches, rates and the like are those of gradient steps: of whatever ``scope`` adds to the linear branch,
    which takes none, and of target-only.
    """

    epochs: int = setting(
        5, "Epochs of --steps-per-epoch batches, of any --scope beyond 'summary', which takes none.", COUNTS
    )
    batch_size: int = setting(16, "Target clips a batch and process.", COUNTS)
    learning_rate: float = setting(
        3e-4, "Peak learning rate of AdamW; warmed up, then lowered to zero by a cosine.", RATES
    )
    balanced: bool = setting(True, "Draw clips of every class equally often into batches.")
    patience: int = setting(5, "Epochs without a better validation UAR after which training stops.", COUNTS)
    loss: str | None = setting(None, "As for the source, and the source's own by default.")
    scope: str | None = setting(
        None,
        "What changes beside the linear branch: 'distilled', the fusion learns what regressions of the linear branch "
        "say of clips that they left out; 'summary', nothing; by gradients from the labels 'all' of the fusion, its "
        "'biases' with norms and classifier, or its 'head'. By default 'distilled' where clips are learnt from "
        "without their labels, else 'summary', and 'all' where there is no linear branch, or with --align.",
    )
    align: str = setting(
        NO_ALIGNMENT,
        "Train the zero-shot model's fusion, as far as --scope goes, on source clips with their labels and all target "
        "clips without, whose embeddings are drawn together: by 'local_mmd' (class by class), 'mmd', 'coral', or not: "
        "'none'. It takes --epochs of --steps-per-epoch batches.",
    )
    align_weight: float = setting(
        1.0, "Weight of what --align adds to the loss; it grows to this from 0.", Range(0, 1e6, above=True)
    )


@dataclass
class SourceSettings(Settings):
    """What ``train_source`` trains on and where it writes."""

    corpus: list[str] = field(
        default_factory=lambda: ["iemocap"],
        metadata={
            "help": "Source corpora by their registered names ('humpcat corpora' lists them), or paths to your own "
            "data; each of several weighs alike and is standardised by itself."
        },
    )
    corpora: list[str] | None = setting(None, "Folders of Python files that each add a corpus.")
    lang: str | None = setting(None, "What is spoken in your own data, such as pl.")
    out: str = setting("runs/source", "Folder for the model, its results and its predictions.")
    normalization: str = setting(
        "corpus", "Statistics that features are standardised by: 'corpus', or 'speaker' for each speaker's own."
    )
    valid_share: float = setting(
        0.1, "Share of each corpus' recording sessions that choose the checkpoint.", BELOW_ONE
    )
    test_share: float = setting(0.1, "Share of each corpus' recording sessions that test.", BELOW_ONE)
    distorted_copies: int = setting(
        0,
        "Copies of each training clip that are learnt from too, each by another of --distortions: for a model that "
        "answers for recordings of any kind, see docs/robustness.md.",
        from_to(0, 32),
    )
    distortions: list[str] = field(
        default_factory=lambda: ["telephone", "8kHz", "room-0.4s", "white-noise-20dB", "mp3-32k"],
        metadata={"help": "What copies are distorted by, as 'humpcat check-model' names it."},
    )
    stretches: int = setting(
        0,
        "Stretches of each training clip, from half a second on, that the linear branch learns from too: for a model "
        "that answers for clips of any length.",
        from_to(0, 32),
    )
    left_out: list[str] | None = setting(
        None,
        "Of several corpora those that are strangers to the encoder, which knows no labels of them; all by default. "
        "Left out of the linear branch in turn, they say what each of its penalties counts, and are told of.",
    )
    with_encoder: bool = setting(
        False, "Save the encoder beside the model, so that it loads where the encoder is not; as large as the encoder."
    )
    split: str | None = setting(None, "JSON file of a split, such as one fold, in place of drawing one.")
    resume: bool = setting(False, "Go on from where an interrupted run in OUT stopped.")

    def __post_init__(self) -> None:
        super().__post_init__()
        require_normalization(self.normalization, ("corpus", "speaker"))


@dataclass
class TargetSettings(Settings):
    """What ``finetune_target`` adapts to, from which source, and where it writes."""

    lang: str | None = setting(
        None, "Language of the target: its default corpus is used (de, it, es, zh, en); or that of your own data."
    )
    corpus: str | None = setting(
        None, "Target corpus by its registered name, or a path to your own data, in place of the language's default."
    )
    corpora: list[str] | None = setting(None, "Folders of Python files that each add a corpus.")
    source: str = setting("runs/source", "Folder of a source model that train_source wrote.")
    out: str | None = setting(None, "Folder for models and results; runs/CORPUS by default.")
    protocol: str = setting(
        "speakers",
        "Who adapts: 'speakers' (a share of them), 'clips' (a share of clips, not speaker-disjoint), "
        "'shots' (some clips a class of the speakers that adapt).",
    )
    share: float = setting(0.2, "Share of speakers or clips that adapt.", PARTS)
    shots: int = setting(5, "Clips a class, for the protocol 'shots'.", COUNTS)
    draws: int = setting(5, "Number of different draws of who adapts; scores are their mean.", COUNTS)
    splits: list[str] | None = setting(None, "JSON files of splits, one a draw, in place of drawing them.")
    normalization: str = setting(
        "corpus",
        "Statistics for standardising: 'source' (its own, moved by the adaptation clips), 'corpus' (all target clips, "
        "without labels), 'speaker' (each speaker's clips, without labels).",
    )
    self_training: bool = setting(
        True,
        "Learn from all target clips without their labels too, where they standardise (corpus or speaker).",
    )
    situation: str = setting(
        TIDY,
        "What lies there without labels: 'tidy' (all clips of the classes and no others), 'others' (clips of other "
        "classes too), 'missing-class', 'shares-dirichlet-1', 'clips-5', 'speakers-unknown' and further ones, see "
        "docs/protocols.md.",
    )
    encoder: str | None = setting(None, "Where the source model's encoder lies now, if it has moved.")
    steps_per_epoch: int = setting(20, "Gradient steps that count as an epoch.", COUNTS)
    source_per_batch: int = setting(
        16,
        "Source clips in each batch beside those of the target, for any --scope beyond 'summary'; 0 for none, which "
        "also keeps the source's clips from being read at all: what the checkpoint remembers of them serves.",
        from_to(0, 10**9),
    )
    with_encoder: bool = setting(
        False,
        "Save the encoder beside each model, so that it loads where the encoder is not; as large as the encoder.",
    )
    baseline: bool = setting(True, "Also train the same network on the target's clips alone.")
    resume: bool = setting(False, "Keep the draws that are finished in OUT and go on with the others.")

    def __post_init__(self) -> None:
        super().__post_init__()
        require_normalization(self.normalization, NORMALIZATIONS)
        if self.protocol not in ("speakers", "clips", "shots"):
            raise SettingsError(f"--protocol '{self.protocol}' is unknown: choose speakers, clips or shots.")
        # Refuses one that nobody knows.
        _ = SITUATIONS[self.situation]
        if self.lang is None and self.corpus is None:
            raise SettingsError("--lang and --corpus: neither was named: name a language, a corpus or your own data.")


def require_normalization(value: str, choices: tuple[str, ...]) -> None:
    """Refuse a way to standardise that does not exist.

    Raises:
        SettingsError: it is not among the choices.
    """
    if value not in choices:
        raise SettingsError(f"--normalization '{value}' is unknown: choose one of {', '.join(choices)}.")
