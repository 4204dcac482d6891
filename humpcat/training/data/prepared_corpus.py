"""Corpora made ready: rows, features on disk, and the statistics that they are standardised by."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from pathlib import Path
from typing import Any, TypeVar

from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import Tensor

from humpcat.cache import cache_folder, kept_in
from humpcat.corpora import Corpus, LabelSpace
from humpcat.corpora.scan import shortened
from humpcat.corpora.toy import make_toy_corpora
from humpcat.errors import AudioError, CorpusError
from humpcat.features.base import Extractor
from humpcat.features.computing import File
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.extraction import StoredFeatures, extract
from humpcat.features.store import FeatureStore
from humpcat.features.toy_encoder import make_toy_encoder
from humpcat.models.humpcat.configuration import HumpCatConfig
from humpcat.models.humpcat.registries import STREAMS
from humpcat.models.humpcat.standardization import Moments, Statistics, add_up, measure, moments_of, statistics_of
from humpcat.protocols import labelled
from humpcat.protocols.pretraining import speaker_of
from humpcat.self_training.ridge import UNLABELLED
from humpcat.training.data.examples import ClipDataset
from humpcat.training.data.measured import MeasuredStatistics
from humpcat.training.settings import DataSettings, NetworkSettings

Data = TypeVar("Data", bound=DataSettings)


@dataclass(eq=False)
class PreparedCorpus:
    """The usable clips of one or several corpora; what is measured of all of them is kept.

    Attributes:
        rows: clip id to its row; whatever hears clips without labels hears all of these.
        classes: clip id to its class, of those clips that have one.
        features: the clips' features.
        left_out: number of clips of each emotion that the label space does not take in.
        voices: clip id to the name of the speaker by whose clips it is standardised, of those clips whose row does not
            say it: the row says who really speaks.
    """

    rows: Mapping[str, Mapping[str, Any]]
    classes: Mapping[str, str]
    features: StoredFeatures
    left_out: Counter[str]
    voices: Mapping[str, str] = field(default_factory=dict)

    def merge(self, other: "PreparedCorpus") -> "PreparedCorpus":
        """Return the clips of both; they are of different corpora, so no id is in both."""
        return PreparedCorpus(
            {**self.rows, **other.rows},
            {**self.classes, **other.classes},
            self.features.merge(other.features),
            self.left_out + other.left_out,
            {**self.voices, **other.voices},
        )

    def statistics(self, ids: Iterable[str] | None = None) -> Statistics:
        """Measure the statistics of some clips, of all by default; labels are not looked at."""
        return measure(self.features[clip_id] for clip_id in sorted(self.rows if ids is None else ids))

    @cached_property
    def moments(self) -> Mapping[str, Moments]:
        """Moments of all clips together, measured once."""
        return add_up(moments_of(self.features[clip_id]) for clip_id in sorted(self.rows))

    @cached_property
    def whole(self) -> Statistics:
        """Statistics of all clips, measured once."""
        return statistics_of([self.moments])

    @cached_property
    def by_speaker(self) -> Mapping[str, Mapping[str, Tensor]]:
        """Statistics of each speaker's clips by :meth:`speaker_of`, each array's measured when it is asked for."""
        members: dict[str, list[str]] = {}
        for clip_id in sorted(self.rows):
            members.setdefault(self.speaker_of(clip_id), []).append(clip_id)
        return {speaker: MeasuredStatistics(self.features, clips) for speaker, clips in members.items()}

    def speaker_of(self, clip_id: str) -> str:
        """Return a name for who is said to speak, see :func:`humpcat.protocols.pretraining.speaker_of`."""
        return self.voices.get(clip_id) or speaker_of(self.rows[clip_id])

    def clips(self, ids: Sequence[str], classes: Sequence[str], normalization: str, whole: Statistics) -> ClipDataset:
        """Return clips as examples.

        Args:
            ids: clip ids, in the order of the examples; the label of one without a class is ``UNLABELLED``.
            classes: class names in the order of the model's outputs.
            normalization: "speaker" standardises by each speaker's own clips, anything else by ``whole``.
            whole: statistics of the corpus, or of whatever else all clips are standardised by.
        """
        if normalization == "speaker":
            group_of = {clip_id: self.speaker_of(clip_id) for clip_id in ids}
            statistics: Mapping[str, Mapping[str, Tensor]]
            statistics = {speaker: self.by_speaker[speaker] for speaker in sorted(set(group_of.values()))}
        else:
            group_of = dict.fromkeys(ids, "whole")
            statistics = {"whole": whole}
        return ClipDataset(
            ids=tuple(ids),
            labels=tuple(
                classes.index(self.classes[clip_id]) if clip_id in self.classes else UNLABELLED for clip_id in ids
            ),
            lengths=tuple(self.rows[clip_id]["duration"] for clip_id in ids),
            features=self.features,
            statistics=statistics,
            group_of=group_of,
        )


def with_toys(data: Data, network: NetworkSettings, accelerator: Accelerator) -> tuple[Data, NetworkSettings]:
    """Return settings that name the toy corpora and the toy encoder, which are made if they are not there."""
    folder = cache_folder() / "toy"
    with accelerator.main_process_first(), kept_in(folder):
        corpora, encoder = make_toy_corpora(folder), make_toy_encoder(folder / "encoder")
    return replace(data, data_dir=str(corpora)), replace(network, encoder=str(encoder))


def prepare_corpus(
    corpus: Corpus,
    space: LabelSpace,
    data: DataSettings,
    extractors: Sequence[Extractor],
    accelerator: Accelerator,
    *,
    other_classes: bool = False,
) -> PreparedCorpus:
    """Scan a corpus and make the features of all clips that have a class.

    Args:
        corpus: the corpus.
        space: the classes.
        data: where things lie.
        extractors: what features are made by.
        accelerator: its processes share the work.
        other_classes: whether clips of no class are made ready too, which may be heard without labels.

    Raises:
        CorpusError: the corpus is not there, or no clip of it has a class.
        AudioError: too many clips are unusable.
    """
    root = corpus.find(data.data_dir)
    FeatureStore(data.store).require_place()
    scan = corpus.scan(root)
    corpus.require_words(scan.rows, space.column)
    unusable = [problem for problem in scan.problems if problem.unusable]
    if len(unusable) > data.max_bad_share * (len(scan.rows) + len(unusable)):
        raise AudioError(
            f"corpus '{corpus.name}': {len(unusable)} of {len(scan.rows) + len(unusable)} files are unusable, at most "
            f"{data.max_bad_share:.0%} may be: mend or remove them; the first: {unusable[0].reason}"
        )
    classes, left_out = labelled(scan.rows, space)
    rows = {row["id"]: row for row in scan.rows if other_classes or row["id"] in classes}
    if not classes:
        raise CorpusError(
            f"corpus '{corpus.name}': none of its {len(scan.rows)} utterances has a class of the label space "
            f"'{space.name}' ({', '.join(space.classes)}); left out: {shortened(left_out)}: choose another "
            "space, or say by --labels what your own labels mean."
        )
    accelerator.print(
        f"{corpus.name}: {len(classes)} of {len(scan.rows)} clips have a class of '{space.name}'"
        f"{_but(left_out, other_classes)}."
    )
    features = extract_shared({clip_id: row["path"] for clip_id, row in rows.items()}, extractors, data, accelerator)
    faults = [problem for problem in scan.problems if problem.of_all]
    _tell(
        [*([] if data.toy else scan.warnings), *(problem.sentence for problem in faults)],
        [problem.sentence for problem in scan.problems if not problem.of_all],
        accelerator,
    )
    _tell([], list(features.bad.values()), accelerator)
    return PreparedCorpus(
        {clip_id: row for clip_id, row in rows.items() if clip_id in features},
        {clip_id: name for clip_id, name in classes.items() if clip_id in features},
        features,
        left_out,
    )


def extract_shared(
    files: Mapping[str, File], extractors: Sequence[Extractor], data: DataSettings, accelerator: Accelerator
) -> StoredFeatures:
    """Make the features of files, each process its share of them.

    Raises:
        AudioError: too many files are unusable.
    """
    return extract(
        files,
        extractors,
        FeatureStore(data.store),
        share=(accelerator.process_index, accelerator.num_processes),
        barrier=accelerator.wait_for_everyone,
        gather=gather_object,
        show_progress=accelerator.is_local_main_process,
        max_bad_share=data.max_bad_share,
    )


def prepare_corpora(
    corpora: Sequence[Corpus],
    space: LabelSpace,
    data: DataSettings,
    extractors: Sequence[Extractor],
    accelerator: Accelerator,
) -> PreparedCorpus:
    """Return the clips of several corpora together, each as :func:`prepare_corpus` gives them."""
    return reduce(
        PreparedCorpus.merge, [prepare_corpus(corpus, space, data, extractors, accelerator) for corpus in corpora]
    )


def extractors_for(config: HumpCatConfig, encoder: SpeechEncoder) -> list[Extractor]:
    """Return the extractors that a model of this configuration is fed by."""
    return [STREAMS[name].extractor(encoder, config) for name in config.extracted]


def absolute(place: str) -> str:
    """Return the absolute path of what lies here, so that a checkpoint finds it from anywhere, any name as it is."""
    return str(Path(place).resolve()) if Path(place).exists() else place


def _but(left_out: Counter[str], heard: bool) -> str:
    counted = ", ".join(f"{emotion} {count}" for emotion, count in sorted(left_out.items()))
    return f"; {'heard without labels' if heard else 'left out'}: {counted}" if counted else ""


def _tell(warnings: list[str], problems: list[str], accelerator: Accelerator, most: int = 5) -> None:
    for sentence in warnings:
        accelerator.print(f"warning: {sentence}")
    for sentence in problems[:most]:
        accelerator.print(f"left out: {sentence}")
    if len(problems) > most:
        accelerator.print(f"left out: {len(problems) - most} more files.")
