r"""Which part of a model's input its logits come from: an exact sum of terms, and of shares of frames.

The logits are a weighted sum of both branches, divided by the temperature and multiplied by the evidence. The summary
is linear, so that its logits are a sum over what it reads: each layer of the encoder, the statistics of each further
stream, the functionals, and the bias. The fusion is not linear, and is one term.

What the summary reads of a stream is a mean over frames, or a standard deviation :math:`s` about the mean :math:`m`.
A mean is a sum of frames. So is a deviation, for :math:`s = \frac{1}{n} \sum_t (x_t - m)^2 / s`: the farther a frame
lies from the mean, the more of it is the frame's. The sum over frames of both is exact.
"""

import math
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from humpcat.features.base import FRAME_SAMPLES
from humpcat.models.humpcat.evidence import evidence
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.pooling.statistics import pool
from humpcat.models.humpcat.standardization import pooled_of, statistics_shapes, summary_names

FUSION = "fusion"
"""Name of the term of the fusion, its own bias included."""

BIAS = "bias"
"""Name of the summary's bias: what it says of a clip all of whose values are as they are on average."""


def terms_of(model: HumpCatForAudioClassification, inputs: Mapping[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    """Return logits, and the terms that they are the sum of.

    Args:
        model: the model, not in training mode.
        inputs: of one clip or several, as for ``forward``, with ``hidden`` and ``pooled`` in place of waveforms.

    Returns:
        The logits, shape (batch, classes), and for each term that has a say its part of them, of the same shape, in
        double precision: "encoder layer N", the names of further streams and arrays, "bias" and "fusion".
    """
    outputs = model(**inputs)
    scale = _scale(model, inputs["lengths"])
    terms: dict[str, Tensor] = {}
    if model.summary is not None and bool(model.branch_weights[1] != 0):
        frames = inputs["lengths"] // FRAME_SAMPLES
        values = _exact(model.summarise(inputs, frames, None))
        begin = 0
        for _, parts in _weights(model):
            for name, weights in parts.items():
                own = values[:, begin : begin + weights.shape[1]]
                begin += weights.shape[1]
                if bool(weights.any()):
                    terms[name] = scale[:, 1:] * own @ weights.T
        terms[BIAS] = scale[:, 1:] * _exact(model.summary.bias)
    if bool(model.branch_weights[0] != 0):
        terms[FUSION] = scale[:, :1] * _exact(outputs.fusion_logits)
    return _exact(outputs.logits), terms


def shares_of_frames(
    model: HumpCatForAudioClassification, inputs: Mapping[str, Tensor], states: Tensor
) -> dict[str, Tensor]:
    """Return what each frame of a clip has of each term; those of a term add up to it.

    Args:
        model: the model, not in training mode.
        inputs: of one clip, as for :func:`terms_of`.
        states: hidden states of the configured layers at every frame, shape (layers, frames, width).

    Returns:
        For each term that is a sum of frames shape (frames, classes), in double precision. The others are those of the
        fusion, of functionals and the bias, which are of the whole clip.
    """
    if model.summary is None or bool(model.branch_weights[1] == 0):
        return {}
    scale = _scale(model, inputs["lengths"])[0, 1]
    shares: dict[str, Tensor] = {}
    for array, parts in _weights(model):
        weighed = {name: weights for name, weights in parts.items() if bool(weights.any())}
        frames = _frames_of(array, inputs, states) if weighed else None
        if frames is None:
            continue
        values = _exact(model.standardizer(array, frames, None)).flatten(1)
        widths = [weights.shape[1] for weights in parts.values()]
        for (name, weights), own in zip(parts.items(), values.split(widths, dim=1), strict=True):
            if name in weighed:
                shares[name] = scale / len(own) * own @ weights.T
    return shares


def _frames_of(array: str, inputs: Mapping[str, Tensor], states: Tensor) -> Tensor | None:
    """Return values a frame whose mean over frames is what the summary reads; None for what is of the whole clip."""
    if array == "pooled":
        return states.transpose(0, 1)
    stream = pooled_of(array)
    if stream is None:
        return None
    values = inputs[stream][0, : int(inputs["lengths"][0]) // FRAME_SAMPLES]
    mean, spread = pool(values[None], values.new_ones(1, len(values)))[0].chunk(2)
    squares = (values - mean).square()
    # The spread has an offset below its root, which every frame gets alike.
    return torch.cat([values, spread + (squares - squares.mean(0)) / spread], dim=1)


def _weights(model: HumpCatForAudioClassification) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield each array that the summary reads, with the weights of its terms, each of shape (classes, values)."""
    assert model.summary is not None
    shapes, names = statistics_shapes(model.config), summary_names(model.config)
    parts = _exact(model.summary.weight).split([math.prod(shapes[name][1:]) for name in names], dim=1)
    for array, weights in zip(names, parts, strict=True):
        if array == "pooled":
            layers = model.config.encoder_layers
            each = zip(layers, weights.chunk(len(layers), dim=1), strict=True)
            yield array, {f"encoder layer {layer}": own for layer, own in each}
        else:
            yield array, {pooled_of(array) or array: weights}


def _scale(model: HumpCatForAudioClassification, lengths: Tensor) -> Tensor:
    """Return what the logits of fusion and summary are multiplied by, shape (batch, 2)."""
    heard = evidence(lengths, model.config.evidence_seconds)[:, None]
    return _exact(heard) * _exact(model.branch_weights) / _exact(model.temperature)


def _exact(values: Tensor) -> Tensor:
    """Return values in double precision, on the processor: not every device has it."""
    return values.detach().cpu().double()
