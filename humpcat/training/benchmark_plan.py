"""What a benchmark measures: its settings, the targets that are found, and the parts of the work."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from accelerate import Accelerator

from humpcat.corpora import CORPORA, Corpus
from humpcat.errors import AudioError, CorpusError, HumpcatError, LeakageError, ProtocolError, SettingsError
from humpcat.evaluation.benchmark import HUMPCAT, MODELS, PROBE, ZERO_SHOT, Amount, system_name
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Ledger
from humpcat.training.checkpoint import LEDGER, claim, read_settings
from humpcat.training.scope import chosen_scope, require_alignable
from humpcat.training.settings import NORMALIZATIONS, AdaptationSettings, DataSettings, TargetSettings
from humpcat.training.task import Task, draw_split, located, prepare


@dataclass
class BenchmarkSettings:
    """What is measured, and where to; a later run in the same folder may ask for more or for less.

    Raises:
        SettingsError: a mode, a system or a number is not one that there is.
    """

    source: str = field(default="runs/source", metadata={"help": "Folder of a source model that train_source wrote."})
    corpora: list[str] = field(
        default_factory=lambda: ["emodb", "emovo", "mesd", "casia", "ravdess", "savee", "tess"],
        metadata={"help": "Target corpora by their registered names; those that are not found are left out."},
    )
    modes: list[str] = field(
        default_factory=lambda: list(NORMALIZATIONS),
        metadata={"help": "What is known of the target without labels: source (nothing), corpus, speaker."},
    )
    systems: list[str] = field(
        default_factory=lambda: list(MODELS), metadata={"help": f"Which of {', '.join(MODELS)}."}
    )
    shots: list[int] = field(
        default_factory=lambda: [1, 2, 5, 10, 20],
        metadata={"help": "Clips a class of the learning curve; every number more takes as long as the others."},
    )
    draws: int = field(default=5, metadata={"help": "Number of different draws of who adapts; scores are their mean."})
    out: str = field(default="runs/benchmark", metadata={"help": "Folder for results; finished parts are kept."})
    encoder: str | None = field(
        default=None, metadata={"help": "Where the source model's encoder lies now, if it has moved."}
    )

    def __post_init__(self) -> None:
        for name, allowed in (("modes", NORMALIZATIONS), ("systems", MODELS)):
            for value in getattr(self, name):
                if value not in allowed:
                    raise SettingsError(f"{name} '{value}' is unknown: choose among {', '.join(allowed)}.")
        if self.draws < 1 or min(self.shots, default=1) < 1:
            raise SettingsError(f"draws {self.draws} and shots {self.shots}: expected numbers of 1 or more.")
        self.shots = sorted(set(self.shots))


@dataclass
class AdaptingSettings:
    """How a target is adapted to; finished parts are kept only as long as nothing of this changes."""

    share: float = field(
        default=TargetSettings.share,
        metadata={"help": "Share of the speakers that adapt; the shots are clips of theirs."},
    )
    steps_per_epoch: int = field(
        default=TargetSettings.steps_per_epoch, metadata={"help": "Gradient steps that count as an epoch."}
    )
    self_training: bool = field(
        default=TargetSettings.self_training,
        metadata={"help": "Let HuMP-CAT learn from target clips without their labels too, where they standardise."},
    )


@dataclass(frozen=True)
class _Source:
    """The source model, as ``settings.json`` remembers it."""

    source_hash: str


@dataclass(frozen=True)
class Part:
    """One system, trained on one amount of one draw and tested: what is kept of a run that was killed.

    Attributes:
        model: one of ``MODELS``.
        amount: how much of the target is learnt with labels.
        draw: number of the draw.
    """

    model: str
    amount: Amount
    draw: int

    @property
    def name(self) -> str:
        """The system's name in tables."""
        return system_name(self.model, self.amount)

    @property
    def folder(self) -> str:
        """Where the part lies below the folder of its corpus and mode."""
        amount = self.amount
        learnt = f"{amount.shots}-shots" if amount.shots else f"{100 * amount.share:g}-percent" if amount.share else ""
        return f"draw-{self.draw}/{self.model}-{learnt or amount}"


def plans(
    settings: BenchmarkSettings,
    adapting: AdaptingSettings,
    data: DataSettings,
    optimization: AdaptationSettings,
    accelerator: Accelerator,
    tell: Callable[[str], None],
) -> list[tuple[Task, list[Part]]]:
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
    # By its name, so that finished parts are not taken for those of another default.
    optimization = replace(optimization, scope=chosen_scope(optimization.scope, model.config, optimization.align))
    mend = "go on with the same settings, or name another --out"
    claim(Path(settings.out), (adapting, data, optimization, held), accelerator, resume=True, mend=mend)
    ready: list[tuple[Task, list[Part]]] = []
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


def _plan(task: Task, settings: BenchmarkSettings, tell: Callable[[str], None]) -> list[Part]:
    """Return what is to be measured on a target in each mode, draw after draw; say which shots a draw lacks."""
    parts: list[Part] = []
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
        parts += [
            Part(model, amount, draw)
            for amount in amounts
            for model in settings.systems
            if amount != ZERO_SHOT or model in (HUMPCAT, PROBE)
        ]
    for shots, draws in lacking.items():
        tell(
            f"{task.corpus}: the speakers that adapt have fewer than {shots} clips of some class in draws "
            f"{', '.join(draws)} of {settings.draws}: left out there."
        )
    return parts


def under_protocol(task: Task, amount: Amount) -> Task:
    """Return the task under the protocol that gives an amount; all amounts of a draw have one test set.

    Args:
        task: the target.
        amount: what is to be learnt.
    """
    return (
        task.under(protocol="speakers") if amount.shots is None else task.under(protocol="shots", shots=amount.shots)
    )
