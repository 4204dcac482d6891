"""The settings of distillation, each with its default and what changing it does."""

from dataclasses import dataclass, field

from humpcat.errors import SettingsError
from humpcat.setting_ranges import COUNTS, SEEDS, Range, from_to
from humpcat.settings import Settings, setting

STUDENTS = ("whisper", "hubert")

_POSITIVE = Range(0, 1e6, above=True)
_WIDTHS = from_to(8, 4096)


@dataclass
class StudentSettings(Settings):
    """What the student is built as.

    Raises:
        SettingsError: a value is out of range, or the width cannot be parted among the heads.

    Example:
        >>> StudentSettings(width=100, heads=3)
        Traceback (most recent call last):
        humpcat.errors.SettingsError: --width 100: cannot be parted among 3 attention heads: choose a multiple.
    """

    student: str = setting(
        "whisper", "Architecture of transformers: 'whisper' (its encoder, on log-mel) or 'hubert' (on the waveform)."
    )
    width: int = setting(288, "Size of its hidden states.", _WIDTHS)
    feed_forward: int = setting(1152, "Size between the two maps of each layer.", _WIDTHS)
    heads: int = setting(4, "Attention heads of each layer.", from_to(1, 64))
    stem: int = setting(
        128, "Channels of the convolutions on the waveform; of 'hubert' alone, 'whisper' has its width.", _WIDTHS
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.student not in STUDENTS:
            raise SettingsError(f"--student '{self.student}' is unknown: choose {' or '.join(STUDENTS)}.")
        if self.width % self.heads:
            raise SettingsError(
                f"--width {self.width}: cannot be parted among {self.heads} attention heads: choose a multiple."
            )


@dataclass
class AudioSettings(Settings):
    """Which audio is learnt from.

    Raises:
        SettingsError: a value is out of range, or nothing is left to learn from.
    """

    corpus: list[str] = field(
        default_factory=lambda: ["cremad", "emodb", "mesd"],
        metadata={"help": "Corpora by their registered names, or paths to your own data; labels are not read."},
    )
    leave_out: list[str] | None = setting(
        None, "Corpora among --corpus that are not learnt from, so that --compare can ask what they are to a stranger."
    )
    folders: list[str] | None = setting(
        None, "Folders of any speech without labels, each learnt from as a corpus of its own."
    )
    synthetic_hours: float = setting(
        0.0, "Hours of synthetic speech that espeak-ng says in many languages; 0 for none.", Range(0, 1000)
    )
    data_dir: str | None = setting(None, "Folder that holds the corpora; $HUMPCAT_DATA by default.")
    cache: str | None = setting(None, "Folder of the decoded audio; below humpcat's cache folder by default.")

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = sorted(set(self.leave_out or ()) - set(self.corpus))
        if unknown:
            raise SettingsError(f"--leave-out {unknown[0]}: is not among --corpus {' '.join(self.corpus)}.")
        if not self.learnt_from and not self.folders and not self.synthetic_hours:
            raise SettingsError("--leave-out: leaves no audio to learn from: leave out fewer corpora.")

    @property
    def learnt_from(self) -> list[str]:
        """The corpora that are learnt from."""
        return [name for name in dict.fromkeys(self.corpus) if name not in (self.leave_out or ())]


@dataclass
class DistillationSettings(Settings):
    """From whom is learnt, how, and where the result goes."""

    teacher: str = setting("openai/whisper-base", "Encoder that is learnt from: a hub name, or a folder.")
    teacher_layers: list[int] = setting(
        [2, 3],
        "Hidden states of the teacher that are predicted; hidden state k of the student stands for the teacher's.",
        from_to(1, 128),
    )
    out: str = setting("runs/mini", "Folder for the encoder, the state of the run and its log.")
    steps: int = setting(
        8000, "Steps of the optimizer; with --resume another number lets the run end sooner or later.", COUNTS
    )
    warm_up: int = setting(300, "Steps over which the learning rate rises, before a cosine lowers it to zero.", COUNTS)
    seconds: float = setting(
        2.0, "Length of a crop in the middle; a step's crops are half to twice as long.", _POSITIVE
    )
    batch_seconds: float = setting(32.0, "Seconds of audio that the student hears in a step.", _POSITIVE)
    copies: int = setting(
        2,
        "Recordings of each crop that the student hears, for one answer of the teacher: more make a step cheaper, and "
        "crops fewer.",
        from_to(1, 64),
    )
    learning_rate: float = setting(2e-3, "Peak learning rate of Muon and AdamW.", Range(0, 100, above=True))
    weight_decay: float = setting(0.01, "Decoupled weight decay.", Range(0, 100))
    pooled_weight: float = setting(
        1.0, "Weight of the loss of a crop's mean beside that of its frames.", Range(0, 1e6)
    )
    begin_with: str | None = setting(
        None,
        "Folder of a run of the same student, or of the encoder that it wrote, to begin with in place of random "
        "weights; what it heard is named in the card, too.",
    )
    probe_corpus: list[str] | None = setting(
        None,
        "Labelled corpora of whose emotions a linear probe of the teacher is fitted; what it says of a crop is to be "
        "predicted, too.",
    )
    probe_weight: float = setting(3.0, "Weight of the loss of what that probe says.", Range(0, 1e6))
    seed: int = setting(0, "Seed of everything random: weights, synthetic speech, crops, augmentation.", SEEDS)
    save_minutes: float = setting(5.0, "Minutes after which the state is saved again.", _POSITIVE)
    resume: bool = setting(False, "Go on from where an interrupted run in OUT stopped.")
    compare: list[str] | None = setting(
        None,
        "Train nothing, but compare the encoder in OUT with its teacher on these corpora, each left out of a linear "
        "probe that is fitted to the other corpora of --corpus.",
    )
    store: str | None = setting(
        None, "Folder of the feature store, of --compare and --probe-corpus; below the cache folder by default."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.teacher_layers:
            raise SettingsError("--teacher-layers: names none, expected one hidden state at least.")
        self.teacher_layers = sorted(set(self.teacher_layers))
        if self.probe_weight != type(self).probe_weight and not self.probe_corpus:
            raise SettingsError(f"--probe-weight {self.probe_weight:g}: does nothing without --probe-corpus.")
        if self.warm_up >= self.steps:
            raise SettingsError(f"--warm-up {self.warm_up}: expected fewer than --steps {self.steps}.")
