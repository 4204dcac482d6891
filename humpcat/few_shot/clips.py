"""One's own clips, made ready to adapt to: classes counted, features on disk."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path

from accelerate import Accelerator

from humpcat.corpora import Corpus, LabelSpace
from humpcat.corpora.files import audio_files
from humpcat.corpora.scan import Kind, shortened
from humpcat.corpora.unread import unread, unread_problems
from humpcat.errors import CorpusError
from humpcat.features.base import Extractor
from humpcat.features.extraction import extract
from humpcat.features.store import FeatureStore
from humpcat.few_shot.settings import AdaptSettings
from humpcat.few_shot.silence import without_silence
from humpcat.files import absence
from humpcat.protocols import labelled
from humpcat.protocols.learnable import require_learnable
from humpcat.training.data.prepared_corpus import PreparedCorpus, prepare_corpus
from humpcat.training.settings import DataSettings, OwnDataSettings

BAD_SHARE = 0.5
"""Share of unusable clips that is put up with; each is named, and what is left is what the figures are of."""

UNLABELLED_CORPUS = "unlabelled"


def labelled_clips(
    settings: AdaptSettings,
    corpus: Corpus,
    space: LabelSpace,
    extractors: Sequence[Extractor],
    accelerator: Accelerator,
) -> tuple[PreparedCorpus, list[str]]:
    """Read the labelled clips and make their features.

    Returns:
        The clips, none without sound and no recording twice, and what is to be said of those left out.

    Raises:
        CorpusError: there is nothing to learn from.
        AudioError: more than ``BAD_SHARE`` of the clips are unusable.
    """
    # Told now, not after the minutes that the features of many clips take.
    rows = corpus.scan(corpus.find()).rows
    corpus.require_words(rows, space.column)
    found, _ = labelled(rows, space)
    if found:
        require_learnable(settings.data, found.values())
    own = {field.name: getattr(settings, field.name) for field in fields(OwnDataSettings)}
    data = DataSettings(**own, label_space=space.name, store=settings.store, max_bad_share=BAD_SHARE)
    prepared, silent = without_silence(prepare_corpus(corpus, space, data, extractors, accelerator))
    prepared, copies = without_copies(prepared)
    require_learnable(settings.data, prepared.classes.values())
    return prepared, silent + copies


def without_copies(prepared: PreparedCorpus) -> tuple[PreparedCorpus, list[str]]:
    """Leave out recordings that lie there twice: one would be learnt from while the other tests.

    Of copies that agree on class and speaker the first stays; where they do not, nobody knows which is right, and
    none does.

    Returns:
        The others, and what is to be said of those left out.
    """
    alike: dict[str, list[str]] = {}
    for clip_id in prepared.rows:
        alike.setdefault(prepared.features.fingerprints[clip_id], []).append(clip_id)
    copies: list[str] = []
    torn: list[str] = []
    for ids in alike.values():
        said = {(prepared.classes[clip_id], prepared.rows[clip_id]["speaker"]) for clip_id in ids}
        if len(said) > 1:
            torn += ids
        else:
            copies += ids[1:]
    notes = []
    if copies:
        notes.append(f"identical audio lies there twice, and one of each is kept; left out: {shortened(copies)}.")
    if torn:
        notes.append(
            f"identical audio lies there under different classes or speakers, and none of it is kept; left out: "
            f"{shortened(torn)}: keep the right ones."
        )
    gone = {*copies, *torn}
    kept = replace(
        prepared,
        rows={clip_id: row for clip_id, row in prepared.rows.items() if clip_id not in gone},
        classes={clip_id: name for clip_id, name in prepared.classes.items() if clip_id not in gone},
    )
    return kept, notes


def unlabelled_paths(folder: str) -> dict[str, str]:
    """Return id to path of all audio below a folder.

    Raises:
        CorpusError: there is no such folder, or no audio in it.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise CorpusError(f"unlabelled {folder}: {absence(folder, lead='there is ')}: check the path.")
    paths = {
        f"{UNLABELLED_CORPUS}/{path.relative_to(root).as_posix()}": str(path)
        for path in audio_files(root, videos=True)
    }
    if not paths:
        raise CorpusError(f"unlabelled {folder}: holds no audio, expected a folder of clips: name another.")
    return paths


def unlabelled_remarks(folder: str) -> list[str]:
    """Say what lies below a folder of unlabelled audio, may be sound and is not read.

    Args:
        folder: the folder.
    """
    root = Path(folder).expanduser()
    problems = unread_problems(root, unread(root, videos=True), audio_files(root, videos=True))
    return [problem.sentence for problem in problems if problem.kind == Kind.UNREAD]


def unlabelled_clips(
    paths: Mapping[str, str], store: str | None, extractors: Sequence[Extractor], accelerator: Accelerator
) -> PreparedCorpus:
    """Return unlabelled clips with their features, which have no class.

    Raises:
        AudioError: more than ``BAD_SHARE`` of the clips are unusable.
    """
    features = extract(
        paths, extractors, FeatureStore(store), show_progress=accelerator.is_main_process, max_bad_share=BAD_SHARE
    )
    for sentence in features.bad.values():
        accelerator.print(f"left out: {sentence}")
    rows = {
        clip_id: {"id": clip_id, "corpus": UNLABELLED_CORPUS, "path": paths[clip_id], "speaker": None, "duration": 0.0}
        for clip_id in features.entries
    }
    kept, silent = without_silence(PreparedCorpus(rows, {}, features, Counter()))
    for sentence in silent:
        accelerator.print(f"unlabelled: {sentence}")
    return kept
