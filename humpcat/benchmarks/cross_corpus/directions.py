"""Which pairs are measured: those asked for, the paper's, or all that are found; and the classes that they share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import permutations

from humpcat.benchmarks.cross_corpus.paper import PAIRS
from humpcat.benchmarks.cross_corpus.settings import SHARED, CrossCorpusData
from humpcat.corpora import CORPORA, Corpus, LabelSpace, label_space
from humpcat.corpora.asked import corpus_of
from humpcat.corpora.labels import shared_space
from humpcat.errors import CorpusError, SettingsError
from humpcat.protocols.cross_corpus import Pair


@dataclass(frozen=True)
class Direction:
    """A source, a target, and the classes that both have.

    Attributes:
        source: the labelled corpus.
        target: the unlabelled one.
        space: the classes.
    """

    source: Corpus
    target: Corpus
    space: LabelSpace

    @property
    def pair(self) -> Pair:
        """Registered names of source and target."""
        return self.source.name, self.target.name

    @property
    def name(self) -> str:
        """How the direction is called in tables."""
        return f"{self.source.name} → {self.target.name}"


def directions(pairs: Sequence[str], data: CrossCorpusData, tell: Callable[[str], None]) -> list[Direction]:
    """Return the pairs that can be measured; what is not found or shares no classes is told and left out.

    Raises:
        CorpusError: a corpus is unknown, or fewer than two are found.
        SettingsError: a pair is not written as one, or no pair is left.
    """
    known: dict[str, Corpus | None] = {}

    def found(name: str) -> Corpus | None:
        if name not in known:
            corpus = corpus_of(name, data)
            known[name] = corpus if _lies_there(corpus, data) else None
            if known[name] is None and pairs:
                tell(f"{name} is not found in the data folder: its pairs are left out.")
        return known[name]

    wanted = [_parsed(pair) for pair in pairs] or _default(found)
    kept = []
    for source, target in dict.fromkeys(wanted):
        one, other = found(source), found(target)
        if one is None or other is None:
            continue
        try:
            kept.append(Direction(one, other, pair_space(one, other, data.label_space)))
        except SettingsError as error:
            tell(f"{one.name} → {other.name} is left out: {error}")
    if not kept:
        raise SettingsError(
            f"pairs {' '.join(pairs) or 'of all corpora that are found'}: none can be measured, expected one or more: "
            "name others by --pairs ('humpcat corpora' lists what is found)."
        )
    return kept


def pair_space(source: Corpus, target: Corpus, name: str) -> LabelSpace:
    """Return the classes of a pair: the part of a label space that both corpora have.

    Args:
        source: one corpus.
        target: the other.
        name: "shared" for all emotions that they share, or a label space.

    Raises:
        SettingsError: the label space is unknown or an owner's, or fewer than two classes are shared.

    Example:
        >>> pair_space(CORPORA["emodb"], CORPORA["enterface"], "shared").classes
        ('anger', 'disgust', 'fear', 'happiness', 'sadness')
        >>> pair_space(CORPORA["emodb"], CORPORA["enterface"], "four").classes
        ('anger', 'happiness', 'sadness')
    """
    if name == SHARED:
        return shared_space([source, target])
    whole = label_space(name)
    if whole.column != "emotion":
        raise SettingsError(
            f"label space '{name}': owners' labels are not shared by corpora, expected one of emotions: choose "
            f"'{SHARED}' or 'four'."
        )
    both = [{whole.class_of(emotion) for emotion in corpus.labels.values()} for corpus in (source, target)]
    classes = tuple(class_ for class_ in whole.classes if all(class_ in found for found in both))
    if len(classes) < 2:
        raise SettingsError(
            f"label space '{name}': {len(classes)} of its classes are in both {source.name} and {target.name}, "
            "expected at least 2: choose another space or pair."
        )
    return LabelSpace(name, classes, {emotion: own for emotion, own in whole.mapping.items() if own in classes})


def emotions_of(corpus: Corpus, measured: Sequence[Direction]) -> LabelSpace:
    """Return the emotions of a corpus that some pair of it looks at, each as itself."""
    own = [direction.space.mapping for direction in measured if corpus.name in direction.pair]
    emotions = tuple(sorted({emotion for mapping in own for emotion in mapping}))
    return LabelSpace("its pairs", emotions, {emotion: emotion for emotion in emotions})


def _parsed(pair: str) -> Pair:
    source, _, target = pair.partition(":")
    if not source or not target or source == target:
        raise SettingsError(f"pair '{pair}': expected two different corpora as SOURCE:TARGET, such as emodb:mesd.")
    return source, target


def _default(found: Callable[[str], Corpus | None]) -> list[Pair]:
    """Return the paper's pairs if all of their corpora are found, else all directions among those that are."""
    if all(found(name) is not None for pair in PAIRS for name in pair):
        return list(PAIRS)
    names = [corpus.name for corpus in CORPORA if found(corpus.name) is not None]
    if len(names) < 2:
        raise CorpusError(
            f"data folder: corpora {', '.join(names) or 'none'} found, expected two or more: check --data-dir, or "
            "name pairs by --pairs."
        )
    return list(permutations(names, 2))


def _lies_there(corpus: Corpus, data: CrossCorpusData) -> bool:
    try:
        corpus.find(data.data_dir)
    except CorpusError:
        return False
    return True
