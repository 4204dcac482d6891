"""Configuration of HuMP-CAT: everything that is needed to build the network and to name its encoder."""

from collections.abc import Collection, Mapping, Sequence
from importlib import import_module
from typing import Any

from transformers import PreTrainedConfig

from humpcat.errors import SettingsError
from humpcat.models.humpcat.registries import FUSIONS, POOLINGS, STREAMS
from humpcat.models.keywords import refuse_strange, with_remarks, without_remarks
from humpcat.models.labels import ordered_labels
from humpcat.setting_ranges import flag, number, text, whole_number, whole_numbers

GROUP = 4
"""Frames of 20 ms that make one step of every stream: attention runs at a quarter of the frame rate."""

OWN_STREAMS = ("hidden", "mfcc", "prosody")
"""The paper's streams. They are extracted whatever the network reads, so that rows of an ablation share a store."""

MOST_LAYERS = 128
"""More layers than any published encoder has."""

MOST_WEIGHTS = 1 << 27
"""Weights of the layers of one fusion, half a gigabyte; the paper's network has less than a hundredth."""

MOST_EVIDENCE_SECONDS = 3600.0
"""An hour; of speech in which half an hour says no more than a word nobody could be sure."""

MOST_DISTANCE = 1e6
"""In standard deviations; farther is nothing that was heard."""

CHANGE_COST = 4.0
"""What a change of emotion costs unless something else was chosen for a model: the best of 0, 1, 2 and 4 nats over
clips of EmoDB that were joined, by the model ``cremad-whisper-base`` (``recipes/bench_segments.py``)."""

MOST_CHANGE_COST = 1000.0
"""More than any likelihood makes up for."""

_WHOLE_NUMBERS = (
    ("encoder_width", 1, 16_384),
    ("tuned_layers", 0, MOST_LAYERS),
    ("hidden_size", 2, 8192),
    ("heads", 1, 256),
    ("layers", 1, 64),
    ("feed_forward", 1, 65_536),
    ("memory_rank", 0, 65_536),
)
"""Settings with the smallest and the largest value that a network is built from."""


