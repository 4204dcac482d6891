"""What clips without labels count beside labelled ones: chosen by labelled speakers that are left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from humpcat.protocols import Split
from humpcat.training.adapter import Adapter
from humpcat.training.left_out import LeftOut, left_out_answers
from humpcat.training.target_clips import TargetClips

WEIGHTS = (1.0, 0.5, 0.2, 0.1, 0.0)
"""What an unlabelled clip may count beside a labelled one; at 0 it is not learnt from."""

CLEARLY = 0.9
"""Share of the loss at full weight below which another weight is taken: the labelled speakers are few."""


def adapt_weighed(adapter: Adapter, seed: int = 0) -> None:
    """Fit the model to all labelled clips; branches and unlabelled clips weigh what left-out labelled clips say.

    Args:
        adapter: the adapter, which holds the model and the clips.
        seed: the draw of the folds.
    """
    if len(adapter.target.labelled) < 2:
        adapter.finish(None)
        return
    chosen, left_out = weighed(adapter, adapter.target.folds(seed))
    chosen.finish(left_out)


def weighed(
    adapter: Adapter, folds: Sequence[Split], done: Callable[[], object] = lambda: None
) -> tuple[Adapter, LeftOut]:
    """Choose what clips without labels count, where labelled speakers can tell, and answer the left-out clips.

    Answers to a fold are those of the weight that the other folds choose, so that they tell what is to be expected.

    Args:
        adapter: the adapter.
        folds: of the labelled clips.
        done: is called after each fit.

    Returns:
        The adapter with the weight that all folds choose, and the answers.
    """
    tries = {
        weight: left_out_answers(replace(adapter, unlabelled_weight=weight), folds, done=done)
        for weight in weights_of(adapter.target, folds)
    }
    return replace(adapter, unlabelled_weight=likeliest(tries)), _nested(tries)


def likeliest(tries: Mapping[float, LeftOut]) -> float:
    """Return the weight whose answers to left-out clips are the likeliest, the full one unless another is so clearly.

    Args:
        tries: answers by weight, those of full weight among them.
    """
    losses = {weight: answers.loss() for weight, answers in tries.items()}
    best = min(losses, key=lambda weight: losses[weight])
    return best if losses[best] < CLEARLY * losses[WEIGHTS[0]] else WEIGHTS[0]


def _nested(tries: Mapping[float, LeftOut]) -> LeftOut:
    """Return the answers to each fold by the weight that the other folds choose."""
    whole = tries[WEIGHTS[0]]
    summary, hashes, doubted = whole.summary.copy(), list(whole.hashes), list(whole.doubted)
    for number in np.unique(whole.fold):
        own = whole.fold == number
        chosen = tries[likeliest({weight: answers.take(~own) for weight, answers in tries.items()})]
        summary[own] = chosen.summary[own]
        hashes[number - 1], doubted[number - 1] = chosen.hashes[number - 1], chosen.doubted[number - 1]
    return replace(whole, summary=summary, hashes=tuple(hashes), doubted=tuple(doubted))


def weights_of(target: TargetClips, folds: Sequence[Split]) -> tuple[float, ...]:
    """Return the weights that are tried: one where labelled clips cannot tell.

    A speaker's own other clips say nothing of strangers. Where each speaker's clips standardise, learning from those
    without labels brought points on every corpus, so that there is nothing to choose.
    """
    if not target.self_training or target.normalization != "corpus":
        return WEIGHTS[:1]

    def speakers(ids: Sequence[str]) -> set[str | None]:
        return {target.prepared.rows[clip_id]["speaker"] for clip_id in ids}

    told = all(None not in speakers(fold.test) and not speakers(fold.test) & speakers(fold.train) for fold in folds)
    return WEIGHTS if told else WEIGHTS[:1]
