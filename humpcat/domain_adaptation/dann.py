"""Domain-adversarial training: a latent from which source and target cannot be told apart."""

from humpcat.domain_adaptation.alignment import Adversary
from humpcat.domain_adaptation.deep import Batch, DeepAdaptationClassifier, Terms
from humpcat.domain_adaptation.perceptron import Perceptron


class AdversarialPerceptron(Perceptron):
    """A :class:`~humpcat.domain_adaptation.perceptron.Perceptron` and its adversary; arguments as there."""

    def __init__(self, features: int, classes: int, hidden: int, latent: int, dropout: float) -> None:
        super().__init__(features, classes, hidden, latent, dropout)
        self.adversary = Adversary(latent)


class DANN(DeepAdaptationClassifier[AdversarialPerceptron]):
    """Domain-adversarial neural network (Ganin et al., JMLR 17, 2016).

    The loss is the source's cross-entropy and that of an adversary that tells the domains apart, whose gradient
    reaches the encoder reversed and multiplied by the ramped ``alignment_weight``. Network, regularisation and steps
    are those of :class:`~humpcat.domain_adaptation.dasa.DASA`; its learning rate is a third, above which the adversary
    makes some seeds collapse.

    Args:
        alignment_weight: factor of the reversed gradient at the end of the ramp.
        hidden: width of the encoder's hidden layer.
        latent: width of the latent.
        steps: steps of training.
        batch_size: clips of either corpus in a step.
        learning_rate: highest learning rate of AdamW; a tenth of the steps rise to it, the others fall.
        weight_decay: of AdamW.
        dropout: share of the hidden values that are dropped.
        label_smoothing: share of each label that all classes share.
        random_state: seed; None for another one each time.
        device: where torch computes, such as ``cpu`` or ``cuda``.

    Attributes:
        network_: the averaged network.
        objective_: mean loss of each epoch.
        losses_: mean of each term in each epoch: ``classification`` and ``adversary``.

    Example:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 3, 90)
        >>> values = rng.normal(size=(90, 6)) + 4 * np.eye(3, 6)[labels]
        >>> model = DANN(steps=80, hidden=16, latent=8, learning_rate=0.01).fit(values, labels, 2 * values + 1)
        >>> model.transform(values).shape, bool(model.score(2 * values + 1, labels) > 0.8)
        ((90, 8), True)
    """

    name = "dann"
    title = "DANN"
    year = 2016
    grid = {"alignment_weight": [0.1, 0.3, 1.0, 3.0]}

    def __init__(
        self,
        alignment_weight: float = 1.0,
        hidden: int = 128,
        latent: int = 64,
        steps: int = 200,
        batch_size: int = 64,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.01,
        dropout: float = 0.3,
        label_smoothing: float = 0.1,
        random_state: int | None = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(
            steps, batch_size, learning_rate, weight_decay, dropout, label_smoothing, random_state, device
        )
        self.alignment_weight = alignment_weight
        self.hidden = hidden
        self.latent = latent

    def _network(self, features: int, classes: int) -> AdversarialPerceptron:
        return AdversarialPerceptron(features, classes, self.hidden, self.latent, self.dropout)

    def _terms(self, network: AdversarialPerceptron, batch: Batch) -> Terms:
        latents = network.encode(batch.values)
        reversal = self.alignment_weight * batch.ramp
        adversary = network.adversary(*latents.chunk(2), reversal)
        return {
            "classification": (1.0, self._classification(network, batch, latents)),
            "adversary": (1.0, adversary),
        }


EXPORT = (DANN,)
