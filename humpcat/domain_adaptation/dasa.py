"""Deep autoencoder subdomain adaptation: classes aligned one by one in the latent of an autoencoder."""

from torch import nn

from humpcat.domain_adaptation.alignment import local_mmd
from humpcat.domain_adaptation.deep import Batch, DeepAdaptationClassifier, Terms
from humpcat.domain_adaptation.perceptron import Autoencoder


class DASA(DeepAdaptationClassifier[Autoencoder]):
    """Deep autoencoder subdomain adaptation (Zhuang, Fu and Tao, Journal of Computer Applications 38(11), 2021).

    The loss is the source's cross-entropy, the mean squared error of reconstructing both corpora from the latent, and
    the local maximum mean discrepancy between clips of the source and clips of the target that are taken to be of the
    same class. The paper names these three; the widths, the weights and where the pseudo-labels come from are ours.

    Args:
        reconstruction_weight: weight of the reconstruction.
        alignment_weight: weight of the discrepancy at the end of the ramp.
        hidden: width of the hidden layer of encoder and decoder.
        latent: width of the latent.
        steps: as are the settings below, see :class:`~humpcat.domain_adaptation.dann.DANN`.
        batch_size: see there.
        learning_rate: see there.
        weight_decay: see there.
        dropout: see there.
        label_smoothing: see there.
        random_state: see there.
        device: see there.

    Attributes:
        network_: the averaged network.
        objective_: mean loss of each epoch.
        losses_: mean of each term in each epoch: ``classification``, ``reconstruction`` and ``alignment``.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 3, 90)
        >>> values = rng.normal(size=(90, 6)) + 4 * np.eye(3, 6)[labels]
        >>> model = DASA(steps=80, hidden=16, latent=8, learning_rate=0.01).fit(values, labels, 2 * values + 1)
        >>> model.transform(values).shape, bool(model.score(2 * values + 1, labels) > 0.8)
        ((90, 8), True)
    """

    name = "dasa"
    title = "DASA"
    year = 2022
    grid = {"alignment_weight": [0.1, 0.3, 1.0, 3.0]}

    def __init__(
        self,
        reconstruction_weight: float = 0.1,
        alignment_weight: float = 1.0,
        hidden: int = 128,
        latent: int = 64,
        steps: int = 200,
        batch_size: int = 64,
        learning_rate: float = 3e-3,
        weight_decay: float = 0.01,
        dropout: float = 0.3,
        label_smoothing: float = 0.1,
        random_state: int | None = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(
            steps, batch_size, learning_rate, weight_decay, dropout, label_smoothing, random_state, device
        )
        self.reconstruction_weight = reconstruction_weight
        self.alignment_weight = alignment_weight
        self.hidden = hidden
        self.latent = latent

    def _network(self, features: int, classes: int) -> Autoencoder:
        return Autoencoder(features, classes, self.hidden, self.latent, self.dropout)

    def _terms(self, network: Autoencoder, batch: Batch) -> Terms:
        latents = network.encode(batch.values)
        source, target = latents.chunk(2)
        reconstruction = nn.functional.mse_loss(network.decoder(latents), batch.values)
        alignment = local_mmd(source, target, batch.one_hot, batch.pseudo_labels)
        return {
            "classification": (1.0, self._classification(network, batch, latents)),
            "reconstruction": (self.reconstruction_weight, reconstruction),
            "alignment": (self.alignment_weight * batch.ramp, alignment),
        }


EXPORT = (DASA,)
