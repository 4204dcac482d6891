"""Prosody, frame by frame, and the functionals of the whole clip."""

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from humpcat.features.base import Extractor
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.prosody import FRAME_VALUES, FUNCTIONALS, Prosody
from humpcat.models.humpcat.configuration import GROUP, HumpCatConfig
from humpcat.models.humpcat.streams.base import Masked, Stream, steps_of


class ProsodyStream(Stream):
    """Prosody, ``prosody`` (frames, 8) and ``functionals`` (22)."""

    name = "prosody"
    summary = ("functionals", "prosody_pooled")

    def extractor(self, encoder: SpeechEncoder | None = None, config: HumpCatConfig | None = None) -> Extractor:
        """Return the extractor."""
        return Prosody()

    def shapes(self, config: HumpCatConfig) -> Mapping[str, tuple[int, ...]]:
        """Return the number of values of a frame, and of functionals."""
        return {"prosody": (len(FRAME_VALUES),), "functionals": (len(FUNCTIONALS),)}

    def modules(self, config: HumpCatConfig) -> Mapping[str, nn.Module]:
        """Return the network."""
        return {"prosody_stream": ProsodyNetwork(config)}

    def sequence(self, network: nn.Module, read: Callable[[str], Tensor], frames: Tensor) -> Masked:
        """Return what the network makes of groups of frames and of the functionals."""
        steps, mask = steps_of(read("prosody"), frames)
        return network.get_submodule("prosody_stream")(steps, read("functionals")), mask


class ProsodyNetwork(nn.Module):
    """A small network over groups of prosody frames and the functionals of the whole utterance."""

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.frames = nn.Linear(GROUP * len(FRAME_VALUES), width)
        self.utterance = nn.Linear(len(FUNCTIONALS), width)
        self.project = nn.Linear(width, width)

    def forward(self, steps: Tensor, functionals: Tensor) -> Tensor:
        """Turn (batch, steps, values) and (batch, functionals) into (batch, steps, hidden_size)."""
        states = self.frames(steps) + self.utterance(functionals)[:, None]
        return self.project(nn.functional.gelu(states))


EXPORT = (ProsodyStream(),)
