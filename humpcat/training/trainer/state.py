"""States of a run on disk: the best weights, and the last whole state, which a killed run goes on from."""

import math
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

from accelerate import Accelerator

from humpcat.files import write_json
from humpcat.models.humpcat.tuning import Trainable
from humpcat.training.trainer.ema import WeightAverage


@dataclass
class Progress:
    """Where a run stands; saved beside each last checkpoint.

    Attributes:
        epoch: epochs finished.
        best: highest validation score so far.
        best_epoch: the epoch it was reached in, counted from 1.
        history: one mapping an epoch: loss, score.
        batches: batches of this process so far.
    """

    epoch: int = 0
    best: float = -math.inf
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)
    batches: int = 0


def save_best(model: Trainable, folder: Path, accelerator: Accelerator) -> None:
    """Save the model that validated best so far.

    Args:
        model: the model.
        folder: where to.
        accelerator: its main process writes.
    """
    if accelerator.is_main_process:
        model.save_pretrained(folder)
    accelerator.wait_for_everyone()


def save_state(progress: Progress, folder: Path, accelerator: Accelerator, average: WeightAverage | None) -> None:
    """Save the whole state beside its place, then put it there, so that a kill always leaves a whole one.

    Args:
        progress: where the run stands.
        folder: where to.
        accelerator: holds model, optimizer and generators.
        average: the moving average of the weights, if there is one.
    """
    fresh = _fresh(folder)
    if accelerator.is_main_process:
        shutil.rmtree(fresh, ignore_errors=True)
    accelerator.wait_for_everyone()
    accelerator.save_state(str(fresh))
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        if average:
            average.save(fresh)
        write_json(fresh / "progress.json", asdict(progress))
        # Renamed before it is removed: half a state must never lie in the place of a whole one.
        if folder.exists():
            folder.rename(_old(folder))
        fresh.rename(folder)
        shutil.rmtree(_old(folder), ignore_errors=True)
    accelerator.wait_for_everyone()


def tidy(folder: Path, accelerator: Accelerator, *, keep: bool) -> None:
    """Put the last whole state that a killed run left into its place, or remove all of them.

    Args:
        folder: where the state lies.
        accelerator: its main process does it.
        keep: whether the run goes on from the state.
    """
    if accelerator.is_main_process:
        if keep and not folder.exists() and (_fresh(folder) / "progress.json").is_file():
            _fresh(folder).rename(folder)
        for leftover in (_fresh(folder), _old(folder), *(() if keep else (folder,))):
            shutil.rmtree(leftover, ignore_errors=True)
    accelerator.wait_for_everyone()


def _fresh(folder: Path) -> Path:
    return folder.with_name(folder.name + ".new")


def _old(folder: Path) -> Path:
    return folder.with_name(folder.name + ".old")
