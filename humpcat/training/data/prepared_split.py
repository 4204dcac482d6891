"""The clips of a split, of one or several corpora, each corpus standardised by its own training clips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from humpcat.models.humpcat.standardization import Statistics, together
from humpcat.protocols import Split
from humpcat.training.data.examples import ClipDataset, joined
from humpcat.training.data.prepared_corpus import PreparedCorpus


@dataclass(eq=False)
class PreparedSplit:
    """Clips of one or several corpora, and their split; what is measured of its parts is kept.

    Attributes:
        prepared: the clips.
        split: their split.
        classes: class names in the order of the model's outputs.
        held: statistics that the model holds: for a source model those of all its training clips together.
    """

    prepared: PreparedCorpus
    split: Split
    classes: Sequence[str]
    held: Statistics

    @classmethod
    def of_source(cls, prepared: PreparedCorpus, split: Split, classes: Sequence[str]) -> "PreparedSplit":
        """Return the split of a new source, whose model holds what the corpora that train are like, each alike.

        Args:
            prepared: the clips.
            split: their split.
            classes: class names in the order of the model's outputs.
        """
        made = cls(prepared, split, classes, {})
        found = {corpus: prepared.statistics(ids) for corpus, ids in sorted(made._by_corpus(split.train).items())}
        made.held = together(list(found.values())) if len(found) > 1 else next(iter(found.values()))
        # Measured once: it takes every clip's features.
        made.statistics = found
        return made

    @cached_property
    def statistics(self) -> Mapping[str, Statistics]:
        """Statistics of each corpus' training clips, measured once; nothing of corpora that do not train."""
        learnt = self._by_corpus(self.split.train)
        if len(learnt) == 1:
            return dict.fromkeys(learnt, self.held)
        return {corpus: self.prepared.statistics(ids) for corpus, ids in sorted(learnt.items())}

    def parts(self, part: str, normalization: str) -> list[ClipDataset]:
        """Return the clips of a part of the split, apart by corpus; none of a corpus that trains is an empty dataset.

        Args:
            part: such as "train" or "valid".
            normalization: "speaker" standardises by each speaker's own clips, anything else by the corpus' training
                clips, or by what the model holds where the corpus does not train.
        """
        trained, own = self._by_corpus(self.split.train), self._by_corpus(getattr(self.split, part))
        whole = {} if normalization == "speaker" else self.statistics
        return [
            self.prepared.clips(own.get(corpus, ()), self.classes, normalization, whole.get(corpus, self.held))
            for corpus in sorted({*trained, *own})
        ]

    def clips(self, part: str, normalization: str) -> ClipDataset:
        """Return the clips of a part of the split together, as :meth:`parts` standardises them."""
        return joined(self.parts(part, normalization))

    def _by_corpus(self, ids: Sequence[str]) -> dict[str, list[str]]:
        corpora: dict[str, list[str]] = {}
        for clip_id in ids:
            corpora.setdefault(str(self.prepared.rows[clip_id]["corpus"]), []).append(clip_id)
        return corpora
