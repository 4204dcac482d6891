"""What a split guarantees, as a value that is put into words in one place."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

SPEAKER_DEPENDENT = "SPEAKER-DEPENDENT"
"""Stamp of every split whose test clips have a speaker that was seen before."""

TRANSDUCTIVE = "TRANSDUCTIVE"
"""Stamp of every split whose test clips were seen without their labels, as in unsupervised adaptation."""

DOUBTED = "self-training was not believed"
"""Clause of every answer of a model that has not learnt from the clips without labels, though it was to."""

_STAMPS = (SPEAKER_DEPENDENT, TRANSDUCTIVE)


@dataclass(frozen=True)
class Guarantee:
    """What holds between the parts of a split, and what was allowed not to hold.

    Attributes:
        stamps: those of :data:`SPEAKER_DEPENDENT` and :data:`TRANSDUCTIVE` that every figure must carry.
        clauses: what holds, or what leaks, in the order in which it is told.

    Example:
        >>> guarantee = Guarantee.parse("SPEAKER-DEPENDENT: 1 of 9 test speakers was seen (toy/f1); no validation")
        >>> guarantee.stamps, guarantee.clauses
        (('SPEAKER-DEPENDENT',), ('1 of 9 test speakers was seen (toy/f1)', 'no validation'))
        >>> str(guarantee.standardised("standardised by all target clips of these classes without labels"))
        'SPEAKER-DEPENDENT: 1 of 9 test speakers was seen (toy/f1); no validation; standardised by all target clips of
        these classes without labels'
    """

    stamps: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Guarantee":
        """Return the guarantee that a text puts into words, whichever version of humpcat wrote it.

        Args:
            text: such as a saved split holds.
        """
        head, _, rest = text.partition(": ")
        stamps = tuple(head.split(", "))
        if not set(stamps) <= set(_STAMPS):
            stamps, rest = (), text
        return cls(stamps, tuple(rest.split("; ")) if rest else ())

    @classmethod
    def together(cls, texts: Iterable[str]) -> "Guarantee":
        """Return the guarantee of several splits together, in which nothing is said twice.

        Args:
            texts: guarantees of folds or draws, in any order.

        Example:
            >>> str(Guarantee.together(["clip-level; pretraining heard test clips", "clip-level"]))
            'clip-level; pretraining heard test clips'
        """
        found = [cls.parse(text) for text in sorted(set(texts))]
        stamps = tuple(stamp for stamp in _STAMPS if any(stamp in one.stamps for one in found))
        return cls(stamps, tuple(dict.fromkeys(clause for one in found for clause in one.clauses)))

    def __str__(self) -> str:
        """Return the words that tables, plots and cards carry."""
        return ": ".join(filter(None, (", ".join(self.stamps), "; ".join(self.clauses))))

    @property
    def of_the_test(self) -> "Guarantee":
        """What is guaranteed of the test speakers, which is told first."""
        return replace(self, clauses=self.clauses[:1])

    @property
    def speaker_dependent(self) -> bool:
        """Whether test speakers were, or may have been, seen before the test."""
        return SPEAKER_DEPENDENT in self.stamps

    @property
    def transductive(self) -> bool:
        """Whether test clips were seen without their labels."""
        return TRANSDUCTIVE in self.stamps

    def stamped(self, stamp: str) -> "Guarantee":
        """Return the guarantee with a stamp more.

        Args:
            stamp: :data:`SPEAKER_DEPENDENT` or :data:`TRANSDUCTIVE`.
        """
        return replace(self, stamps=tuple(one for one in _STAMPS if one == stamp or one in self.stamps))

    def adding(self, *clauses: str) -> "Guarantee":
        """Return the guarantee with further clauses at its end, except those that it has.

        Args:
            *clauses: such as "pretraining heard 3 of 9 test clips".
        """
        return replace(self, clauses=tuple(dict.fromkeys((*self.clauses, *clauses))))

    def standardised(self, how: str | None) -> "Guarantee":
        """Return the guarantee with what it says of standardisation replaced.

        Args:
            how: "standardised by ..."; None to say nothing.
        """
        kept = self._without(lambda clause: clause.startswith("standardised by"))
        return kept.adding(how) if how else kept

    def without_validation(self) -> "Guarantee":
        """Return the guarantee without what it says of validation clips, for a run that has none."""
        return self._without(lambda clause: clause == "no validation" or clause.startswith("validation "))

    @property
    def of_the_splits(self) -> "Guarantee":
        """What holds of the splits, whatever a model made of their clips: without :data:`DOUBTED`."""
        return self._without(lambda clause: clause == DOUBTED)

    @property
    def doubted(self) -> bool:
        """Whether clips without labels were to be learnt from and were not."""
        return DOUBTED in self.clauses

    def _without(self, spoken_of: Callable[[str], bool]) -> "Guarantee":
        return replace(self, clauses=tuple(clause for clause in self.clauses if not spoken_of(clause)))


def standardised_by(
    normalization: str, *, aligned: bool = False, self_trained: bool = False, other_classes: bool = False
) -> str:
    """Return what a guarantee says of clips that standardise, or are used without their labels.

    That they are clips of the classes is knowledge of labels too, and said.

    Args:
        normalization: "source", "corpus" or "speaker": by what clips are standardised.
        aligned: whether the model was aligned to the target's clips.
        self_trained: whether it trained itself on them.
        other_classes: whether clips of other classes than those that are told apart are among them.

    Example:
        >>> standardised_by("corpus", self_trained=True)
        'standardised by and self-trained on all target clips of these classes without labels, test clips included'
        >>> standardised_by("speaker", self_trained=True).rpartition(", ")[2]
        "classes balanced within each speaker's clips"
        >>> standardised_by("corpus", other_classes=True)
        'standardised by all target clips without labels, those of other classes and test clips included'
    """
    if normalization == "source":
        # Zero-shot the source's, then those moved by the adaptation clips; of target-only the adaptation clips' alone.
        return "standardised by the clips that were learnt from and no others"
    own = normalization == "speaker"
    done = ["standardised by each speaker's clips" if own else "standardised by"]
    done += ["aligned to"] * aligned + ["self-trained on"] * self_trained
    said = " and ".join(filter(None, (", ".join(done[:-1]), done[-1])))
    if not own or len(done) > 1:
        said += " all target clips"
    if other_classes:
        said += " without labels, those of other classes and test clips included"
    else:
        said += " of these classes without labels, test clips included"
    # Self-training draws the shares of the classes towards those expected, in each speaker's clips where these
    # standardise: a corpus whose speakers say every emotion equally often is at an advantage.
    return f"{said}, classes balanced within each speaker's clips" if own and self_trained else said


def side_by_side(guarantees: Sequence[tuple[str, str]]) -> str:
    """Return one guarantee for all systems, or each one with the systems that have it, SPEAKER-DEPENDENT first.

    Args:
        guarantees: name and guarantee of each system.

    Example:
        >>> side_by_side([("A", "speaker-disjoint"), ("B", "SPEAKER-DEPENDENT")])
        'B: SPEAKER-DEPENDENT; A: speaker-disjoint'
    """
    names: dict[str, list[str]] = {}
    for name, text in guarantees:
        names.setdefault(text, []).append(name)
    if len(names) == 1:
        return guarantees[0][1]
    ordered = sorted(names, key=lambda text: not Guarantee.parse(text).speaker_dependent)
    return "; ".join(f"{', '.join(names[text])}: {text}" for text in ordered)
