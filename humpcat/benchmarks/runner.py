"""Run the cells of a benchmark: guard, skip what is finished, fit, predict, save; over several processes if asked."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import joblib
from accelerate import Accelerator
from tqdm.auto import tqdm

from humpcat.benchmarks.cells import Cell, Experiment
from humpcat.corpora import Corpus
from humpcat.errors import CorpusError, HumpcatError, SettingsError, WritingError
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.files import write_json, write_text
from humpcat.protocols import Split
from humpcat.run_folder import enter, remove, require_writable
from humpcat.training.checkpoint import CHECKPOINTS, SPLIT, claim, require_same_split


class Notes(list[str]):
    """What was left out of a benchmark: kept for its page, and printed by the main process when it is told.

    Args:
        accelerator: its main process prints.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        super().__init__()
        self._print = accelerator.print

    def __call__(self, sentence: str) -> None:
        """Keep and print a sentence."""
        self.append(sentence)
        self._print(sentence)


Plan = tuple[Experiment[Any], Sequence[Cell[Any]]]
"""An experiment, and those of its cells that are asked for."""


def begin(out: Path, settings: Sequence[Any], accelerator: Accelerator) -> None:
    """Claim the folder of a benchmark for what its figures depend on, before any work is done.

    Raises:
        SettingsError: the folder was begun with other settings, or nothing can be written there.
    """
    require_writable(out)
    claim(out, settings, accelerator, resume=True, mend="go on with the same settings, or name another --out")


def write_page(out: Path, page: str, figures: Mapping[str, Any]) -> str:
    """Write OUT/results.md and OUT/results.json, and return the page."""
    write_json(out / "results.json", figures)
    write_text(out / "results.md", page + "\n")
    return page


def require_there(corpus: Corpus, data_dir: str | None, needed: str) -> None:
    """Make sure that a corpus that cannot be left out lies in the data folder, in its owner's layout.

    Raises:
        CorpusError: it is not there, or nothing in its folder is named as its owner names it.
    """
    try:
        root = corpus.find(data_dir)
        if next(iter(corpus.utterances(root, [])), None) is None:
            # Says what was expected there.
            corpus.scan(root)
    except CorpusError as error:
        raise CorpusError(f"corpus '{corpus.name}', {needed}, cannot be used: {error}") from None


def run(planned: Sequence[Plan], accelerator: Accelerator, tell: Callable[[str], None], *, jobs: int = 1) -> None:
    """Fit every cell that is not finished; those that are must have been made on the same split and settings.

    Finished cells are looked at first, so that what cannot go together is refused before anything is fitted. A cell
    counts as finished once its predictions lie there, which are written last.

    Args:
        planned: the experiments and their cells.
        accelerator: device, precision, processes; each cell is fitted by all processes together.
        tell: is told, once each, what is left out of an experiment whose systems may fail.
        jobs: cells that are fitted at a time, each by a process of its own.

    Raises:
        SettingsError: a finished cell was made on another split or with other settings, or several jobs are asked
            for under several processes.
        LeakageError: test material was seen, and that is not allowed.
    """
    if jobs > 1 and accelerator.num_processes > 1:
        raise SettingsError(
            f"jobs {jobs} under accelerate launch with {accelerator.num_processes} processes: expected 1 job there: "
            "use one or the other."
        )
    for experiment, cells in planned:
        for cell in cells:
            if cell.finished:
                _guarded(experiment, cell)
    every = [cell for _, cells in planned for cell in cells]
    told: set[str] = set()
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator_unordered")
    bar = tqdm(
        total=len(every),
        initial=sum(cell.finished for cell in every),
        unit="cell",
        disable=not accelerator.is_local_main_process,
    )
    with bar:
        say = bar.write if accelerator.is_local_main_process else lambda sentence: None
        for failures in parallel(map(joblib.delayed(_fit_all), _lots(planned, accelerator, say, together=jobs > 1))):
            accelerator.wait_for_everyone()
            bar.update(len(failures))
            for failure in failures:
                if failure and failure not in told:
                    told.add(failure)
                    bar.clear()
                    tell(failure)


def answers(cells: Iterable[Cell[Any]]) -> Predictions:
    """Return the answers of finished cells in one table."""
    return Predictions.concat([Predictions.read(cell.folder / PREDICTIONS) for cell in cells])


def _fit(
    cell: Cell[Any], split: Split, work: Callable[[], Predictions], *, writes: bool, left_out: str | None
) -> str | None:
    """Fit, answer and write a cell; return why its system is left out of what may be left out, if it is."""
    if writes:
        enter(cell.folder, (SPLIT, PREDICTIONS, CHECKPOINTS))
    try:
        made = work()
    except HumpcatError as error:
        # A full disk is no fault of the system, which would be left out of every cell that is left.
        if left_out is None or isinstance(error, WritingError):
            raise
        return f"{cell.system.name} is left out ({left_out}): {error}"
    if writes:
        split.save(cell.folder / SPLIT)
        # Last, because a cell that has its predictions counts as finished.
        made.write(cell.folder / PREDICTIONS)
        remove(cell.folder, CHECKPOINTS)
    return None


def _fit_all(lot: Sequence[Callable[[], str | None]]) -> list[str | None]:
    return [fit() for fit in lot]


def _guarded(experiment: Experiment[Any], cell: Cell[Any]) -> Split:
    """Return the split of a cell, once what lies in its folder is known to be of the same split and settings."""
    split = experiment.split(cell)
    require_same_split(split, cell.folder)
    experiment.begin(cell, split)
    return split


def _lots(
    planned: Sequence[Plan], accelerator: Accelerator, say: Callable[[str], None], *, together: bool
) -> Iterator[list[Callable[[], str | None]]]:
    """Yield what is to be fitted, each cell alone where one process does it all; it is guarded when asked for."""
    for experiment, cells in planned:
        left_out = experiment.name if experiment.may_fail else None
        missing = [cell for cell in cells if not cell.finished]
        for lot in experiment.lots(missing) if together else [[cell] for cell in missing]:
            fits: list[Callable[[], str | None]] = []
            for cell in lot:
                sentence = experiment.announcement(cell)
                if sentence:
                    say(sentence)
                split = _guarded(experiment, cell)
                work = experiment.work(cell, split)
                fits.append(partial(_fit, cell, split, work, writes=accelerator.is_main_process, left_out=left_out))
            yield fits
