"""Canonical emotions and label spaces: the one place that says which emotion becomes which class."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from humpcat.errors import SettingsError

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
    """Classes of a classifier and the canonical emotions that fall into each.

    Attributes:
        name: how the space is asked for.
        classes: class names in the order of the model's outputs.
        mapping: canonical emotion to class; an emotion that is not a key is left out.

    Example:
        >>> FOUR.class_of("excitement"), FOUR.class_of("calm")
        ('happiness', None)
    """

    name: str
    classes: tuple[str, ...]
    mapping: Mapping[str, str]

    def class_of(self, emotion: str | None) -> str | None:
        """Return the class that a canonical emotion falls into, None if it is left out."""
        return None if emotion is None else self.mapping.get(emotion)

    def left_out(self, emotions: Iterable[str | None]) -> Counter[str]:
        """Count the emotions that no class takes in.

        Args:
            emotions: one canonical emotion (or None) an utterance.

        Example:
            >>> FOUR.left_out(["anger", "boredom", None])
            Counter({'boredom': 1, 'none': 1})
        """
        return Counter(emotion or "none" for emotion in emotions if self.class_of(emotion) is None)


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

_SPACES = {space.name: space for space in (FOUR, FOUR_STRICT)}


def label_space(name: str) -> LabelSpace:
    """Return the label space of that name.

    Raises:
        SettingsError: the name is unknown.
    """
    try:
        return _SPACES[name]
    except KeyError:
        raise SettingsError(f"label space '{name}' is unknown: choose one of {', '.join(_SPACES)}.") from None
