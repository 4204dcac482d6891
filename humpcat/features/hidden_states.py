"""The extractor of encoder hidden states: which layers, in which precision."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

import numpy as np
import torch
from torch import Tensor

from humpcat.audio import Waveform
from humpcat.device import cores, fastest_dtype, one_core_a_thread
from humpcat.errors import EncoderError
from humpcat.features.base import Arrays, Extractor
from humpcat.features.condensing import condense
from humpcat.features.encoder import CONTEXT_FRAMES, SpeechEncoder
from humpcat.features.processor_copy import processor_copy
from humpcat.features.windows import WINDOW_FRAMES


def default_layers(depth: int) -> tuple[int, ...]:
    """Return four layers spread over the upper two thirds of an encoder, its last one left out.

    The middle layers carry emotion best; counted as ``hidden_states`` is, 0 being the input of the first layer.

    Args:
        depth: number of transformer layers.

    Example:
        >>> default_layers(6), default_layers(12)
        ((2, 3, 4, 5), (4, 6, 9, 11))
    """
    spread = np.linspace(depth / 3, max(depth - 1, depth / 3), 4)
    return tuple(dict.fromkeys(round(layer) for layer in spread))


class HiddenStates(Extractor):
    """Hidden states of chosen encoder layers.

    Arrays: ``hidden`` of shape (layers, steps, width), float16, and ``pooled`` of shape (layers, width), float32; see
    :func:`condense`.

    Args:
        encoder: the encoder; it is used as it is, on the device where it lies.
        layers: which hidden states; :func:`default_layers` by default.
        group: frames of 20 ms that are averaged into one step.

    Raises:
        EncoderError: a layer that the encoder does not have.
    """

    name = "hidden"
    version = 4

    def __init__(self, encoder: SpeechEncoder, layers: Sequence[int] | None = None, group: int = 4) -> None:
        self.encoder = encoder
        self.layers = resolve_layers(layers, encoder.depth)
        self.group = group
        self._hash = encoder.weights_hash()
        # Threads that compute the first clips share one copy.
        self._copy: SpeechEncoder | None = None
        self._copying = Lock()
        self.dtype = fastest_dtype(next(encoder.parameters()).device)

    @property
    def in_threads(self) -> bool:
        """Whether the encoder lies on a processor, whose cores do more with a clip each than with one together."""
        return next(self.encoder.parameters()).device.type == "cpu"

    def settings(self) -> Mapping[str, Any]:
        """Return the encoder's identity, the layers and the precision."""
        return {
            "encoder": self._hash,
            "normalize": self.encoder.normalize,
            "layers": self.layers,
            "group": self.group,
            "dtype": str(self.dtype),
            "window": WINDOW_FRAMES,
            "context": CONTEXT_FRAMES,
        }

    def extract(self, waveforms: Sequence[Waveform]) -> list[Arrays]:
        """Return ``hidden`` and ``pooled`` for each waveform, see the class."""
        encoder = self._computing
        if not self.in_threads:
            return self._together(encoder, waveforms)
        if len(waveforms) < 2 * cores():
            # So few would leave cores idle at the end; one after the other on all cores is as fast.
            return [arrays for waveform in waveforms for arrays in self._together(encoder, [waveform])]
        # Imported here: a pipeline, which has no use for it, registers this extractor too.
        import joblib

        with one_core_a_thread() as on_one_core:
            jobs = (joblib.delayed(on_one_core(self._together))(encoder, [waveform]) for waveform in waveforms)
            return [arrays for (arrays,) in joblib.Parallel(n_jobs=cores(), backend="threading")(jobs)]

    @torch.no_grad()
    def _together(self, encoder: SpeechEncoder, waveforms: Sequence[Waveform]) -> list[Arrays]:
        device = next(encoder.parameters()).device
        clips = [torch.from_numpy(waveform).to(device) for waveform in waveforms]
        with torch.autocast(device.type, dtype=self.dtype, enabled=self.dtype != torch.float32):
            states = encoder.encode_speech(clips, self.layers)
        return [self._arrays(state.float()) for state in states]

    @property
    def _computing(self) -> SpeechEncoder:
        """The encoder, or a copy of it that this processor is faster with; made when something is computed."""
        if not self.in_threads or self.dtype == torch.float32:
            return self.encoder
        with self._copying:
            if self._copy is None:
                self._copy = self._copied()
            return self._copy

    def _copied(self) -> SpeechEncoder:
        return SpeechEncoder(processor_copy(self.encoder.model, max(self.layers)), normalize=self.encoder.normalize)

    def _arrays(self, states: Tensor) -> Arrays:
        steps, pooled = condense(states, self.group)
        limit = torch.finfo(torch.float16).max
        return {"hidden": steps.clamp(-limit, limit).half().cpu().numpy(), "pooled": pooled.cpu().numpy()}


def resolve_layers(layers: Sequence[int] | None, depth: int) -> tuple[int, ...]:
    """Return the layers asked for, counted from the front; :func:`default_layers` if none were.

    Args:
        layers: layer numbers, negative ones counted from the last.
        depth: number of transformer layers.

    Raises:
        EncoderError: a layer out of range.

    Example:
        >>> resolve_layers([-1], 12)
        (12,)
    """
    if layers is None:
        return default_layers(depth)
    wrong = [layer for layer in layers if not -depth - 1 <= layer <= depth]
    if wrong or not layers:
        raise EncoderError(f"layers {list(layers)}: the encoder has hidden states 0 to {depth}: choose among these.")
    return tuple(layer % (depth + 1) for layer in layers)
