"""How loud samples are meant to be: whole numbers by the width of their coding, floats within -1 to 1.

Samples at another scale still look like a waveform, and would be answered wrongly without a word: 16 bits held in 64
are all but silence, and floats that reach 32768 are louder than anything that a model has heard.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from humpcat.errors import AudioError

LOUDEST = 8.0
"""Amplitude up to which floats are taken as they are. Coders and mixes overshoot 1, none of them by 18 dB."""

_MENDS = ((2.0**15, "16"), (2.0**23, "24"), (2.0**31, "32"))

_FEW_BITS = 256.0
"""Peak up to which floats may be values of 8 bits, with or without a sign."""

_MIDDLES = {np.dtype(np.int8): 0, np.dtype(np.int16): 0, np.dtype(np.int32): 0, np.dtype(np.uint8): 128}
"""Whole numbers that audio is coded in, and what each takes for silence."""

_QUIETEST_32 = 2**23
"""Peak below which 32 bits hold the values of 24 or 16: as 32 bits they would be below -48 dBFS."""


def as_floats(name: str, samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return samples scaled to -1 to 1 by the width of their coding; floats are returned as they are.

    Args:
        name: the source, as messages call it.
        samples: whole numbers or floats, of any shape.

    Raises:
        AudioError: whole numbers of a width in which nothing is coded, or that cannot be of the width they have.

    Example:
        >>> as_floats("array", np.array([-32768, 16384], dtype=np.int16)).tolist()
        [-1.0, 0.5]
        >>> as_floats("array", np.array([-32768, 16384]))
        Traceback (most recent call last):
        humpcat.errors.AudioError: array: holds whole numbers of type int64, which say not how loud they are, and \
reach 32768: pass numpy.asarray(samples, dtype=numpy.int16) for values of 16 bits, or floats within -1 to 1.
    """
    if samples.dtype.kind == "f" or not samples.size:
        return samples
    middle = _MIDDLES.get(samples.dtype)
    peak = _peak(samples, middle or 0)
    if middle is None and peak:
        raise AudioError(
            f"{name}: holds whole numbers of type {samples.dtype}, which say not how loud they are, and reach {peak}: "
            f"{_whole_mend(samples, peak)}, or floats within -1 to 1."
        )
    if samples.dtype == np.int32 and 0 < peak < _QUIETEST_32:
        bits, divisor = ("16", "2**15") if peak <= 2**15 else ("24", "2**23")
        raise AudioError(
            f"{name}: holds whole numbers of type int32 that reach {peak} of 2147483648 only, as values of {bits} "
            f"bits do: pass samples / {divisor}, or samples / 2**31 if they are as quiet as that."
        )
    scale = float(np.iinfo(samples.dtype).max) - (middle or 0) + 1
    return (samples.astype(np.float64) - (middle or 0)) / scale


def refuse_scale(name: str, samples: npt.NDArray[Any]) -> None:
    """Refuse floats that are not within -1 to 1 by far.

    Args:
        name: the source, as messages call it.
        samples: finite floats, of any shape.

    Raises:
        AudioError: they reach beyond ``LOUDEST``.
    """
    peak = max(float(samples.max()), -float(samples.min())) if samples.size else 0.0
    if peak <= LOUDEST:
        return
    width = next((f"{bits} bits: divide them by {limit:.0f}" for limit, bits in _MENDS if peak <= limit), None)
    mend = f"they seem to be values of {width}" if width else "export the audio again"
    if peak <= _FEW_BITS:
        mend = (
            "divide them by 128 if they are values of 8 bits (subtract 128 first where that is silence), by 32768 if "
            "they are of 16"
        )
    raise AudioError(f"{name}: samples reach {peak:.6g}, expected floats within -1 to 1: {mend}.")


def _whole_mend(samples: npt.NDArray[Any], peak: int) -> str:
    # What does not fit into 16 bits would wrap around there, and what has no sign has its silence in the middle.
    if samples.dtype.kind == "u" and peak <= np.iinfo(np.uint16).max:
        return "pass (samples - 32768.0) / 32768 for values of 16 bits without a sign"
    if peak <= 2**15:
        return "pass numpy.asarray(samples, dtype=numpy.int16) for values of 16 bits"
    return "pass samples / 2**23 for values of 24 bits, samples / 2**31 for values of 32"


def _peak(samples: npt.NDArray[Any], middle: int) -> int:
    # As Python's numbers: the lowest of a width has no counterpart above in it.
    return max(abs(int(samples.max()) - middle), abs(int(samples.min()) - middle))
