"""What the deep adaptation methods share: the estimator around a network, and the loop that trains it."""

import math
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from humpcat.domain_adaptation.alignment import ramp
from humpcat.domain_adaptation.base import Indices, SubspaceClassifier
from humpcat.errors import AdaptationError
from humpcat.self_training.precision import Array

CLIP = 5.0
"""Deviations at which a standardised value is cut: functionals have heavy tails, and no clip is to rule a batch."""

AVERAGING = 0.98
"""Share that the running average of the weights keeps at each step."""

INPUT_DROPOUT = 0.3
"""Share of a clip's values that a path into a network does not see in a step of training."""

ROWS = 512
"""Clips that are answered at a time."""

Terms = dict[str, tuple[float, Tensor]]
"""Terms of a loss by name: weight and value."""


class DomainNetwork(nn.Module, ABC):
    """A network with a latent that the two domains are to share, and a linear classifier on it; a subclass encodes.

    Args:
        latent: width of the latent.
        classes: number of classes.
    """

    def __init__(self, latent: int, classes: int) -> None:
        super().__init__()
        self.classifier = nn.Linear(latent, classes)

    @abstractmethod
    def encode(self, values: Tensor) -> Tensor:
        """Turn values of shape (clips, features) into latents of shape (clips, width)."""

    def forward(self, values: Tensor) -> Tensor:
        """Return logits of shape (clips, classes)."""
        logits: Tensor = self.classifier(self.encode(values))
        return logits


Network = TypeVar("Network", bound=DomainNetwork)


@dataclass(frozen=True)
class Batch:
    """What a step of training sees: as many clips of the source as of the target.

    Attributes:
        source: values of shape (clips, features).
        labels: classes of the source's clips, shape (clips,).
        target: values of shape (clips, features).
        pseudo_labels: probabilities that the averaged network gives the target's clips, shape (clips, classes).
        ramp: factor of the alignment, from 0 in the first step to nearly 1 in the last.
    """

    source: Tensor
    labels: Tensor
    target: Tensor
    pseudo_labels: Tensor
    ramp: float

    @property
    def values(self) -> Tensor:
        """Source, then target, shape (2 clips, features)."""
        return torch.cat([self.source, self.target])

    @property
    def one_hot(self) -> Tensor:
        """Labels of the source's clips, shape (clips, classes)."""
        return nn.functional.one_hot(self.labels, self.pseudo_labels.shape[1]).to(self.source.dtype)


class DeepAdaptationClassifier(SubspaceClassifier, Generic[Network]):
    """A method that is a network: a subclass makes the network and says what its loss is.

    All of them are trained alike. A step draws as many clips of either corpus, of the source's classes equally many.
    The alignment grows with ``2 / (1 + exp(-10 p)) - 1``, p being the share of the steps that are done (Ganin et al.,
    Domain-Adversarial Training of Neural Networks, JMLR 17, 2016, section 5.2.2). The network that answers is the
    running average of the one that is trained; it gives the target's pseudo-labels too. The number of steps does not
    depend on the number of clips.

    Attributes:
        network_: the averaged network, in double precision.
        objective_: mean loss of each epoch, as many steps as draw the source or the target once, whichever is larger.
        losses_: mean of each term of the loss in each epoch, before its weight, by the term's name.
    """

    randomized = True

    def __init__(
        self,
        steps: int,
        batch_size: int,
        learning_rate: float,
        weight_decay: float,
        dropout: float,
        label_smoothing: float,
        random_state: int | None,
        device: str,
    ) -> None:
        self.steps = steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.label_smoothing = label_smoothing
        self.random_state = random_state
        self.device = device

    @abstractmethod
    def _network(self, features: int, classes: int) -> Network:
        """Return a network that is not trained yet."""

    @abstractmethod
    def _terms(self, network: Network, batch: Batch) -> Terms:
        """Return the terms of the loss, :meth:`_classification` among them."""

    def _classification(self, network: Network, batch: Batch, latents: Tensor) -> Tensor:
        """Return the cross-entropy of the source, of which the latents come first."""
        logits = network.classifier(latents[: len(batch.source)])
        return nn.functional.cross_entropy(logits, batch.labels, label_smoothing=self.label_smoothing)

    def _fit(self, source: Array, labels: Indices, target: Array) -> None:
        if self.steps < 1 or self.batch_size < 2:
            raise AdaptationError(
                f"steps {self.steps} and batch_size {self.batch_size}: expected one step and two clips, or more."
            )
        # Initial weights and dropout can draw from torch's own generator only: it is given back as it was.
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            if self.random_state is None:
                torch.seed()
            else:
                torch.manual_seed(self.random_state)
            network = self._network(source.shape[1], len(self.classes_)).to(self.device)
            labels_ = torch.as_tensor(labels, device=self.device)
            self._train(network, self._tensor(source), labels_, self._tensor(target))

    def _train(self, network: Network, source: Tensor, labels: Tensor, target: Tensor) -> None:
        averaged = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(AVERAGING)).eval()
        optimizer = torch.optim.AdamW(network.parameters(), self.learning_rate, weight_decay=self.weight_decay)
        # With a tenth of exactly ten steps the rise would be of no length, which the schedule divides by.
        rise = 0.1 if self.steps != 10 else 0.2
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, self.learning_rate, self.steps, pct_start=rise)
        objective: list[float] = []
        history: dict[str, list[float]] = defaultdict(list)
        for batch in self._batches(source, labels, target, averaged):
            terms = self._terms(network, batch)
            loss = torch.stack([weight * value for weight, value in terms.values()]).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            averaged.update_parameters(network)
            objective.append(loss.item())
            for name, (_, value) in terms.items():
                history[name].append(value.item())
        steps = math.ceil(max(len(source), len(target)) / self.batch_size)
        self.objective_ = _means(objective, steps)
        self.losses_ = {name: _means(values, steps) for name, values in history.items()}
        # In double precision a clip is answered alike, alone and in any batch, to more digits than matter.
        self.network_ = cast(Network, averaged.module.double())

    def _batches(self, source: Tensor, labels: Tensor, target: Tensor, averaged: nn.Module) -> Iterator[Batch]:
        chances = 1 / labels.bincount()[labels].float()
        for step in range(self.steps):
            drawn = chances.multinomial(self.batch_size, replacement=True)
            seen = target[torch.randint(len(target), (self.batch_size,), device=target.device)]
            with torch.no_grad():
                pseudo_labels = averaged(seen).softmax(dim=1)
            yield Batch(source[drawn], labels[drawn], seen, pseudo_labels, ramp(step / self.steps))

    def _proba(self, values: Array) -> Array:
        with torch.inference_mode():
            answers = [self.network_(rows).softmax(dim=1) for rows in self._rows(values)]
        return torch.cat(answers).cpu().numpy()

    def _transform(self, values: Array) -> Array:
        with torch.inference_mode():
            latents = [self.network_.encode(rows) for rows in self._rows(values)]
        return torch.cat(latents).cpu().numpy()

    def _rows(self, values: Array) -> tuple[Tensor, ...]:
        return self._tensor(values, torch.float64).split(ROWS)

    def _tensor(self, values: npt.NDArray[np.float64], dtype: torch.dtype = torch.float32) -> Tensor:
        return torch.as_tensor(values.clip(-CLIP, CLIP), dtype=dtype, device=self.device)


def _means(values: list[float], steps: int) -> list[float]:
    """Return the mean of each run of so many steps, the last one shorter where they do not divide."""
    return [float(np.mean(values[start : start + steps])) for start in range(0, len(values), steps)]
