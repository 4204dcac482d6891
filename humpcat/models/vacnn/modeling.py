"""VACNN for audio classification: pictures, visual attention, visual words, context attention, classifier."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import AutoModelForAudioClassification
from transformers.utils import ModelOutput

from humpcat.features.logmel import SIZE
from humpcat.features.visual_words import DESCRIPTOR_WIDTH, Codebook
from humpcat.models.base import AudioClassifier
from humpcat.models.vacnn.configuration import VACNN, VacnnConfig
from humpcat.models.vacnn.fusion import ContextAttention, WordStates, word_shares
from humpcat.models.vacnn.network import SpecAugment, VacnnTrunk, Warp, make_trunk

SIDE = SIZE // 32
"""Places along either side of the map that is fused with visual words: 7 bands by 7 times."""

PLACES = SIDE**2


@dataclass
class VacnnOutput(ModelOutput):
    """What the model answers.

    Attributes:
        loss: cross-entropy of ``logits``, where labels were given.
        logits: shape (batch, classes).
        embedding: shape (batch, values), what the classifier sees.
    """

    # ModelOutput wants all fields but the first to have a default.
    loss: Tensor | None = None
    logits: Tensor = None  # type: ignore[assignment]
    embedding: Tensor = None  # type: ignore[assignment]


class PlacePooling(nn.Module):
    """The channels of 49 places as one vector: their mean, the mean over time for each band, or all of them.

    Args:
        pooling: "mean", "time" or "flatten".
    """

    def __init__(self, pooling: str) -> None:
        super().__init__()
        self.pooling = pooling
        self.kept = {"mean": 1, "time": SIDE, "flatten": PLACES}[pooling]

    def forward(self, places: Tensor) -> Tensor:
        """Turn (batch, 49, channels), bands before times, into (batch, 1, 7 or 49 times the channels)."""
        return places.unflatten(1, (self.kept, -1)).mean(2).flatten(1)


class MapHead(nn.Module):
    """The head of a model without visual words: the pooled map, and a layer that narrows it.

    Args:
        width: channels of the map.
        config: pooling, and the layer's width.
    """

    def __init__(self, width: int, config: VacnnConfig) -> None:
        super().__init__()
        self.pool = PlacePooling(config.pooling)
        self.narrow = nn.Linear(self.pool.kept * width, config.hidden_size)

    def forward(self, maps: Tensor) -> Tensor:
        """Turn (batch, channels, 14, 14) into (batch, hidden)."""
        return self.narrow(self.pool(places_of(maps))).relu()


class WordHead(nn.Module):
    """The head of the fine-tuning model: the map of 7 x 7 places, fused with visual words by context attention.

    Args:
        width: channels of the map.
        config: number of words and pooling.
    """

    def __init__(self, width: int, config: VacnnConfig) -> None:
        super().__init__()
        self.states = WordStates(config.words, PLACES, width)
        self.attention = ContextAttention(width)
        self.pool = PlacePooling(config.pooling)
        self.width = self.pool.kept * width

    def forward(self, maps: Tensor, shares: Tensor) -> Tensor:
        """Turn (batch, channels, 14, 14) and shares of words (batch, words) into (batch, values)."""
        return self.pool(self.attention(places_of(maps), self.states(shares)).relu())


def places_of(maps: Tensor) -> Tensor:
    """Return maps of shape (batch, channels, 14, 14), pooled two by two, as places of shape (batch, 49, channels)."""
    return nn.functional.avg_pool2d(maps, 2).flatten(2).transpose(1, 2)


class EmbeddingNorm(nn.BatchNorm1d):
    """Batch normalisation, which takes away what the vectors of all clips have in common.

    Group normalisation and means over all places leave these vectors so much alike that a classifier learns little
    from them for many epochs.
    """

    def forward(self, embedding: Tensor) -> Tensor:
        """Normalise (batch, values); a batch of one clip has no deviation and is normalised as in testing."""
        if len(embedding) > 1:
            return super().forward(embedding)
        return nn.functional.batch_norm(
            embedding, self.running_mean, self.running_var, self.weight, self.bias, training=False, eps=self.eps
        )


class VacnnForAudioClassification(AudioClassifier):
    """A log-mel picture, looked at by a network with visual attention, beside its visual words.

    Without words it is the paper's pretraining model, with words its fine-tuning model, whose codebook is part of the
    weights; with another backbone it is one of the networks that the paper compares with.

    Args:
        config: the configuration.
    """

    half_parts = ("trunk",)
    config_class = VacnnConfig
    base_model_prefix = "vacnn"
    main_input_name = "images"

    def __init__(self, config: VacnnConfig) -> None:
        super().__init__(config)
        self.augment = nn.Sequential(Warp(config.warp), SpecAugment(config.spec_augment))
        self.trunk, width = make_trunk(config)
        self.head: nn.Module
        if config.words:
            self.head = WordHead(width, config)
            width = self.head.width
            self.register_buffer("codebook", torch.zeros(config.words, DESCRIPTOR_WIDTH))
        elif config.backbone == VACNN:
            self.head = MapHead(width, config)
            width = config.hidden_size
        else:
            self.head = nn.Identity()
        normalised = config.backbone == VACNN and config.embedding_norm == "batch"
        self.norm = EmbeddingNorm(width) if normalised else nn.Identity()
        self.classifier = nn.Linear(width, config.num_labels)
        # What logits are divided by for probabilities that can be believed; fitted last (training/calibration.py).
        self.register_buffer("temperature", torch.ones(()))
        self.post_init()
        self.choose_trained()

    def forward(
        self,
        images: Tensor,
        descriptors: Tensor | None = None,
        counts: Tensor | None = None,
        labels: Tensor | None = None,
        return_dict: bool = True,
    ) -> VacnnOutput:
        """Classify a batch.

        Args:
            images: shape (batch, 224, 224), grey values from 0 to 255.
            descriptors: shape (batch, key points, 64), padded with anything; for a model with words.
            counts: shape (batch,), key points of each clip.
            labels: shape (batch,), class indices; gives a plain cross-entropy loss.
            return_dict: kept for callers of the transformers interface; a ``ModelOutput`` is returned anyway.

        Returns:
            Logits, divided by the temperature unless in training mode, and the embedding.
        """
        pictures = self.augment(images[:, None]).to(self.classifier.weight.dtype) / 127.5 - 1
        maps = self.trunk(pictures)
        if isinstance(self.head, WordHead):
            if descriptors is None or counts is None:
                raise TypeError(
                    "forward needs descriptors and counts: VacnnFeatureExtractor(describe=True) makes them"
                )
            embedding = self.head(maps, word_shares(descriptors, counts, self.get_buffer("codebook")))
        else:
            embedding = self.head(maps)
        logits = self.classifier(self.norm(embedding))
        if not self.training:
            # Here and nowhere else, so that every way of using the model gives the same probabilities.
            logits = logits / self.temperature
        loss = None if labels is None else nn.functional.cross_entropy(logits, labels)
        return VacnnOutput(loss=loss, logits=logits, embedding=embedding)

    def hold(self, codebook: Codebook) -> None:
        """Take over a fitted codebook of as many words as the configuration says.

        Args:
            codebook: fitted to training clips.
        """
        self.get_buffer("codebook").copy_(torch.from_numpy(codebook.words_))

    def choose_trained(self) -> None:
        """Freeze the stem and the first blocks, as many as the configuration says."""
        if isinstance(self.trunk, VacnnTrunk):
            self.trunk.freeze(self.config.frozen_blocks)

    def _init_weights(self, module: nn.Module) -> None:
        """Leave weights as the layers made them: transformers would draw convolutions too small to learn from."""


AutoModelForAudioClassification.register(VacnnConfig, VacnnForAudioClassification, exist_ok=True)
