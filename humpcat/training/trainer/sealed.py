"""The list of what a saved state consists of, without which nothing goes on from it: damage must not pass in silence.

Accelerate itself goes on without a word where the random state is missing or damaged, and what it reads are pickles:
they are opened as weights alone, which run no code.
"""

import hashlib
import json
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import RNG_STATE_NAME, load

from humpcat.errors import CheckpointError, HumpcatError
from humpcat.files import read_json, write_json
from humpcat.setting_ranges import shown

SEAL = "state.json"
"""The list."""

PROGRESS = "progress.json"
"""Where a run stands."""


def run_id(content: Mapping[str, Any]) -> str:
    """Return 32 hexadecimal digits that tell one run from another.

    Args:
        content: what makes the run, as JSON has it.
    """
    return hashlib.blake2b(json.dumps(content, sort_keys=True).encode(), digest_size=16).hexdigest()


def seal(folder: Path, run: str) -> None:
    """List the files of a state that was written.

    Args:
        folder: the state.
        run: id of the run.
    """
    files = {
        path.relative_to(folder).as_posix(): _digest(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }
    write_json(folder / SEAL, {"run": run, "files": files})


def require_sealed(folder: Path, run: str, process: int) -> None:
    """Refuse a state of which a file is missing, damaged, or of another run.

    Args:
        folder: the state.
        run: id of the run that is to go on.
        process: number of this process, which goes on from a random state of its own.

    Raises:
        CheckpointError: the sentence names the file.
    """
    content = read_json(folder / SEAL, CheckpointError)
    files = content.get("files")
    if set(content) != {"run", "files"} or not isinstance(files, dict):
        raise CheckpointError(f"{folder / SEAL}: lists no files, expected those of the state: {_mend(folder)}.")
    if content["run"] != run:
        raise CheckpointError(
            f"{folder}: is the state of another run, of other clips, another network or another seed: {_mend(folder)}."
        )
    for name in (*files, PROGRESS, random_state_of(process)):
        path = folder / name
        if not path.is_file():
            raise CheckpointError(f"{path}: no such file, expected a part of the state: {_mend(folder)}.")
        if files.get(name) != _digest(path):
            raise CheckpointError(f"{path}: is not what the run saved, it is damaged or swapped: {_mend(folder)}.")
        if path.suffix in (".bin", ".pkl"):
            _as_weights(path)


def random_state_of(process: int) -> str:
    """Return the name of the file of a process' random state.

    Args:
        process: its number.
    """
    return f"{RNG_STATE_NAME}_{process}.pkl"


@contextmanager
def told(folder: Path) -> Iterator[None]:
    """Tell in one sentence whatever accelerate raises where it loads a state.

    Args:
        folder: the state.

    Raises:
        CheckpointError: something was raised.
    """
    try:
        yield
    except HumpcatError:
        raise
    # Each optimizer, scheduler and reader of files has errors of its own.
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{folder}: cannot be gone on from ({reason}): {_mend(folder)}.") from None


def require_random_state(accelerator: Accelerator, folder: Path) -> None:
    """Make sure that a state that was loaded has set the random numbers, without which accelerate goes on as well.

    Args:
        accelerator: what loaded it.
        folder: the state.

    Raises:
        CheckpointError: it has not.
    """
    path = folder / random_state_of(accelerator.process_index)
    states = _as_weights(path)
    try:
        same = torch.equal(torch.get_rng_state(), states["torch_manual_seed"])
        same = same and random.getstate() == states["random_state"]
    except (TypeError, KeyError, IndexError, AttributeError):
        same = False
    if not same:
        raise CheckpointError(f"{path}: holds no random state that can be gone on from: {_mend(folder)}.")


def _as_weights(path: Path) -> Any:
    try:
        return load(path, map_location="cpu", weights_only=True)
    # What a pickle can be made to raise is not to be listed.
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{path}: cannot be read ({shown(reason)}): {_mend(path.parent)}.") from None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _mend(folder: Path) -> str:
    return f"put it back, or remove the folder {folder} to begin anew"
