"""Prosody by Praat: pitch, voicing, intensity and harmonicity a frame, and functionals of the utterance.

Praat's sentinels never leave this file: unvoiced pitch is bridged and marked by the voicing column, silence is
held at a floor, and what cannot be measured (jitter of an unvoiced clip) is 0.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from humpcat.audio import SAMPLING_RATE, Waveform
from humpcat.features.base import FRAME_SAMPLES, Arrays, Extractor, deltas, frame_count
from humpcat.features.peaks import prominent_peaks

if TYPE_CHECKING:
    import parselmouth

PITCH_FLOOR = 75.0
PITCH_CEILING = 600.0
SEMITONE_REFERENCE = 100.0
INTENSITY_FLOOR = 0.0
HARMONICITY_FLOOR = -20.0
PAUSE_BELOW_PEAK = 25.0
SYLLABLE_DIP = 2.0

FRAME_VALUES = (
    "f0",
    "voicing",
    "intensity",
    "harmonicity",
    "f0_delta",
    "voicing_delta",
    "intensity_delta",
    "harmonicity_delta",
)
FUNCTIONALS = (
    "f0_mean",
    "f0_sd",
    "f0_p20",
    "f0_p50",
    "f0_p80",
    "f0_rise",
    "f0_fall",
    "intensity_mean",
    "intensity_sd",
    "intensity_p20",
    "intensity_p50",
    "intensity_p80",
    "harmonicity_mean",
    "jitter",
    "shimmer",
    "voiced_share",
    "pause_share",
    "voiced_segments_per_second",
    "voiced_segment_mean",
    "voiced_segment_sd",
    "speech_rate",
    "log_duration",
)

# Praat refuses a clip shorter than its longest analysis window: harmonicity wants 9 periods of the pitch floor.
_SHORTEST = int(0.125 * SAMPLING_RATE)

Vector = npt.NDArray[np.float64]


class Prosody(Extractor):
    """Frame prosody and utterance functionals.

    Arrays: ``prosody`` of shape (frames, 8), columns ``FRAME_VALUES`` (F0 in semitones above 100 Hz, voicing 0
    or 1, intensity and harmonicity in dB, their slopes a frame); ``functionals`` of shape (22,), named by
    ``FUNCTIONALS`` (seconds, shares, semitones, dB, events a second). Both float32 and finite.

    Pitch is Praat's autocorrelation method (Boersma, Accurate short-term analysis, 1993); the cross-correlation
    method costs several times as much. The speech rate counts voiced intensity peaks with dips of 2 dB
    around them, after de Jong and Wempe (2009).

    Example:
        >>> import numpy as np
        >>> silence = Prosody().extract([np.zeros(16_000, dtype=np.float32)])[0]
        >>> silence["prosody"].shape, silence["functionals"].shape
        ((50, 8), (22,))
    """

    name = "prosody"
    version = 2
    in_processes = True

    def settings(self) -> Mapping[str, Any]:
        """Return framing and the limits of pitch."""
        return {
            "hop": FRAME_SAMPLES,
            "floor": PITCH_FLOOR,
            "ceiling": PITCH_CEILING,
            "frames": FRAME_VALUES,
            "functionals": FUNCTIONALS,
        }

    def extract(self, waveforms: Sequence[Waveform]) -> list[Arrays]:
        """Return ``prosody`` and ``functionals`` for each waveform, see the class."""
        return [self._one(waveform) for waveform in waveforms]

    def _one(self, waveform: Waveform) -> Arrays:
        # Imported here: Praat takes a tenth of a second to load, and a model that weighs no prosody answers
        # without it.
        import parselmouth

        frames = frame_count(len(waveform))
        missing = max(0, _SHORTEST - len(waveform))
        before = missing // 2
        sound = parselmouth.Sound(
            np.pad(waveform.astype(np.float64), (before, missing - before)), sampling_frequency=SAMPLING_RATE
        )
        times = (np.arange(frames) + 0.5) * FRAME_SAMPLES / SAMPLING_RATE + before / SAMPLING_RATE

        pitch = sound.to_pitch_ac(
            time_step=FRAME_SAMPLES / SAMPLING_RATE, pitch_floor=PITCH_FLOOR, pitch_ceiling=PITCH_CEILING
        )
        hertz = _nearest(pitch.xs(), pitch.selected_array["frequency"], times)
        voiced = hertz > 0
        intensity = _at(sound.to_intensity(PITCH_FLOOR, FRAME_SAMPLES / SAMPLING_RATE, False), times, INTENSITY_FLOOR)
        harmonicity = _at(
            sound.to_harmonicity_ac(FRAME_SAMPLES / SAMPLING_RATE, PITCH_FLOOR, periods_per_window=4.5),
            times,
            HARMONICITY_FLOOR,
        )
        semitones = _bridged(hertz, voiced)

        static = np.stack([semitones, voiced, intensity, harmonicity], axis=1).astype(np.float32)
        functionals = np.array(
            [
                *_pitch_functionals(semitones, voiced),
                intensity.mean(),
                intensity.std(),
                *np.percentile(intensity, (20, 50, 80)),
                _mean(harmonicity[voiced & (harmonicity > HARMONICITY_FLOOR)], HARMONICITY_FLOOR),
                *_jitter_and_shimmer(sound, pitch),
                *_timing(voiced, intensity),
                np.log(len(waveform) / SAMPLING_RATE),
            ],
            dtype=np.float32,
        )
        return {"prosody": np.concatenate([static, deltas(static)], axis=1), "functionals": functionals}


def _nearest(times: Vector, values: Vector, wanted: Vector) -> Vector:
    """Sample without blending neighbours, because an unvoiced 0 must not be averaged with a pitch."""
    after = np.searchsorted(times, wanted).clip(1, len(times) - 1)
    # The earlier of two that are as near; a table of all distances would grow with the square of the clip's length.
    before = np.abs(times[after - 1] - wanted) <= np.abs(times[after] - wanted)
    return values[np.where(before, after - 1, after)] if len(times) > 1 else np.full(len(wanted), values[0])


def _at(contour: Any, times: Vector, floor: float) -> Vector:
    """Sample an intensity or harmonicity contour; Praat's -300 and -200 dB of silence become the floor."""
    return np.maximum(np.interp(times, contour.xs(), np.maximum(contour.values[0], floor)), floor)