class HumpCatConfig(PreTrainedConfig):
    """Settings of a HuMP-CAT classifier.

    The paper (arXiv 2501.10408) is known by its abstract; ``docs/method.md`` says which values are its own and
    which were inferred. ``HumpCatConfig.paper()`` gives the inferred original, the defaults are what measured
    best here.

    Args:
        encoder: hub name or folder of the speech encoder, as the user gave it.
        encoder_revision: revision of a hub name.
        encoder_hash: hash of the encoder's weights, see ``SpeechEncoder.weights_hash``.
        encoder_normalize: whether waveforms are scaled before the encoder.
        encoder_config: the encoder's own configuration as a mapping, only where its weights are stored here.
        encoder_layers: hidden states that are read, 0 (input of the first layer) to the encoder's depth.
        encoder_width: size of a hidden state.
        tuned_layers: number of encoder layers that are trained, counted down from the highest that is read; 0
            keeps the encoder frozen and stored by reference, more stores it whole.
        streams: which of ``STREAMS`` the fusion reads. Three are fused as in the paper, two by one pair of layers, and
            one reads itself; further ones are fused with what comes of MFCC and prosody, before the hidden states.
        fusion: how streams are fused: "rotary-cross-attention", which knows the time of steps, "cross-attention",
            "gated-cross-attention", "gating", or "concatenation" of the pooled streams.
        pooling: how a stream becomes one vector: "statistics", mean and standard deviation over time, or
            "attentive", the same with weights that are learnt.
        hidden_size: width of all streams.
        heads: attention heads; divides ``hidden_size``.
        layers: layers of each fusion of two streams, with cross-attention a transformer (CAT).
        feed_forward: width of the feed-forward networks.
        dropout: dropout everywhere.
        pre_norm: whether normalisation comes before attention and feed-forward, or after.
        stem: how hidden states become a stream at a quarter of the frame rate: "conv", one 10 x 15 kernel with
            stride 4 x 3 over (frames, width); "linear", a mean of four frames and a linear map; both read layers
            mixed by a scalar each; or "layers", a mean of four frames and a linear map of each layer.
        statistics: whether there is a second, linear branch, the summary.
        summary_streams: which of ``STREAMS`` the summary reads: of the hidden states the mean over time of each
            layer, of others mean and standard deviation, of prosody its functionals too.
        memory_rank: directions of the source's clips that the checkpoint remembers, so that it can be adapted without
            them (``humpcat.self_training.SourceMemory``); 0 for no memory.
        classifier: "linear", or "cosine" for the additive-margin softmax.
        scale: factor of the cosine classifier.
        evidence_seconds: seconds of speech of which logits are worth the root of one half of those of endless speech
            (:mod:`humpcat.models.humpcat.evidence`); with 0 length makes no difference.
        farthest: distance within which 99 of 100 clips of corpora are that were left out of training
            (:mod:`humpcat.models.humpcat.familiarity`); 0 where it is not known.
        change_cost: what a change of emotion costs in a long recording, in nats: how much likelier what follows must
            be (:mod:`humpcat.inference.over_time.smoothing`). A model that is less sure should pay less;
            ``recipes/choose_change.py`` chooses it on joined clips.
        label2id: class name to output index, 0 to the number of classes less one.

    Raises:
        KeywordError: a setting is misspelt.
        SettingsError: a setting is out of range.
    """

    model_type = "humpcat"

    def __init__(
        self,
        encoder: str = "facebook/hubert-base-ls960",
        encoder_revision: str | None = None,
        encoder_hash: str | None = None,
        encoder_normalize: bool = True,
        encoder_config: dict[str, Any] | None = None,
        encoder_layers: Sequence[int] = (4, 6, 9, 11),
        encoder_width: int = 768,
        tuned_layers: int = 0,
        streams: Sequence[str] = OWN_STREAMS,
        fusion: str = "rotary-cross-attention",
        pooling: str = "statistics",
        hidden_size: int = 128,
        heads: int = 4,
        layers: int = 2,
        feed_forward: int = 256,
        dropout: float = 0.3,
        pre_norm: bool = True,
        stem: str = "layers",
        statistics: bool = True,
        summary_streams: Sequence[str] = OWN_STREAMS,
        memory_rank: int = 0,
        classifier: str = "linear",
        scale: float = 30.0,
        evidence_seconds: float = 0.0,
        farthest: float = 0.0,
        change_cost: float = CHANGE_COST,
        label2id: Mapping[str, int] | None = None,
        **kwargs: Any,
    ) -> None:
        self.encoder = encoder
        self.encoder_revision = encoder_revision
        self.encoder_hash = encoder_hash
        self.encoder_normalize = encoder_normalize
        self.encoder_config = encoder_config
        whole_numbers("encoder_layers", encoder_layers, 0, MOST_LAYERS)
        self.encoder_layers = list(encoder_layers)
        self.encoder_width = encoder_width
        self.tuned_layers = tuned_layers
        self.streams = in_order("streams", streams)
        self.fusion = fusion
        self.pooling = pooling
        self.hidden_size = hidden_size
        self.heads = heads
        self.layers = layers
        self.feed_forward = feed_forward
        self.dropout = dropout
        self.pre_norm = pre_norm
        self.stem = stem
        self.statistics = statistics
        self.summary_streams = in_order("summary_streams", summary_streams)
        self.memory_rank = memory_rank
        self.classifier = classifier
        self.scale = scale
        self.evidence_seconds = evidence_seconds
        self.farthest = farthest
        self.change_cost = change_cost
        if label2id is not None:
            kwargs |= ordered_labels(label2id, kwargs.get("id2label"))
        refuse_strange(type(self), kwargs)
        super().__init__(**kwargs)
        self._check()
        # Every Auto class begins with a configuration: from here on it finds model and feature extractor too.
        for module in ("modeling", "feature_extraction"):
            import_module(f"humpcat.models.humpcat.{module}")

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **kwargs: Any) -> Any:
        """Read what a file holds; what somebody else put there is kept, what is misspelt refused."""
        settings, remarks = without_remarks(cls, config_dict)
        return with_remarks(super().from_dict(settings, **kwargs), remarks)

    @classmethod
    def paper(cls, **kwargs: Any) -> "HumpCatConfig":
        """Return the network as the paper is understood to have it.

        Args:
            **kwargs: further settings, such as ``label2id``.

        Example:
            >>> HumpCatConfig.paper().stem
            'conv'
        """
        settings: dict[str, Any] = {
            "encoder_layers": [12],
            "hidden_size": 252,
            "heads": 6,
            "feed_forward": 512,
            "dropout": 0.1,
            "stem": "conv",
            "fusion": "cross-attention",
            "statistics": False,
        }
        return cls(**(settings | kwargs))

    @property
    def encoder_group(self) -> int:
        """Encoder frames that are averaged into one step before the stem; the convolution wants them all."""
        return 1 if self.stem == "conv" else GROUP

    @property
    def extracted(self) -> list[str]:
        """Streams whose arrays are extracted and standardised."""
        return in_order("streams", dict.fromkeys((*OWN_STREAMS, *self.streams, *self.summary_streams)))

    def _check(self) -> None:
        for name, least, most in _WHOLE_NUMBERS:
            whole_number(name, getattr(self, name), least, most)
        number("dropout", self.dropout, 0, 1)
        number("scale", self.scale, 0.01, 1000)
        number("evidence_seconds", self.evidence_seconds, 0, MOST_EVIDENCE_SECONDS)
        number("farthest", self.farthest, 0, MOST_DISTANCE)
        number("change_cost", self.change_cost, 0, MOST_CHANGE_COST)
        for name in ("encoder", "fusion", "pooling", "stem", "classifier"):
            text(name, getattr(self, name))
        for name in ("encoder_normalize", "pre_norm", "statistics"):
            flag(name, getattr(self, name))
        if not isinstance(self.encoder_config, Mapping | None):
            raise SettingsError(f"encoder_config {self.encoder_config!r}: expected a mapping, or nothing.")
        weights = self.layers * self.hidden_size * (4 * self.hidden_size + 2 * self.feed_forward)
        if weights > MOST_WEIGHTS:
            raise SettingsError(
                f"layers {self.layers} with hidden_size {self.hidden_size} and feed_forward {self.feed_forward}: "
                f"{weights} weights a fusion, expected at most {MOST_WEIGHTS}."
            )
        if self.hidden_size % self.heads or self.hidden_size % 2:
            raise SettingsError(
                f"hidden_size {self.hidden_size} with {self.heads} heads: expected an even multiple of the heads, "
                "such as 252 with 6."
            )
        for name, value, choices in (
            ("stem", self.stem, ("conv", "linear", "layers")),
            ("classifier", self.classifier, ("linear", "cosine")),
        ):
            if value not in choices:
                raise SettingsError(f"{name} '{value}' is unknown: choose one of {', '.join(choices)}.")
        # The registries refuse what they do not know.
        _ = FUSIONS[self.fusion], POOLINGS[self.pooling]
        if not 0 <= self.tuned_layers <= max(self.encoder_layers):
            raise SettingsError(
                f"tuned_layers {self.tuned_layers}: expected 0 to {max(self.encoder_layers)}, "
                "the number of the highest hidden state that is read."
            )
        if self.tuned_layers and self.encoder_config is None:
            raise SettingsError(
                f"tuned_layers {self.tuned_layers}: a tuned encoder is stored whole and needs encoder_config."
            )


def in_order(setting: str, streams: Collection[str]) -> list[str]:
    """Return the streams in the order of ``STREAMS``, so that the same choice is the same configuration.

    Args:
        setting: that names them.
        streams: their names.

    Raises:
        SettingsError: one is unknown, or there is none.
    """
    known = [*OWN_STREAMS, *(name for name in STREAMS.names() if name not in OWN_STREAMS)]
    listed = isinstance(streams, Collection)
    if not listed or not streams or not {*map(str, streams)} <= set(known):
        shown = f"{' '.join(map(str, streams)) if listed else repr(streams):.60}"
        raise SettingsError(
            f"{setting} {shown or 'empty'}: expected one or more of {', '.join(known)}: name these only, "
            "or bring the file of another by HUMPCAT_PLUGINS."
        )
    return [name for name in known if name in streams]
