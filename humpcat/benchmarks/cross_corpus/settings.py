"""What the benchmark measures, and where to."""

from dataclasses import dataclass
from typing import Any

from humpcat.benchmarks.cross_corpus.variants import METHOD_NAMES
from humpcat.domain_adaptation.selection import SELECTIONS
from humpcat.errors import SettingsError
from humpcat.features.encoder_checkpoint import DEFAULT_ENCODER
from humpcat.features.sets import FEATURE_SETS
from humpcat.setting_ranges import COUNTS, Range, from_to
from humpcat.settings import Settings, setting
from humpcat.training.settings import DataSettings, flag

SHARED = "shared"
TRANSDUCTIVE, INDUCTIVE = "transductive", "inductive"
PROTOCOLS = (TRANSDUCTIVE, INDUCTIVE)


def _list(default: tuple[Any, ...], text: str, within: Range | None = None) -> Any:
    return setting(list(default), text, within)


@dataclass
class CrossCorpusData(DataSettings):
    """Where corpora and features lie, and which classes each pair tells apart."""

    label_space: str = setting(
        SHARED,
        "Classes of a pair: 'shared' (the emotions that both corpora have, as in the paper), or the part that both "
        "have of 'four' (anger, happiness with excitement, neutral, sadness), 'four-strict', 'quadrants' or 'seven'.",
    )


@dataclass
class CrossCorpusSettings(Settings):
    """What is measured; a later run in the same folder may ask for more or for less.

    Raises:
        SettingsError: a name is not one that there is, or a number is out of range.
    """

    pairs: list[str] = _list(
        (),
        "Pairs SOURCE:TARGET such as emodb:mesd. The paper's six by default, where EmoDB, eNTERFACE'05 and CASIA are "
        "found; otherwise both directions between all corpora that are found.",
    )
    methods: list[str] = _list(METHOD_NAMES, f"Which of {', '.join(METHOD_NAMES)}.")
    features: list[str] = _list(("is10",), f"Feature sets: {', '.join(FEATURE_SETS.names())}.")
    protocols: list[str] = _list(
        PROTOCOLS,
        "'transductive' (the target's clips are learnt from without labels and tested, as in the paper), 'inductive' "
        "(half of the target's speakers are learnt from without labels, the others tested).",
    )
    seeds: int = setting(
        10, "Seeds of methods with randomness; in the inductive protocol, draws of the speakers.", COUNTS
    )
    select: str = setting(
        "none",
        "How each pair's parameters are chosen, always without target labels: 'none' (the defaults), 'source' (UAR of "
        "held-out source speakers), 'entropy' (certainty on the target's unlabelled clips).",
    )
    ablation: bool = setting(False, "Also measure AFSR without each of its parts, on the first feature set.")
    sensitivity: list[float] = _list(
        (),
        "Values that each of AFSR's loss weights takes in turn, on the first feature set, such as 0 0.1 1 10.",
        Range(0, 1e9),
    )
    encoder: str = setting(DEFAULT_ENCODER, "Speech encoder of the feature set 'pooled': a hub name or a folder.")
    jobs: int = setting(1, "Fits that run at a time.", from_to(1, 1024))
    out: str = setting("runs/cross-corpus", "Folder for results; finished parts are kept.")

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, allowed in (
            ("methods", METHOD_NAMES),
            ("features", FEATURE_SETS.names()),
            ("protocols", PROTOCOLS),
        ):
            for value in getattr(self, name):
                if value not in allowed:
                    raise SettingsError(f"{flag(name)} '{value}' is unknown: choose among {', '.join(allowed)}.")
        if self.select not in SELECTIONS:
            raise SettingsError(f"--select '{self.select}' is unknown: choose one of {', '.join(SELECTIONS)}.")
