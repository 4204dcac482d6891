"""The cross-corpus benchmark: make features, fit what is not finished, gather all that lies in its folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from humpcat.benchmarks import runner
from humpcat.benchmarks.cross_corpus.directions import Direction, directions, emotions_of
from humpcat.benchmarks.cross_corpus.found import earlier_results, finished_systems
from humpcat.benchmarks.cross_corpus.page import markdown
from humpcat.benchmarks.cross_corpus.pair import FeatureValues, PairBenchmark
from humpcat.benchmarks.cross_corpus.plot import draw_sensitivity
from humpcat.benchmarks.cross_corpus.results import DirectionResults, ProtocolResults
from humpcat.benchmarks.cross_corpus.settings import PROTOCOLS, CrossCorpusData, CrossCorpusSettings
from humpcat.benchmarks.cross_corpus.variants import (
    ABLATION,
    FULL,
    METHOD_NAMES,
    MethodVariant,
    sensitivity,
    weights_among,
)
from humpcat.benchmarks.runner import Notes, begin
from humpcat.corpora import Corpus
from humpcat.errors import AudioError, CorpusError, HumpcatError, LeakageError, ProtocolError, SettingsError
from humpcat.evaluation.comparison import to_dict
from humpcat.features.base import Extractor
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.sets import FeatureSet, feature_set
from humpcat.run_folder import require_writable
from humpcat.training.checkpoint import save_results
from humpcat.training.data.prepared_corpus import PreparedCorpus, prepare_corpus, with_toys
from humpcat.training.idle import Idle, require_effect
from humpcat.training.settings import NetworkSettings

POOLED = "pooled"


RULES = (
    Idle(("data_dir", "encoder"), "with --toy, which brings its own", lambda settings: settings.toy),
    Idle(("encoder",), f"without --features {POOLED}", lambda settings: POOLED not in settings.features),
)
"""Where settings of this benchmark do nothing."""


@dataclass(frozen=True)
class _Held:
    """What the finished cells of a feature set depend on."""

    features: str
    label_space: str
    select: str
    allow_leakage: bool


@dataclass(frozen=True)
class Measured:
    """What a benchmark's folder holds once everything is measured.

    Attributes:
        results: the figures of each feature set under each protocol.
        settings: what was asked for.
        data: where things lie, and which classes.
        notes: what was left out.
    """

    results: Sequence[ProtocolResults]
    settings: CrossCorpusSettings
    data: CrossCorpusData
    notes: Sequence[str]

    def write(self, out: Path) -> str:
        """Write OUT/results.md, results.json and, where weights were varied, sensitivity.svg.

        Returns:
            The page.
        """
        first = [one for one in self.results if one.features == self.settings.features[0]]
        values = weights_among({name for one in first for name in one.systems})
        if values:
            draw_sensitivity(first, values, out)
        page = markdown(self.results, self.settings, self.data.label_space, self.notes, drawn=bool(values))
        return runner.write_page(out, page, self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Return everything that was measured in plain dicts, lists and numbers."""
        methods = [MethodVariant(name) for name in METHOD_NAMES]
        baselines = [method for method in methods if method != FULL]
        return {
            "label_space": self.data.label_space,
            "select": self.settings.select,
            "seeds": self.settings.seeds,
            "notes": list(self.notes),
            "measured": [
                one.to_dict()
                | {"AFSR less": [to_dict(each) for each in one.differences(FULL, baselines)]}
                | {"AFSR less, ablation": [to_dict(each) for each in one.differences(FULL, ABLATION)]}
                for one in self.results
            ],
        }


def measure(settings: CrossCorpusSettings, data: CrossCorpusData, accelerator: Accelerator) -> Measured:
    """Run every cell of every pair that is not finished, and gather what lies in the folder.

    Args:
        settings: what is measured.
        data: where corpora and features lie, and which classes.
        accelerator: computes the encoder's features.

    Raises:
        HumpcatError: no pair can be measured, the folder was begun with other settings, or several processes are
            asked for.
    """
    if accelerator.num_processes > 1:
        raise SettingsError(
            f"accelerate launch with {accelerator.num_processes} processes: this recipe runs as one: use --jobs for "
            "several fits at a time."
        )
    require_effect(RULES, settings, data)
    if data.toy:
        data, network = with_toys(data, NetworkSettings(), accelerator)
        settings = replace(settings, encoder=network.encoder)
    notes = Notes(accelerator)
    results = CrossCorpusBenchmark(settings, data, accelerator, notes).run()
    return Measured(results, settings, data, notes)


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

    def systems(self, features: str) -> tuple[MethodVariant, ...]:
        """Return what is asked for on a feature set: variants of AFSR on the first one only."""
        settings = self.settings
        methods = tuple(MethodVariant(method) for method in dict.fromkeys(settings.methods))
        if features != settings.features[0]:
            return methods
        return (*methods, *(ABLATION if settings.ablation else ()), *sensitivity(settings.sensitivity))

    def run(self) -> list[ProtocolResults]:
        """Fit every cell that is not finished, and gather all figures.

        Returns:
            The figures of each feature set under each protocol.

        Raises:
            HumpcatError: no pair can be measured, or the folder was begun with other settings.
        """
        settings = self.settings
        require_writable(settings.out)
        sets = self._feature_sets()
        for each in sets:
            held = _Held(each.extractor.key(), self.data.label_space, settings.select, self.data.allow_leakage)
            begin(Path(settings.out, each.name), (held,), self.accelerator)
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
        planned = []
        for (name, _), group in benchmarks.items():
            asked = self.systems(name)
            for one in group:
                others = [system for system in finished_systems(one.folder) if system not in asked]
                cells = [cell for system in asked for cell in one.cells(system)]
                # What others lack is not asked for.
                cells += [cell for system in others for cell in one.cells(system) if cell.finished]
                planned.append((one, (*asked, *others), cells))
        runner.run([(one, cells) for one, _, cells in planned], self.accelerator, self.tell, jobs=settings.jobs)
        return self._gathered([(one, systems) for one, systems, _ in planned])

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

    def _gathered(self, planned: Sequence[tuple[PairBenchmark, Sequence[MethodVariant]]]) -> list[ProtocolResults]:
        """Write the answers and the result table of each direction, and return the figures of all that lie there."""
        found = []
        for one, systems in planned:
            made = one.gathered(systems)
            if made is None:
                continue
            notes = one.splits[0].notes
            summary = save_results(made, one.learnt(), one.folder, self.accelerator, notes=notes)
            found.append((one.features.set.name, one.protocol, DirectionResults(one.direction, made, summary)))
        found += earlier_results(Path(self.settings.out), self.data, {one.folder for one, _ in planned}, self.tell)
        features = dict.fromkeys([*self.settings.features, *(name for name, _, _ in found)])
        grouped = {
            key: [one for name, protocol, one in found if (name, protocol) == key]
            for key in product(features, PROTOCOLS)
        }
        return [ProtocolResults.of(*key, group) for key, group in grouped.items() if group]
