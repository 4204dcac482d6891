"""Scripted sentences: how many of a test were heard before, and how to keep them apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from humpcat.errors import ProtocolError
from humpcat.protocols.rows import ClipRow, Rows, clips, examples
from humpcat.protocols.split import Split

SENTENCE_DISJOINT = "sentence-disjoint"
"""Word in the guarantee of a split whose test clips say no sentence that was learnt from."""


@dataclass(frozen=True)
class SentenceOverlap:
    """How much of what the test says was said before; a sentence counts within its corpus.

    Attributes:
        test_clips: test clips whose sentence is known.
        repeated: those of them whose sentence was seen before.
        sentences: number of different sentences that they say.
        unknown: test clips whose sentence is not known.
        seen: clips seen before that are of the corpora of the test.
        unknown_seen: those of them whose sentence is not known.
        learner: "adaptation" or "training".
    """

    test_clips: int
    repeated: int
    sentences: int
    unknown: int
    seen: int
    unknown_seen: int
    learner: str

    @property
    def share(self) -> float | None:
        """Share of the test clips of known sentence whose sentence was seen before; None where none is known."""
        return self.repeated / self.test_clips if self.test_clips else None

    def sentence(self) -> str:
        """Return what was found in words.

        Example:
            >>> SentenceOverlap(40, 40, 10, 0, 20, 0, "adaptation").sentence()
            '100 % of the test clips say one of 10 sentences that adaptation said too.'
            >>> SentenceOverlap(0, 0, 0, 7, 20, 0, "training").sentence()
            'Which sentences the test clips say is not known.'
        """
        if self.share is None:
            return "Which sentences the test clips say is not known."
        if not self.seen:
            return "No clip of the test's corpora was seen, and sentences are not compared across corpora."
        if self.repeated:
            which = f"one of {self.sentences} sentences" if self.sentences > 1 else "the one sentence"
            text = f"{100 * self.share:.3g} % of the test clips say {which} that {self.learner} said too"
        else:
            text = f"No test clip says a sentence that {self.learner} said"
        gaps = {"test clips": self.unknown, f"clips of {self.learner}": self.unknown_seen}
        missing = " and ".join(f"{n} {what}" for what, n in gaps.items() if n)
        return f"{text}; what {missing} say is not known." if missing else f"{text}."


def sentence_overlap(rows: Rows, split: Split) -> SentenceOverlap:
    """Measure how many test clips say a sentence that was seen before.

    Validation counts as seen, and so do unlabelled clips unless they may be the test clips themselves.

    Args:
        rows: rows that the split was made from.
        split: the split.

    Raises:
        ProtocolError: an id of the split has no row.

    Example:
        >>> rows = [{"id": id_, "corpus": "toy", "speaker": id_[0], "sentence": id_[1]} for id_ in ("a1", "b1", "b2")]
        >>> overlap = sentence_overlap(rows, Split("by hand", 0, "speaker-disjoint", adapt=("a1",), test=("b1", "b2")))
        >>> overlap.share, overlap.sentence()
        (0.5, '50 % of the test clips say the one sentence that adaptation said too.')
    """
    test = clips(rows, split.test)
    seen = clips(rows, split.learnt if split.transductive else split.seen)
    known = [clip.sentence for clip in test if clip.sentence is not None]
    said = {clip.sentence for clip in seen if clip.sentence is not None}
    corpora = {clip.corpus for clip in test}
    near = [clip for clip in seen if clip.corpus in corpora]
    return SentenceOverlap(
        test_clips=len(known),
        repeated=sum(sentence in said for sentence in known),
        sentences=len(said.intersection(known)),
        unknown=len(test) - len(known),
        seen=len(near),
        unknown_seen=sum(clip.sentence is None for clip in near),
        learner="adaptation" if split.adapt else "training",
    )


def keep_apart(
    learn: Sequence[ClipRow], test: Sequence[ClipRow], rng: np.random.Generator, protocol: str
) -> tuple[list[ClipRow], list[ClipRow], str]:
    """Leave out clips until no test clip says a sentence that another part says.

    Of the sentences that both say, one half is drawn for the test and the other half for the rest; what only one
    of them says stays there, so that no more is left out than must be.

    Args:
        learn: clips that train, adapt or validate.
        test: clips that test.
        rng: the draw.
        protocol: its name, for the message.

    Returns:
        The clips that stay on either side, and a note on how many were left out.

    Raises:
        ProtocolError: a sentence is not known, or one side would have none.
    """
    unknown = [clip.id for clip in (*learn, *test) if clip.sentence is None]
    if unknown:
        raise ProtocolError(
            f"{protocol}: sentence_disjoint needs the sentence of every clip, {len(unknown)} of "
            f"{len(learn) + len(test)} have none ({examples(unknown)}): fill the sentence column or leave out "
            "sentence_disjoint."
        )
    learnt, tested = ({str(clip.sentence) for clip in side} for side in (learn, test))
    both = sorted(learnt & tested)
    if len(both) == 1 and learnt == tested:
        raise ProtocolError(
            f"{protocol}: sentence_disjoint needs two sentences or more, all clips say {both[0]}: leave out "
            "sentence_disjoint."
        )
    # The larger half goes to the test, unless that would leave nothing to learn from.
    n_test = len(both) // 2 if learnt == set(both[:1]) else (len(both) + 1) // 2
    for_test = {both[index] for index in rng.permutation(len(both))[:n_test]}
    for_learning = set(both) - for_test
    kept = [clip for clip in learn if clip.sentence not in for_test]
    heard = [clip for clip in test if clip.sentence not in for_learning]
    left_out = len(learn) - len(kept), len(test) - len(heard)
    note = (
        f"To keep the sentences apart ({len(both)} in common), {left_out[0]} of {len(learn)} clips to learn from and "
        f"{left_out[1]} of {len(test)} test clips are left out."
    )
    if not {clip.corpus for clip in learn} & {clip.corpus for clip in test}:
        return kept, heard, "Test and rest are of different corpora, across which sentences are not compared."
    return kept, heard, note if both else "No sentence is common to the test and the rest."
