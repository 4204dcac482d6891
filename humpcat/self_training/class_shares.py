"""How frequent each class is among clips without labels, and how far what is first said of them can tell."""

from dataclasses import dataclass

import numpy as np

from humpcat.self_training.soft_labels import Array, sharpened

SOFTNESS = 0.5
"""Softness of first answers, in units of their spread, from which shares are estimated."""

RARE = (0.4, 0.24)
"""Estimated shares at which a class begins to count as rare or missing, and at which it does so wholly, in units of an
even share: rounds of soft labels would grow it out of others."""

FEW_LABELLED = 20
"""Labelled clips that weigh as much as the expectation that all classes are as frequent."""

ITERATIONS = 100
"""Of expectation and maximisation; shares move by less than a thousandth in the last of them."""


@dataclass(frozen=True)
class ClassShares:
    """The shares of the classes that soft labels are drawn to.

    Attributes:
        expected: shape (classes,).
        rare: how far each class counts as rare or missing, 0 to 1, so that soft labels have no say in its share, shape
            (classes,).
    """

    expected: Array
    rare: Array

    @classmethod
    def of(cls, first: Array, of_source: Array, labelled: Array, *, even: bool) -> "ClassShares":
        """Estimate the shares among unlabelled clips.

        The shares are those of the labelled clips, drawn to equal ones where these are few. With labelled clips, what
        is first said of the others tells more, as far as it is reliable; a source alone knows other recordings, and
        takes some classes for others. A class is rare where both say so: labels of a few speakers can hide a class.

        Args:
            first: what is first said of unlabelled clips, scores of shape (clips, classes) about 1 for the class of a
                clip and 0 for others.
            of_source: the same as the source alone says it.
            labelled: one-hot labels, shape (clips, classes).
            even: whether the classes are thought to be as frequent wherever they are not rare, as within each
                speaker's clips.
        """
        n_classes = first.shape[1]
        expected = (labelled.sum(axis=0) + FEW_LABELLED / n_classes) / (len(labelled) + FEW_LABELLED)
        if not len(first):
            return cls(expected, np.zeros(n_classes))
        if not even and len(labelled):
            weight = reliability(first)
            counted = np.bincount(first.argmax(axis=1), minlength=n_classes) / len(first)
            expected = weight * counted + (1 - weight) * expected
        found = likeliest_shares(sharpened(first, SOFTNESS))
        begin, wholly = np.array(RARE) / n_classes
        most = np.maximum(found, likeliest_shares(sharpened(of_source, SOFTNESS)))
        rare = np.clip((begin - most) / (begin - wholly), 0.0, 1.0)
        expected = rare * found + (1 - rare) * expected
        return cls(expected / expected.sum(), rare)

    def toward(self, soft: Array) -> Array:
        """Return the shares to draw soft labels to: halfway from their own, but for rare classes.

        Args:
            soft: the soft labels' own shares, shape (classes,).
        """
        wanted = self.expected + self.rare * self.expected + (1 - self.rare) * soft
        shares: Array = wanted / wanted.sum()
        return shares


def likeliest_shares(probabilities: Array) -> Array:
    """Return the shares of the classes that make clips the most likely.

    By expectation and maximisation: Saerens, Latinne and Decaestecker, Adjusting the Outputs of a Classifier to New a
    Priori Probabilities, Neural Computation 14, 2002, equation 2.9. The answers are of a classifier for which all
    classes are as frequent.

    Args:
        probabilities: shape (clips, classes).

    Example:
        >>> answers = np.array([[0.9, 0.1]] * 9 + [[0.4, 0.6]])
        >>> likeliest_shares(answers).round(2)
        array([1., 0.])
    """
    shares = np.full(probabilities.shape[1], 1 / probabilities.shape[1])
    for _ in range(ITERATIONS):
        soft = probabilities * shares
        shares = (soft / soft.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares


def disagreement(scores: Array) -> float:
    """Return the mean squared distance of scores from the class that each clip gets.

    Of scores that leave out the clip itself it tells how well a labelling explains itself, without any label.

    Args:
        scores: shape (clips, classes), about 1 for the class of a clip and 0 for others.

    Example:
        >>> round(disagreement(np.array([[1.0, 0.0], [0.6, 0.4]])), 2)
        0.16
    """
    labels = np.eye(scores.shape[1])[scores.argmax(axis=1)]
    return float(((labels - scores) ** 2).sum(axis=1).mean())


def reliability(scores: Array) -> float:
    """Return how far scores are from saying nothing: 1 for certain answers, 0 where all classes score alike.

    Args:
        scores: shape (clips, classes).

    Example:
        >>> reliability(np.eye(4)), reliability(np.full((3, 4), 0.25))
        (1.0, 0.0)
    """
    nothing = 1 - 1 / scores.shape[1]
    return max(0.0, 1 - disagreement(scores) / nothing) if nothing else 1.0
