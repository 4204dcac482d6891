"""The classifier of the additive-margin softmax."""

import torch
from torch import Tensor, nn


class CosineClassifier(nn.Module):
    """Logits are scaled cosines between the embedding and one direction a class."""

    def __init__(self, width: int, classes: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(classes, width))
        self.scale = scale
        nn.init.xavier_uniform_(self.weight)

    def forward(self, embedding: Tensor) -> Tensor:
        """Turn (batch, width) into (batch, classes)."""
        return self.scale * nn.functional.linear(
            nn.functional.normalize(embedding, dim=-1), nn.functional.normalize(self.weight, dim=-1)
        )
