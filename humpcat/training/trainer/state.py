"""States of a run on disk: the best weights, and the last whole state, which a killed run goes on from."""

import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from accelerate import Accelerator

from humpcat.errors import CheckpointError, SettingsError, WritingError
from humpcat.files import read_json, share_as_usual, write_json
from humpcat.models.humpcat.tuning import Trainable
from humpcat.setting_ranges import FINITE, Range, from_to
from humpcat.training.trainer.sealed import PROGRESS, require_random_state, require_sealed, seal, told
from humpcat.training.trainer.weights import WeightAverage, load_weights, require_whole, save_weights
from humpcat.writing import writing

_EPOCHS = from_to(0, 10**9)


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


def read_progress(path: Path) -> Progress:
    """Read where a run stands.

    Args:
        path: the file of a state.

    Raises:
        CheckpointError: it is missing, damaged, or holds anything else.
    """
    content = read_json(path, CheckpointError)
    if set(content) != {each.name for each in fields(Progress)}:
        raise CheckpointError(f"{path}: holds {', '.join(sorted(content)) or 'nothing'}, expected where a run stands.")
    found = Progress(**content)
    try:
        _EPOCHS.require("epoch", found.epoch)
        from_to(0, found.epoch).require("best_epoch", found.best_epoch)
        if found.best != -math.inf:
            Range(0, 1).require("best", found.best)
        if not isinstance(found.history, list) or len(found.history) != found.epoch:
            raise SettingsError(f"history of {type(found.history).__name__}: expected an entry an epoch.")
        for entry in found.history:
            for name, value in _named(entry):
                FINITE.require(f"history {name}", value)
    except SettingsError as error:
        raise CheckpointError(f"{path}: {error}") from None
    return found


def _named(entry: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(entry, dict):
        raise SettingsError(f"history of {type(entry).__name__}: expected a mapping an epoch.")
    yield from entry.items()


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
        vars(progress).update(vars(read_progress(Path(folder, PROGRESS))))
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
        run: id of the run, which a state must have to be gone on from.
    """

    folder: Path
    resume: bool = False
    save_last: bool = True
    run: str = ""

    @property
    def last(self) -> Path:
        """Folder of the last whole state."""
        return self.folder / "last"

    def save_best(self, model: Trainable, accelerator: Accelerator) -> None:
        """Save the model that validated best so far."""
        if accelerator.is_main_process:
            with writing(self.folder):
                save_weights(model, self.folder / "best", self.run)
        accelerator.wait_for_everyone()

    def load_best(self, model: Trainable) -> None:
        """Give a model the weights that validated best; a frozen encoder is not among them.

        Raises:
            CheckpointError: they are missing, damaged, or of another run.
        """
        load_weights(model, self.folder / "best", self.run)

    def require_best(self) -> None:
        """Refuse to go on without the weights that validated best, which are needed at the end.

        Raises:
            CheckpointError: they are missing, damaged, or of another run.
        """
        require_whole(self.folder / "best", self.run)

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
            seal(self._fresh, self.run)
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

        Raises:
            CheckpointError: a file of the state is missing, damaged, or of another run.
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
        require_sealed(self.last, self.run, accelerator.process_index)
        with told(self.last):
            accelerator.load_state(str(self.last))
        require_random_state(accelerator, self.last)
        return True

    @property
    def _fresh(self) -> Path:
        return self.last.with_name("last.new")

    @property
    def _old(self) -> Path:
        return self.last.with_name("last.old")
