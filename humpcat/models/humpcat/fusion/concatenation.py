"""No fusion before pooling: the pooled streams stand side by side, and only the classifier sees them together."""

from torch import Tensor

from humpcat.models.humpcat.fusion.base import FusionLayer


class ConcatenationLayer(FusionLayer):
    """Leaves a stream as it is; it has no weights."""

    name = "concatenation"

    def forward(self, query: Tensor, context: Tensor, context_mask: Tensor) -> Tensor:
        """Return ``query``, see :class:`FusionLayer`."""
        return query


EXPORT = (ConcatenationLayer,)