def _bridged(hertz: Vector, voiced: npt.NDArray[np.bool_]) -> Vector:
    """Return semitones with unvoiced stretches bridged by a straight line; zeros without any voicing."""
    if not voiced.any():
        return np.zeros_like(hertz)
    index = np.arange(len(hertz))
    known = 12 * np.log2(hertz[voiced] / SEMITONE_REFERENCE)
    return np.interp(index, index[voiced], known)


def _mean(values: Vector, otherwise: float) -> float:
    return float(values.mean()) if len(values) else otherwise


def _pitch_functionals(semitones: Vector, voiced: npt.NDArray[np.bool_]) -> list[float]:
    if not voiced.any():
        return [0.0] * 7
    contour = semitones[voiced]
    # Slopes only between neighbouring voiced frames, so that bridges over pauses do not count as movement.
    slopes = np.diff(semitones)[voiced[1:] & voiced[:-1]]
    rise, fall = _mean(slopes[slopes > 0], 0.0), _mean(slopes[slopes < 0], 0.0)
    return [contour.mean(), contour.std(), *np.percentile(contour, (20, 50, 80)), rise, fall]


def _jitter_and_shimmer(sound: "parselmouth.Sound", pitch: "parselmouth.Pitch") -> list[float]:
    """Return local jitter and shimmer with Praat's standard limits, 0 where no two periods were found."""
    from parselmouth.praat import call

    pulses = call([sound, pitch], "To PointProcess (cc)")
    jitter = call(pulses, "Get jitter (local)", 0, 0, 0.0001, 0.02, 1.3)
    shimmer = call([sound, pulses], "Get shimmer (local)", 0, 0, 0.0001, 0.02, 1.3, 1.6)
    return [float(np.nan_to_num(jitter)), float(np.nan_to_num(shimmer))]


def _timing(voiced: npt.NDArray[np.bool_], intensity: Vector) -> list[float]:
    """Return voiced share, pause share, voiced segments a second, their mean and sd in s, peaks a second."""
    seconds = len(voiced) * FRAME_SAMPLES / SAMPLING_RATE
    edges = np.flatnonzero(np.diff(np.concatenate([[0], voiced.astype(int), [0]])))
    lengths = (edges[1::2] - edges[::2]) * FRAME_SAMPLES / SAMPLING_RATE
    loud = intensity > max(intensity.max() - PAUSE_BELOW_PEAK, INTENSITY_FLOOR)
    peaks = prominent_peaks(intensity, SYLLABLE_DIP)
    return [
        voiced.mean(),
        1.0 - loud.mean(),
        len(lengths) / seconds,
        _mean(lengths, 0.0),
        float(lengths.std()) if len(lengths) else 0.0,
        (loud & voiced)[peaks].sum() / seconds,
    ]
