"""The settings of adapting to one's own clips."""

from dataclasses import dataclass

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
    label_space: str | None = None
    corpora: list[str] | None = None
    encoder: str | None = None
    with_encoder: bool = False
    store: str | None = None
    overwrite: bool = False
    seed: int = setting(0, "Seed of folds, draws and resampling.", SEEDS)
