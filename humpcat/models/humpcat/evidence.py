"""How much a clip's length lets its answer be believed."""

from torch import Tensor

from humpcat.audio import SAMPLING_RATE


def evidence(lengths: Tensor, seconds: float) -> Tensor:
    """Return what the logits of clips are multiplied by: the longer a clip, the surer its answer.

    A mean over n independent frames has a standard deviation of 1 / sqrt(n), so that the evidence of short clips
    grows with the root of their length. Neighbouring frames, and all that a speaker and a recording have of their own,
    are not independent: no length is worth more than 1.

    Args:
        lengths: samples of each clip, shape (clips,).
        seconds: length at which evidence is the root of one half; with 0 length makes no difference.

    Returns:
        Factors above 0 and at most 1, shape (clips,).

    Example:
        >>> import torch
        >>> [round(share, 3) for share in evidence(torch.tensor([16_000, 160_000]), seconds=1.0).tolist()]
        [0.707, 0.953]
        >>> evidence(torch.tensor([16_000, 160_000]), seconds=0.0).tolist()
        [1.0, 1.0]
    """
    heard = lengths.float() / SAMPLING_RATE
    if not seconds:
        return heard.new_ones(heard.shape)
    return (heard / (heard + seconds)).sqrt()
