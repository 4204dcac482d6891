"""The state of a run: everything that the next step depends on, in one file that is replaced at once."""

from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from humpcat.distillation.objective import Scale
from humpcat.distillation.optimizers import Optimizers
from humpcat.errors import CheckpointError
from humpcat.files import replacing

STATE = "state.safetensors"

_SCALE = ("mean", "deviation", "pooled_deviation")
_MOMENT = "moment/"


def save_state(folder: Path, student: nn.Module, optimizers: Optimizers, scale: Scale, done: int, run: str) -> None:
    """Write the state of a run.

    Args:
        folder: where to.
        student: the student with its heads.
        optimizers: of the student's weights that are learnt.
        scale: how the teacher is standardised.
        done: steps that were made.
        run: id of the run, which the file keeps.
    """
    tensors = {f"student/{name}": value for name, value in student.state_dict().items()}
    tensors |= {f"scale/{name}": getattr(scale, name) for name in _SCALE}
    tensors |= {f"{_MOMENT}{name}": value for name, value in optimizers.moments().items()}
    tensors = {name: value.detach().contiguous() for name, value in tensors.items()}
    with replacing(folder / STATE, needed=sum(value.nbytes for value in tensors.values())) as draft:
        save_file(tensors, draft, metadata={"run": run, "done": str(done)})


def load_state(folder: Path, student: nn.Module, optimizers: Optimizers, run: str) -> tuple[Scale, int]:
    """Go on from what :func:`save_state` wrote.

    Args:
        folder: where it lies.
        student: given its weights, in place.
        optimizers: given their moments, in place.
        run: id of the run.

    Returns:
        How the teacher is standardised, and the steps that were made.

    Raises:
        CheckpointError: there is no state, or it is damaged or of another run.
    """
    tensors, metadata = _read(folder / STATE)
    if metadata.get("run") != run:
        raise CheckpointError(
            f"{folder / STATE}: is the state of a run with other settings, audio or teacher: give it the same, or "
            "leave out --resume to begin anew."
        )
    try:
        weights = {name: tensors[f"student/{name}"] for name in student.state_dict()}
        scale = Scale(*(tensors[f"scale/{name}"] for name in _SCALE))
        done = int(metadata["done"])
        student.load_state_dict(weights)
        optimizers.restore(
            {name.removeprefix(_MOMENT): value for name, value in tensors.items() if name.startswith(_MOMENT)}
        )
    except (KeyError, ValueError, RuntimeError):
        raise CheckpointError(f"{folder / STATE}: is damaged: remove it to begin anew.") from None
    return Scale(*(getattr(scale, name).to(next(student.parameters()).device) for name in _SCALE)), done


def load_student(folder: Path, student: nn.Module) -> None:
    """Give a student, with its heads, the weights that another run came to, in place.

    Args:
        folder: of the other run.
        student: of the same shape.

    Raises:
        CheckpointError: there is no state, or it is damaged.
        RuntimeError: the other student is of another shape.
    """
    tensors, _ = _read(folder / STATE)
    weights = {name.removeprefix("student/"): value for name, value in tensors.items() if name.startswith("student/")}
    student.load_state_dict(weights)


def _read(path: Path) -> tuple[Mapping[str, Tensor], Mapping[str, str]]:
    if not path.is_file():
        raise CheckpointError(f"{path}: no such file, expected the state of a run: leave out --resume to begin anew.")
    try:
        with safe_open(path, "pt") as file:
            names, metadata = file.keys(), file.metadata() or {}
            return {name: file.get_tensor(name) for name in names}, metadata
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{path}: is damaged ({error}): remove it to begin anew.") from None
