"""What a benchmark measures: the targets that are found, and their cells; all that can be refused is refused first."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from accelerate import Accelerator

from humpcat.benchmarks.cells import Cell
from humpcat.benchmarks.humpcat.idle import RULES
from humpcat.benchmarks.humpcat.settings import AdaptingSettings, BenchmarkSettings
from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Amount, Learner, Once, Target
from humpcat.benchmarks.humpcat.untidy import in_order
from humpcat.benchmarks.runner import begin, require_there
from humpcat.corpora import CORPORA, Corpus
from humpcat.errors import AudioError, CorpusError, HumpcatError, LeakageError, ProtocolError
from humpcat.evaluation.predictions import PREDICTIONS
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Ledger
from humpcat.protocols.situations import SITUATIONS, TIDY
from humpcat.training.checkpoint import LEDGER, SETTINGS, read_settings
from humpcat.training.data.corpus import sources_of
from humpcat.training.idle import require_effect
from humpcat.training.settings import NORMALIZATIONS, AdaptationSettings, DataSettings, TargetSettings
from humpcat.training.source_model import located
from humpcat.training.task import Task
from humpcat.training.task_preparation import prepare
from humpcat.training.trainable import chosen_scope, require_alignable

SITUATION = "situation-"
"""How the folder of a situation is called, before its name."""

_CELL = re.compile(r"(?P<system>.+)-(?:zero-shot|(?P<shots>\d+)-shots|(?P<share>[\d.]+)-percent)")


@dataclass(frozen=True)
class _Source:
    """The source model, as ``settings.json`` remembers it."""

    source_hash: str


@dataclass(frozen=True)
class Asked:
    """What a benchmark was asked for.

    Attributes:
        settings: what is measured.
        adapting: how targets are adapted to.
        data: where corpora and features lie.
        optimization: how to fit.
        accelerator: device, precision, processes.
    """

    settings: BenchmarkSettings
    adapting: AdaptingSettings
    data: DataSettings
    optimization: AdaptationSettings
    accelerator: Accelerator


def ready(asked: Asked, tell: Callable[[str], None]) -> tuple[Asked, list[Corpus]]:
    """Make sure of everything that can be known before a feature is extracted, and claim the folder of the run.

    Returns:
        The same with everything named that was left to a default, and the targets that are found.

    Raises:
        CheckpointError: the source folder is not one that ``train_source`` wrote.
        CorpusError: there is no target at all, or a corpus of the source is not there.
        SettingsError: the folder cannot be written, or was begun with other settings or another source model.
        HumpcatError: a package that a system needs is missing.
    """
    settings = asked.settings
    for mode in settings.modes:
        require_alignable(asked.optimization.align, mode)
    for system in settings.systems:
        SYSTEMS[system].require()
    source = Path(settings.source)
    trained = read_settings(source)
    data = located(asked.data, trained, asked.accelerator)
    model = HumpCatForAudioClassification.from_pretrained(source)
    # By its name, so that finished cells are not taken for those of another default.
    # Whatever the modes: a later run may ask for others and add to what lies there.
    hears = asked.adapting.self_training
    scope = chosen_scope(asked.optimization.scope, model.config, asked.optimization.align, self_training=hears)
    optimization = replace(asked.optimization, scope=scope)
    if not Path(settings.out, SETTINGS).is_file():
        # What adds to a benchmark is run with the settings of all that lies there.
        require_effect(RULES, settings, asked.adapting, asked.data, optimization)
    held = _Source(model.weights_hash())
    begin(Path(settings.out), (asked.adapting, data, optimization, held), asked.accelerator)
    targets = _found(settings, data, tell)
    for corpus in sources_of(trained):
        require_there(corpus, data.data_dir, "which the source model was trained on and the systems learn from")
    return replace(asked, data=data, optimization=optimization), targets


def plans(asked: Asked, tell: Callable[[str], None]) -> list[tuple[Target, list[Cell[Learner]]]]:
    """Return what is to be measured on each target in each mode, with what lies there finished already.

    Features are extracted on the way. A target that is not found or cannot be used is told and left out.

    Raises:
        HumpcatError: see :func:`ready`.
        LeakageError: test material was seen by the source model.
    """
    asked, corpora = ready(asked, tell)
    run, planned, first = Once(), [], None
    failed: HumpcatError | None = None
    for corpus in corpora:
        try:
            task = _prepared(asked, corpus) if first is None else first.toward(corpus)
            first = first or task
            planned += _planned(task, asked, run, tell)
        except LeakageError:
            raise
        except (CorpusError, AudioError, ProtocolError) as error:
            failed = error
            tell(f"{corpus.name} is left out: {error}")
    if not planned and failed is not None:
        raise failed
    return planned


def _prepared(asked: Asked, corpus: Corpus) -> Task:
    settings = asked.settings
    # What is read has to do for all situations; each takes its part.
    widest = max(settings.situations, key=lambda name: SITUATIONS[name].other_classes)
    target = TargetSettings(
        corpus=corpus.name,
        source=settings.source,
        encoder=settings.encoder,
        situation=widest,
        **asdict(asked.adapting),
    )
    return prepare(target, asked.data, asked.optimization, asked.accelerator)


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


def folder_of(out: str | Path, corpus: str, mode: str, situation: str = TIDY) -> Path:
    """Return where the cells of a target in a mode and a situation lie; the tidy ones lie right in the mode's folder.

    Example:
        >>> folder_of("out", "emodb", "speaker", "others").as_posix()
        'out/emodb/speaker/situation-others'
    """
    mode_folder = Path(out, corpus, mode)
    return mode_folder if situation == TIDY else mode_folder / f"{SITUATION}{situation}"


def situations_in(out: str | Path, corpus: str, mode: str) -> list[str]:
    """Return the situations of which cells lie in the folder of a target and a mode, tidy first if it has a folder."""
    folder = Path(out, corpus, mode)
    lying = [path.name.removeprefix(SITUATION) for path in folder.glob(f"{SITUATION}*")]
    return in_order([TIDY, *lying]) if folder.is_dir() else []


def _planned(
    task: Task, asked: Asked, run: Once, tell: Callable[[str], None]
) -> list[tuple[Target, list[Cell[Learner]]]]:
    settings, planned = asked.settings, []
    amounts: list[list[Amount]] | None = None
    for mode in NORMALIZATIONS:
        for situation in in_order([*settings.situations, *situations_in(settings.out, task.corpus, mode)]):
            folder = folder_of(settings.out, task.corpus, mode, situation)
            here = task.under(normalization=mode, situation=situation)
            target = Target(here, folder, settings.draws, run=run)
            wanted = mode in settings.modes and situation in settings.situations
            wanted = wanted and mode in SITUATIONS[situation].modes
            if wanted and amounts is None:
                tidy = replace(target, task=target.task.under(situation=TIDY), once=Once())
                amounts = _amounts(tidy, settings, tell)
            wanted = wanted and (situation == TIDY or _can_be(target, amounts or [], tell))
            cells = [
                target.cell(SYSTEMS[system], amount, draw)
                for draw, own in enumerate((amounts or []) if wanted else [])
                for amount in own
                for system in settings.systems
                if amount != ZERO_SHOT or SYSTEMS[system].zero_shot
            ]
            folders = {cell.folder for cell in cells}
            cells += [cell for cell in _finished(target) if cell.folder not in folders]
            if cells:
                planned.append((target, cells))
    return planned


def _can_be(target: Target, amounts: list[list[Amount]], tell: Callable[[str], None]) -> bool:
    """Return whether a target can be in a situation in every draw; what is in the way is told."""
    try:
        for draw, own in enumerate(amounts):
            for amount in own:
                target.drawn(amount, draw)
    except ProtocolError as error:
        tell(f"{target.name} is left out: {error}")
        return False
    return True


def _finished(target: Target) -> list[Cell[Learner]]:
    """Return the cells that lie finished in the target's folder, whoever asked for them."""
    cells = []
    for file in sorted(target.folder.glob(f"draw-*/*/{PREDICTIONS}")):
        named, draw = _CELL.fullmatch(file.parent.name), file.parents[1].name.removeprefix("draw-")
        if named and draw.isdecimal() and named["system"] in SYSTEMS:
            shots, share = named["shots"], named["share"]
            amount = Amount(int(shots) if shots else None, float(share) / 100 if share else None)
            cells.append(target.cell(SYSTEMS[named["system"]], amount, int(draw)))
    return cells


def _amounts(target: Target, settings: BenchmarkSettings, tell: Callable[[str], None]) -> list[list[Amount]]:
    """Return the amounts that each draw has clips for; say which a draw lacks."""
    found: list[list[Amount]] = []
    lacking: dict[int, list[str]] = {}
    whole = Amount(share=target.task.settings.share)
    for draw in range(settings.draws):
        target.drawn(whole, draw)
        own = [ZERO_SHOT]
        for shots in settings.shots:
            try:
                target.drawn(Amount(shots=shots), draw)
                own.append(Amount(shots=shots))
            except ProtocolError:
                lacking.setdefault(shots, []).append(str(draw + 1))
        found.append([*own, whole])
    for shots, draws in lacking.items():
        tell(
            f"{target.task.corpus}: the speakers that adapt have fewer than {shots} clips of some class in draws "
            f"{', '.join(draws)} of {settings.draws}: left out there."
        )
    return found
