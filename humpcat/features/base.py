"""What an extractor is: waveforms in, named arrays out, and settings that identify both."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from humpcat.audio import SAMPLING_RATE, Waveform

SPEECH_VERSION = 3
"""Raised whenever :func:`humpcat.features.speech.find_speech` finds other speech: features are then computed anew."""

FRAME_SAMPLES = SAMPLING_RATE // 50
"""Samples a frame of the common 20 ms grid: frame t covers samples 320 t to 320 (t + 1)."""

BATCH_CLIPS = 64
"""Clips that are decoded and computed at a time, where nothing else says how many."""

MAX_BAD_SHARE = 0.05
"""Share of unusable clips above which a run stops instead of going on without them."""

Arrays = dict[str, npt.NDArray[Any]]
"""What one clip's extraction gives: an array of shape (frames, ...) or (...) for each name."""


def frame_count(samples: int) -> int:
    """Return the number of 20 ms frames that audio of so many samples has.

    Example:
        >>> frame_count(16_000)
        50
    """
    return samples // FRAME_SAMPLES


class Extractor(ABC):
    """Turns 16 kHz waveforms into arrays, each clip independently of the others in its batch.

    Attributes:
        name: how the extractor is called in the feature store.
        version: raised whenever the same settings give other numbers.
        in_processes: whether clips are best spread over CPU processes, or else computed in this one. All extractors
            that are compute a clip in one pass.
        may_be_undefined: whether a value may be NaN where a clip has none, such as a pitch where nothing is voiced.
        hears_speech: whether the waveforms are the speech of recordings alone, as
            :func:`humpcat.features.speech.find_speech` gives it; the whole recordings otherwise.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    in_processes: ClassVar[bool] = False
    may_be_undefined: ClassVar[bool] = False
    hears_speech: ClassVar[bool] = True

    @property
    def in_threads(self) -> bool:
        """Whether clips that are computed in this process are best spread over its threads, each on one core."""
        return False

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """Return everything that changes the result, as JSON values."""

    @abstractmethod
    def extract(self, waveforms: Sequence[Waveform]) -> list[Arrays]:
        """Return one set of arrays a waveform, all finite unless the extractor says where it gives NaN.

        Args:
            waveforms: arrays of shape (samples,), float32 at 16 kHz, of any lengths.
        """

    def key(self) -> str:
        """Return a name that equal extractors share and different ones do not."""
        heard = SPEECH_VERSION if self.hears_speech else None
        description = json.dumps([self.name, self.version, dict(self.settings()), heard], sort_keys=True)
        return f"{self.name}-{hashlib.blake2b(description.encode(), digest_size=8).hexdigest()}"


def deltas(frames: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the slope over time, by central differences.

    Args:
        frames: shape (frames, values).

    Returns:
        The same shape, in units a frame; zeros for a single frame.
    """
    return np.gradient(frames, axis=0).astype(np.float32) if len(frames) > 1 else np.zeros_like(frames)
