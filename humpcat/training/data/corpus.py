"""Which corpora a recipe's settings mean: a registered one, a language's default, or one's own data."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from humpcat.corpora import Corpus, LabelSpace, label_space, target_corpus
from humpcat.corpora.asked import corpora_of, corpus_of
from humpcat.training.settings import DataSettings, OwnDataSettings, TargetSettings


def target_of(settings: TargetSettings, data: DataSettings) -> Corpus:
    """Return the target corpus of a fine-tuning run.

    Raises:
        CorpusError: the corpus or language is unknown.
    """
    if settings.corpus is None:
        return target_corpus(settings.lang or "", settings.corpora or ())
    return corpus_of(settings.corpus, data, settings.lang, settings.corpora)


def names_of(trained: Mapping[str, Any]) -> list[str]:
    """Return what ``--corpus`` named when a source model was trained."""
    names = trained["corpus"]
    return [names] if isinstance(names, str) else names


def sources_of(trained: Mapping[str, Any]) -> list[Corpus]:
    """Return the corpora that a source model was trained on."""
    # Settings that came later than the model are not beside it.
    given = {field.name: trained[field.name] for field in fields(OwnDataSettings) if field.name in trained}
    own = DataSettings(**given, label_space=trained["label_space"])
    return corpora_of(names_of(trained), own, trained["lang"], folders_of(trained))


def space_of(trained: Mapping[str, Any]) -> LabelSpace:
    """Return the label space that a model was trained with, by the settings beside it."""
    return label_space(trained["label_space"], folders_of(trained))


def folders_of(trained: Mapping[str, Any]) -> list[str]:
    """Return the folders of corpora that a source model was trained with, as far as they are on this machine."""
    return [folder for folder in trained.get("corpora") or () if Path(folder).is_dir()]
