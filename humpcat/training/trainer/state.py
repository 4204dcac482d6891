"""States of a run on disk: the best weights, and the last whole state, which a killed run goes on from."""

import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from humpcat.errors import WritingError
from humpcat.files import share_as_usual, write_json
from humpcat.models.humpcat.tuning import Trainable
from humpcat.training.trainer.weights import WeightAverage, load_weights, save_weights
from humpcat.writing import writing

PROGRESS = "progress.json"


@dataclass
class Progress:
    """Where a run stands; saved with each last state.

    Attributes:
        epoch: epochs finished.
        best: highest validation score so far.
        best_epoch: the epoch it was reached in, counted from 1.
        history: one mapping an epoch: loss, score.
    """

    epoch: int = 0
    best: float = -math.inf
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


@contextmanager
def registered(progress: Progress, average: WeightAverage | None, accelerator: Accelerator) -> Iterator[None]:
    """Let the accelerator save and load where a run stands and its average of the weights with its own states.

    By its hooks and not by ``register_for_checkpointing``, which reads a pickle that may run code, and keeps what was
    registered for the next run too.
    """

    def save(models: list[Any], weights: list[Any], folder: str) -> None:
        if accelerator.is_main_process:
            write_json(Path(folder, PROGRESS), asdict(progress))
            if average:
                average.save(Path(folder))

    def load(models: list[Any], folder: str) -> None:
        vars(progress).update(json.loads(Path(folder, PROGRESS).read_text()))
        if average:
            average.load(Path(folder))

    handles = [accelerator.register_save_state_pre_hook(save), accelerator.register_load_state_pre_hook(load)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@dataclass(frozen=True)
class Checkpoints:
    """Where the states of a run lie, and when they are saved.

    Attributes:
        folder: holds ``best``, the weights that validated best, and ``last``, the whole state after the last epoch.
        resume: whether a run goes on from ``last`` if it is there.
        save_last: whether the state is saved after each epoch at all; short runs are sooner repeated.
    """

    folder: Path
    resume: bool = False
    save_last: bool = True

    @property
    def last(self) -> Path:
        """Folder of the last whole state."""
        return self.folder / "last"

    def save_best(self, model: Trainable, accelerator: Accelerator) -> None:
        """Save the model that validated best so far."""
        if accelerator.is_main_process:
            with writing(self.folder):
                save_weights(model, self.folder / "best")
        accelerator.wait_for_everyone()

    def load_best(self, model: Trainable) -> None:
        """Give a model the weights that validated best; a frozen encoder is not among them."""
        load_weights(model, self.folder / "best")

    def save_state(self, accelerator: Accelerator) -> None:
        """Save the whole state beside its place, then put it there, so that a kill always leaves a whole one."""
        if accelerator.is_main_process:
            shutil.rmtree(self._fresh, ignore_errors=True)
        accelerator.wait_for_everyone()
        try:
            with writing(self.folder):
                accelerator.save_state(str(self._fresh))
                share_as_usual(self._fresh)
        except WritingError:
            # What cannot be whole leaves its room to the next attempt.
            shutil.rmtree(self._fresh, ignore_errors=True)
            raise
        accelerator.wait_for_everyone()
        if accelerator.is_main_process:
            # Renamed before it is removed: half a state must never lie in the place of a whole one.
            if self.last.exists():
                self.last.rename(self._old)
            self._fresh.rename(self.last)
            shutil.rmtree(self._old, ignore_errors=True)
        accelerator.wait_for_everyone()

    def load_state(self, accelerator: Accelerator) -> bool:
        """Go on from the last whole state where that is wanted, and remove all others.

        Returns:
            Whether there was a state to go on from.
        """
        if accelerator.is_main_process:
            # A run that was killed between the two renamings of save_state.
            if self.resume and not self.last.exists() and self._old.exists():
                self._old.rename(self.last)
            for leftover in (self._fresh, self._old, *(() if self.resume else (self.last,))):
                shutil.rmtree(leftover, ignore_errors=True)
        accelerator.wait_for_everyone()
        if not self.last.is_dir():
            return False
        accelerator.load_state(str(self.last))
        return True

    @property
    def _fresh(self) -> Path:
        return self.last.with_name("last.new")

    @property
    def _old(self) -> Path:
        return self.last.with_name("last.old")
