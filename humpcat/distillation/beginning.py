"""What a student begins with in place of random weights: another run, or an encoder whose heads are fitted first."""

from collections.abc import Iterable
from pathlib import Path

import torch
from transformers.utils import CONFIG_NAME

from humpcat.distillation.batches import Batch
from humpcat.distillation.objective import Scale
from humpcat.distillation.state import STATE, load_student
from humpcat.distillation.student import Student
from humpcat.distillation.teacher import Teacher
from humpcat.errors import SettingsError
from humpcat.features.encoder import SpeechEncoder
from humpcat.features.trained_on import trained_on

ENCODER = "encoder"
"""Folder of the encoder within that of a run."""

_PENALTY = 1e-3
"""Of the heads' least squares, as a share of the mean power of the states."""


def require_there(folder: Path) -> None:
    """Refuse, before anything is computed, a folder that holds neither a run nor an encoder.

    Args:
        folder: to begin with.

    Raises:
        SettingsError: it holds neither.
    """
    if not (folder / STATE).is_file() and not (folder / CONFIG_NAME).is_file():
        raise SettingsError(
            f"--begin-with {folder}: holds neither {STATE} of a run nor {CONFIG_NAME} of an encoder: name another one."
        )


def begin_with(folder: Path, student: Student) -> bool:
    """Give a student the weights of another run, or of an encoder, in place.

    Args:
        folder: of the run, or of the encoder that it wrote, which has no heads.
        student: of the same shape.

    Returns:
        Whether the heads have weights that go with the encoder's.

    Raises:
        CheckpointError: the state of the run is damaged.
        EncoderError: the folder holds neither.
        SettingsError: the other student is of another shape.
    """
    try:
        if (folder / STATE).is_file():
            load_student(folder, student)
            return True
        student.encoder.load_state_dict(SpeechEncoder.from_pretrained(folder).float().state_dict())
    except RuntimeError:
        raise SettingsError(
            f"--begin-with {folder}: is of another student: name one of the same --student, --width, --feed-forward, "
            "--heads and --teacher-layers."
        ) from None
    return False


def heard_before(folder: Path) -> tuple[str, ...]:
    """Return the names of what an encoder had heard that another begins with.

    Args:
        folder: of a run, or of an encoder.
    """
    return trained_on(str(folder / ENCODER if (folder / STATE).is_file() else folder)).datasets


@torch.no_grad()
def fit_heads(student: Student, teacher: Teacher, scale: Scale, batches: Iterable[Batch]) -> None:
    """Fit the heads to the teacher by least squares, in place.

    Args:
        student: whose heads are random, and whose encoder is not.
        teacher: whom they are to predict.
        scale: how it is standardised.
        batches: of which the student hears the copies.
    """
    layers, width = len(student.layers), student.encoder.width + 1
    gram = torch.zeros(layers, width, width, dtype=torch.float64)
    moments = torch.zeros(layers, width, teacher.width, dtype=torch.float64)
    for batch in batches:
        target = scale.standardise(teacher(batch.teacher)[0])
        target = target.repeat(1, len(batch.student) // len(batch.teacher), 1, 1)
        states, mask = student.states([clip.to(teacher.device) for clip in batch.student], batch.place)
        heard = states[:, mask].double().cpu()
        heard = torch.cat([heard, heard.new_ones(*heard.shape[:2], 1)], dim=2)
        gram += heard.transpose(1, 2) @ heard
        moments += heard.transpose(1, 2) @ target[:, mask].double().cpu()
    for head, own, theirs in zip(student.heads, gram, moments, strict=True):
        if isinstance(head, torch.nn.Linear):
            ridge = _PENALTY * own.diagonal().mean() * torch.eye(width, dtype=own.dtype)
            found = torch.linalg.solve(own + ridge, theirs).T
            head.weight.copy_(found[:, :-1])
            head.bias.copy_(found[:, -1])
