"""Which corpora are meant: registered ones by their names, or one's own data by its path, and how that is read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from humpcat.corpora.base import Corpus
from humpcat.corpora.labels import is_own
from humpcat.corpora.lookup import CORPORA
from humpcat.corpora.own import own_corpus
from humpcat.corpora.own.pairs import pairs
from humpcat.errors import CorpusError, SettingsError
from humpcat.setting_ranges import LEVELS
from humpcat.settings import Settings, setting


@dataclass
class OwnDataSettings(Settings):
    """How to read your own data, where a corpus is named by the path of a folder, a table or a data set."""

    columns: list[str] | None = setting(None, "What your table's columns are, such as path=file label=emotion.")
    labels: list[str] | None = setting(None, "Canonical emotions of your labels, such as froh=happiness.")
    label_level: int | None = setting(
        None, "Level of the folders that name the label; found by their names by default.", LEVELS
    )
    label_pattern: str | None = setting(
        None, "Regular expression on the path; its first group is the label, where no folder or column tells it."
    )
    speaker_level: int | None = setting(
        None, "Level of the folders that name the speaker; 1 is the first below the root.", LEVELS
    )
    speaker_pattern: str | None = setting(None, "Regular expression on the path; its first group is the speaker.")
    part: str | None = setting(None, "Split of a Hugging Face data set, such as train; all of them by default.")
    audio_folder: str | None = setting(
        None, "Folder of the audio that your table names; the table's own by default. Searched with all below it."
    )


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
