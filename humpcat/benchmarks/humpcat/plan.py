"""What a benchmark measures: the targets that are found, and the cells of the work."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from accelerate import Accelerator

from humpcat.benchmarks.humpcat.cells import BenchmarkCell, under_protocol
from humpcat.benchmarks.humpcat.results import HUMPCAT, PROBE, ZERO_SHOT, Amount
from humpcat.benchmarks.humpcat.settings import AdaptingSettings, BenchmarkSettings
from humpcat.corpora import CORPORA, Corpus
from humpcat.errors import AudioError, CorpusError, HumpcatError, LeakageError, ProtocolError
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Ledger
from humpcat.training.checkpoint import LEDGER, claim, read_settings
from humpcat.training.settings import AdaptationSettings, DataSettings, TargetSettings
from humpcat.training.source_model import located
from humpcat.training.task import Task, draw_split, prepare
from humpcat.training.trainable import chosen_scope, require_alignable


@dataclass(frozen=True)
class _Source:
    """The source model, as ``settings.json`` remembers it."""

    source_hash: str


def plans(
    settings: BenchmarkSettings,
    adapting: AdaptingSettings,
    data: DataSettings,
    optimization: AdaptationSettings,
    accelerator: Accelerator,
    tell: Callable[[str], None],
) -> list[tuple[Task, list[BenchmarkCell]]]:
    """Find the targets, make their features, and return what is to be measured on each.

    The folder of the run is claimed for what the figures depend on. A target that is not found or cannot be used is
    told and left out.

    Args:
        settings: what was asked for.
        adapting: how targets are adapted to.
        data: where corpora and features lie.
        optimization: how to fit.
        accelerator: device, precision, processes.
        tell: is told what is left out.

    Raises:
        CheckpointError: the source folder is not one that ``train_source`` wrote.
        CorpusError: there is no target at all.
        LeakageError: test material was seen by the source model.
        SettingsError: the folder was begun with other settings or another source model.
    """
    for mode in settings.modes:
        require_alignable(optimization.align, mode)
    source = Path(settings.source)
    data = located(data, read_settings(source), accelerator)
    model = HumpCatForAudioClassification.from_pretrained(source)
    held = _Source(model.weights_hash())
    # By its name, so that finished cells are not taken for those of another default.
    optimization = replace(optimization, scope=chosen_scope(optimization.scope, model.config, optimization.align))
    mend = "go on with the same settings, or name another --out"
    claim(Path(settings.out), (adapting, data, optimization, held), accelerator, resume=True, mend=mend)
    ready: list[tuple[Task, list[BenchmarkCell]]] = []
    failed: HumpcatError | None = None
    for corpus in _found(settings, data, tell):
        try:
            if ready:
                task = ready[0][0].toward(corpus)
            else:
                target = TargetSettings(
                    corpus=corpus.name, source=str(source), encoder=settings.encoder, **asdict(adapting)
                )
                task = prepare(target, data, optimization, accelerator)
            ready.append((task, _plan(task, settings, tell)))
        except LeakageError:
            raise
        except (CorpusError, AudioError, ProtocolError) as error:
            failed = error
            tell(f"{corpus.name} is left out: {error}")
    if not ready and failed is not None:
        raise failed
    return ready


def _found(settings: BenchmarkSettings, data: DataSettings, tell: Callable[[str], None]) -> list[Corpus]:
    """Return the targets that lie in the data folder; the source's own corpora are none."""
    heard = Ledger.load(Path(settings.source, LEDGER)).corpora
    found, missing = [], []
    for corpus in map(CORPORA.__getitem__, dict.fromkeys(settings.corpora)):
        if corpus.name in heard:
            tell(f"{corpus.name} is left out: the source model has learnt from it.")
            continue
        try:
            corpus.find(data.data_dir)
            found.append(corpus)
        except CorpusError:
            missing.append(corpus.name)
    if not found:
        raise CorpusError(
            f"data folder {data.data_dir}: holds none of the targets {', '.join(settings.corpora)}, expected one or "
            "more: check --data-dir, or name others by --corpora ('humpcat corpora' lists them)."
        )
    if missing:
        tell(f"Not found and left out: {', '.join(missing)}.")
    return found


def _plan(task: Task, settings: BenchmarkSettings, tell: Callable[[str], None]) -> list[BenchmarkCell]:
    """Return what is to be measured on a target in each mode, draw after draw; say which shots a draw lacks."""
    cells: list[BenchmarkCell] = []
    lacking: dict[int, list[str]] = {}
    for draw in range(settings.draws):
        draw_split(under_protocol(task, Amount(share=task.settings.share)), draw)
        amounts = [ZERO_SHOT]
        for shots in settings.shots:
            try:
                draw_split(under_protocol(task, Amount(shots=shots)), draw)
                amounts.append(Amount(shots=shots))
            except ProtocolError:
                lacking.setdefault(shots, []).append(str(draw + 1))
        amounts.append(Amount(share=task.settings.share))
        cells += [
            BenchmarkCell(model, amount, draw)
            for amount in amounts
            for model in settings.systems
            if amount != ZERO_SHOT or model in (HUMPCAT, PROBE)
        ]
    for shots, draws in lacking.items():
        tell(
            f"{task.corpus}: the speakers that adapt have fewer than {shots} clips of some class in draws "
            f"{', '.join(draws)} of {settings.draws}: left out there."
        )
    return cells
