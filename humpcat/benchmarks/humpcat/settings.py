"""The settings of the benchmark: what is measured, and how a target is adapted to."""

from dataclasses import dataclass, field

from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.errors import SettingsError
from humpcat.training.settings import NORMALIZATIONS, TargetSettings, flag


@dataclass
class BenchmarkSettings:
    """What is measured, and where to; a later run in the same folder adds what it asks for to what lies there.

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
        default_factory=SYSTEMS.names, metadata={"help": f"Which of {', '.join(SYSTEMS.names())}."}
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
        for name, allowed in (("modes", NORMALIZATIONS), ("systems", SYSTEMS.names())):
            for value in getattr(self, name):
                if value not in allowed:
                    raise SettingsError(f"{flag(name)} '{value}' is unknown: choose among {', '.join(allowed)}.")
        if self.draws < 1 or min(self.shots, default=1) < 1:
            raise SettingsError(f"--draws {self.draws} and --shots {self.shots}: expected numbers of 1 or more.")
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
