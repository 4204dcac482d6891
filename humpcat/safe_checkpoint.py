"""What a checkpoint must not ask for: code of its own, pickled weights, or files outside its folder."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from humpcat.errors import HumpcatError, KeywordError
from humpcat.files import is_folder, read_json

DESCRIPTIONS = ("config.json", "preprocessor_config.json", "processor_config.json")
"""Files in which a checkpoint can name code of its own, by the key ``auto_map``."""

INDEX = "model.safetensors.index.json"
"""Where a checkpoint of several files says which file holds which weight."""

_LONGEST = 300
"""Characters that are shown of another package's error."""


def refuse_unsafe(place: str, error: type[HumpcatError], revision: str | None = None) -> None:
    """Refuse a checkpoint that asks for what humpcat never does.

    transformers asks whether to run code that comes with a checkpoint, and opens whatever file its index names.

    Args:
        place: folder of the checkpoint, or a name that the hub has.
        error: raised where it is refused.
        revision: branch, tag or commit of a hub name.

    Raises:
        HumpcatError: a description names code, or the index names anything but safetensors in the folder; ``error``,
            if that was given. A description is no JSON object.
    """
    for name in DESCRIPTIONS:
        path = _file(place, name, revision)
        if path is not None and "auto_map" in read_json(path, error):
            raise error(
                f"{path}: names code of its own (auto_map), which humpcat never runs: name a checkpoint of an "
                "architecture that transformers has, or remove auto_map if it is one."
            )
    index = _file(place, INDEX, revision)
    if index is not None:
        _check_files(index, error)


@contextmanager
def in_words(name: str, error: type[HumpcatError]) -> Iterator[None]:
    """Put whatever reading a checkpoint raises into one sentence that names it.

    A checkpoint is a file that anyone may have written, and what reads it has errors of its own: transformers,
    huggingface_hub, safetensors and torch raise whatever a wrong value leads to.

    Args:
        name: the checkpoint, as messages call it.
        error: raised in place of errors that are not humpcat's.

    Raises:
        HumpcatError: something failed; what humpcat said itself keeps its class, and gets the name if it lacks it.
    """
    try:
        yield
    except HumpcatError as reason:
        if isinstance(reason, KeywordError) or name in str(reason):
            raise
        raise type(reason)(f"{name}: {reason}") from None
    except Exception as reason:
        raise error(f"{name}: cannot be loaded ({said_in_short(reason)}): save or copy it again.") from None


def said_in_short(error: Exception) -> str:
    """Return what an error of another package says, on one line that is not longer than it can be read.

    Args:
        error: the error.

    Example:
        >>> said_in_short(TypeError("Validation failed:\\n    'x' is no number.\\n")), said_in_short(MemoryError())
        ("Validation failed: 'x' is no number", 'MemoryError')
    """
    said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 3]}..."


def shards(index: str | Path, error: type[HumpcatError] = HumpcatError) -> Sequence[str]:
    """Return the names of the files that an index names, each once.

    Args:
        index: path of a ``model.safetensors.index.json``.
        error: raised where it cannot be used.

    Raises:
        HumpcatError: the index is not of the form that transformers writes; ``error``, if that was given.
    """
    found = read_json(index, error).get("weight_map")
    if not isinstance(found, dict) or not found or not all(isinstance(name, str) for name in found.values()):
        raise error(f"{index}: holds no weight_map of weights to files: copy the checkpoint again.")
    return sorted(set(found.values()))


def _file(place: str, name: str, revision: str | None) -> Path | None:
    path = Path(place, name)
    if is_folder(place):
        # What is there and no file is refused where it is read.
        return path if os.path.lexists(path) else None
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    try:
        return Path(hf_hub_download(place, name, revision=revision))
    except EntryNotFoundError:
        return None


def _check_files(index: Path, error: type[HumpcatError]) -> None:
    for name in shards(index, error):
        if name != Path(name).name or "\\" in name or not name.endswith(".safetensors"):
            raise error(
                f"{index}: names the file {name!r}, expected a .safetensors file of the same folder: pickled weights "
                "and files elsewhere are not loaded; save the checkpoint again as safetensors."
            )
