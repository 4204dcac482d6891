"""A speaker's profile on disk: the moments of the clips heard, as safetensors."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from humpcat.errors import CheckpointError
from humpcat.files import absence, replacing
from humpcat.models.humpcat.running import RunningStatistics
from humpcat.models.humpcat.standardization import Moments

_PARTS = ("mean", "deviations")


def write_profile(path: str | Path, running: RunningStatistics, model_hash: str) -> None:
    """Write what was heard of a speaker, and by which model.

    Args:
        path: the file.
        running: the speaker's statistics; the prior is the model's and is not written.
        model_hash: hash of the model that heard them.
    """
    arrays = {
        f"{name}.{part}": np.ascontiguousarray(values)
        for name, moments in running.heard.items()
        for part, values in zip(_PARTS, (moments.mean, moments.deviations), strict=True)
    }
    with replacing(path) as draft:
        save_file(arrays, draft, metadata={"model": model_hash, "clips": str(running.clips)})


def read_profile(path: str | Path, empty: RunningStatistics, model_hash: str) -> RunningStatistics:
    """Return the statistics of a speaker as they were when :func:`write_profile` wrote them.

    Args:
        path: the file.
        empty: statistics of the same model before any clip.
        model_hash: hash of that model.

    Raises:
        CheckpointError: the file is missing, damaged, or of another model.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            said: Mapping[str, str] = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        raise CheckpointError(f"{path}: {absence(path, 'file')}: check the path of the speaker's profile.") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(
            f"{path}: is not a speaker's profile ({error}): expected a file that a listener saved."
        ) from None
    clips = int(said.get("clips", -1))
    parts = {f"{name}.{part}" for name in empty.prior for part in _PARTS}
    if "model" not in said or set(arrays) != (parts if clips else set()):
        raise CheckpointError(f"{path}: holds no speaker's profile: expected a file that a listener saved.")
    if said["model"] != model_hash:
        raise CheckpointError(
            f"{path}: the profile was heard by the model {said['model']}, this one is {model_hash}: use it with "
            "the model that it was saved with, or begin a new one."
        )
    if not clips:
        return empty
    return replace(
        empty, heard={name: Moments(clips, *(arrays[f"{name}.{part}"] for part in _PARTS)) for name in empty.prior}
    )
