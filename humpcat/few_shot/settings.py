"""The settings of adapting to one's own clips."""

from dataclasses import dataclass

from humpcat.errors import SettingsError
from humpcat.models.humpcat.scopes import CLOSED_FORM, DISTILLED
from humpcat.setting_ranges import SEEDS
from humpcat.settings import setting
from humpcat.training.settings import OwnDataSettings


@dataclass
class AdaptSettings(OwnDataSettings):
    """Which clips a source model is adapted to, and where everything is written.

    Attributes:
        data: a folder, table or data set of one's own, or the name of a registered corpus.
        out: folder for the model, its card and its report.
        source: folder of a source model.
        lang: what is spoken, such as pl.
        unlabelled: folder of further audio, to be learnt from without labels.
        scope: what changes beside the linear branch: "distilled", the fusion learns what the linear branch's
            regressions say of clips without labels, the default where there are such clips; or "summary", nothing.
        label_space: how labels become classes; that of the source by default. With another one the model gets a new
            head, which keeps what the source knows of the classes that both have.
        corpora: folders of files that define further corpora.
        encoder: where the source model's encoder lies, if it has moved.
        with_encoder: whether the encoder is saved beside the model, so that it loads where the encoder is not.
        store: folder of the feature store; below the cache folder by default.
        overwrite: whether what lies in the folder and was not written by humpcat is removed.
        seed: seed of folds, draws and resampling.
    """

    data: str = ""
    out: str = ""
    source: str = ""
    lang: str | None = None
    unlabelled: str | None = None
    scope: str | None = None
    label_space: str | None = None
    corpora: list[str] | None = None
    encoder: str | None = None
    with_encoder: bool = False
    store: str | None = None
    overwrite: bool = False
    seed: int = setting(0, "Seed of folds, draws and resampling.", SEEDS)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.scope not in (None, *CLOSED_FORM):
            raise SettingsError(f"--scope {self.scope} is unknown: choose one of {', '.join(CLOSED_FORM)}.")
        if self.scope == DISTILLED and not self.unlabelled:
            raise SettingsError(
                f"--scope {DISTILLED} without --unlabelled: the fusion learns from clips without labels, and there "
                "are none: name a folder of them, or leave --scope out."
            )
