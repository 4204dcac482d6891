"""Fit the summary, the linear branch of HuMP-CAT, in closed form: logistic or ridge regression."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import softmax

from humpcat.domain_adaptation.logistic import INVERSE_PENALTY, regression
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.standardization import summary_names
from humpcat.self_training import SelfTrainedRidge, SourceMemory
from humpcat.self_training.labelled_logistic import labelled_logistic
from humpcat.self_training.ridge import UNLABELLED
from humpcat.self_training.speakers import SpeakerClips, fit_speakers
from humpcat.training.data.examples import ClipDataset
from humpcat.training.stretches import stretches
from humpcat.training.summary_values import bounded, pooled, raw_and_own, views

LOGITS_A_SCORE = 10.0
"""Logits that a ridge regression's score of one stands for; :func:`weigh_branches` and the temperature do the rest."""

ONE_INVERSE_PENALTIES = (1e-4, 1e-3, 1e-2)
"""Inverse penalties of a source of one corpus, around what its own clips ask for. A mean of all is taken, for which of
them another corpus asks for is not known, and each has weights that the others have not."""

SEVERAL_INVERSE_PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
"""The same of a source of several corpora, each by the likelihood of its answers to left-out corpora: what a small
encoder tells of one corpus holds in another only where few directions have a say."""

SEVERAL_SIZE_POWER = 0.5
"""Of several source corpora each weighs by the root of its number of clips: a large one tells more of emotions, each
further one more of recordings."""

SEVERAL_TOTAL = 10_000
"""Clips that several source corpora count for together, however many they are, so that what is fitted without one of
them is penalised as what is fitted to all: answers of both are then equally sure."""

FURTHER_OF_LABELLED = (0.0, 2.0)
"""The same where no clip is heard without its label: a few speakers say less of what MFCC and prosody mean."""

NOISE_OF_LABELLED = 1.0
"""Noise of a target clip's label where no clip is heard without its label."""

NOT_SELF_TRAINED = (
    "{} clips without labels are not learnt from: soft labels of them came to follow something that is not the "
    "emotion, such as the voices. The model is that of the labelled clips and the source: label more clips, or take a "
    "source of more like recordings."
)
"""What is said where self-training is not believed."""

MOST_GAIN = 0.36
"""Rise of the reliability of answers above which self-training is not believed. In the values of a speech encoder,
soft labels that follow voices or recordings explain themselves better than emotions ever do: of six pairs of source
and target corpora, tidy and not, self-training cost 14 points of accuracy in the mean where the rise was higher, and
brought 5 where it was not."""

MEMORY_RANK = 64
"""Directions of the source that a checkpoint keeps; more gave the same accuracy after adaptation."""


