"""Weights as the loop saves them, and their exponential moving average, which wavers less than they do."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from humpcat.errors import CheckpointError
from humpcat.files import replacing
from humpcat.models.humpcat.tuning import Trainable

WEIGHTS = "model.safetensors"


def save_weights(model: Trainable, folder: Path, run: str = "") -> None:
    """Write a model's own weights and nothing else: it is a state of the run, not a model to pass on.

    Args:
        model: the model.
        folder: where to.
        run: id of the run, which the file keeps.
    """
    state = {name: value.contiguous() for name, value in model.own_weights(model.state_dict()).items()}
    with replacing(folder / WEIGHTS, needed=sum(value.nbytes for value in state.values())) as draft:
        save_file(state, draft, metadata={"run": run, "content": _content(state)})


def load_weights(model: Trainable, folder: Path, run: str = "") -> None:
    """Give a model the weights that :func:`save_weights` wrote; a frozen encoder is not among them.

    Args:
        model: the model.
        folder: where they lie.
        run: id of the run.

    Raises:
        CheckpointError: they are missing, damaged, of another run or of another network.
    """
    state, own = require_whole(folder, run), set(model.own_weights(model.state_dict()))
    if set(state) != own:
        raise CheckpointError(f"{folder / WEIGHTS}: holds {len(state)} weights of another network: {_mend(folder)}.")
    try:
        model.load_state_dict(state, strict=False)
    except RuntimeError:
        raise CheckpointError(f"{folder / WEIGHTS}: holds weights of another size: {_mend(folder)}.") from None


def require_whole(folder: Path, run: str = "") -> dict[str, Tensor]:
    """Return the weights that :func:`save_weights` wrote.

    Args:
        folder: where they lie.
        run: id of the run.

    Raises:
        CheckpointError: they are missing, damaged, or of another run.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file, expected weights of the run: {_mend(folder)}.")
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            names = file.keys()
            state = {name: file.get_tensor(name) for name in names}
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: is damaged ({error}): {_mend(folder)}.") from None
    if metadata.get("content") != _content(state):
        raise CheckpointError(f"{path}: is not what the run saved, it is damaged or swapped: {_mend(folder)}.")
    if metadata.get("run") != run:
        raise CheckpointError(f"{path}: holds weights of another run: {_mend(folder)}.")
    return state


def _content(state: Mapping[str, Tensor]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name, value in sorted(state.items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _mend(folder: Path) -> str:
    return f"put it back, or remove the folder {folder.parent} to begin anew"


class WeightAverage:
    """Follows a model step by step.

    Args:
        model: the model, on the device where it is trained.
        decay: how much of the average stays at each step, above 0 and below 1.

    Attributes:
        model: a model of its own, which has the average as its weights.
    """

    def __init__(self, model: Trainable, decay: float) -> None:
        self._average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))
        self.model = cast(Trainable, self._average.module)

    def update(self, model: Trainable) -> None:
        """Take in the model's weights after a step; the first step's are taken as they are."""
        self._average.update_parameters(model)

    def save(self, folder: Path) -> None:
        """Write the average into a folder of the state."""
        save_weights(self.model, folder / "average")

    def load(self, folder: Path) -> None:
        """Go on from what :meth:`save` wrote."""
        load_weights(self.model, folder / "average")
        self._average.n_averaged.fill_(1)
