"""How much the fusion and the summary count beside each other, by the likelihood of validation clips."""

import numpy as np
import numpy.typing as npt
import torch
from accelerate import Accelerator
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.self_training.temperature import best_temperature
from humpcat.training.calibration import fit_temperature
from humpcat.training.data.examples import ClipDataset
from humpcat.training.trainer.loop import branch_logits

Floats = npt.NDArray[np.float64]

FUSION_SHARE = 0.3
"""Weight of the fusion beside a summary of one, once a model is adapted to labelled clips. By the source's validation
speakers, or by target clips that were left out, it came out higher than other speakers of the target bore."""

MOST_WEIGHT = 3.0
"""Largest weight of a branch: a few validation clips that are all right would ask for ever more certainty."""


def weigh_branches(model: HumpCatForAudioClassification, clips: ClipDataset, accelerator: Accelerator) -> None:
    """Choose how much each branch counts, by the likelihood of validation clips.

    The fusion, trained to be right on few clips, is far too sure of itself elsewhere; clips that neither branch
    has learnt from tell how far to believe it. Nothing happens where the model has one branch or there is no clip.

    Args:
        model: the model, changed in place.
        clips: validation clips, of speakers that were not learnt from if there are any.
        accelerator: device, precision, processes.
    """
    if model.summary is None or not len(clips):
        return
    fusion, summary = branch_logits(model, clips, accelerator)
    model.branch_weights.copy_(torch.from_numpy(likeliest_weights(fusion, summary, np.asarray(clips.labels))))


def weigh_and_calibrate(model: HumpCatForAudioClassification, clips: ClipDataset, accelerator: Accelerator) -> None:
    """Do what :func:`weigh_branches` and then :func:`fit_temperature` do by the same clips, which are answered once.

    Args:
        model: the model, changed in place.
        clips: validation clips, of speakers that were not learnt from if there are any.
        accelerator: device, precision, processes.
    """
    if model.summary is None or not len(clips):
        fit_temperature(model, accelerator, clips)
        return
    fusion, summary = branch_logits(model, clips, accelerator)
    labels = np.asarray(clips.labels)
    weights = likeliest_weights(fusion, summary, labels)
    model.branch_weights.copy_(torch.from_numpy(weights))
    model.temperature.fill_(best_temperature(weights[0] * fusion + weights[1] * summary, labels))


def likeliest_scale(fusion: Floats, summary: Floats, labels: npt.NDArray[np.int64]) -> Floats:
    """Return the weights of the branches: their ratio is ``FUSION_SHARE``, their scale the most likely.

    The scale is chosen by answers to clips from which neither branch has learnt, so that no temperature is left to
    fit. A few clips that are all right would ask for boundless certainty: of n clips the share 1 / (n + 2) counts as
    wrong, the rule of succession, by which Platt smooths labels (Probabilistic Outputs for Support Vector Machines,
    1999). Without any clip the scale is one.

    Args:
        fusion: logits of shape (clips, classes).
        summary: the same of the summary.
        labels: class indices, shape (clips,).

    Returns:
        The weights of fusion and summary.

    Example:
        >>> labels = np.arange(40) % 2
        >>> logits = 50 * np.eye(2)[labels]
        >>> fusion, summary = likeliest_scale(logits, logits, labels)
        >>> round(float(fusion / summary), 3), bool(summary < MOST_WEIGHT)
        (0.3, True)
    """
    n, classes = fusion.shape
    ratio = np.array([FUSION_SHARE, 1.0])
    if not n:
        return ratio
    doubt = 1 / (n + 2)
    wanted = np.full((n, classes), doubt / (classes - 1))
    wanted[np.arange(n), labels] = 1 - doubt
    logits = ratio[0] * fusion + ratio[1] * summary

    def loss(scale: float) -> float:
        return float(-(wanted * log_softmax(scale * logits, axis=1)).sum(axis=1).mean())

    weights: Floats = ratio * minimize_scalar(loss, bounds=(0.0, MOST_WEIGHT), options={"xatol": 1e-6}).x
    return weights


def likeliest_weights(
    fusion: npt.NDArray[np.float64], summary: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return the weights of fusion and summary, up to ``MOST_WEIGHT`` each, that make the labels the most likely.

    Args:
        fusion: logits of shape (clips, classes).
        summary: the same of the summary.
        labels: class indices, shape (clips,).

    Example:
        >>> labels = np.arange(40) % 2
        >>> useless, useful = np.tile([9.0, 0.0], (40, 1)), np.eye(2)[labels]
        >>> likeliest_weights(useless, useful, labels).round(1)
        array([0., 3.])
    """
    right = np.arange(len(labels)), labels

    def loss(weights: npt.NDArray[np.float64]) -> float:
        return -log_softmax(weights[0] * fusion + weights[1] * summary, axis=1)[right].mean()

    found: npt.NDArray[np.float64] = minimize(loss, x0=(0.5, 0.5), bounds=[(0.0, MOST_WEIGHT)] * 2).x
    return found
