"""Which corpora a recipe's settings mean: a registered one, a language's default, or one's own data."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from humpcat.corpora import CORPORA, Corpus, LabelSpace, label_space, own_corpus, target_corpus
from humpcat.corpora.labels import is_own
from humpcat.corpora.own.pairs import pairs
from humpcat.errors import CorpusError, SettingsError
from humpcat.training.settings import DataSettings, OwnDataSettings, TargetSettings


def corpus_of(
    name: str, own: OwnDataSettings, language: str | None = None, folders: Iterable[str | Path] | None = None
) -> Corpus:
    """Return a registered corpus, or one's own data where the name is a path or the id of a data set.

    Args:
        name: what ``--corpus`` says.
        own: how to read one's own data.
        language: what is spoken there, if it is known.
        folders: folders of files that define further corpora.

    Raises:
        CorpusError: nothing of that name is registered, there is nothing at that path, or it cannot be read.
        SettingsError: a pair such as path=file is malformed, or a registered corpus is asked for in a language
            that it does not hold.
    """
    known = CORPORA.including(*(folders or ()))
    if name not in known and not ("/" in name or Path(name).exists()):
        raise CorpusError(
            f"'{name}' is neither a corpus nor a file or folder here: check the path, or choose one of "
            f"{', '.join(known.names())}."
        )
    if name in known:
        corpus = known[name]
        if language is not None and language not in corpus.languages:
            raise SettingsError(
                f"--corpus {name} with --lang {language}: it is in {', '.join(corpus.languages)}: leave out one."
            )
        return corpus
    return own_corpus(
        name,
        columns=pairs("columns", own.columns),
        labels=pairs("labels", own.labels),
        label_level=own.label_level,
        label_pattern=own.label_pattern,
        speaker_level=own.speaker_level,
        speaker_pattern=own.speaker_pattern,
        language=language or "und",
        split=own.part,
        audio_folder=own.audio_folder,
        own_classes=is_own(getattr(own, "label_space", None)),
    )


def target_of(settings: TargetSettings, data: DataSettings) -> Corpus:
    """Return the target corpus of a fine-tuning run.

    Raises:
        CorpusError: the corpus or language is unknown.
    """
    if settings.corpus is None:
        return target_corpus(settings.lang or "", settings.corpora or ())
    return corpus_of(settings.corpus, data, settings.lang, settings.corpora)


def corpora_of(
    names: Sequence[str],
    own: OwnDataSettings,
    language: str | None = None,
    folders: Iterable[str | Path] | None = None,
) -> list[Corpus]:
    """Return one or several corpora, each as :func:`corpus_of` does.

    Args:
        names: what ``--corpus`` says.
        own: how to read one's own data.
        language: what is spoken there, if it is known; among several corpora it is that of one's own data.
        folders: folders of files that define further corpora.

    Raises:
        CorpusError: as for :func:`corpus_of`.
        SettingsError: as for :func:`corpus_of`, or two corpora have the same name.
    """
    several, known = len(names) > 1, CORPORA.including(*(folders or ()))
    corpora = [corpus_of(name, own, None if several and name in known else language, folders) for name in names]
    called = [corpus.name for corpus in corpora]
    if twice := sorted({name for name in called if called.count(name) > 1}):
        raise SettingsError(
            f"--corpus {twice[0]}: is named twice, expected corpora of different names: leave out one."
        )
    return corpora


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
