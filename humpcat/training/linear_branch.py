"""Fit the summary, the linear branch of HuMP-CAT, in closed form: logistic or ridge regression."""

from collections.abc import Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression

from humpcat.domain_adaptation.logistic import INVERSE_PENALTY, MOST_ITERATIONS
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.standardization import summary_names, utterance_values
from humpcat.self_training import SelfTrainedRidge, SourceMemory
from humpcat.training.data.batches import alike
from humpcat.training.data.examples import ClipDataset

LOGITS_A_SCORE = 10.0
"""Logits that a ridge regression's score of one stands for; :func:`weigh_branches` and the temperature do the rest."""

MEMORY_RANK = 64
"""Directions of the source that a checkpoint keeps; more gave the same accuracy after adaptation."""

# Logit of a class that nothing was learnt of: possible, but not before any that was.
_UNSEEN = -10.0


def fit_summary(model: HumpCatForAudioClassification, *parts: ClipDataset) -> None:
    """Fit the summary branch of a model in place; nothing happens where it has none.

    Every part weighs as much as the largest one, so that a few target clips count like the whole source.

    Args:
        model: the model.
        *parts: clips to learn from, such as those of each source corpus and those of the target.
    """
    if model.summary is None:
        return
    parts_read = [(pooled(part, summary_names(model.config)), part.labels) for part in parts]
    _hold(model, *regression(parts_read, model.config.num_labels))


def adapt_summary(
    model: HumpCatForAudioClassification,
    source: SourceMemory,
    labelled: ClipDataset,
    unlabelled: ClipDataset | None = None,
) -> None:
    """Fit the summary branch in place to source, labelled and unlabelled target clips; nothing without the branch.

    Args:
        model: the model.
        source: what is remembered of the source's clips.
        labelled: target clips whose classes are learnt; none for a zero-shot model.
        unlabelled: target clips that the summary trains itself on: their labels must be ``UNLABELLED``.
    """
    if model.summary is None:
        return
    target = [part for part in (labelled, unlabelled) if part is not None and len(part)]
    values = np.concatenate([_bounded(model.config, part) for part in target])
    labels = [label for part in target for label in part.labels]
    # Where each speaker's own clips standardise, classes are balanced within each speaker too.
    groups = [part.group_of[clip_id] for part in target for clip_id in part.ids]
    ridge = SelfTrainedRidge().fit_from(source, values, labels, groups)
    weight, bias = ridge.coef_, ridge.intercept_
    if not source.known.all():
        # The source's certainty is about its own classes: the others are learnt as if there had been no source.
        alone = SelfTrainedRidge().fit_from(source.forgotten(), values, labels, groups)
        weight = np.where(source.known[:, None], weight, alone.coef_)
        bias = np.where(source.known, bias, alone.intercept_)
    _hold(model, LOGITS_A_SCORE * weight, LOGITS_A_SCORE * bias)


def remember_source(model: HumpCatForAudioClassification, source: ClipDataset) -> None:
    """Let a model keep what adapting it without the source's clips takes; nothing without the summary branch.

    Args:
        model: the model, changed in place.
        source: the clips that it was trained on.
    """
    if model.summary is None:
        return
    memory = memory_of(model.config, source)
    model.remember(torch.from_numpy(memory.factor), torch.from_numpy(memory.solution))


def memory_of(config: HumpCatConfig, source: ClipDataset) -> SourceMemory:
    """Return what the summary branch needs to know of a source's clips.

    Every clip weighs alike, of whatever corpus: to give a small one the weight of a large one makes its few clips
    seem more certain than they are.

    Args:
        config: says what the summary reads.
        source: the clips.
    """
    return SourceMemory.of(_bounded(config, source), source.labels, rank=MEMORY_RANK, classes=config.num_labels)


def regression(
    parts: Sequence[tuple[npt.NDArray[np.float32], Sequence[int]]], classes: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Fit a logistic regression; every part weighs as much as the largest one.

    Args:
        parts: for each part values of shape (clips, values), such as :func:`pooled` gives, and class indices.
        classes: number of classes.

    Returns:
        Weights of shape (classes, values) and biases of shape (classes,), also where a class has no clip.

    Example:
        >>> near = np.array([[-1.0], [1.0]], dtype=np.float32)
        >>> weight, bias = regression([(near, [0, 1]), (2 * near, [0, 1])], classes=3)
        >>> (near @ weight.T + bias).argmax(axis=1)
        array([0, 1])
    """
    values = np.concatenate([own for own, _ in parts])
    labels = np.concatenate([np.asarray(own) for _, own in parts])
    weights = alike([len(own) for _, own in parts])
    weight, bias = np.zeros((classes, values.shape[1])), np.full(classes, _UNSEEN)
    present = np.unique(labels)
    if len(present) == 1:
        bias[present] = 0.0
        return weight, bias
    fitted = LogisticRegression(C=INVERSE_PENALTY, max_iter=MOST_ITERATIONS).fit(values, labels, weights)
    coefficients, intercepts = fitted.coef_, fitted.intercept_
    if len(present) == 2:
        # scikit-learn gives the second class' log odds only.
        coefficients, intercepts = np.vstack([-coefficients, coefficients]) / 2, np.append(-intercepts, intercepts) / 2
    weight[present], bias[present] = coefficients, intercepts
    return weight, bias


def _hold(
    model: HumpCatForAudioClassification, weight: npt.NDArray[np.float64], bias: npt.NDArray[np.float64]
) -> None:
    assert model.summary is not None
    with torch.no_grad():
        model.summary.weight.copy_(torch.from_numpy(weight))
        model.summary.bias.copy_(torch.from_numpy(bias))


def _bounded(config: HumpCatConfig, part: ClipDataset) -> npt.NDArray[np.float32]:
    # A least-squares fit, other than a logistic one, bends to values far out.
    return np.clip(pooled(part, summary_names(config)), -6, 6)


def pooled(part: ClipDataset, names: Sequence[str] = ("pooled",)) -> npt.NDArray[np.float32]:
    """Return standardised values of whole clips, shape (clips, values).

    Args:
        part: the clips.
        names: which values; mean and spread of the encoder's layers by default.
    """
    return np.concatenate([_one_array(part, name) for name in names], axis=1)


def _one_array(part: ClipDataset, name: str) -> npt.NDArray[np.float32]:
    rows: Sequence[npt.NDArray[np.float32]] = [
        (utterance_values(partial(part.features.read, clip_id), name) - mean) / spread
        for clip_id in part.ids
        for mean, spread in [part.statistics[part.group_of[clip_id]][name].numpy()]
    ]
    return np.stack(rows).reshape(len(rows), -1)
