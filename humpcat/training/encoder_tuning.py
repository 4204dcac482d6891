"""Tune the top layers of an encoder on the source, before anything else is built on it.

All that follows, statistics, both branches and adaptation, rests on features that are computed once. So the
encoder is tuned first, under a plain linear classifier, and frozen again. The layers below those that are tuned run
once a clip; what they give is stored like any other feature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from humpcat.features.base import FRAME_SAMPLES
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.hidden_states import HiddenStates
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.tuning import EncoderTuner
from humpcat.models.losses import class_weights, make_loss
from humpcat.training.data.batches import shuffled_by_length
from humpcat.training.data.examples import ClipDataset, padded
from humpcat.training.data.prepared_corpus import PreparedCorpus
from humpcat.training.settings import OptimizationSettings
from humpcat.training.trainer.loop import Trainer
from humpcat.training.trainer.state import Checkpoints

EPOCHS = 2
"""Few, for the classes of the source's speakers are learnt by heart soon."""

LEARNING_RATE = 3e-4
"""Peak rate of layers and classifier; with a third of it less was learnt that other languages share."""


@dataclass(frozen=True)
class StateClips(ClipDataset):
    """Clips by the hidden state below the layers that are tuned; nothing else is read, nothing standardised."""

    def __getitem__(self, index: int) -> dict[str, Any]:
        clip_id = self.ids[index]
        return {"index": index, "label": self.labels[index], "hidden": self.features.read(clip_id, "hidden")}

    def collate(self, examples: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Pad examples into the inputs of :class:`EncoderTuner`."""
        return {
            "hidden": padded([example["hidden"] for example in examples], axis=1),
            "lengths": torch.tensor([example["hidden"].shape[1] for example in examples]) * FRAME_SAMPLES,
            "labels": torch.tensor([example["label"] for example in examples]),
            "index": [example["index"] for example in examples],
        }


def state_below(config: HumpCatConfig, encoder: SpeechEncoder) -> HiddenStates:
    """Return the extractor of the hidden state that the tuned layers start from, at the full frame rate."""
    return HiddenStates(encoder, [max(config.encoder_layers) - config.tuned_layers], group=1)


def state_clips(prepared: PreparedCorpus, ids: Sequence[str], classes: Sequence[str]) -> StateClips:
    """Return clips as examples for tuning."""
    return StateClips(
        ids=tuple(ids),
        labels=tuple(classes.index(prepared.classes[clip_id]) for clip_id in ids),
        lengths=tuple(prepared.rows[clip_id]["duration"] for clip_id in ids),
        features=prepared.features,
        statistics={},
        group_of={},
    )


def tune_encoder(
    encoder: SpeechEncoder,
    config: HumpCatConfig,
    train: StateClips,
    optimization: OptimizationSettings,
    accelerator: Accelerator,
    folder: Path,
    *,
    resume: bool = False,
) -> None:
    """Train the tuned layers of an encoder in place, and freeze it again.

    The last epoch's weights are kept: which suit the source's validation speakers best says nothing of other
    languages.

    Seed, batches and balance are those of the settings; rate and epochs are this module's.
    """
    tuner = EncoderTuner(encoder, config.encoder_layers, config.tuned_layers, config.num_labels)
    weights = class_weights(torch.tensor(train.labels), config.num_labels)
    trainer = Trainer(
        replace(optimization, epochs=EPOCHS, learning_rate=LEARNING_RATE),
        accelerator,
        Checkpoints(folder, resume),
        name="encoder/",
    )
    loss = make_loss(
        "cross-entropy",
        weights if optimization.balanced else torch.ones_like(weights),
        optimization.label_smoothing,
        config.scale,
    )
    trainer.fit(tuner, train, shuffled_by_length(train.lengths, optimization.batch_size), loss)
    encoder.requires_grad_(False)
