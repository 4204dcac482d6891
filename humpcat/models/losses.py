"""What training minimises: cross-entropy or an additive margin."""

from typing import Protocol

import torch
from torch import Tensor, nn

from humpcat.errors import SettingsError

LOSSES = ("cross-entropy", "additive-margin")


class Loss(Protocol):
    """Scores a batch: lower is better."""

    def __call__(self, logits: Tensor, embedding: Tensor, labels: Tensor) -> Tensor:
        """Return one number.

        Args:
            logits: shape (batch, classes).
            embedding: shape (batch, width), what the classifier saw.
            labels: shape (batch,), class indices.
        """

    def batch_weight(self, labels: Tensor) -> Tensor:
        """Return what a batch counts beside others whose gradients are added to its own, one number.

        Args:
            labels: shape (batch,), class indices.
        """

    def to(self, device: torch.device) -> "Loss":
        """Move the loss to a device, as ``nn.Module.to`` does."""


class CrossEntropy(nn.Module):
    """Cross-entropy with class weights and label smoothing.

    Args:
        weights: shape (classes,), weight of each class.
        smoothing: share of the target that is spread over all classes.
    """

    def __init__(self, weights: Tensor, smoothing: float = 0.0) -> None:
        super().__init__()
        self.smoothing = smoothing
        self.register_buffer("weights", weights)

    def forward(self, logits: Tensor, embedding: Tensor, labels: Tensor) -> Tensor:
        """Return the mean over the batch."""
        return nn.functional.cross_entropy(
            logits, labels, weight=self.get_buffer("weights"), label_smoothing=self.smoothing
        )

    def batch_weight(self, labels: Tensor) -> Tensor:
        """Return the sum of the clips' class weights, by which the mean divides."""
        return self.get_buffer("weights")[labels].sum()


class SoftCrossEntropy(nn.Module):
    """Cross-entropy against probabilities, as a teacher gives them (Hinton, Vinyals and Dean 2015).

    Args:
        answers: shape (clips, classes), the probabilities of each clip; the label of a clip is its row here.
    """

    def __init__(self, answers: Tensor) -> None:
        super().__init__()
        self.register_buffer("answers", answers)

    def forward(self, logits: Tensor, embedding: Tensor, labels: Tensor) -> Tensor:
        """Return the mean over the batch; labels are rows of the answers."""
        return nn.functional.cross_entropy(logits, self.get_buffer("answers")[labels])

    def batch_weight(self, labels: Tensor) -> Tensor:
        """Return the number of clips, for all weigh alike."""
        return torch.tensor(float(len(labels)), device=labels.device)


class AdditiveMargin(CrossEntropy):
    """Additive-margin softmax (Wang et al. 2018) with a contrastive-centre term (Qi and Su 2017).

    The right class must win by ``margin`` in cosine; embeddings of a class are drawn to the batch's centre of
    their class and pushed from the other classes' centres.

    Args:
        weights: shape (classes,), weight of each class.
        smoothing: share of the target that is spread over all classes.
        scale: factor that the cosine classifier multiplies by.
        margin: in cosine.
        centre_weight: weight of the contrastive-centre term.
    """

    def __init__(
        self, weights: Tensor, smoothing: float, scale: float, margin: float = 0.4, centre_weight: float = 1.0
    ) -> None:
        super().__init__(weights, smoothing)
        self.scale = scale
        self.margin = margin
        self.centre_weight = centre_weight

    def forward(self, logits: Tensor, embedding: Tensor, labels: Tensor) -> Tensor:
        """Return the mean over the batch."""
        right = nn.functional.one_hot(labels, logits.shape[-1])
        loss = super().forward(logits - self.scale * self.margin * right, embedding, labels)
        return loss + self.centre_weight * contrastive_centre(embedding, labels)


def contrastive_centre(embedding: Tensor, labels: Tensor) -> Tensor:
    """Return the mean ratio of the squared distance to the own class' centre over those to the others.

    Embeddings are brought to unit length first; centres are the batch's own class means, so that the term needs
    no weights of its own. Zero for a batch of one class.

    Args:
        embedding: shape (batch, width).
        labels: shape (batch,).

    Example:
        >>> points = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> contrastive_centre(points, torch.tensor([0, 1])).item()
        0.0
    """
    unit = nn.functional.normalize(embedding, dim=-1)
    present, index = labels.unique(return_inverse=True)
    if len(present) < 2:
        return embedding.new_zeros(())
    belongs = nn.functional.one_hot(index, len(present)).to(unit.dtype)
    centres = belongs.T @ unit / belongs.sum(0)[:, None]
    distances = (unit[:, None] - centres[None]).square().sum(-1)
    own = (distances * belongs).sum(1)
    return (own / (distances.sum(1) - own + 1.0)).mean()


def classifier_for(loss: str) -> str:
    """Return the kind of classifier that a model is made with for a loss; a margin is one of cosines.

    Args:
        loss: one of ``LOSSES``.

    Raises:
        SettingsError: the loss is unknown.
    """
    if loss not in LOSSES:
        raise SettingsError(f"--loss {loss} is unknown: choose one of {', '.join(LOSSES)}.")
    return "cosine" if loss == "additive-margin" else "linear"


def make_loss(name: str, weights: Tensor, smoothing: float, scale: float) -> CrossEntropy:
    """Return the loss of that name.

    Args:
        name: one of ``LOSSES``.
        weights: shape (classes,), weight of each class.
        smoothing: label smoothing.
        scale: factor of the cosine classifier.

    Raises:
        SettingsError: the name is unknown.
    """
    if classifier_for(name) == "cosine":
        return AdditiveMargin(weights, smoothing, scale)
    return CrossEntropy(weights, smoothing)


def class_weights(labels: Tensor, classes: int, weights: Tensor | None = None) -> Tensor:
    """Return inverse class frequencies, 1 on average over the clips; a class without clips weighs 0.

    Args:
        labels: shape (clips,), class indices.
        classes: number of classes.
        weights: shape (clips,), as how many clips each counts; as one by default.

    Example:
        >>> class_weights(torch.tensor([0, 0, 0, 1]), 2).tolist()
        [0.666..., 2.0]
    """
    counts = torch.bincount(labels, weights, minlength=classes).float()
    present = (counts > 0).sum()
    return torch.where(counts > 0, counts.sum() / (present * counts.clamp(min=1)), torch.zeros_like(counts))
