"""Run the benchmark: make features, fit what is not finished, gather the figures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib
from accelerate import Accelerator
from tqdm.auto import tqdm

from humpcat.benchmarks.cross_corpus.cells import PairCell
from humpcat.benchmarks.cross_corpus.directions import Direction, directions, emotions_of
from humpcat.benchmarks.cross_corpus.pair import FeatureValues, PairBenchmark
from humpcat.benchmarks.cross_corpus.results import ProtocolResults
from humpcat.benchmarks.cross_corpus.settings import CrossCorpusData, CrossCorpusSettings
from humpcat.benchmarks.cross_corpus.variants import ABLATION, MethodVariant, sensitivity
from humpcat.corpora import Corpus
from humpcat.errors import AudioError, CorpusError, HumpcatError, LeakageError, ProtocolError
from humpcat.features.base import Extractor
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.sets import FeatureSet, feature_set
from humpcat.training.checkpoint import claim, save_results
from humpcat.training.data.prepared_corpus import PreparedCorpus, prepare_corpus

POOLED = "pooled"

_MEND = "go on with the same settings, or name another --out"


@dataclass(frozen=True)
class _Held:
    """What the finished cells of a feature set depend on."""

    features: str
    label_space: str
    select: str
    allow_leakage: bool


@dataclass(frozen=True)
class CrossCorpusBenchmark:
    """What all directions, protocols and feature sets share.

    Attributes:
        settings: what is measured.
        data: where things lie, and which classes.
        accelerator: computes the encoder's features.
        tell: is told what is left out.
    """

    settings: CrossCorpusSettings
    data: CrossCorpusData
    accelerator: Accelerator
    tell: Callable[[str], None]

    @property
    def methods(self) -> tuple[MethodVariant, ...]:
        """The methods that are compared."""
        return tuple(MethodVariant(method) for method in dict.fromkeys(self.settings.methods))

    @property
    def ablation(self) -> tuple[MethodVariant, ...]:
        """AFSR without its parts, where that is asked for."""
        return ABLATION if self.settings.ablation else ()

    @property
    def weights(self) -> tuple[MethodVariant, ...]:
        """AFSR with other weights of its losses, where that is asked for."""
        return sensitivity(self.settings.sensitivity)

    def systems(self, features: str) -> tuple[MethodVariant, ...]:
        """Return what is measured on a feature set: variants of AFSR on the first one only.

        Args:
            features: its name.
        """
        variants = (*self.ablation, *self.weights) if features == self.settings.features[0] else ()
        return (*self.methods, *variants)

    def run(self) -> list[ProtocolResults]:
        """Fit every cell that is not there yet, and gather all figures.

        Returns:
            The figures of each feature set under each protocol.

        Raises:
            HumpcatError: no pair can be measured, or the folder was begun with other settings.
        """
        settings = self.settings
        sets = self._feature_sets()
        for each in sets:
            held = _Held(each.extractor.key(), self.data.label_space, settings.select, self.data.allow_leakage)
            claim(Path(settings.out, each.name), (held,), self.accelerator, resume=True, mend=_MEND)
        measurable = directions(settings.pairs, self.data, self.tell)
        prepared = self._prepared(measurable, sets)
        values = [FeatureValues(each, prepared) for each in sets]
        benchmarks = {
            (each.set.name, protocol): self._benchmarks(each, protocol, measurable)
            for each in values
            for protocol in settings.protocols
        }
        if not any(benchmarks.values()):
            raise ProtocolError("0 pairs can be split, expected one or more: see above, and name others by --pairs.")
        self._fit([(benchmark, self.systems(name)) for (name, _), group in benchmarks.items() for benchmark in group])
        measured = [self._gathered(*key, group) for key, group in benchmarks.items() if group]
        return [one for one in measured if one is not None]

    def _feature_sets(self) -> list[FeatureSet]:
        names = list(dict.fromkeys(self.settings.features))
        encoder = None
        if POOLED in names:
            encoder = SpeechEncoder.from_pretrained(self.settings.encoder).to(self.accelerator.device)
        return [feature_set(name, encoder) for name in names]

    def _prepared(self, measurable: Sequence[Direction], sets: Sequence[FeatureSet]) -> PreparedCorpus:
        """Return the clips of all corpora; one that cannot be used is told and left out."""
        corpora = {corpus.name: corpus for one in measurable for corpus in (one.source, one.target)}
        extractors = [each.extractor for each in sets]
        whole: PreparedCorpus | None = None
        failed: HumpcatError | None = None
        for corpus in corpora.values():
            try:
                own = self._prepare_corpus(corpus, measurable, extractors)
            except (CorpusError, AudioError) as error:
                failed = error
                self.tell(f"{corpus.name} is left out: {error}")
                continue
            whole = own if whole is None else whole.merge(own)
        if whole is None:
            assert failed is not None
            raise failed
        return whole

    def _prepare_corpus(
        self, corpus: Corpus, measurable: Sequence[Direction], extractors: Sequence[Extractor]
    ) -> PreparedCorpus:
        return prepare_corpus(corpus, emotions_of(corpus, measurable), self.data, extractors, self.accelerator)

    def _benchmarks(
        self, values: FeatureValues, protocol: str, measurable: Sequence[Direction]
    ) -> list[PairBenchmark]:
        """Return the directions that a protocol can split; the others are told."""
        folder = Path(self.settings.out, values.set.name, protocol)
        benchmarks = (
            PairBenchmark(
                direction=direction,
                protocol=protocol,
                features=values,
                seeds=self.settings.seeds,
                select=self.settings.select,
                allow_leakage=self.data.allow_leakage,
                folder=folder / "-".join(direction.pair),
            )
            for direction in measurable
        )
        return [benchmark for benchmark in benchmarks if self._drawable(benchmark)]

    def _drawable(self, benchmark: PairBenchmark) -> bool:
        """Draw the splits before anything is fitted, and say why where there are none."""
        try:
            return len(benchmark.splits) > 0
        except LeakageError:
            raise
        except ProtocolError as error:
            self.tell(f"{benchmark.direction.name}, {benchmark.protocol}, is left out: {error}")
            return False

    def _fit(self, planned: Sequence[tuple[PairBenchmark, Sequence[MethodVariant]]]) -> None:
        """Fit all cells that are not finished; a system that cannot be measured somewhere is told once."""
        counts = [benchmark.count(systems) for benchmark, systems in planned]
        pending = (cell for benchmark, systems in planned for cell in benchmark.pending(systems))
        run = joblib.Parallel(n_jobs=self.settings.jobs, return_as="generator_unordered")
        told: set[str] = set()
        total, finished = (sum(numbers) for numbers in zip(*counts, strict=True)) if counts else (0, 0)
        with tqdm(total=total, initial=finished, unit="part", disable=not self.accelerator.is_main_process) as bar:
            for failure in run(joblib.delayed(_run)(cell) for cell in pending):
                bar.update()
                if failure and failure not in told:
                    told.add(failure)
                    bar.clear()
                    self.tell(failure)

    def _gathered(self, features: str, protocol: str, benchmarks: Sequence[PairBenchmark]) -> ProtocolResults | None:
        """Write the answers and the result table of each direction, and return the figures of all."""
        predictions, summaries, kept = {}, {}, []
        for benchmark in benchmarks:
            made = benchmark.gathered(self.systems(features))
            if made is None:
                continue
            pair = benchmark.direction.pair
            kept.append(benchmark.direction)
            predictions[pair] = made
            summaries[pair] = save_results(
                made, benchmark.learnt(), benchmark.folder, self.accelerator, notes=benchmark.splits[0].notes
            )
        return ProtocolResults(features, protocol, tuple(kept), predictions, summaries) if kept else None


def _run(cell: PairCell) -> str | None:
    failure = cell.run()
    where = f"{cell.folder.parents[2].name}, {cell.folder.parents[1].name}"
    return failure and f"{cell.system.name} is left out ({where}): {failure}"
