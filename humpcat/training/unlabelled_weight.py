"""What clips without labels count beside labelled ones: chosen by labelled speakers that are left out."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

from humpcat.protocols import Split
from humpcat.self_training.branch_weights import likeliest_factor
from humpcat.training.adapter import Adapter
from humpcat.training.left_out import left_out_answers
from humpcat.training.target_clips import TargetClips

WEIGHTS = (1.0, 0.5, 0.2, 0.1, 0.0)
"""What an unlabelled clip may count beside a labelled one; at 0 it is not learnt from."""

FEWEST_FOLDS = 3
"""Fewer folds of labelled speakers choose nothing: two agree by chance too often."""

CLEARLY = 2.0
"""Standard errors, over folds, by which the loss must be below that at full weight for another weight to be taken."""


def adapt_weighed(adapter: Adapter, seed: int = 0) -> None:
    """Fit the model to all labelled clips; branches and unlabelled clips weigh what left-out labelled clips say.

    Args:
        adapter: the adapter, which holds the model and the clips.
        seed: the draw of the folds.
    """
    if len(adapter.target.labelled) < 2:
        adapter.finish(None)
        return
    folds = adapter.target.folds(seed)
    chosen = weighed(adapter, folds)
    chosen.finish(left_out_answers(chosen, folds))


def weighed(adapter: Adapter, folds: Sequence[Split], done: Callable[[], object] = lambda: None) -> Adapter:
    """Return the adapter with what clips without labels count, where labelled speakers can tell.

    Speakers that are left out are heard without their labels, as those are that the model is for. Of each weight all
    answers are made as sure as is the likeliest.

    Args:
        adapter: the adapter.
        folds: of the labelled clips.
        done: is called after each fit.
    """
    weights = weights_of(adapter.target, folds)
    if not weights:
        return adapter
    labels = [adapter.labels(fold.test) for fold in folds]
    losses = []
    for weight in weights:
        answers = []
        for fold in folds:
            answers.append(replace(adapter, unlabelled_weight=weight).answers_to_heard(fold.train, fold.test))
            done()
        factor = likeliest_factor(np.concatenate(answers), np.concatenate(labels))
        losses.append([_loss(factor * own, theirs) for own, theirs in zip(answers, labels, strict=True)])
    return replace(adapter, unlabelled_weight=weights[clearly_likeliest(np.array(losses))])


def clearly_likeliest(losses: npt.NDArray[np.float64]) -> int:
    """Return the row of the lowest mean loss among those clearly below the first row, the first where there is none.

    Args:
        losses: mean loss of each fold, shape (rows, folds).

    Example:
        >>> clearly_likeliest(np.array([[1.0, 1.2, 0.9], [0.8, 1.0, 0.7], [0.2, 1.4, 0.6]]))
        1
    """
    gains = losses[0] - losses
    error = gains.std(axis=1, ddof=1) / np.sqrt(losses.shape[1])
    means = np.where(gains.mean(axis=1) > CLEARLY * error, losses.mean(axis=1), np.inf)
    means[0] = losses[0].mean()
    return int(means.argmin())


def weights_of(target: TargetClips, folds: Sequence[Split]) -> tuple[float, ...]:
    """Return the weights that are tried: none where labelled clips cannot tell.

    A speaker's own other clips say nothing of strangers. Where each speaker's clips standardise, learning from those
    without labels brought points on every corpus, so that there is nothing to choose.
    """
    if not target.self_training or target.normalization != "corpus" or len(folds) < FEWEST_FOLDS:
        return ()

    def speakers(ids: Sequence[str]) -> set[str | None]:
        return {target.prepared.rows[clip_id]["speaker"] for clip_id in ids}

    told = all(None not in speakers(fold.test) and not speakers(fold.test) & speakers(fold.train) for fold in folds)
    return WEIGHTS if told else ()


def _loss(logits: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())
