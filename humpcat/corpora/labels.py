"""Canonical emotions and label spaces: the one place that says which emotion becomes which class."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from humpcat.errors import SettingsError

if TYPE_CHECKING:
    from humpcat.corpora.base import Corpus

EMOTIONS = (
    "anger",
    "boredom",
    "calm",
    "contempt",
    "disgust",
    "excitement",
    "fear",
    "frustration",
    "happiness",
    "neutral",
    "sadness",
    "surprise",
)
"""Canonical emotions; a corpus file maps its owner's labels onto them, or onto None."""


@dataclass(frozen=True)
class LabelSpace:
    """Classes of a classifier and what falls into each.

    Attributes:
        name: how the space is asked for.
        classes: class names in the order of the model's outputs.
        mapping: canonical emotion (or owner's label) to class; what is not a key is left out.
        column: the column of the rows that is mapped: "emotion", or "label" for an owner's own wording.

    Example:
        >>> FOUR.class_of("excitement"), FOUR.class_of("calm")
        ('happiness', None)
    """

    name: str
    classes: tuple[str, ...]
    mapping: Mapping[str, str]
    column: Literal["emotion", "label"] = "emotion"

    def class_of(self, value: str | None) -> str | None:
        """Return the class that a canonical emotion (or label) falls into, None if it is left out."""
        return None if value is None else self.mapping.get(value)

    def left_out(self, values: Iterable[str | None]) -> Counter[str]:
        """Count what no class takes in.

        Args:
            values: one canonical emotion or label (or None) an utterance.

        Example:
            >>> FOUR.left_out(["anger", "boredom", None])
            Counter({'boredom': 1, 'none': 1})
        """
        return Counter(value or "none" for value in values if self.class_of(value) is None)


@dataclass(frozen=True)
class Mapped:
    """What becomes of one of an owner's labels.

    Attributes:
        label: the owner's wording.
        emotion: canonical emotion, None if it has none.
        class_: class of the label space, None if the label is left out.
        clips: how many clips carry it, None where that is not known.
    """

    label: str
    emotion: str | None
    class_: str | None
    clips: int | None


def account(space: LabelSpace, labels: Mapping[str, str | None], clips: Mapping[str, int]) -> list[Mapped]:
    """Say what becomes of each of an owner's labels, kept or left out, with counts.

    Args:
        space: the label space.
        labels: the owner's label to canonical emotion.
        clips: the owner's label to a number of clips: published, or found.

    Example:
        >>> [(row.label, row.class_, row.clips) for row in account(FOUR, {"W": "anger", "L": "boredom"}, {"W": 127})]
        [('W', 'anger', 127), ('L', None, None)]
    """
    return [
        Mapped(label, emotion, space.class_of(emotion if space.column == "emotion" else label), clips.get(label))
        for label, emotion in labels.items()
    ]


FOUR = LabelSpace(
    name="four",
    classes=("anger", "happiness", "neutral", "sadness"),
    mapping={
        "anger": "anger",
        "happiness": "happiness",
        # IEMOCAP's practice since its first papers: without it half of its happy clips are lost.
        "excitement": "happiness",
        "neutral": "neutral",
        "sadness": "sadness",
    },
)

FOUR_STRICT = LabelSpace(
    name="four-strict",
    classes=FOUR.classes,
    mapping={emotion: emotion for emotion in FOUR.classes},
)

QUADRANTS = LabelSpace(
    name="quadrants",
    classes=("negative-high", "negative-low", "positive-high", "positive-low"),
    # Valence and arousal. The emotions of the acted corpora fall as in Schuller et al., Cross-Corpus Acoustic
    # Emotion Recognition: Variances and Strategies, IEEE Transactions on Affective Computing 1(2), 2010, where
    # neutral counts as positive and low. Calm, excitement and frustration, which it does not have, fall as in
    # Russell, A Circumplex Model of Affect, 1980; contempt, which neither has, is left out.
    mapping={
        "anger": "negative-high",
        "boredom": "negative-low",
        "calm": "positive-low",
        "disgust": "negative-low",
        "excitement": "positive-high",
        "fear": "negative-high",
        "frustration": "negative-high",
        "happiness": "positive-high",
        "neutral": "positive-low",
        "sadness": "negative-low",
        "surprise": "positive-high",
    },
)

SEVEN = LabelSpace(
    name="seven",
    classes=("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise"),
    # The pretraining classes of VACNN + BOVW (Sensors 2020, 20, 5559), which takes RAVDESS' calm for neutral.
    mapping={
        "anger": "anger",
        "calm": "neutral",
        "disgust": "disgust",
        "fear": "fear",
        "happiness": "happiness",
        "neutral": "neutral",
        "sadness": "sadness",
        "surprise": "surprise",
    },
)

_SPACES = {space.name: space for space in (FOUR, FOUR_STRICT, QUADRANTS, SEVEN)}
_OF_CORPORA = (
    "shared:CORPUS+CORPUS (emotions that they share)",
    "owner:CORPUS (all labels of its owner)",
    "own (the labels of your own data as they are)",
)

