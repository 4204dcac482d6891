"""How probable speech is, every 32 ms: silero-vad's network, computed for a whole recording at once.

The weights are those of the package silero-vad (Silero Team, MIT licence), read from its safetensors file. Its own way
runs one chunk after the other through a TorchScript module that keeps the recording's state, which threads cannot
share and which costs many times as much. Importing that package would also set torch to a single thread, so it is
located and not imported.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from humpcat.audio import Waveform
from humpcat.errors import HumpcatError

CHUNK = 512
"""Samples that one probability is of: 32 ms."""

_BEFORE = 64
"""Samples before a chunk that the network sees too."""

_REFLECTED = 64
_BINS = 129
_WIDTH = 128
_CHUNKS_AT_ONCE = 2048
"""A minute: bounds memory in an hour's recording."""


class VoiceActivity(nn.Module):
    """Silero-vad's network for 16 kHz; nothing of a recording is kept on the module, so that threads may share it."""

    def __init__(self) -> None:
        super().__init__()
        self.stft_conv = nn.Conv1d(1, 2 * _BINS, 256, stride=128, bias=False)
        self.conv1 = nn.Conv1d(_BINS, 128, 3, padding=1)
        self.conv2 = nn.Conv1d(128, 64, 3, stride=2, padding=1)
        self.conv3 = nn.Conv1d(64, 64, 3, stride=2, padding=1)
        self.conv4 = nn.Conv1d(64, _WIDTH, 3, padding=1)
        self.lstm = nn.LSTM(_WIDTH, _WIDTH, batch_first=True)
        self.final_conv = nn.Conv1d(_WIDTH, 1, 1)

    @torch.no_grad()
    def forward(self, waveform: Tensor) -> Tensor:
        """Return how probable speech is in each chunk.

        Args:
            waveform: shape (samples,), 16 kHz, followed by zeros to a whole chunk.

        Returns:
            Shape (chunks,), from 0 to 1.
        """
        padded = nn.functional.pad(waveform, (_BEFORE, -len(waveform) % CHUNK))
        chunks = padded.unfold(0, _BEFORE + CHUNK, CHUNK)
        state, found = None, []
        for part in chunks.split(_CHUNKS_AT_ONCE):
            hidden, state = self.lstm(self._encoded(part)[None], state)
            found.append(self.final_conv(hidden[0].relu()[..., None]).flatten().sigmoid())
        return torch.cat(found)

    def _encoded(self, chunks: Tensor) -> Tensor:
        """Turn (chunks, samples) into (chunks, width)."""
        spectrum = self.stft_conv(nn.functional.pad(chunks[:, None], (0, _REFLECTED), mode="reflect"))
        states = torch.hypot(spectrum[:, :_BINS], spectrum[:, _BINS:])
        for layer in (self.conv1, self.conv2, self.conv3, self.conv4):
            states = layer(states).relu()
        return states.squeeze(-1)


def speech_probabilities(waveform: Waveform) -> npt.NDArray[np.float32]:
    """Return how probable speech is in each chunk of ``CHUNK`` samples.

    Args:
        waveform: shape (samples,), 16 kHz, at least one sample.

    Returns:
        Shape (chunks,), from 0 to 1; the last chunk may be longer than what is left of the recording.

    Raises:
        HumpcatError: silero-vad is not installed, or of a release without these weights.

    Example:
        >>> speech_probabilities(np.zeros(16_000, dtype=np.float32)).max() < 0.1
        np.True_
    """
    # Whatever precision the caller computes in: what is speech must not depend on it.
    with torch.autocast("cpu", enabled=False):
        found: npt.NDArray[np.float32] = _network()(torch.from_numpy(waveform)).numpy()
    return found


@cache
def _network() -> VoiceActivity:
    # Random weights would draw from what a run draws from, in whichever thread needs the network first.
    with torch.device("meta"):
        network = VoiceActivity()
    # Its recurrent cell is a layer of one direction under other names.
    network.load_state_dict(
        {
            name if not name.startswith("lstm_cell.") else f"lstm.{name.removeprefix('lstm_cell.')}_l0": value
            for name, value in load_file(_weights()).items()
        },
        assign=True,
    )
    return network.eval()


def _weights() -> Path:
    package = find_spec("silero_vad")
    places = (package.submodule_search_locations or []) if package else []
    for place in places:
        file = Path(place) / "data" / "silero_vad_16k.safetensors"
        if file.is_file():
            return file
    raise HumpcatError(
        "silero-vad, which finds the speech in a recording, is not installed or of an old release: "
        "pip install 'silero-vad>=6.2.1'"
    )
