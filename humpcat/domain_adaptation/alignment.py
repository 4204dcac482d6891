"""Differentiable distances between the source's and the target's batch, in torch: what aligning minimises."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from humpcat.self_training.ridge import UNLABELLED

BANDWIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Bandwidths of the kernels, in units of the mean squared distance of the two batches."""

EPSILON = 1e-6
"""Share of a class below which no clip of the target is taken to be of it."""


def gaussian_kernels(rows: Tensor) -> Tensor:
    """Return the mean of Gaussian kernels of several bandwidths between all pairs of rows.

    The kernel is ``mean_k exp(-d^2 / (b_k s))`` with the squared distance d^2, the bandwidths b_k of ``BANDWIDTHS``,
    and s the mean of d^2 over all pairs of different rows; no gradient flows through s (Long et al., Learning
    Transferable Features with Deep Adaptation Networks, ICML 2015, section 3; bandwidths as in DSAN's code).

    Args:
        rows: shape (rows, width).

    Returns:
        Shape (rows, rows), symmetric, 1 on the diagonal.
    """
    squares = rows.square().sum(dim=1)
    distances = (squares[:, None] + squares[None, :] - 2 * rows @ rows.T).clamp_min(0)
    # Rounding must not part a row from itself.
    distances = distances * (1 - torch.eye(len(rows), dtype=rows.dtype, device=rows.device))
    pairs = max(len(rows) * (len(rows) - 1), 1)
    scale = (distances.detach().sum() / pairs).clamp_min(torch.finfo(rows.dtype).tiny)
    return torch.stack([torch.exp(-distances / (bandwidth * scale)) for bandwidth in BANDWIDTHS]).mean(dim=0)


def mmd(source: Tensor, target: Tensor) -> Tensor:
    """Return the squared maximum mean discrepancy of two batches, 0 where they are equal.

    The biased estimate (Gretton et al., A Kernel Two-Sample Test, JMLR 13, 2012, equation 5) under
    :func:`gaussian_kernels`, which is never negative.

    Args:
        source: shape (source clips, width).
        target: shape (target clips, width).

    Returns:
        A scalar.

    Example:
        >>> rows = torch.tensor([[0.0, 1.0], [2.0, 0.0]])
        >>> float(mmd(rows, rows)), float(mmd(rows, rows + 5)) > 0.5
        (0.0, True)
    """
    return local_mmd(source, target, source.new_ones(len(source), 1), target.new_ones(len(target), 1))


def local_mmd(source: Tensor, target: Tensor, source_shares: Tensor, target_shares: Tensor) -> Tensor:
    """Return the mean over the classes of the squared discrepancy of the two domains' clips of that class.

    A clip counts for a class by its share in it: the label in the source, a soft pseudo-label in the target (Zhu et
    al., Deep Subdomain Adaptation Network for Image Classification, IEEE Transactions on Neural Networks and Learning
    Systems 32(4), 2021, equation 6). A class that either batch has no clip of is left out of the mean.

    Args:
        source: shape (source clips, width).
        target: shape (target clips, width).
        source_shares: probabilities of the source's clips, shape (source clips, classes); 0 and 1 for labels.
        target_shares: those of the target's, shape (target clips, classes).

    Returns:
        A scalar; 0 where the batches have no class in common.
    """
    source_total, target_total = source_shares.sum(dim=0), target_shares.sum(dim=0)
    common = (source_total > EPSILON) & (target_total > EPSILON)
    weights = torch.cat(
        [source_shares / source_total.clamp_min(EPSILON), -target_shares / target_total.clamp_min(EPSILON)]
    )
    of_class = (weights * (gaussian_kernels(torch.cat([source, target])) @ weights)).sum(dim=0)
    return torch.where(common, of_class, 0).sum() / common.sum().clamp_min(1)


def coral(source: Tensor, target: Tensor) -> Tensor:
    """Return the squared distance of the two batches' covariances, over 4 width^2.

    Sun and Saenko, Deep CORAL, ECCV 2016 workshops, equation 1; a batch of one clip has no covariance and counts as
    0.

    Args:
        source: shape (source clips, width).
        target: shape (target clips, width).

    Returns:
        A scalar.
    """
    difference = _covariance(source) - _covariance(target)
    return difference.square().sum() / (4 * source.shape[1] ** 2)


