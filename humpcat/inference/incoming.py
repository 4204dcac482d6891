"""Audio that is still coming in, chunk by chunk: a microphone, or raw samples on standard input."""

import warnings
from collections.abc import Iterator
from io import BufferedReader
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from humpcat.audio import Waveform
from humpcat.errors import AudioError, HumpcatError
from humpcat.imports import import_extra, import_fault

MOST_SECONDS = 30
"""How far answers may lag behind a microphone, whose audio waits in memory meanwhile."""

_CHUNKS_A_SECOND = 50
_READ_BYTES = 1 << 16
_HOW = "expected raw 16-bit little-endian mono samples, as ffmpeg -i SOURCE -ac 1 -ar 16000 -f s16le - writes them"
_CONTAINERS = (b"RIFF", b"fLaC", b"OggS", b"ID3", b"FORM", b"caff", b"\x1aE\xdf\xa3")


class Microphone:
    """A microphone, from which chunks are read while the block lasts.

    Args:
        device: number or part of the name of an input of sounddevice; the system's own by default.

    Attributes:
        sampling_rate: the device's own, in Hz.

    Raises:
        HumpcatError: sounddevice or PortAudio is missing, or there is no such input.
    """

    def __init__(self, device: str | None = None) -> None:
        self._library = _sounddevice()
        self._device = int(device) if device is not None and device.isdecimal() else device
        self._name = "microphone" if device is None else f"microphone {device!r}"
        # Unbounded, it would hide that answers come later and later.
        self._chunks: Queue[Waveform] = Queue(MOST_SECONDS * _CHUNKS_A_SECOND)
        self._behind = False
        try:
            self.sampling_rate = int(self._library.query_devices(self._device, "input")["default_samplerate"])
        except (self._library.PortAudioError, ValueError) as error:
            raise self._refused(error) from None

    def __enter__(self) -> "Microphone":
        try:
            self._stream = self._library.InputStream(
                samplerate=self.sampling_rate,
                blocksize=self.sampling_rate // _CHUNKS_A_SECOND,
                device=self._device,
                channels=1,
                dtype="float32",
                callback=self._take,
            )
            self._stream.start()
        except (self._library.PortAudioError, ValueError) as error:
            raise self._refused(error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def chunks(self) -> Iterator[Waveform]:
        """Yield chunks of 20 ms, shape (samples,), float32, as they come in.

        Warns:
            UserWarning: the system lost samples, so that times are a little late from there on.

        Raises:
            HumpcatError: chunks are read so late that 30 s of them wait, or the microphone has stopped.
        """
        while True:
            if self._behind:
                raise HumpcatError(
                    f"{self._name}: answers are {MOST_SECONDS} s late, since they take longer to compute than the "
                    "time between them: ask for fewer (--every), or for those of a shorter window (--window)."
                )
            try:
                # Not for ever: on Windows nothing else lets Ctrl+C through.
                yield self._chunks.get(timeout=1.0)
            except Empty:
                if not self._stream.active:
                    raise HumpcatError(f"{self._name}: has stopped: connect it again, or name another one.") from None

    def _take(self, samples: npt.NDArray[np.float32], count: int, time: Any, status: Any) -> None:
        """Put by what comes in; called by sounddevice, from a thread of its own."""
        if status.input_overflow:
            warnings.warn(f"{self._name}: the system lost samples: times are late from here on.", stacklevel=2)
        try:
            self._chunks.put_nowait(samples[:, 0].copy())
        except Full:
            self._behind = True

    def _refused(self, error: Exception) -> HumpcatError:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        return HumpcatError(
            f"{self._name}: cannot be opened ({reason}): python -m sounddevice lists what there is; name one of them."
        )


def _sounddevice() -> Any:
    try:
        return import_extra("sounddevice", "a microphone", error=HumpcatError)
    except HumpcatError as error:
        # Its wheels bring PortAudio for Windows and macOS; elsewhere reinstalling them would mend nothing.
        if isinstance(error.__cause__, OSError):
            raise HumpcatError(
                f"a microphone: sounddevice cannot load PortAudio ({import_fault(error.__cause__)}): install that "
                "library of the system, such as libportaudio2 of Debian and Ubuntu."
            ) from None
        raise


def raw_chunks(file: BufferedReader) -> Iterator[npt.NDArray[np.int16]]:
    """Yield raw 16-bit little-endian samples as they come in.

    Args:
        file: a binary file, such as ``sys.stdin.buffer``.

    Raises:
        AudioError: it is empty, begins as a file of another format, or ends within a sample.

    Example:
        >>> from io import BytesIO
        >>> [chunk.tolist() for chunk in raw_chunks(BytesIO(b"\\x01\\x00\\xff\\xff\\x02\\x00"))]
        [[1, -1], [2]]
    """
    data = file.read(4)
    if not data:
        raise AudioError(f"standard input: holds no samples, {_HOW}.")
    if data.startswith(_CONTAINERS):
        raise AudioError(f"standard input: begins as a file of audio (first bytes {data!r}), {_HOW}.")
    while data:
        whole = len(data) // 2 * 2
        yield np.frombuffer(data[:whole], dtype="<i2").astype(np.int16)
        rest, read = data[whole:], file.read1(_READ_BYTES)
        if rest and not read:
            raise AudioError(f"standard input: ends within a sample, {_HOW}.")
        data = rest + read