Linear = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Weights of shape (classes, values) and biases of shape (classes,)."""


Labelled = tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]
"""Standardised values of shape (clips, values that are learnt from) and class indices of shape (clips,)."""


@dataclass(frozen=True)
class SummaryFit:
    """How the summary is fitted to clips.

    Attributes:
        inverse_penalty: scikit-learn's C.
        stretches: stretches of each clip that are learnt from beside the whole clip.
        seed: what stretches are drawn by.
        several: whether it is a source of several corpora: each weighs by a power of its size, the classes of each
            weigh alike, and together they count for ``SEVERAL_TOTAL`` clips against the penalty.
    """

    inverse_penalty: float = INVERSE_PENALTY
    stretches: int = 0
    seed: int = 0
    several: bool = False

    def __call__(self, config: HumpCatConfig, parts: Sequence[ClipDataset]) -> Linear:
        """Return weights of shape (classes, values) and biases of shape (classes,).

        Every part weighs as much as the largest one, so that a few target clips count like the whole source. Several
        source corpora weigh as ``several`` says.

        Args:
            config: of the network.
            parts: clips of each corpus; of each all values are read, of an encoder beside others its own only.
        """
        return self.solve(config, parts, self.read(config, parts))

    def read(self, config: HumpCatConfig, parts: Sequence[ClipDataset]) -> list[Labelled]:
        """Return what is learnt from, which no penalty changes: values and class indices of each corpus.

        Args:
            config: of the network.
            parts: clips of each corpus.
        """
        read = np.asarray(views(config)[0]) > 0
        values = [(pooled(part, summary_names(config))[:, read], np.array(part.labels)) for part in parts]
        if self.stretches:
            cut = [stretches(part, config, self.stretches, self.seed) for part in parts]
            values = [
                (np.concatenate([whole, found]), np.concatenate([labels, theirs]))
                for (whole, labels), (found, theirs, _) in zip(values, cut, strict=True)
            ]
        return values

    def solve(self, config: HumpCatConfig, parts: Sequence[ClipDataset], values: Sequence[Labelled]) -> Linear:
        """Return what :meth:`__call__` does of clips whose values are :meth:`read` already.

        Args:
            config: of the network.
            parts: clips of each corpus.
            values: what was read of them.
        """
        if self.several:
            found, bias = regression(
                values,
                config.num_labels,
                self.inverse_penalty,
                balanced=True,
                size_power=SEVERAL_SIZE_POWER,
                total=SEVERAL_TOTAL,
            )
        else:
            # Stretches are no further evidence: clips together ask for the penalty that they ask for whole.
            share = sum(map(len, parts)) / sum(len(labels) for _, labels in values)
            found, bias = regression(values, config.num_labels, share * self.inverse_penalty)
        read = np.asarray(views(config)[0]) > 0
        weight = np.zeros((len(found), len(read)))
        weight[:, read] = found
        return weight, bias


def fit_summary(model: HumpCatForAudioClassification, *parts: ClipDataset, fit: SummaryFit = SummaryFit()) -> None:
    """Fit the summary branch of a model in place; nothing happens where it has none.

    Args:
        model: the model.
        *parts: clips of each corpus.
        fit: how.
    """
    if model.summary is not None:
        hold(model, *fit(model.config, parts))


def fit_mean_summary(
    model: HumpCatForAudioClassification,
    parts: Sequence[ClipDataset],
    inverse_penalties: Sequence[float],
    fit: SummaryFit = SummaryFit(),
) -> None:
    """Fit the summary in place as the mean over several penalties; nothing happens where the model has none.

    The logits of each are made as large as the others', so that each has as much to say.

    Args:
        model: the model.
        parts: clips of each corpus.
        inverse_penalties: scikit-learn's C of each.
        fit: how it is fitted otherwise.
    """
    if model.summary is None:
        return
    config, values = model.config, fit.read(model.config, parts)
    found = [replace(fit, inverse_penalty=penalty).solve(config, parts, values) for penalty in inverse_penalties]
    rows, read = np.concatenate([own for own, _ in values]), np.asarray(views(config)[0]) > 0
    spreads = np.array([float((rows @ weight[:, read].T + bias).std()) for weight, bias in found])
    # Where nothing tells the classes apart all logits are the same.
    spreads = np.maximum(spreads, np.finfo(np.float64).tiny)
    shares = spreads.mean() / (len(found) * spreads)
    weights, biases = zip(*found, strict=True)
    hold(model, np.tensordot(shares, weights, 1), np.tensordot(shares, biases, 1))


def adapt_summary(
    model: HumpCatForAudioClassification,
    source: SourceMemory,
    labelled: ClipDataset,
    unlabelled: ClipDataset | None = None,
    by_corpus: SourceMemory | None = None,
    *,
    unlabelled_weight: float = 1.0,
    before: Linear | None = None,
) -> npt.NDArray[np.float64]:
    """Fit the summary branch in place to source, labelled and unlabelled target clips.

    The labels of unlabelled clips must be ``UNLABELLED``; a zero-shot model has no labelled ones.

    Args:
        model: the model.
        source: what is remembered of the source.
        labelled: clips with labels.
        unlabelled: clips without.
        by_corpus: where each speaker's own clips standardise, what is remembered of the source as all of its clips
            were standardised together, if that is known.
        unlabelled_weight: what an unlabelled clip counts beside a labelled one, 0 to 1; at 0 it is not learnt from.
        before: the source's summary, from which a logistic regression of labelled clips goes on where no clip is
            heard without its label; there is none by default.

    Returns:
        What regressions that did not learn from a clip say of it, of labelled clips first; logits of shape (clips,
        classes). Whether self-training was not believed, the model then says (``doubted``).
    """
    if model.summary is None:
        raise TypeError("the model has no summary branch to adapt")
    target = [part for part in (labelled, unlabelled) if part is not None and len(part)]
    raw, own = map(np.concatenate, zip(*(raw_and_own(model.config, part) for part in target), strict=True))
    clips = SpeakerClips(
        own,
        raw,
        np.array([label for part in target for label in part.labels], np.int64),
        # Where each speaker's own clips standardise, classes are balanced within each speaker too.
        [part.group_of[clip_id] for part in target for clip_id in part.ids],
    )
    heard = 0 if unlabelled is None else len(unlabelled)
    made = _ridge(model.config, unlabelled_weight, heard=bool(heard))
    ridge = _regression(partial(made, most_gain=MOST_GAIN), clips, source, by_corpus)
    model.doubted = heard > 0 and not ridge.self_trained_
    if model.doubted and unlabelled_weight:
        warnings.warn(NOT_SELF_TRAINED.format(heard), stacklevel=2)
    weight, bias, left_out = ridge.coef_, ridge.intercept_, ridge.target_scores_
    if before is not None and not heard and source.known.all():
        # Where the two do not agree, each is right about as often: the mean of both is better than either.
        read = np.asarray(views(model.config)[0]) > 0
        logistic = labelled_logistic(source, before, own, clips.labels.tolist(), read)
        weight, bias = (
            (score + logit / LOGITS_A_SCORE) / 2 for score, logit in zip((weight, bias), logistic, strict=True)
        )
    if not source.known.all():
        # The source's certainty is about its own classes: the others are learnt as if there had been no source.
        # Whether clips without labels are learnt from is settled: what is first said without a source is no measure.
        nothing = None if by_corpus is None else by_corpus.forgotten()
        alone = _regression(
            made if ridge.self_trained_ else partial(made, rounds=0), clips, source.forgotten(), nothing
        )
        weight = np.where(source.known[:, None], weight, alone.coef_)
        bias = np.where(source.known, bias, alone.intercept_)
        left_out = np.where(source.known, left_out, alone.target_scores_)
    hold(model, LOGITS_A_SCORE * weight, LOGITS_A_SCORE * bias)
    return LOGITS_A_SCORE * left_out


def _ridge(config: HumpCatConfig, unlabelled_weight: float, *, heard: bool) -> partial[SelfTrainedRidge]:
    """Return what makes the unfitted regression, ``heard`` clips without labels or not."""
    if not heard:
        return partial(SelfTrainedRidge, views=views(config, FURTHER_OF_LABELLED), target_noise=NOISE_OF_LABELLED)
    if not unlabelled_weight:
        return partial(SelfTrainedRidge, views=views(config), rounds=0)
    return partial(SelfTrainedRidge, views=views(config), unlabelled_weight=unlabelled_weight)


def _regression(
    ridge: Callable[..., SelfTrainedRidge], clips: SpeakerClips, source: SourceMemory, by_corpus: SourceMemory | None
) -> SelfTrainedRidge:
    if len(set(clips.speakers)) == 1 or (clips.labels != UNLABELLED).all():
        return ridge().fit_from(source, clips.own, clips.labels, clips.speakers)
    return fit_speakers(ridge, clips, source, by_corpus)


def remember_source(model: HumpCatForAudioClassification, source: ClipDataset) -> None:
    """Let a model keep what adapting it without the source's clips takes; nothing without the summary branch."""
    if model.summary is None:
        return
    memory = memory_of(model.config, source)
    model.remember(torch.from_numpy(memory.factor), torch.from_numpy(memory.solution))


