"""The user's own data: a folder of labelled clips, a table, or a dataset of the ``datasets`` library."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from humpcat.cache import cache_folder, kept_in
from humpcat.corpora.own.clips import OwnClip
from humpcat.corpora.own.columns import column_roles, not_read
from humpcat.corpora.own.corpus import OwnCorpus
from humpcat.corpora.own.dataset import dataset_clips, shard_clips
from humpcat.corpora.own.folder import clips_of, folder_clips, names_below
from humpcat.corpora.own.opening import SAVED, open_hub, open_parquet, open_saved
from humpcat.corpora.own.shards import FILE_NAME, described_folders, metadata_of, shards
from humpcat.corpora.own.speakers import by_level, by_pattern
from humpcat.corpora.own.table import SUFFIXES, read_table, table_clips
from humpcat.corpora.own.wording import own_emotions
from humpcat.errors import CorpusError
from humpcat.files import absence, is_path, refuse_special

_FLAGS = {
    "columns": "--columns",
    "label_level": "--label-level",
    "split": "--part",
    "audio_folder": "--audio-folder",
}
"""How commands and recipes call the arguments that not every kind of data has."""


def own_corpus(
    place: str | Path,
    *,
    name: str | None = None,
    columns: Mapping[str, str] | None = None,
    speaker_level: int | None = None,
    speaker_pattern: str | None = None,
    label_level: int | None = None,
    label_pattern: str | None = None,
    labels: Mapping[str, str | None] | None = None,
    language: str = "und",
    split: str | None = None,
    audio_folder: str | Path | None = None,
    own_classes: bool = False,
) -> OwnCorpus:
    """Return your own labelled clips as a corpus, whose ``scan(find())`` gives rows as every corpus does.

    What is described is read at once; the audio is looked at by the scan.

    Args:
        place: a folder with a folder of audio for each label; a table (.csv, .tsv, .jsonl, .parquet ...), whose
            clips may be parts of files by columns such as start and end; a folder of audio with a table
            ``metadata.csv``, or one in each folder; a folder that ``datasets`` saved; a folder of Parquet files, such
            as a cloned repository of the hub; or a dataset of the hub as owner/name, the only one that is downloaded.
        name: how the corpus is called; the name of the place by default, with "own-" before that of a registered
            corpus.
        columns: role (path, label, speaker, gender, language, sentence, session, id) to your column, for columns
            that are not named after their role. The path of a dataset is its audio column. An empty column leaves
            a role out: with ``{"start": ""}`` files are read whole.
        speaker_level: level of folders that names the speaker: 1 is the first below the root, 2 the next.
        speaker_pattern: regular expression whose first group, searched in the relative path, names the speaker.
        label_level: level of a folder that names the label; by default the one whose names mean emotions.
        label_pattern: regular expression whose first group, searched in the relative path, names the label.
        labels: your label to a canonical emotion, or to None; other labels are understood by their wording. With
            ``own_classes`` your label to the class that it falls into.
        language: BCP 47 tag of clips that have none of their own.
        split: the split of a dataset to use; all of them by default.
        audio_folder: folder that paths of a table start from, its own by default; what does not lie there where the
            table says is looked for anywhere below it. A table names files below this folder and its own, whatever
            their paths look like: what lies elsewhere is left out unread. Also where audio that lies within a dataset
            is written, below the cache folder by default.
        own_classes: whether the labels are classes as they are, so that nobody needs to know what they mean.

    Raises:
        CorpusError: the place is missing, cannot be read or holds nothing, or an argument does not fit it.

    Example:
        >>> import numpy as np, soundfile, tempfile
        >>> folder = Path(tempfile.mkdtemp(), "clips")
        >>> for path in ("ana/feliz/1.wav", "ben/triste/1.wav"):
        ...     (folder / path).parent.mkdir(parents=True)
        ...     soundfile.write(folder / path, np.zeros(8000), 16_000)
        >>> corpus = own_corpus(folder, speaker_level=1, language="es")
        >>> rows = corpus.scan(corpus.find()).rows
        >>> rows["id"][:], rows["emotion"][:], rows["speaker"][:]
        (['clips/ana/feliz/1', 'clips/ben/triste/1'], ['happiness', 'sadness'], ['ana', 'ben'])
    """
    path = Path(place).expanduser()
    name = _named(name, path)
    own_labels = dict(labels or {}) if own_classes else own_emotions(labels)
    columns = dict(columns or {})
    _refuse_two_ways(
        "speakers",
        {
            "columns speaker=...": columns.get("speaker"),
            "speaker-level": speaker_level,
            "speaker-pattern": speaker_pattern,
        },
    )
    _refuse_two_ways(
        "labels",
        {"columns label=...": columns.get("label"), "label-level": label_level, "label-pattern": label_pattern},
    )
    kept = _kept(audio_folder)
    labelled = label_pattern is None
    written = kept or cache_folder() / "own" / name
    source = str(path)
    clips: list[OwnClip]

    saved = path.is_dir() and any((path / file).is_file() for file in SAVED)
    table = metadata_of(path) if path.is_dir() and not saved and label_level is None else None
    if table is not None:
        columns = {"path": FILE_NAME} | columns if _has_file_name(table) else columns
        path = table
    parts = shards(path) if path.is_dir() and not saved else []
    if not parts and path.is_dir() and not saved and labelled and label_level is None:
        parts = described_folders(path)
    surveyed, described = (path.parent if table is not None else None), [path]
    # Nothing but what lies in the table's own folder, in the folder of audio, or was written here, is read for it.
    trusted = [path if path.is_dir() else path.parent]

    if parts:
        _refuse(source, "a data set in parts", label_level=label_level)
        root = kept or path
        surveyed, described = path, [part.path for part in parts]
        trusted.append(written)
        clips, notes = shard_clips(source, root, parts, columns, split, written, labelled=labelled)
    elif path.is_dir() and not saved:
        # Nothing is said of audio where there is none.
        names = names_below(path)
        _refuse(source, "a folder of audio", columns=columns, split=split, audio_folder=audio_folder)
        root = surveyed = path
        if labelled:
            clips, notes = folder_clips(root, label_level, own_labels, speaker_level=speaker_level)
        else:
            clips, notes = clips_of(root, names), []
    elif path.suffix.lower() in SUFFIXES and path.is_file():
        _refuse(source, "a table", label_level=label_level, split=split)
        root = kept or path.parent
        if kept is not None and not kept.is_dir():
            raise CorpusError(f"--audio-folder {kept}: {absence(kept)}: check the path.")
        found, records = read_table(path)
        roles = column_roles(source, found, columns, labelled=labelled)
        clips, notes = table_clips(source, root, records, roles)
        notes += not_read(source, found, roles)
    else:
        _refuse(source, "a dataset", label_level=label_level)
        if path.is_dir():
            dataset, root = open_saved(path), kept or path
        elif path.suffix.lower() == ".parquet" and path.is_file():
            dataset, root = open_parquet(path), kept or path.parent
        else:
            _refuse_path(path, str(place))
            dataset, source, root, trusted = open_hub(str(place)), str(place), written, []
            with kept_in(root):
                root.mkdir(parents=True, exist_ok=True)
        trusted.append(written)
        clips, notes = dataset_clips(source, root, dataset, columns, split, written, labelled=labelled)

    if label_pattern is not None:
        clips = by_pattern(clips, label_pattern, "label")
    if speaker_level is not None:
        clips = by_level(clips, speaker_level)
    elif speaker_pattern is not None:
        clips = by_pattern(clips, speaker_pattern)
    if own_classes:
        clips, own_labels = _renamed(clips, own_labels)
    return OwnCorpus(
        name,
        source,
        root,
        clips,
        own_labels,
        language,
        notes,
        surveyed=surveyed,
        described=described,
        searched=kept is not None or bool(parts),
        trusted=trusted,
        own_classes=own_classes,
    )


def _renamed(
    clips: Sequence[OwnClip], classes: Mapping[str, str | None]
) -> tuple[list[OwnClip], dict[str, str | None]]:
    """Put clips into the classes that the user named, and keep only what is said of labels that are no class."""
    unused = sorted(set(classes) - {clip.label for clip in clips})
    if unused:
        raise CorpusError(f"--labels names {', '.join(unused)}, which no clip carries: check the spelling.")
    nothing = {label for label, name in classes.items() if name in (None, "", "None", "none")}
    renamed = {label: name for label, name in classes.items() if label not in nothing}
    named = [replace(clip, label=renamed.get(clip.label, clip.label) if clip.label else None) for clip in clips]
    return named, dict.fromkeys(nothing)


def _kept(audio_folder: str | Path | None) -> Path | None:
    """Return the folder of audio that was named; one that is not there yet is made when audio is written to it."""
    if not audio_folder:
        return None
    folder = Path(audio_folder).expanduser()
    if folder.exists() and not folder.is_dir():
        raise CorpusError(f"--audio-folder {folder}: is a file, expected the folder of audio: check the path.")
    return folder


def _has_file_name(table: Path) -> bool:
    return table.suffix.lower() in SUFFIXES and FILE_NAME in read_table(table)[0]


def _named(name: str | None, path: Path) -> str:
    # Imported here: this package is a part of the one that makes the registry.
    from humpcat.corpora.lookup import CORPORA

    if name is None:
        last = Path(os.path.abspath(path))  # noqa: PTH100 (links keep their own name)
        # A plus and a comma tell corpora apart in settings, a slash the parts of an id.
        plain = re.sub(r"[^\w.-]+", "-", last.name if last.is_dir() else last.stem).strip("-.") or "own"
        return f"own-{plain}" if plain.lower() in CORPORA else plain
    if not re.fullmatch(r"[\w.-]+", name):
        raise CorpusError(f"name '{name}': expected letters, digits, '-', '_' and '.' only: choose another.")
    if name.lower() in CORPORA:
        raise CorpusError(f"name '{name}': is that of a registered corpus: choose another, such as 'own-{name}'.")
    return name


def _refuse_two_ways(what: str, given: Mapping[str, Any]) -> None:
    ways = [f"--{way}" for way, value in given.items() if value is not None]
    if len(ways) > 1:
        raise CorpusError(f"{what} are named in {len(ways)} ways ({', '.join(ways)}): keep one.")


def _refuse(source: str, kind: str, **arguments: Any) -> None:
    """Refuse arguments that would be passed over in silence."""
    for argument, value in arguments.items():
        if value not in (None, {}):
            flag = _FLAGS.get(argument, argument)
            raise CorpusError(f"{source}: is {kind}, for which {flag} means nothing: leave it out.")


def _refuse_path(path: Path, place: str) -> None:
    """Refuse what is no dataset name: a misspelt path must not reach for the network."""
    refuse_special(path, "a table or a folder", CorpusError)
    if path.is_file():
        raise CorpusError(f"{path}: is no table, expected a file that ends in {', '.join((*SUFFIXES, '.parquet'))}.")
    table = path.suffix.lower() in (*SUFFIXES, ".parquet")
    # What data set it is, its owner's name says too.
    if table or "/" not in place or is_path(place):
        raise CorpusError(f"{path}: {absence(path, 'file or folder')}: check the path.")


__all__ = ["OwnCorpus", "own_corpus"]
