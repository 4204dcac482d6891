"""What one clip measures once it is decoded, and the same for many clips in several processes."""

import hashlib
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from humpcat import audio
from humpcat.errors import AudioError
from humpcat.flags import CLIPPED_RUN, ZERO

CHUNK = 250
"""Clips that a process is given at a time: about a second of work, so that handing over costs nothing."""

# The largest value that a coding of 8 bits can hold; all others reach at least that of 16 bits.
_FULL_SCALE = {"PCM_U8": 127 / 128, "PCM_S8": 127 / 128, "ULAW": 32124 / 32768, "ALAW": 32256 / 32768}
_FULL_SCALE_16 = 32767 / 32768


@dataclass(frozen=True)
class Measures:
    """What a clip measures, over all of its channels.

    Attributes:
        sampling_rate: samples per second.
        channels: number of channels.
        coding: container and subtype, such as "WAV PCM_16".
        duration: length in seconds of what was decoded.
        peak: largest amplitude, 1 being full scale; lossy codings overshoot it.
        level: root mean square about the mean, in dB where 1 is 0 dBFS; None if every sample is digital zero.
        clipped: share of samples in runs of at least ``CLIPPED_RUN`` at full scale.
        zeros: share of samples that are digital zero.
        digest: hash of the decoded samples: the same for a lossless copy in another format.
    """

    sampling_rate: int
    channels: int
    coding: str
    duration: float
    peak: float
    level: float | None
    clipped: float
    zeros: float
    digest: str


def measure(path: str) -> Measures:
    """Decode one clip and measure it.

    Args:
        path: the file, or a part of it.

    Raises:
        AudioError: it cannot be used.
    """
    recording = audio.read(path)
    rate = recording.sampling_rate
    samples: npt.NDArray[np.float32] = recording.samples.reshape(len(recording.samples), -1)
    size = np.abs(samples)
    peak = float(size.max())
    return Measures(
        sampling_rate=rate,
        channels=recording.channels,
        coding=recording.coding,
        duration=len(samples) / rate,
        peak=peak,
        level=_level(samples, peak),
        clipped=_clipped(size, peak, _FULL_SCALE.get(recording.coding.partition(" ")[2], _FULL_SCALE_16)),
        zeros=float((size < ZERO).mean()),
        digest=_digest(samples, rate),
    )


def measure_all(paths: Sequence[str]) -> list[Measures | str]:
    """Decode and measure many files on all cores, with a progress bar if stderr is a terminal.

    Args:
        paths: the files.

    Returns:
        One entry a path, in order: its measures, or the sentence that says why it cannot be used.
    """
    # Imported here: the registry of corpora imports this folder, and naming a corpus need not cost joblib.
    import joblib
    from tqdm import tqdm

    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    processes = max(1, min(joblib.cpu_count(), len(chunks)))
    done: list[Measures | str] = []
    with tqdm(total=len(paths), desc="decoding", unit="clip", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        parallel = joblib.Parallel(n_jobs=processes, return_as="generator")
        for measures in parallel(joblib.delayed(_measure_each)(chunk) for chunk in chunks):
            done += measures
            bar.update(len(measures))
    return done


def _measure_each(paths: Sequence[str]) -> list[Measures | str]:
    done: list[Measures | str] = []
    for path in paths:
        try:
            done.append(measure(path))
        except AudioError as error:
            done.append(str(error))
    return done


def _level(samples: npt.NDArray[np.float32], peak: float) -> float | None:
    # About the mean, so that a constant offset is no sound.
    power = float(samples.var(axis=0, dtype=np.float64).mean())
    return None if peak < ZERO or power == 0 else 10 * math.log10(power)


def _clipped(size: npt.NDArray[np.float32], peak: float, full_scale: float) -> float:
    if peak < full_scale:
        return 0.0
    clipped = 0
    for channel in size.T:
        full: npt.NDArray[Any] = np.concatenate(([0], channel >= full_scale, [0]))
        edges = np.flatnonzero(np.diff(full))
        runs = edges[1::2] - edges[::2]
        clipped += int(runs[runs >= CLIPPED_RUN].sum())
    return clipped / size.size


def _digest(samples: npt.NDArray[np.float32], rate: int) -> str:
    digest = hashlib.blake2b(f"{rate} {samples.shape}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(samples).tobytes())
    return digest.hexdigest()
