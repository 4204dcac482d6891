"""The settings of the benchmark: what is measured, and how a target is adapted to."""

from dataclasses import dataclass, field

from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.errors import SettingsError
from humpcat.protocols.situations import SITUATIONS, TIDY
from humpcat.setting_ranges import COUNTS, PARTS
from humpcat.settings import Settings, setting
from humpcat.training.settings import NORMALIZATIONS, TargetSettings, flag


@dataclass
class BenchmarkSettings(Settings):
    """What is measured, and where to; a later run in the same folder adds what it asks for to what lies there.

    Raises:
        SettingsError: a mode, a system or a number is not one that there is.
    """

    source: str = setting("runs/source", "Folder of a source model that train_source wrote.")
    corpora: list[str] = setting(
        ["emodb", "emovo", "mesd", "casia", "ravdess", "savee", "tess"],
        "Target corpora by their registered names; those that are not found are left out.",
    )
    modes: list[str] = setting(
        list(NORMALIZATIONS), "What is known of the target without labels: source (nothing), corpus, speaker."
    )
    situations: list[str] = setting(
        [TIDY],
        "What lies there without labels: tidy, beside which the others stand, and any of those of docs/protocols.md.",
    )
    systems: list[str] = field(
        default_factory=SYSTEMS.names, metadata={"help": f"Which of {', '.join(SYSTEMS.names())}."}
    )
    shots: list[int] = setting(
        [1, 2, 5, 10, 20],
        "Clips a class of the learning curve; every number more takes as long as the others.",
        COUNTS,
    )
    draws: int = setting(5, "Number of different draws of who adapts; scores are their mean.", COUNTS)
    out: str = setting("runs/benchmark", "Folder for results; finished parts are kept.")
    encoder: str | None = setting(None, "Where the source model's encoder lies now, if it has moved.")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, allowed in (("modes", NORMALIZATIONS), ("systems", SYSTEMS.names())):
            for value in getattr(self, name):
                if value not in allowed:
                    raise SettingsError(f"{flag(name)} '{value}' is unknown: choose among {', '.join(allowed)}.")
        for name in self.situations:
            _ = SITUATIONS[name]
        if TIDY not in self.situations:
            raise SettingsError(
                f"--situations {' '.join(self.situations)}: {TIDY} is not among them, beside which they stand: add "
                "it; what is finished of it is kept."
            )
        self.shots = sorted(set(self.shots))


@dataclass
class AdaptingSettings(Settings):
    """How a target is adapted to; finished parts are kept only as long as nothing of this changes."""

    share: float = setting(
        TargetSettings.share, "Share of the speakers that adapt; the shots are clips of theirs.", PARTS
    )
    steps_per_epoch: int = setting(TargetSettings.steps_per_epoch, "Gradient steps that count as an epoch.", COUNTS)
    self_training: bool = setting(
        TargetSettings.self_training,
        "Let HuMP-CAT learn from target clips without their labels too, where they standardise.",
    )