OWN = "own"
"""Name of the label space whose classes are the labels of the data at hand, whatever they mean."""


def shared_space(corpora: Sequence["Corpus"]) -> LabelSpace:
    """Return the canonical emotions that every one of some corpora has as classes.

    Args:
        corpora: one corpus (all emotions of it) or several.

    Raises:
        SettingsError: fewer than two emotions are shared.

    Example:
        >>> from humpcat.corpora import CORPORA
        >>> shared_space([CORPORA["emodb"], CORPORA["casia"]]).classes
        ('anger', 'fear', 'happiness', 'neutral', 'sadness')
    """
    emotions = [set(corpus.labels.values()) for corpus in corpora]
    shared = tuple(emotion for emotion in EMOTIONS if all(emotion in found for found in emotions))
    names = "+".join(corpus.name for corpus in corpora)
    if len(shared) < 2:
        raise SettingsError(
            f"label space 'shared:{names}': {len(shared)} shared emotions found, expected at least 2: "
            "choose other corpora."
        )
    return LabelSpace(f"shared:{names}", shared, {emotion: emotion for emotion in shared})


def owner_space(corpus: "Corpus") -> LabelSpace:
    """Return an owner's own labels as classes, those without a canonical emotion included.

    Args:
        corpus: the corpus.

    Example:
        >>> from humpcat.corpora import CORPORA
        >>> owner_space(CORPORA["emodb"]).classes
        ('W', 'L', 'E', 'A', 'F', 'N', 'T')
    """
    return LabelSpace(
        f"owner:{corpus.name}", tuple(corpus.labels), {label: label for label in corpus.labels}, column="label"
    )


def own_space(labels: Iterable[str]) -> LabelSpace:
    """Return labels as classes, as they are; the name of the space says them all, so that a model can keep it.

    Args:
        labels: the labels of the data, in any order and number.

    Raises:
        SettingsError: there are fewer than two.

    Example:
        >>> own_space(["stressed", "relaxed", "stressed"])
        LabelSpace(name='own:relaxed+stressed', classes=('relaxed', 'stressed'), ..., column='label')
        >>> own_space(["a+b", "c"]).name
        'own:a%2Bb+c'
    """
    classes = tuple(sorted(set(labels)))
    if len(classes) < 2:
        raise SettingsError(
            f"label space '{OWN}': the labels {', '.join(classes) or 'none'} found, expected two or more: add clips "
            "of others."
        )
    name = "+".join(label.replace("%", "%25").replace("+", "%2B") for label in classes)
    return LabelSpace(f"{OWN}:{name}", classes, {label: label for label in classes}, column="label")


def is_own(name: str | None) -> bool:
    """Return whether a name is that of a label space of labels as they are.

    Example:
        >>> is_own("own"), is_own("own:relaxed+stressed"), is_own("owner:emodb"), is_own(None)
        (True, True, False, False)
    """
    return name is not None and name.partition(":")[0] == OWN


def name_of_space(name: str | None, corpora: Sequence["Corpus"]) -> str | None:
    """Return the name of a label space by which it is found without the data: ``own`` is given its classes.

    Args:
        name: as it was asked for; None is left to whoever knows the default.
        corpora: the data.

    Raises:
        SettingsError: the data have fewer than two labels.
    """
    if name != OWN:
        return name
    return own_space(label for corpus in corpora for label in corpus.labels if label not in corpus.left_out).name


def label_space(name: str, folders: Iterable[str | Path] = ()) -> LabelSpace:
    """Return the label space of that name.

    Args:
        name: "four", "four-strict", "quadrants", "seven", "shared:CORPUS+CORPUS" (the emotions that those corpora
            share), "owner:CORPUS" (an owner's full set) or "own:LABEL+LABEL" (labels as they are, see
            :func:`name_of_space`).
        folders: folders of files that define further corpora.

    Raises:
        SettingsError: the name is unknown.
        CorpusError: it names an unknown corpus.

    Example:
        >>> label_space("shared:emodb+ravdess").classes
        ('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness')
    """
    from humpcat.corpora.lookup import CORPORA

    if name in _SPACES:
        return _SPACES[name]
    kind, _, corpora = name.partition(":")
    known = CORPORA.including(*folders)
    if kind == "shared" and corpora:
        return shared_space([known[corpus] for corpus in corpora.split("+")])
    if kind == "owner" and corpora:
        return owner_space(known[corpora])
    if kind == OWN and corpora:
        return own_space(label.replace("%2B", "+").replace("%25", "%") for label in corpora.split("+"))
    if kind == OWN:
        raise SettingsError(
            f"label space '{OWN}': is that of the labels of one's own data, which are not known here: name the "
            f"classes, such as {OWN}:relaxed+stressed."
        )
    raise SettingsError(f"label space '{name}' is unknown: choose one of {', '.join((*_SPACES, *_OF_CORPORA))}.")
