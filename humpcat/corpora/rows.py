"""Rows: one utterance each, as a ``datasets.Dataset`` whose columns are the same for every corpus."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import Dataset

NUMBERS = frozenset({"duration", "arousal", "valence"})
"""Columns of numbers; all others are text."""


@dataclass(frozen=True)
class Row:
    """One utterance.

    Attributes:
        id: unique and stable across machines, ``corpus/key``; tables are joined by it, never by position.
        corpus: registered name of the corpus.
        path: where the audio lies on this machine. Of an utterance that is a part of a file, the file with the part
            behind it: ``call.wav#t=1.5,4``, in seconds.
        label: the owner's wording.
        emotion: canonical emotion, None where the owner's label has none.
        speaker: identity within the corpus, None where it is not known.
        gender: "female", "male" or None.
        language: BCP 47 tag.
        sentence: code or text of the scripted sentence, None where it is not known.
        session: recording session; speakers of one session were recorded together and stay together in a
            split. The speaker itself where every speaker was recorded alone.
        duration: length in seconds.
        arousal: as the owner rated it, on the owner's scale (``Corpus.scale``); None where nobody did.
        valence: the same of pleasantness.
    """

    id: str
    corpus: str
    path: str
    label: str
    emotion: str | None
    speaker: str | None
    gender: str | None
    language: str
    sentence: str | None
    session: str | None
    duration: float
    arousal: float | None = None
    valence: float | None = None


def to_dataset(rows: Iterable[Row]) -> "Dataset":
    """Return rows as a dataset, sorted by id so that the order on disk never matters.

    Args:
        rows: rows with different ids.

    Returns:
        A dataset with one column a field of :class:`Row`.
    """
    # Imported here: datasets takes two seconds, which naming a corpus need not cost.
    from datasets import Dataset, Features, Value

    columns = {name: Value("float64" if name in NUMBERS else "string") for name in Row.__dataclass_fields__}
    ordered = sorted(rows, key=lambda row: row.id)
    return Dataset.from_list([asdict(row) for row in ordered], features=Features(columns))
