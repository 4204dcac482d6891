"""Hidden states of a pretrained speech encoder, the same for a clip alone and in any batch.

Two things make a padded batch exact. Whatever of a waveform model looks along time sees real frames only
(:mod:`humpcat.features.exact_padding`). Attention is masked, in Whisper too, whose own forward pass has no mask.

Nothing that belongs to a batch is kept on the module, so that threads may share an encoder.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    AutoModel,
    PreTrainedConfig,
    PreTrainedModel,
    Wav2Vec2FeatureExtractor,
    WhisperFeatureExtractor,
)
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from humpcat.audio import SAMPLING_RATE
from humpcat.errors import EncoderError
from humpcat.features.base import FRAME_SAMPLES, frame_count
from humpcat.features.condensing import condense
from humpcat.features.encoder_checkpoint import load_pretrained
from humpcat.features.encoder_settings import WAVEFORM_MODELS, unsupported
from humpcat.features.exact_padding import make_padding_exact
from humpcat.features.precision import change_costly
from humpcat.features.processor_copy import ComputedModel
from humpcat.features.windows import batches, windows
from humpcat.files import share_as_usual
from humpcat.keywords import named_keywords
from humpcat.writing import writing

CONTEXT_FRAMES = 5
"""Frames of silence that an encoder hears around speech and that nothing is taken of: a tenth of a second. Encoders
have learnt on recordings with edges, and clips that are cut tight in one corpus and wide in another are not alike to
them. Half a second says no more of emotion (docs/method.md), and costs a third of all time where clips are short.
"""

STEM_MARGIN = 40
"""Zeros on both sides of a clip: a wav2vec2-style stem has receptive fields of 400 samples every 320, and these put
its frames on the common grid, one for each whole 20 ms."""

_FULL_LAYERS = 2
"""First layers that stay in single precision where the others are in half."""


class SpeechEncoder(nn.Module):
    """A pretrained encoder behind one interface: waveforms in, hidden states on the 20 ms grid out.

    Args:
        model: a HuBERT, wav2vec2, WavLM or data2vec-audio model, or the encoder of a Whisper model.
        normalize: whether each waveform is brought to zero mean and unit variance first, as the checkpoint's
            preprocessor says; not used for Whisper.

    Raises:
        EncoderError: the model is of another kind.
    """

    def __init__(self, model: PreTrainedModel, *, normalize: bool = True) -> None:
        super().__init__()
        self.model = model
        # SpecAugment would draw from NumPy's global generator and refuses clips under 0.2 s.
        model.config.apply_spec_augment = False
        # What its file says of the form of its answers.
        model.config.return_dict = True
        self.normalize = normalize
        self._mel: WhisperFeatureExtractor | None = None
        self._computed = ComputedModel()
        kind = model.config.model_type
        if isinstance(model, WhisperEncoder):
            self._forward: Callable[[list[Tensor], int], Tensor] = self._whisper_states
            self._mel = WhisperFeatureExtractor(feature_size=model.config.num_mel_bins)
        elif kind in WAVEFORM_MODELS:
            self._forward = self._waveform_states
            make_padding_exact(model)
        else:
            raise unsupported(kind)
        self.eval()

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> "SpeechEncoder":
        """Move or cast the encoder, as every way of doing that does in the end."""
        change_costly(self.model, fn, self.layers[:_FULL_LAYERS])
        return self

    @classmethod
    def from_config(cls, config: PreTrainedConfig, *, normalize: bool = True) -> "SpeechEncoder":
        """Build an encoder with random weights, to be filled from a state dict."""
        model = WhisperEncoder(config) if config.model_type == "whisper" else AutoModel.from_config(config)
        return cls(model, normalize=normalize)

    @classmethod
    @named_keywords
    def from_pretrained(cls, name: str | Path, revision: str | None = None) -> "SpeechEncoder":
        """Load an encoder from a hub name or a folder in the hub's layout; safetensors only.

        Args:
            name: such as ``facebook/hubert-base-ls960``, or a folder.
            revision: branch, tag or commit of a hub name.

        Raises:
            EncoderError: it cannot be found, is not a speech encoder, or holds no safetensors.
        """
        model, normalize = load_pretrained(str(name), revision)
        return cls(model, normalize=normalize)

    def save_pretrained(self, folder: str | Path) -> None:
        """Save the encoder in the layout of a hub checkpoint, from which :meth:`from_pretrained` loads it.

        Args:
            folder: where to; made if it does not exist.
        """
        with writing(folder, needed=sum(weight.nbytes for weight in self.model.state_dict().values())):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.model.save_pretrained(folder)
            share_as_usual(folder)
            (self._mel or Wav2Vec2FeatureExtractor(do_normalize=self.normalize)).save_pretrained(folder)

    @property
    def depth(self) -> int:
        """Number of transformer layers; hidden states are numbered 0 to ``depth``."""
        return int(self.model.config.num_hidden_layers)

    @property
    def width(self) -> int:
        """Size of a hidden state."""
        return int(self.model.config.hidden_size)

    @property
    def layers(self) -> nn.ModuleList:
        """The transformer layers, the first of which turns hidden state 0 into hidden state 1."""
        # Only waveform models keep them in a part of their own, beside the convolutional stem.
        holder: Any = self.model if isinstance(self.model, WhisperEncoder) else self.model.encoder
        layers: nn.ModuleList = holder.layers
        return layers

    @property
    def _last_norm(self) -> nn.Module | None:
        """The norm behind the last layer: of Whisper, and of the large models, whose layers normalise their input."""
        if isinstance(self.model, WhisperEncoder):
            return self.model.layer_norm
        encoder: Any = self.model.encoder
        norm: nn.Module | None = encoder.layer_norm if type(encoder).__name__.endswith("StableLayerNorm") else None
        return norm

    def weights_hash(self, *, rounded: bool = False) -> str:
        """Return 16 hexadecimal digits that equal weights share, whatever file they came from.

        Args:
            rounded: hash the weights as a copy in half precision has them.
        """
        digest = hashlib.blake2b(digest_size=8)
        for key, value in sorted(self.model.state_dict().items()):
            if key != "masked_spec_embed":
                digest.update(key.encode())
                value = value.detach().half() if rounded else value.detach()
                digest.update(value.float().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()

    def forward(
        self, waveforms: Tensor, lengths: Tensor, layers: Sequence[int], group: int = 1
    ) -> tuple[Tensor, Tensor]:
        """Encode a padded batch.

        Args:
            waveforms: shape (batch, samples), 16 kHz; anything beyond a clip's length is ignored.
            lengths: shape (batch,), samples of each clip.
            layers: which hidden states, 0 (input of the first layer) to ``depth``.
            group: frames that are averaged into one step.

        Returns:
            The steps, shape (batch, layers, steps, width), zeros beyond a clip's end, and the mean of each clip,
            shape (batch, layers, width); see :func:`encode_speech` and
            :func:`humpcat.features.condensing.condense`.
        """
        clips = [waveform[:length] for waveform, length in zip(waveforms, lengths.tolist(), strict=True)]
        condensed = [condense(states, group) for states in self.encode_speech(clips, layers)]
        steps = nn.utils.rnn.pad_sequence([steps.transpose(0, 1) for steps, _ in condensed], batch_first=True)
        return steps.transpose(1, 2), torch.stack([pooled for _, pooled in condensed])

    def encode(self, clips: Sequence[Tensor], layers: Sequence[int]) -> list[Tensor]:
        """Encode clips of any lengths.

        Args:
            clips: tensors of shape (samples,), at least one frame each.
            layers: which hidden states.

        Returns:
            One tensor a clip, shape (layers, frames, width).
        """
        return self._encode([self._normalized(waveform) for waveform in clips], layers)

    def encode_speech(
        self, clips: Sequence[Tensor], layers: Sequence[int], *, alone: bool | None = None
    ) -> list[Tensor]:
        """Encode clips as :meth:`encode` does, each within the same silence.

        Args:
            clips: tensors of shape (samples,), at least one frame each, without silence of their own around speech.
            layers: which hidden states.
            alone: whether each clip is computed by itself, and not in padded batches, in half precision of which a
                clip's states depend a little on its company (docs/method.md); by default on a processor only.

        Returns:
            One tensor a clip, shape (layers, frames, width); the silence has no frames in it.
        """
        return [
            states[:, CONTEXT_FRAMES : CONTEXT_FRAMES + frame_count(len(clip))]
            for clip, states in zip(clips, self._encode(self._within_silence(clips), layers, alone), strict=True)
        ]

    def encode_together(self, clips: Sequence[Tensor], layers: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Encode clips as :meth:`encode_speech` does, all in one padded batch; gradients flow.

        Args:
            clips: tensors of shape (samples,), at least one frame and less than half a minute each.
            layers: which hidden states, 0 to ``depth``.

        Returns:
            The states, shape (layers, batch, frames, width), and which frames are real, shape (batch, frames); the
            states beyond a clip's end mean nothing.
        """
        states = self._forward(self._within_silence(clips), max(layers))[list(layers)]
        mask = _mask(clips)
        return states[:, :, CONTEXT_FRAMES : CONTEXT_FRAMES + mask.shape[1]], mask

    def _within_silence(self, clips: Sequence[Tensor]) -> list[Tensor]:
        around = CONTEXT_FRAMES * FRAME_SAMPLES
        return [nn.functional.pad(self._normalized(waveform), (around, around)) for waveform in clips]

    def _encode(self, prepared: Sequence[Tensor], layers: Sequence[int], alone: bool | None = None) -> list[Tensor]:
        """Encode clips that are normalised already."""
        pieces = [(clip, window) for clip, waveform in enumerate(prepared) for window in windows(waveform)]
        parts: dict[int, Tensor] = {}
        # Counted from the front, so that what lies above the highest need not be computed.
        wanted = [range(self.depth + 1)[layer] for layer in layers]
        on_processor = next(self.model.parameters()).device.type == "cpu"
        frames = [frame_count(end - start) for _, (start, end) in pieces]
        for batch in batches(frames, alone=on_processor if alone is None else alone):
            segments = [prepared[pieces[index][0]][slice(*pieces[index][1])] for index in batch]
            states = self._forward(segments, max(wanted))[wanted].transpose(0, 1)
            for index, segment, state in zip(batch, segments, states, strict=True):
                parts[index] = state[:, : frame_count(len(segment))]
        joined: list[list[Tensor]] = [[] for _ in prepared]
        for index, (clip, _) in enumerate(pieces):
            joined[clip].append(parts[index])
        return [torch.cat(states, dim=1) for states in joined]

    def encode_above(self, states: Tensor, frames: Tensor, start: int, end: int) -> Tensor:
        """Run the layers above a hidden state that was computed before; gradients flow.

        Args:
            states: shape (batch, frames, width), hidden state ``start``; what lies beyond a clip's end is ignored.
            frames: shape (batch,), frames of each clip.
            start: number of that hidden state.
            end: number of the last hidden state to compute.

        Returns:
            Hidden states ``start + 1`` to ``end``, shape (batch, end - start, frames, width).

        Raises:
            EncoderError: the layers hand more to each other than their hidden states, as WavLM's do.
        """
        if self.model.config.model_type == "wavlm":
            raise EncoderError(
                "encoder of type 'wavlm': its layers share a position bias and cannot be run from the middle: "
                "set tuned_layers to 0 or choose another encoder."
            )
        mask = torch.arange(states.shape[1], device=states.device)[None] < frames[:, None]
        return torch.stack(self._through_layers(states, mask, start, end), dim=1)

    def _through_layers(self, states: Tensor, mask: Tensor, start: int, end: int) -> list[Tensor]:
        """Return hidden states ``start + 1`` to ``end``; the last of all after the norm behind it, if there is one."""
        bias = torch.zeros_like(mask, dtype=states.dtype).masked_fill(~mask, torch.finfo(states.dtype).min)
        collected = []
        for layer in self.layers[start:end]:
            states = layer(states, bias[:, None, None, :])
            collected.append(states)
        if self._last_norm is not None and end == self.depth and collected:
            collected[-1] = self._last_norm(states)
        return collected

    def _normalized(self, waveform: Tensor) -> Tensor:
        if not self.normalize or isinstance(self.model, WhisperEncoder):
            return waveform
        return (waveform - waveform.mean()) / torch.sqrt(waveform.var(correction=0) + 1e-7)

    def _waveform_states(self, segments: list[Tensor], highest: int) -> Tensor:
        padded = [nn.functional.pad(segment, (STEM_MARGIN, STEM_MARGIN)) for segment in segments]
        lengths = torch.tensor([len(segment) for segment in padded], device=padded[0].device)
        batch = nn.utils.rnn.pad_sequence(padded, batch_first=True)
        mask = torch.arange(batch.shape[1], device=batch.device)[None] < lengths[:, None]
        states = list(
            self._computed.of(self.model, highest)(
                batch, attention_mask=mask.long(), output_hidden_states=True
            ).hidden_states
        )
        # transformers gives the last one as it comes from its layer, before the norm that all readers have behind it.
        if self._last_norm is not None and len(states) == self.depth + 1:
            states[-1] = self._last_norm(states[-1])
        return torch.stack(states)

    def _whisper_states(self, segments: list[Tensor], highest: int) -> Tensor:
        model = self.model
        mels = [self._log_mel(segment) for segment in segments]
        batch = nn.utils.rnn.pad_sequence(mels, batch_first=True).transpose(1, 2)
        batch = batch.to(segments[0].device, model.conv1.weight.dtype)
        mask = _mask(segments)
        states = nn.functional.gelu(model.conv2(nn.functional.gelu(model.conv1(batch)))).transpose(1, 2)
        states = states + model.embed_positions.weight[: states.shape[1]]
        return torch.stack([states, *self._through_layers(states, mask, 0, highest)])

    def _log_mel(self, segment: Tensor) -> Tensor:
        """Return shape (2 * frames, bands); a clip by itself, because the log range depends on its own peak."""
        assert self._mel is not None
        with torch.autocast(segment.device.type, enabled=False):
            mel = self._mel(segment.cpu().numpy(), sampling_rate=SAMPLING_RATE, padding=False, return_tensors="np")
        return torch.from_numpy(mel["input_features"][0].T[: 2 * frame_count(len(segment))])


def _mask(segments: Sequence[Tensor]) -> Tensor:
    frames = torch.tensor([frame_count(len(segment)) for segment in segments], device=segments[0].device)
    return torch.arange(int(frames.max()), device=frames.device)[None] < frames[:, None]
