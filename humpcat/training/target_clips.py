"""The clips of a target as the adapter may use them: some with their labels, the others without or not at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from humpcat.models.humpcat.running import RunningStatistics
from humpcat.models.humpcat.standardization import Moments, Statistics, add_up, moments_of, statistics_of
from humpcat.protocols import Split
from humpcat.protocols.cross_validation import folds_by_content
from humpcat.self_training.ridge import UNLABELLED
from humpcat.training.data.examples import ClipDataset
from humpcat.training.data.prepared_corpus import PreparedCorpus


class TargetClips:
    """Clips of a target, of which some have labels that may be learnt from.

    Moments of the labelled clips are read from disk once, however many fits there are.

    Args:
        prepared: all clips of the target; of those without a label only the features are used.
        classes: class names in the order of the model's outputs.
        labelled: ids of the clips whose labels may be used.
        normalization: what clips are standardised by: "source", the source's statistics moved by the labelled clips
            alone; "corpus", those of all clips; "speaker", those of each speaker's clips.
        source: statistics that the source model holds.
        self_training: whether clips without a label are learnt from too; with "source" they never are.
    """

    def __init__(
        self,
        prepared: PreparedCorpus,
        classes: Sequence[str],
        labelled: Sequence[str],
        normalization: str,
        source: Statistics,
        *,
        self_training: bool = True,
    ) -> None:
        self.prepared = prepared
        self.classes = tuple(classes)
        self.labelled = self.by_content(labelled)
        self.normalization = normalization
        self.source = source
        self.unlabelled = self.by_content(set(prepared.rows) - set(labelled))
        self.self_training = self_training and normalization != "source" and bool(self.unlabelled)

    def by_content(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return clips in the order of what their recordings hold, whatever they are called."""
        fingerprints = self.prepared.features.fingerprints
        return tuple(sorted(ids, key=lambda clip_id: (fingerprints[clip_id], clip_id)))

    def folds(self, seed: int = 0) -> list[Split]:
        """Deal the labelled clips over folds, by what their recordings hold."""
        prepared = self.prepared
        rows, fingerprints = list(prepared.rows.values()), prepared.features.fingerprints
        return folds_by_content(rows, prepared.classes, fingerprints, self.labelled, seed)

    def statistics(self, ids: Sequence[str]) -> Statistics:
        """Return what a model that has learnt from labelled clips is to hold.

        Labelled clips that are not among these are as if they were not there.
        """
        if self.normalization == "source":
            return RunningStatistics(self.source, self._sum(ids)).statistics()
        if self.normalization == "speaker" or len(ids) == len(self.labelled):
            return self.prepared.whole
        return statistics_of([self._sum(ids), self._of_unlabelled])

    def clips(self, ids: Sequence[str], statistics: Statistics) -> ClipDataset:
        """Return labelled clips with their labels."""
        return self.prepared.clips(ids, self.classes, self.normalization, statistics)

    def without_labels(self, statistics: Statistics, further: Sequence[str] = ()) -> ClipDataset | None:
        """Return the clips that are learnt from without labels; None where there are none.

        Args:
            statistics: what standardises.
            further: labelled clips to be among them.
        """
        if not self.self_training:
            return None
        clips = self.clips(self.by_content((*self.unlabelled, *further)), statistics)
        return replace(clips, labels=(UNLABELLED,) * len(clips))

    def as_source(self, ids: Sequence[str]) -> ClipDataset:
        """Return labelled clips standardised as the source model, not adapted, would standardise them."""
        return self.prepared.clips(ids, self.classes, "source", self.source)

    def _sum(self, ids: Sequence[str]) -> Mapping[str, Moments]:
        return add_up(self._by_clip[clip_id] for clip_id in self.by_content(ids))

    @cached_property
    def _by_clip(self) -> Mapping[str, Mapping[str, Moments]]:
        # A checkpoint holds the statistics of what its network reads; with others there is nothing to move.
        names = list(self.source)
        return {clip_id: moments_of(self.prepared.features[clip_id], names) for clip_id in self.labelled}

    @cached_property
    def _of_unlabelled(self) -> Mapping[str, Moments]:
        if not self.unlabelled:
            return {}
        labelled = self._sum(self.labelled)
        return {name: self.prepared.moments[name] - own for name, own in labelled.items()}
