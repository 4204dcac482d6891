"""Visual words beside the feature map: histogram, its states, and context attention (section 3.2 of the paper)."""

import torch
from torch import Tensor, nn

WORD_DROPOUT = 0.3
"""Share of the words that training hides: few clips are learnt by heart from 128 counts sooner than from pictures."""


def word_shares(descriptors: Tensor, counts: Tensor, words: Tensor) -> Tensor:
    """Return the share of each word among each clip's descriptors, as ``Codebook.transform`` does.

    Args:
        descriptors: shape (batch, key points, 64), filled up with anything.
        counts: shape (batch,), real key points of each clip.
        words: shape (words, 64).

    Returns:
        Shape (batch, words); a row sums to one, or is zero for a clip without key points.
    """
    # In bfloat16 some descriptors would be nearest to another word than they are in testing.
    with torch.autocast(words.device.type, enabled=False):
        # The square of a descriptor is the same for every word.
        distances = words.square().sum(1) - 2 * descriptors.to(words.dtype) @ words.T
    real = torch.arange(descriptors.shape[1], device=counts.device)[None] < counts[:, None]
    shares = words.new_zeros(len(descriptors), len(words))
    shares.scatter_add_(1, distances.argmin(-1), real.to(words.dtype))
    return shares / counts.clamp(min=1)[:, None]


class WordStates(nn.Module):
    """The hidden states of a histogram: squeezed to one number a place of the map, each widened to its channels.

    Args:
        words: number of words.
        places: places of the map, 49 in the paper.
        width: channels of the map, 288 in the paper.
    """

    def __init__(self, words: int, places: int, width: int) -> None:
        super().__init__()
        self.words = words
        self.hide = nn.Dropout(WORD_DROPOUT)
        self.squeeze = nn.Linear(words, places)
        self.widen = nn.Linear(1, width)

    def forward(self, shares: Tensor) -> Tensor:
        """Turn shares of shape (batch, words) into states of shape (batch, places, width)."""
        # Roots, with which a few frequent words do not outweigh the others (Hellinger's distance; Arandjelovic and
        # Zisserman, CVPR 2012), scaled so that a word of average frequency counts one.
        counts = self.hide((self.words * shares).sqrt())
        return self.widen(self.squeeze(counts).relu()[..., None])


class ContextAttention(nn.Module):
    """Equations 4 to 8: the states, weighed by their likeness to the last of them, say what to see in the map.

    Args:
        width: channels of map and states.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.score = nn.Linear(width, width, bias=False)
        self.join = nn.Linear(2 * width, width)
        # The map passes at first: negative values would be lost behind the ReLU that follows.
        nn.init.ones_(self.join.bias)

    def forward(self, maps: Tensor, states: Tensor) -> Tensor:
        """Fuse map and states, both of shape (batch, places, width), into the same shape."""
        last = states[:, -1]
        scores = torch.einsum("bw,bpw->bp", last, self.score(states))
        context = torch.einsum("bp,bpw->bw", scores.softmax(-1), states)
        attention = self.join(torch.cat([context, last], dim=-1)).tanh()
        return (maps * attention[:, None]).tanh() + states
