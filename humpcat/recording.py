"""What was decoded, before it is mixed down: every channel, at its own rate."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from humpcat.channels import channel_index
from humpcat.decoding import sentences
from humpcat.errors import AudioError

SAMPLING_RATE = 16_000
"""Samples per second that every encoder here was trained on."""

Waveform = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Recording:
    """What was decoded of a source, whole and of samples that can be used, before it is mixed down.

    Attributes:
        name: the source, as messages call it.
        samples: shape (samples,) or (samples, channels), finite, nominally within -1 to 1.
        sampling_rate: samples per second.
        coding: container and coding, such as "WAV PCM_16"; "array" for an array.
    """

    name: str
    samples: npt.NDArray[Any]
    sampling_rate: int
    coding: str

    @property
    def channels(self) -> int:
        """Number of channels."""
        return 1 if self.samples.ndim == 1 else int(self.samples.shape[1])

    def waveform(self, target_rate: int = SAMPLING_RATE, channel: str | int | None = None) -> Waveform:
        """Return one channel, or the mean of all, as float32 at a rate.

        Args:
            target_rate: rate wanted, in Hz.
            channel: "left", "right" or a number from 0; the mean of all by default.

        Raises:
            AudioError: there is no such channel.
            SettingsError: ``channel`` is none of these.
        """
        mono = self.samples if self.samples.ndim == 1 else None
        if channel is not None:
            place = channel_index(channel)
            if place >= self.channels:
                there = f"{self.channels} channels, 0 to {self.channels - 1}" if self.channels > 1 else "one channel"
                raise AudioError(f"{self.name}: has {there}, channel {channel} was asked for: choose another or none.")
            mono = self.samples.reshape(len(self.samples), -1)[:, place]
        try:
            if mono is None:
                mono = self.samples.mean(axis=1)
            if self.sampling_rate != target_rate:
                mono = soxr.resample(mono.astype(np.float32, copy=False), self.sampling_rate, target_rate)
            return np.ascontiguousarray(mono, dtype=np.float32)
        except MemoryError:
            raise sentences.too_large(self.name) from None
