"""Attentive statistics pooling (Okabe et al. 2018): some steps count more than others in mean and deviation."""

from torch import Tensor, nn

from humpcat.models.humpcat.pooling.statistics import StatisticsPooling, pool


class AttentivePooling(StatisticsPooling):
    """Mean and standard deviation in which a small network says what each step weighs.

    Args:
        width: values of a step.
    """

    name = "attentive"

    def __init__(self, width: int) -> None:
        super().__init__(width)
        # A bias of the last map would move all steps alike and so change nothing.
        self.score = nn.Sequential(nn.Linear(width, width // 2), nn.Tanh(), nn.Linear(width // 2, 1, bias=False))

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Turn (batch, steps, width) and the mask of real steps into (batch, 2 * width)."""
        scores = self.score(states).squeeze(-1).masked_fill(~mask, float("-inf"))
        return pool(states, scores.softmax(-1))


EXPORT = (AttentivePooling,)
