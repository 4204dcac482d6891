"""A speaker's profile on disk: the moments of the clips heard, as safetensors."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
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
    # A type that NumPy lacks is told by whatever error looking it up gives.
    except (SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise CheckpointError(
            f"{path}: is not a speaker's profile ({error}): expected a file that a listener saved."
        ) from None
    counted = re.fullmatch(r"\d{1,15}", said.get("clips", ""), re.ASCII)
    clips = int(counted[0]) if counted else 0
    shapes = {f"{name}.{part}": tuple(values.shape[1:]) for name, values in empty.prior.items() for part in _PARTS}
    found = {name: array.shape for name, array in arrays.items()}
    if "model" not in said or not counted or found != (shapes if clips else {}):
        raise CheckpointError(f"{path}: holds no speaker's profile: expected a file that a listener saved.")
    if said["model"] != model_hash:
        raise CheckpointError(
            f"{path}: the profile was heard by the model {said['model']}, this one is {model_hash}: use it with "
            "the model that it was saved with, or begin a new one."
        )
    broken = [name for name, array in arrays.items() if not _are_moments(name, array)]
    if broken:
        raise CheckpointError(f"{path}: {broken[0]} holds no moments of a speaker: begin a new profile.")
    if not clips:
        return empty
    return replace(
        empty, heard={name: Moments(clips, *(arrays[f"{name}.{part}"] for part in _PARTS)) for name in empty.prior}
    )


def _are_moments(name: str, array: npt.NDArray[Any]) -> bool:
    # A model computes in single precision.
    finite = array.dtype == np.float64 and bool((np.abs(array) <= np.finfo(np.float32).max).all())
    return finite and (name.endswith(_PARTS[0]) or bool((array >= 0).all()))
