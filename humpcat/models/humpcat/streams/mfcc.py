"""MFCC, read by a recurrent network in both directions."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from humpcat.features.base import Extractor
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.mfcc import WIDTH, Mfcc
from humpcat.models.humpcat.configuration import GROUP, HumpCatConfig
from humpcat.models.humpcat.streams.base import Masked, Stream, group_count, steps_of


class MfccStream(Stream):
    """MFCC, ``mfcc`` (frames, 40)."""

    name = "mfcc"
    summary = ("mfcc_pooled",)

    def extractor(self, encoder: SpeechEncoder | None = None, config: HumpCatConfig | None = None) -> Extractor:
        """Return the extractor."""
        return Mfcc()

    def shapes(self, config: HumpCatConfig) -> Mapping[str, tuple[int, ...]]:
        """Return the number of values of a frame."""
        return {"mfcc": (WIDTH,)}

    def modules(self, config: HumpCatConfig) -> Mapping[str, nn.Module]:
        """Return the recurrent network."""
        return {"mfcc_stream": RecurrentStream(config)}

    def sequence(self, network: nn.Module, read: Callable[[str], Tensor], frames: Tensor) -> Masked:
        """Return what the network makes of groups of frames."""
        steps, mask = steps_of(read("mfcc"), frames)
        return network.get_submodule("mfcc_stream")(steps, frames), mask


class RecurrentStream(nn.Module):
    """A two-layer bidirectional LSTM over groups of frames, each direction half as wide as the stream.

    The backward direction reads each clip from its own end. Reversing by index is ten times faster on a CPU than
    packed sequences and gives the same numbers.
    """

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        width = config.hidden_size
        inputs = (GROUP * WIDTH, width)
        self.forth = nn.ModuleList([nn.LSTM(size, width // 2, batch_first=True) for size in inputs])
        self.back = nn.ModuleList([nn.LSTM(size, width // 2, batch_first=True) for size in inputs])
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, states: Tensor, lengths: Tensor) -> Tensor:
        """Turn steps, (batch, steps, values), and lengths in frames into (batch, steps, hidden_size)."""
        steps = torch.arange(states.shape[1], device=states.device)[None]
        # Real steps are mirrored within the clip, padding stays where it is.
        ends = group_count(lengths)[:, None]
        mirror = torch.where(steps < ends, ends - 1 - steps, steps)[..., None]
        for layer, (forth, back) in enumerate(zip(self.forth, self.back, strict=True)):
            states = self.dropout(states) if layer else states
            backward = back(states.gather(1, mirror.expand_as(states)))[0]
            backward = backward.gather(1, mirror.expand_as(backward))
            states = torch.cat([forth(states)[0], backward], dim=-1)
        return states


EXPORT = (MfccStream(),)
