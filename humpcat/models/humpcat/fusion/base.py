"""What a kind of fusion is: a layer by which one stream learns of another, and how layers make a whole."""

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor, nn

from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.registries import FUSIONS


class FusionLayer(nn.Module, ABC):
    """One stream is updated from another.

    Args:
        config: the network's settings.

    Attributes:
        name: how ``HumpCatConfig.fusion`` calls it.
    """

    name: ClassVar[str]

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, query: Tensor, context: Tensor, context_mask: Tensor) -> Tensor:
        """Update ``query`` from ``context``.

        Args:
            query: shape (batch, steps, width).
            context: shape (batch, other steps, width).
            context_mask: shape (batch, other steps), True for real steps.

        Returns:
            The shape of ``query``.
        """

    def attended(self, query: Tensor, context: Tensor, context_mask: Tensor) -> Tensor | None:
        """Return how much each step of ``query`` reads each of ``context``, for what ``forward`` is given.

        Returns:
            Shape (batch, steps, other steps), means over heads, each row adding up to 1; None where a layer does not
            attend.
        """
        return None


class PairFusion(nn.Module):
    """Two streams learn of each other, layer by layer; each direction reads what the layer was given.

    With cross-attention this is the paper's cross-attention transformer, CAT.
    """

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        layer = FUSIONS[config.fusion]
        self.forth = nn.ModuleList([layer(config) for _ in range(config.layers)])
        self.back = nn.ModuleList([layer(config) for _ in range(config.layers)])

    def forward(self, first: Tensor, second: Tensor, first_mask: Tensor, second_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return both streams, each updated from the other; shapes stay."""
        for forth, back in zip(self.forth, self.back, strict=True):
            first, second = forth(first, second, second_mask), back(second, first, first_mask)
        return first, second


class LoneFusion(nn.Module):
    """A stream that has no other reads itself by the same layers: with cross-attention, self-attention.

    So what a stream is worth alone is told with as many layers as it is beside others.
    """

    def __init__(self, config: HumpCatConfig) -> None:
        super().__init__()
        layer = FUSIONS[config.fusion]
        self.layers = nn.ModuleList([layer(config) for _ in range(config.layers)])

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return the stream updated from itself, shape (batch, steps, width)."""
        for layer in self.layers:
            states = layer(states, states, mask)
        return states
