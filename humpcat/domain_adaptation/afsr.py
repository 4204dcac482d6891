"""Attention-driven feature refinement and spatial reconstruction: descriptor tokens, refined and aligned by class."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

from humpcat.domain_adaptation.afsr_network import AFSRNetwork
from humpcat.domain_adaptation.alignment import DISTANCES
from humpcat.domain_adaptation.deep import Batch, DeepAdaptationClassifier, Terms
from humpcat.errors import AdaptationError

Alignment = Literal["local_mmd", "mmd", "coral", "adversary"]

ALIGNMENTS = (*DISTANCES, "adversary")

CHUNKS = 16
"""Tokens where nothing is known of the features."""


class AFSR(DeepAdaptationClassifier[AFSRNetwork]):
    """Attention-driven feature refinement and spatial reconstruction (Tao et al., Information 16, 945, 2025).

    Known from the paper are an autoencoder with multi-head attention, the spatial reconstruction unit of SCConv, and
    a joint loss of classification, reconstruction and alignment. Inferred, and settings here: the functionals of each
    low-level descriptor make a token, attention with residual and normalisation runs over the tokens, the unit over
    the values of the tokens, all tokens are narrowed to the latent, a linear layer of the features is added to it, and
    one layer leads back to the features; the alignment is the local maximum mean discrepancy with pseudo-labels of the
    averaged network.

    Args:
        groups: for each token the places of its features, such as the values of
            :func:`~humpcat.features.opensmile.by_descriptor`; each feature is in one group. By default chunks of equal
            length, one after the other.
        attention: whether the tokens attend to one another.
        spatial_reconstruction: whether the tokens pass the spatial reconstruction unit.
        shortcut: whether the features reach the latent by a linear layer too, beside the tokens.
        alignment: how the latents of the domains are aligned: ``local_mmd`` class by class, ``mmd``, ``coral`` or
            ``adversary`` as a whole; None for not at all.
        reconstruction_weight: weight of the mean squared error of reconstructing both corpora; 0 for no decoder.
        alignment_weight: weight of the alignment at the end of the ramp.
        width: width of a token, an even number.
        heads: heads of the attention, a divisor of ``width``.
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
        >>> rng = np.random.default_rng(0)
        >>> labels = rng.integers(0, 3, 90)
        >>> values = rng.normal(size=(90, 6)) + 4 * np.eye(3, 6)[labels]
        >>> model = AFSR([[0, 1], [2, 3], [4, 5]], steps=80, latent=8, learning_rate=0.01)
        >>> model = model.fit(values, labels, 2 * values + 1)
        >>> model.transform(values).shape, bool(model.score(2 * values + 1, labels) > 0.8)
        ((90, 8), True)
    """

    name = "afsr"
    title = "AFSR"
    year = 2025
    grid = {"alignment_weight": [0.1, 0.3, 1.0, 3.0]}

    def __init__(
        self,
        groups: Sequence[Sequence[int] | npt.NDArray[np.intp]] | None = None,
        attention: bool = True,
        spatial_reconstruction: bool = True,
        shortcut: bool = True,
        alignment: Alignment | None = "local_mmd",
        reconstruction_weight: float = 0.1,
        alignment_weight: float = 1.0,
        width: int = 16,
        heads: int = 2,
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
        self.groups = groups
        self.attention = attention
        self.spatial_reconstruction = spatial_reconstruction
        self.shortcut = shortcut
        self.alignment = alignment
        self.reconstruction_weight = reconstruction_weight
        self.alignment_weight = alignment_weight
        self.width = width
        self.heads = heads
        self.latent = latent

    def _network(self, features: int, classes: int) -> AFSRNetwork:
        self._refuse_shapes()
        return AFSRNetwork(
            _chunks(features) if self.groups is None else _checked(self.groups, features),
            classes,
            self.width,
            self.heads if self.attention else None,
            self.spatial_reconstruction,
            self.shortcut,
            self.latent,
            self.dropout,
        )

    def _terms(self, network: AFSRNetwork, batch: Batch) -> Terms:
        latents = network.encode(batch.values)
        terms = {"classification": (1.0, self._classification(network, batch, latents))}
        if self.reconstruction_weight:
            error = nn.functional.mse_loss(network.decoder(latents), batch.values)
            terms["reconstruction"] = (self.reconstruction_weight, error)
        if self.alignment == "adversary":
            reversal = self.alignment_weight * batch.ramp
            terms["alignment"] = (1.0, network.adversary(*latents.chunk(2), reversal))
        elif self.alignment:
            terms["alignment"] = (self.alignment_weight * batch.ramp, self._distance(latents, batch))
        return terms

    def _distance(self, latents: Tensor, batch: Batch) -> Tensor:
        source, target = latents.chunk(2)
        assert self.alignment is not None
        return DISTANCES[self.alignment](source, target, batch.one_hot, batch.pseudo_labels)

    def _refuse_shapes(self) -> None:
        if self.alignment is not None and self.alignment not in ALIGNMENTS:
            raise AdaptationError(f"alignment {self.alignment!r}: expected None or one of {', '.join(ALIGNMENTS)}.")
        if self.width % 2:
            raise AdaptationError(f"width {self.width}: expected an even number.")
        if self.attention and (self.heads < 1 or self.width % self.heads):
            raise AdaptationError(
                f"width {self.width} with {self.heads} heads: expected one head or more, which divide the width."
            )


def _chunks(features: int) -> list[list[int]]:
    """Return features one after the other in chunks of equal length, as nearly as can be."""
    return [chunk.tolist() for chunk in np.array_split(np.arange(features), min(CHUNKS, features))]


def _checked(groups: Sequence[Sequence[int] | npt.NDArray[np.intp]], features: int) -> list[list[int]]:
    """Return the groups as lists, each feature in one of them."""
    plain = [[int(place) for place in group] for group in groups]
    if sorted(place for group in plain for place in group) != list(range(features)):
        raise AdaptationError(
            f"groups name {sum(map(len, plain))} places: expected each of the {features} features from 0 to "
            f"{features - 1} in one group."
        )
    return [group for group in plain if group]


EXPORT = (AFSR,)
