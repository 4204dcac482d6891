"""The clips that a model is checked on: labelled ones of a corpus or of one's own data, or any audio."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humpcat.corpora.asked import OwnDataSettings, corpus_of
from humpcat.corpora.files import audio_files
from humpcat.corpora.labels import EMOTIONS, LabelSpace, label_space, own_space
from humpcat.errors import CorpusError
from humpcat.protocols import labelled
from humpcat.training.checkpoint import SETTINGS, read_settings
from humpcat.training.data.corpus import space_of

UNLABELLED_CORPUS = "unlabelled"

_KNOWN_SPACES = ("four", "quadrants", "seven")


@dataclass
class ClipSettings(OwnDataSettings):
    """Which clips a model is checked on; the fields of the same names elsewhere say what they mean.

    Attributes:
        data: a registered corpus, one's own labelled data, or a folder of audio.
        unlabelled: whether ``data`` is a folder of audio without labels.
        lang: what is spoken there.
        corpora: folders of files that define further corpora.
        data_dir: folder that holds the registered corpora.
        label_space: name of the model's classes; found by the model.
    """

    data: str = ""
    unlabelled: bool = False
    lang: str | None = None
    corpora: list[str] | None = None
    data_dir: str | None = None
    label_space: str = "four"


@dataclass(frozen=True)
class CheckedClip:
    """One clip that a model is checked on.

    Attributes:
        id: unique among them.
        path: where it lies.
        gold: its class; None where nobody labelled it.
        corpus: whose clip it is.
        language: BCP 47 tag.
        speaker: who speaks, None where that is not known.
        gender: "female", "male" or None.
        duration: in seconds, None where nobody measured it.
    """

    id: str
    path: str
    gold: str | None = None
    corpus: str = UNLABELLED_CORPUS
    language: str = "und"
    speaker: str | None = None
    gender: str | None = None
    duration: float | None = None

    def row(self) -> dict[str, Any]:
        """Return what the guard reads of it."""
        return {"id": self.id, "corpus": self.corpus, "speaker": self.speaker, "gender": self.gender}


def model_space(folder: Path | None, classes: Sequence[str]) -> LabelSpace:
    """Return the label space of a model: what it was trained with, or the one that has its classes.

    Args:
        folder: the model's folder, None where it has none on this machine.
        classes: the model's classes.
    """
    if folder is not None and (folder / SETTINGS).is_file():
        trained = space_of(read_settings(folder))
        if set(trained.classes) == set(classes):
            return trained
    for name in _KNOWN_SPACES:
        if set((known := label_space(name)).classes) == set(classes):
            return known
    if set(classes) <= set(EMOTIONS):
        return LabelSpace("shared", tuple(classes), {name: name for name in classes})
    return own_space(classes)


def labelled_clips(settings: ClipSettings, space: LabelSpace) -> list[CheckedClip]:
    """Return the clips of a corpus, or of one's own data, that have one of the model's classes.

    Args:
        settings: which.
        space: the model's classes.

    Raises:
        CorpusError: there are none; or as for :func:`humpcat.corpora.asked.corpus_of` and the corpus' scan.
    """
    corpus = corpus_of(settings.data, settings, settings.lang, settings.corpora)
    rows = corpus.scan(corpus.find(settings.data_dir)).rows
    corpus.require_words(rows, space.column)
    gold, left_out = labelled(rows, space)
    if not gold:
        found = ", ".join(f"{label} {count}" for label, count in left_out.most_common())
        raise CorpusError(
            f"{settings.data}: none of its {len(rows)} clips has a class of the model's ({', '.join(space.classes)}): "
            f"found {found or 'nothing'}; name other clips, or say what the labels mean by --labels."
        )
    by_id = {row["id"]: row for row in rows}
    return [_clip(by_id[clip_id], gold[clip_id]) for clip_id in sorted(gold)]


def audio_in(folder: str | Path) -> list[CheckedClip]:
    """Return all audio below a folder, which has no labels.

    Args:
        folder: the folder; or a single file.

    Raises:
        CorpusError: there is no such folder, or no audio in it.
    """
    root = Path(folder).expanduser()
    if root.is_file():
        return audio_named([root])
    if not root.is_dir():
        raise CorpusError(f"{folder}: there is no such folder of audio: check the path.")
    paths = list(audio_files(root, videos=True))
    if not paths:
        raise CorpusError(f"{folder}: holds no audio, expected a folder of clips: name another.")
    return [CheckedClip(path.relative_to(root).as_posix(), str(path)) for path in paths]


def audio_named(paths: Iterable[str | Path]) -> list[CheckedClip]:
    """Return audio files that have no labels, each of them once.

    Args:
        paths: the files.

    Raises:
        CorpusError: there are none.
    """
    names = list(dict.fromkeys(map(str, paths)))
    if not names:
        raise CorpusError("0 clips found, expected at least one: name audio files.")
    return [CheckedClip(name, name) for name in names]


def _clip(row: Mapping[str, Any], gold: str) -> CheckedClip:
    known = ("id", "path", "corpus", "language", "speaker", "gender", "duration")
    return CheckedClip(gold=gold, **{name: row[name] for name in known})
