"""The plain networks of the deep baselines: two layers to the latent, and two back."""

from torch import Tensor, nn

from humpcat.domain_adaptation.deep import INPUT_DROPOUT, DomainNetwork


class Perceptron(DomainNetwork):
    """Two layers to the latent, each with layer normalisation and GELU.

    Args:
        features: number of values of a clip.
        classes: number of classes.
        hidden: width of the hidden layer.
        latent: width of the latent.
        dropout: share of the hidden values that are dropped in training.
    """

    def __init__(self, features: int, classes: int, hidden: int, latent: int, dropout: float) -> None:
        super().__init__(latent, classes)
        self.encoder = nn.Sequential(
            nn.Dropout(INPUT_DROPOUT),
            nn.Linear(features, hidden),
            nn.LayerNorm(hidden),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, latent),
            nn.LayerNorm(latent),
            nn.GELU(),
        )

    def encode(self, values: Tensor) -> Tensor:
        """Turn values of shape (clips, features) into latents of shape (clips, latent)."""
        latents: Tensor = self.encoder(values)
        return latents


class Autoencoder(Perceptron):
    """A :class:`Perceptron` and two layers from the latent back to the features; arguments as there."""

    def __init__(self, features: int, classes: int, hidden: int, latent: int, dropout: float) -> None:
        super().__init__(features, classes, hidden, latent, dropout)
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.GELU(), nn.Linear(hidden, features))
