"""What a checkpoint must not ask for: code of its own, pickled weights, or files outside its folder."""

import os
from collections.abc import Sequence
from pathlib import Path

from humpcat.errors import HumpcatError
from humpcat.files import is_folder, read_json

DESCRIPTIONS = ("config.json", "preprocessor_config.json", "processor_config.json")
"""Files in which a checkpoint can name code of its own, by the key ``auto_map``."""

INDEX = "model.safetensors.index.json"
"""Where a checkpoint of several files says which file holds which weight."""


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
