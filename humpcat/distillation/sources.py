"""The audio that a run learns from."""

from pathlib import Path

from humpcat.cache import cache_folder
from humpcat.corpora import load_corpus
from humpcat.corpora.files import audio_files
from humpcat.distillation.clips import Clips, decoded
from humpcat.distillation.settings import AudioSettings
from humpcat.distillation.synthetic import synthetic_speech
from humpcat.errors import AudioError


def corpus_clips(name: str, settings: AudioSettings) -> Clips:
    """Return the speech of a corpus.

    Args:
        name: registered name, or the path of own data.
        settings: where corpora and decoded audio lie.

    Raises:
        CorpusError: the corpus is unknown or not there.
        AudioError: too many of its clips are unusable.
    """
    rows = load_corpus(name, settings.data_dir).rows
    return decoded(name, dict(zip(rows["id"], rows["path"], strict=True)), audio_cache(settings))


def folder_clips(folder: str, settings: AudioSettings) -> Clips:
    """Return the speech in a folder of audio.

    Args:
        folder: whose audio files count, at any depth; a clip's id is where its file lies.
        settings: where decoded audio lies.

    Raises:
        AudioError: there is no audio, or too many of its files are unusable.
    """
    root = Path(folder)
    found = {path.relative_to(root).as_posix(): str(path) for path in audio_files(root)} if root.is_dir() else {}
    if not found:
        raise AudioError(f"--folders {folder}: holds no audio, expected a folder of speech: name another.")
    return decoded(folder, found, audio_cache(settings))


def audio_to_learn(settings: AudioSettings, seed: int) -> list[Clips]:
    """Return the speech of each corpus and folder that is learnt from, and synthetic speech if it was asked for.

    Args:
        settings: which audio.
        seed: of synthetic speech.

    Raises:
        HumpcatError: a corpus, a folder or espeak-ng is not there or cannot be used.
    """
    found = [corpus_clips(name, settings) for name in settings.learnt_from]
    found += [folder_clips(folder, settings) for folder in settings.folders or ()]
    if settings.synthetic_hours:
        found.append(synthetic_speech(settings.synthetic_hours, seed, audio_cache(settings)))
    return found


def audio_cache(settings: AudioSettings) -> Path:
    """Return the folder of decoded audio."""
    return Path(settings.cache) if settings.cache else cache_folder() / "distillation"