def memory_of(config: HumpCatConfig, source: ClipDataset) -> SourceMemory:
    """Return what the summary branch needs to know of a source's clips.

    Every clip weighs alike, of whatever corpus: to give a small one the weight of a large one makes its few clips
    seem more certain than they are.
    """
    return SourceMemory.of(bounded(config, source), source.labels, rank=MEMORY_RANK, classes=config.num_labels)


def summary_logits(model: HumpCatForAudioClassification, clips: ClipDataset) -> npt.NDArray[np.float64]:
    """Return what the summary of a model says of clips, logits of shape (clips, classes); nothing else is computed."""
    assert model.summary is not None
    with torch.no_grad():
        values = torch.from_numpy(pooled(clips, summary_names(model.config))).to(model.summary.weight)
        found: npt.NDArray[np.float64] = model.summary(values).double().cpu().numpy()
    return found


def branch_probabilities(
    model: HumpCatForAudioClassification, fusion: npt.NDArray[np.float64], clips: ClipDataset
) -> npt.NDArray[np.float64]:
    """Return a model's probabilities of clips whose fusion is known already, shape (clips, classes).

    Args:
        model: a model with both branches.
        fusion: what its fusion says of the clips, logits of shape (clips, classes).
        clips: the clips; their labels are not used.
    """
    summary = summary_logits(model, clips)
    weights = model.branch_weights.double().cpu().numpy()
    logits = (weights[0] * fusion + weights[1] * summary) / float(model.temperature)
    probabilities: npt.NDArray[np.float64] = softmax(logits, axis=1)
    return probabilities


def held(model: HumpCatForAudioClassification) -> Linear | None:
    """Return the summary of a model as it is, None where it has none."""
    if model.summary is None:
        return None
    weight, bias = (parameter.detach().double().cpu().numpy().copy() for parameter in model.summary.parameters())
    return weight, bias


def hold(model: HumpCatForAudioClassification, weight: npt.NDArray[np.float64], bias: npt.NDArray[np.float64]) -> None:
    """Set the summary of a model in place; weights of shape (classes, values), biases of shape (classes,)."""
    assert model.summary is not None
    with torch.no_grad():
        model.summary.weight.copy_(torch.from_numpy(weight))
        model.summary.bias.copy_(torch.from_numpy(bias))