DISTANCES: Mapping[str, Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]] = {
    "local_mmd": local_mmd,
    "mmd": lambda source, target, *shares: mmd(source, target),
    "coral": lambda source, target, *shares: coral(source, target),
}
"""Distances by name; all take what :func:`local_mmd` takes, the others ask for no shares of classes."""


def ramp(done: float) -> float:
    """Return the factor that an alignment grows with, ``2 / (1 + exp(-10 done)) - 1``.

    Ganin et al., Domain-Adversarial Training of Neural Networks, JMLR 17, 2016, section 5.2.2.

    Args:
        done: share of the training that is done, 0 to 1.

    Example:
        >>> [round(ramp(done), 2) for done in (0, 0.1, 0.5, 1)]
        [0.0, 0.46, 0.99, 1.0]
    """
    return 2 / (1 + math.exp(-10 * done)) - 1


class AlignedLoss(nn.Module):
    """The loss of the source's clips, and the distance of the target's from them in what the classifier sees.

    A batch holds both; the target's clips are those labelled ``UNLABELLED``. For the local distance a target clip
    counts for each class by the probability that the model itself gives it. The distance's weight grows from 0 by
    :func:`ramp` with the batches that have come.

    Args:
        loss: of labelled clips.
        align: one of ``DISTANCES``.
        weight: what the distance weighs in the end.
        batches: how many batches will come.
    """

    def __init__(self, loss: Any, align: str, weight: float, batches: int) -> None:
        super().__init__()
        self.loss = loss
        self.distance = DISTANCES[align]
        self.weight = weight
        self.batches = batches
        self.done = 0

    def forward(self, logits: Tensor, embedding: Tensor, labels: Tensor) -> Tensor:
        """Return one number, of a batch with clips of both."""
        known = labels != UNLABELLED
        one_hot = nn.functional.one_hot(labels[known], logits.shape[-1]).to(embedding.dtype)
        soft = logits[~known].detach().softmax(-1).to(embedding.dtype)
        distance = self.distance(embedding[known], embedding[~known], one_hot, soft)
        weight = self.weight * ramp(self.done / self.batches)
        self.done += 1
        value: Tensor = self.loss(logits[known], embedding[known], labels[known]) + weight * distance
        return value

    def batch_weight(self, labels: Tensor) -> Tensor:
        """Return what the labelled clips count."""
        return self.loss.batch_weight(labels[labels != UNLABELLED])


class Adversary(nn.Module):
    """Tells source from target by the latent, and hands the encoder its gradient reversed.

    Ganin et al., Domain-Adversarial Training of Neural Networks, JMLR 17, 2016, section 4.2: minimising the
    adversary's loss makes it better, and the encoder worse for it.

    Args:
        width: width of the latent.
        hidden: width of the hidden layer.
    """

    def __init__(self, width: int, hidden: int = 64) -> None:
        super().__init__()
        self.judge = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, source: Tensor, target: Tensor, reversal: float = 1.0) -> Tensor:
        """Return the mean binary cross-entropy of "is from the source", each domain counting half.

        Args:
            source: shape (source clips, width).
            target: shape (target clips, width).
            reversal: factor of the gradient that the encoder gets, reversed.
        """
        from_source = self.judge(reversed_gradient(source, reversal))
        from_target = self.judge(reversed_gradient(target, reversal))
        return (nn.functional.softplus(-from_source).mean() + nn.functional.softplus(from_target).mean()) / 2


def reversed_gradient(values: Tensor, factor: float) -> Tensor:
    """Return the values as they are; their gradient is multiplied by ``-factor`` on the way back.

    Example:
        >>> x = torch.ones(1, requires_grad=True)
        >>> (3 * reversed_gradient(x, 0.5)).backward()
        >>> x.grad.item()
        -1.5
    """
    reversed_: Tensor = _Reversal.apply(values, factor)
    return reversed_


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, values: Tensor, factor: float) -> Tensor:
        context.factor = factor
        return values.view_as(values)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -context.factor * gradient, None


def _covariance(rows: Tensor) -> Tensor:
    centred = rows - rows.mean(dim=0)
    return centred.T @ centred / max(len(rows) - 1, 1)
