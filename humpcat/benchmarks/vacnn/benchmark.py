"""The benchmark of VACNN + BOVW: pretraining, fine-tuning, and every system that the paper compares, over folds."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from accelerate import Accelerator

from humpcat.benchmarks import runner
from humpcat.benchmarks.vacnn.folds import PROTOCOLS, FoldBenchmark, Pretraining
from humpcat.benchmarks.vacnn.idle import RULES
from humpcat.benchmarks.vacnn.paper import PRETRAINING
from humpcat.benchmarks.vacnn.systems import systems_named
from humpcat.benchmarks.vacnn.tables import pretraining_tables, report
from humpcat.corpora import CORPORA, label_space
from humpcat.errors import SettingsError
from humpcat.files import resolved, write_text
from humpcat.models.vacnn.configuration import VACNN
from humpcat.models.vacnn.network import require_network
from humpcat.run_folder import enter, refuse_foreign, remove, require_writable
from humpcat.setting_ranges import BELOW_ONE, from_to
from humpcat.settings import Settings, setting
from humpcat.training.data.prepared_corpus import prepare_corpora, prepare_corpus
from humpcat.training.idle import require_effect
from humpcat.training.settings import DataSettings, require_none_but
from humpcat.training.vacnn.pictures import picture_extractors
from humpcat.training.vacnn.settings import PictureOptimization, PictureSettings
from humpcat.training.vacnn.systems import PictureSystem

SOURCE_SPACE = "seven"


@dataclass
class BenchmarkSettings(Settings):
    """Which corpora, systems and protocols, and where to."""

    pretraining: list[str] = field(
        default_factory=lambda: ["tess", "ravdess"], metadata={"help": "Corpora that are pretrained on."}
    )
    corpora: list[str] = field(
        default_factory=lambda: ["ravdess", "emodb", "savee"], metadata={"help": "Target corpora."}
    )
    systems: list[str] = field(
        default_factory=list, metadata={"help": "Systems by their names in the tables; all by default."}
    )
    protocols: list[str] = field(
        default_factory=lambda: list(PROTOCOLS),
        metadata={"help": "'paper' (folds of clips) and 'ours' (folds of speakers)."},
    )
    folds: int = setting(5, "Number of folds.", from_to(2, 1000))
    valid_share: float = setting(
        0.0,
        "Share of a fold's training clips that choose the epoch and fit the temperature; with 0 the last epoch is "
        "taken.",
        BELOW_ONE,
    )
    out: str = setting("runs/vacnn", "Folder for models and results.")
    resume: bool = setting(False, "Keep what is finished in OUT and go on with the rest.")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.protocols:
            if name not in PROTOCOLS:
                raise SettingsError(f"--protocols '{name}' is unknown: choose among {', '.join(PROTOCOLS)}.")


def measure(
    settings: BenchmarkSettings,
    data: DataSettings,
    network: PictureSettings,
    optimization: PictureOptimization,
    accelerator: Accelerator,
) -> str:
    """Run every cell that is not finished, and write OUT/CORPUS/PROTOCOL/tables.md.

    Returns:
        All tables.

    Raises:
        HumpcatError: a corpus or a package is missing, a resumed folder was begun with other settings, or a setting
            would do nothing.
    """
    if not settings.resume:
        # What is resumed for some of its systems is resumed under the settings of all.
        require_effect(RULES, settings, network, optimization)
    systems = _ready(settings, data, network)
    out, folders = Path(settings.out), (PRETRAINING, *settings.corpora)
    refuse_foreign(out, folders)
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        enter(out, folders)
        for folder in () if settings.resume else folders:
            remove(out, folder)
    accelerator.wait_for_everyone()

    space = label_space(SOURCE_SPACE)
    plain, described = picture_extractors(describe=False), picture_extractors(describe=True)
    source = prepare_corpora([CORPORA[name] for name in settings.pretraining], space, data, plain, accelerator)
    pretraining = Pretraining(network, optimization, accelerator, source, space, out / PRETRAINING)
    extractors = described if any(system.bovw for system in systems) else plain
    tables = []
    for corpus in settings.corpora:
        own = label_space(f"shared:{corpus}")
        prepared = prepare_corpus(CORPORA[corpus], own, data, extractors, accelerator)
        benchmarks = [
            FoldBenchmark(pretraining, prepared, own, protocol, settings.folds, settings.valid_share, folder)
            for protocol in settings.protocols
            for folder in [out / corpus / protocol]
        ]
        shown = [(one, one.with_finished(systems)) for one in benchmarks]
        planned = [(one, [cell for system in own for cell in one.cells(system)]) for one, own in shown]
        runner.run(planned, accelerator, accelerator.print)
        for one, some in shown:
            text = report(*one.gathered(some), corpus)
            if accelerator.is_main_process:
                write_text(one.folder / "tables.md", text + "\n")
            tables.append(f"{CORPORA[corpus].title}, {one.protocol}\n\n{text}")
    return "\n\n".join(["", *tables, pretraining_tables(out / PRETRAINING)])


def _ready(settings: BenchmarkSettings, data: DataSettings, network: PictureSettings) -> Sequence[PictureSystem]:
    """Make sure of everything that can be known before anything is begun anew or computed; return the systems."""
    systems = systems_named(settings.systems)
    require_none_but(data, "data_dir", "store", "max_bad_share")
    for system in systems:
        if system.network(network) != VACNN:
            require_network(system.network(network))
    out = Path(settings.out)
    for name in (*settings.pretraining, *settings.corpora):
        corpus = CORPORA[name]
        runner.require_there(corpus, data.data_dir, "which was asked for")
        if resolved(corpus.find(data.data_dir)) in {resolved(out / folder) for folder in settings.corpora}:
            raise SettingsError(f"out {out}: holds the corpus {name} itself: name another folder.")
    require_writable(out)
    return systems
