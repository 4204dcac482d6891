"""What a source model of several corpora says of strangers: each corpus is answered by what the others taught."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from humpcat.audio import SAMPLING_RATE
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.evidence import evidence
from humpcat.models.humpcat.familiarity import distance
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.models.humpcat.standardization import Statistics, summary_names, together
from humpcat.training.data.examples import ClipDataset
from humpcat.training.linear_branch import Linear, SummaryFit
from humpcat.training.stretches import speech_seconds, stretches
from humpcat.training.summary_values import of_encoder, pooled

FACTORS = (0.02, 1e4)
"""Least and largest factor of logits; what lies beyond speaks of a broken model. Large penalties make small logits."""

EVIDENCE_SECONDS = (0.01, 10.0)
"""Least and largest length at which evidence is the root of one half; corpora hold no clips that would tell more."""


STRANGERS_CLIPS = 10
"""Clips of left-out corpora by whose likelihood a way of fitting counts: the hundreds of clips of one corpus are so
alike that the way which is best for them is not the best for the next."""

FAMILIAR = 0.99
"""Share of the clips of left-out corpora that are not flagged as unlike what was learnt from."""


@dataclass(frozen=True)
class LeftOut:
    """What is said of a corpus by a summary that has not learnt from it.

    Attributes:
        ids: the clips; behind their rows are those of stretches.
        logits: shape (clips and stretches, classes).
        labels: class indices, shape (clips and stretches,).
        seconds: length of the speech, shape (clips and stretches,).
        distances: how far each clip is from the other corpora, shape (clips,); nothing where the summary does not
            read the encoder.
    """

    ids: Sequence[str]
    logits: npt.NDArray[np.float64]
    labels: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.float64]
    distances: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def logarithms(self, factor: float, evidence_seconds: float) -> npt.NDArray[np.float64]:
        """Return logarithms of probabilities, shape (clips and stretches, classes)."""
        certainty = factor * evidence(torch.from_numpy(self.seconds * SAMPLING_RATE), evidence_seconds).numpy()
        told: npt.NDArray[np.float64] = log_softmax(certainty[:, None] * self.logits, axis=1)
        return told

    def likelihood(self, factor: float, evidence_seconds: float) -> float:
        """Return the mean logarithmic likelihood of the labels."""
        return float(self.logarithms(factor, evidence_seconds)[np.arange(len(self.labels)), self.labels].mean())


@dataclass(frozen=True)
class LearntCorpus:
    """A source corpus.

    Attributes:
        name: its name.
        learnt: the examples that are learnt from, distorted copies among them.
        clips: its clips as they are.
        statistics: those of its clips.
    """

    name: str
    learnt: ClipDataset
    clips: ClipDataset
    statistics: Statistics


@dataclass(frozen=True)
class Tries:
    """What is said of corpora that are left out in turn, by summaries that are fitted in several ways.

    Attributes:
        fits: the ways, such as penalties.
        answers: one list a way, in it one entry a corpus.
        strangers: places of the corpora that the encoder was told no labels of. They alone say what each way counts,
            and are told of; how sure an answer is, is chosen by all, each of which may lower it.
    """

    fits: Sequence[SummaryFit]
    answers: Sequence[Sequence[LeftOut]]
    strangers: Sequence[int]

    @property
    def shares(self) -> npt.NDArray[np.float64]:
        """What the logits of each way count, shape (ways,), by the strangers."""
        return self._shares(self.strangers)

    @property
    def left_out(self) -> list[LeftOut]:
        """What all ways together say of each corpus."""
        return self._together(self.shares)

    def probabilities(self) -> dict[str, list[float]]:
        """Return the probabilities of clips of strangers, by their ids; two corpora at least.

        What each way counts and how sure an answer is, is chosen by the other corpora, so that a corpus' labels have
        no part in its own.
        """
        found: dict[str, list[float]] = {}
        for place in self.strangers:
            others = self._together(self._shares([other for other in self.strangers if other != place]))
            corpus = others.pop(place)
            rows = np.exp(corpus.logarithms(*cautious_certainty(others)))
            found |= dict(zip(corpus.ids, rows[: len(corpus.ids)].tolist(), strict=True))
        return found

    def _shares(self, places: Sequence[int]) -> npt.NDArray[np.float64]:
        return shares_of([[answers[place] for place in places] for answers in self.answers])

    def _together(self, shares: npt.NDArray[np.float64]) -> list[LeftOut]:
        """Return what is said of each corpus when the ways count as given."""
        return [
            replace(ways[0], logits=sum(share * one.logits for share, one in zip(shares, ways, strict=True)))
            for ways in zip(*self.answers, strict=True)
        ]


def left_out_in_turn(
    config: HumpCatConfig,
    corpora: Sequence[LearntCorpus],
    fits: Sequence[SummaryFit],
    strangers: Collection[str] | None = None,
) -> Tries:
    """Answer each corpus by what the others taught, in each of several ways.

    A clip of a stranger is standardised by what the other corpora are like, as it will be in use.

    Args:
        config: of the network.
        corpora: two at least.
        fits: how the summary is fitted.
        strangers: corpora of which the encoder was told no labels; all by default.
    """
    return Tries(
        fits,
        [
            [
                answered(config, corpus.clips, [other for other in corpora if other is not corpus], fit)
                for corpus in corpora
            ]
            for fit in fits
        ],
        [place for place, corpus in enumerate(corpora) if strangers is None or corpus.name in strangers],
    )


def shares_of(answers: Sequence[Sequence[LeftOut]]) -> npt.NDArray[np.float64]:
    """Return what the logits of each way of fitting count, by the likelihood of what it said of left-out corpora.

    A way is as probable as ``STRANGERS_CLIPS`` clips make it, and its logits are as large as its answers are sure.

    Args:
        answers: one list a way of fitting, in it one entry a corpus; none where nothing tells the ways apart, which
            then count alike.

    Returns:
        Factors of the logits, shape (ways,).
    """
    if not answers[0]:
        return np.full(len(answers), 1 / len(answers))
    certainties = [cautious_certainty(one) for one in answers]
    likelihoods = [np.mean([corpus.likelihood(*cautious_certainty([corpus])) for corpus in one]) for one in answers]
    found: npt.NDArray[np.float64] = softmax(STRANGERS_CLIPS * np.array(likelihoods))
    return found * [factor for factor, _ in certainties]


def trust(model: HumpCatForAudioClassification, left_out: Sequence[LeftOut]) -> None:
    """Set in place how sure a source model is, by corpora that were left out of its summary.

    Of the fusion, which is trained once, nothing is known about strangers: it does not speak before it is adapted. The
    factor becomes part of the summary, whose logits are then as large as those of other models, whatever its penalty.

    Args:
        model: a model with a summary.
        left_out: what was said of corpora that were left out.
    """
    factor, seconds = cautious_certainty(left_out)
    assert model.summary is not None
    with torch.no_grad():
        model.summary.weight.mul_(factor)
        model.summary.bias.mul_(factor)
    model.calibrate(torch.tensor([0.0, 1.0]), evidence_seconds=seconds, farthest=farthest_of(left_out))


def farthest_of(left_out: Sequence[LeftOut]) -> float:
    """Return the distance within which ``FAMILIAR`` of the clips of left-out corpora are, each corpus weighing alike.

    Args:
        left_out: what is said of corpora that were left out.

    Returns:
        The distance; 0 where none was measured.
    """
    distances = np.concatenate([one.distances for one in left_out])
    if not len(distances):
        return 0.0
    weights = np.concatenate([np.full(len(one.distances), 1 / max(1, len(one.distances))) for one in left_out])
    return round(float(np.quantile(distances, FAMILIAR, weights=weights, method="inverted_cdf")), 3)


def learn_all(config: HumpCatConfig, corpora: Sequence[LearntCorpus], tries: Tries) -> Linear:
    """Return what all ways of fitting together learn from all corpora.

    Args:
        config: of the network.
        corpora: two at least.
        tries: the ways, and what each counts.
    """
    shares = tries.shares
    weights, biases = zip(*(learn_alike(config, corpora, fit)[0] for fit in tries.fits), strict=True)
    return np.tensordot(shares, weights, 1), np.tensordot(shares, biases, 1)


def learn_alike(config: HumpCatConfig, corpora: Sequence[LearntCorpus], fit: SummaryFit) -> tuple[Linear, Statistics]:
    """Return what a summary learns from corpora, each of which is standardised as a stranger's clip will be.

    Args:
        config: of the network.
        corpora: one or several.
        fit: how.

    Returns:
        Weights of shape (classes, values) and biases of shape (classes,); and what all clips are standardised by.
    """
    held = together([corpus.statistics for corpus in corpora])
    return fit(config, [standardised_by(corpus.learnt, held) for corpus in corpora]), held


def standardised_by(clips: ClipDataset, statistics: Statistics) -> ClipDataset:
    """Return clips that are all standardised by the same statistics."""
    return replace(clips, statistics=dict.fromkeys(clips.statistics, statistics))


def answered(config: HumpCatConfig, clips: ClipDataset, others: Sequence[LearntCorpus], fit: SummaryFit) -> LeftOut:
    """Return what a summary of other corpora says of clips, and of a stretch of each where it reads the encoder.

    A corpus' clips are of about one length: the stretches tell how sure an answer to less may be.

    Args:
        config: of the network.
        clips: clips of a corpus that it has not learnt from.
        others: what it learns from.
        fit: how.
    """
    (weight, bias), held = learn_alike(config, others, fit)
    strangers = standardised_by(clips, held)
    values = [pooled(strangers, summary_names(config))]
    labels = [np.asarray(clips.labels)]
    seconds = [speech_seconds(clips)]
    if of_encoder(config).any():
        means, of_stretches, lengths = stretches(strangers, config, 1, fit.seed)
        shorter = np.zeros((len(means), weight.shape[1]), np.float32)
        shorter[:, of_encoder(config)] = means
        values, labels, seconds = [*values, shorter], [*labels, of_stretches], [*seconds, lengths]
    logits = np.concatenate(values) @ weight.T + bias
    # Without the encoder among what is summarised, nothing of its values is at hand.
    heard = values[0][:, of_encoder(config)] if "hidden" in config.summary_streams else np.zeros((0, 1), np.float32)
    far = distance(torch.from_numpy(heard)).numpy().astype(np.float64)
    return LeftOut(clips.ids, logits, np.concatenate(labels), np.concatenate(seconds), far)


def cautious_certainty(left_out: Sequence[LeftOut]) -> tuple[float, float]:
    """Return the factor of logits and the ``evidence_seconds`` of answers that are nowhere surer than they may be.

    How evidence grows with length is what is likeliest of all corpora together, each at a factor of its own. Of their
    factors the least counts: a stranger may be as hard as the hardest of them, and an answer that is too unsure does
    less harm than one that is too sure.

    Args:
        left_out: what is said of corpora that were left out.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> labels, seconds = np.arange(3000) % 2, np.repeat([0.5, 8.0], 1500)
        >>> noise = rng.normal(size=(3000, 2)) * np.sqrt(8 / seconds)[:, None]
        >>> factor, half = cautious_certainty([LeftOut((), np.eye(2)[labels] + noise, labels, seconds)])
        >>> bool(half > 5)  # short clips say much less than long ones
        True
    """

    def loss(logarithms: npt.NDArray[np.float64]) -> float:
        seconds, *factors = np.exp(logarithms)
        return -sum(one.likelihood(factor, seconds) for one, factor in zip(left_out, factors, strict=True))

    bounds = np.log([EVIDENCE_SECONDS, *[FACTORS] * len(left_out)])
    begin = [0.0, *(-np.log(max(float(one.logits.std()), 1e-9)) for one in left_out)]
    # Evidence is computed in single precision: shorter steps than that would be lost in it.
    found = minimize(loss, np.clip(begin, *bounds.T), method="L-BFGS-B", bounds=bounds, options={"eps": 1e-3})
    seconds, *factors = np.exp(found.x)
    return float(min(factors)), round(float(seconds), 3)
