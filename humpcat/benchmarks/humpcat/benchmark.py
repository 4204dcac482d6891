"""The benchmark of HuMP-CAT: measure what is asked for, gather all that lies in its folder, write the page."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humpcat.benchmarks import runner
from humpcat.benchmarks.cells import Cell
from humpcat.benchmarks.humpcat import paper
from humpcat.benchmarks.humpcat.page import markdown
from humpcat.benchmarks.humpcat.plan import Asked, folder_of, plans, situations_in
from humpcat.benchmarks.humpcat.plot import draw_learning_curves
from humpcat.benchmarks.humpcat.results import MODES, BenchmarkResults
from humpcat.benchmarks.humpcat.systems import SYSTEMS
from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Amount, Learner, Target, target_name
from humpcat.benchmarks.humpcat.target_results import TargetResults
from humpcat.benchmarks.runner import Notes
from humpcat.corpora import CORPORA
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.evaluation.table import Summary
from humpcat.files import read_json
from humpcat.protocols import Ledger, sentence_overlap
from humpcat.training.checkpoint import LEDGER, RESULTS, save_results
from humpcat.training.target import said_before
from humpcat.training.task import Task


@dataclass(frozen=True)
class Measured:
    """What a benchmark's folder holds once everything is measured.

    Attributes:
        results: the figures of every target and mode, and their comparison.
        made_with: by names that mean the same on every machine.
        notes: what was left out.
    """

    results: BenchmarkResults
    made_with: dict[str, Any]
    notes: Sequence[str]

    def write(self, out: Path) -> str:
        """Write OUT/results.md, results.json and the learning curves.

        Returns:
            The page.
        """
        draw_learning_curves(self.results, out)
        page = markdown(self.results, self.made_with, self.notes, paper.ACCURACY, paper.MEAN)
        figures = self.made_with | self.results.to_dict() | {"notes": list(self.notes)}
        return runner.write_page(out, page.rstrip("\n"), figures)


def measure(asked: Asked) -> Measured:
    """Run every cell of every target and mode that is not finished, and gather what lies in the folder.

    Raises:
        HumpcatError: as :func:`~humpcat.benchmarks.humpcat.plan.plans` says; nothing is extracted before all is
            looked at that can be known.
    """
    settings, out, notes = asked.settings, Path(asked.settings.out), Notes(asked.accelerator)
    planned = plans(asked, notes)
    runner.run(planned, asked.accelerator, notes)
    measured = [_gathered(target, cells) for target, cells in planned]
    measured += _earlier(out, {one.corpus for one in measured}, notes)
    task = planned[0][0].task
    shots = sorted({*settings.shots, *_shots(out)})
    amounts = [ZERO_SHOT, *map(Amount, shots), Amount(share=task.settings.share)]
    results = BenchmarkResults.of(measured, amounts)
    draws = max(one.summary.draws for one in measured)
    return Measured(results, _provenance(task, draws, shots), notes)


def _gathered(target: Target, cells: Sequence[Cell[Learner]]) -> TargetResults:
    """Put all cells of a target into one predictions table, and write and score it."""
    task, rows = target.task, list(target.task.prepared.rows.values())
    whole = Amount(share=task.settings.share)
    splits = {draw: target.drawn(whole, draw) for draw in sorted({cell.draw for cell in cells})}
    classes = {
        draw: [task.prepared.classes[clip_id] for clip_id in (*split.adapt, *split.valid)]
        for draw, split in splits.items()
    }
    # By amount and system in the table, whatever the order of work.
    order = SYSTEMS.names()
    ordered = sorted(
        cells, key=lambda cell: (cell.system.amount.rank, order.index(cell.system.system.name), cell.draw)
    )
    made = runner.answers(ordered)
    note = said_before([sentence_overlap(rows, split) for split in splits.values()])
    notes = [note, *_fewer(ordered, len(splits)), *task.origin.ledger.notes]
    summary = save_results(made, classes, target.folder, task.accelerator, notes=notes)
    return TargetResults(task.corpus, CORPORA[task.corpus].title, target.mode, made, summary, target.situation)


def _earlier(out: Path, corpora: Collection[str], tell: Callable[[str], None]) -> list[TargetResults]:
    """Return the results of the targets that this run was not asked for, as an earlier one left them."""
    found = []
    for corpus in CORPORA:
        if corpus.name in corpora:
            continue
        places = [(mode, situation) for mode in MODES for situation in situations_in(out, corpus.name, mode)]
        for mode, situation in places:
            folder = folder_of(out, corpus.name, mode, situation)
            if (folder / PREDICTIONS).is_file() and (folder / RESULTS).is_file():
                predictions = Predictions.read(folder / PREDICTIONS)
                summary = Summary.from_dict(read_json(folder / RESULTS))
                found.append(TargetResults(corpus.name, corpus.title, mode, predictions, summary, situation))
            elif any(folder.glob(f"draw-*/*/{PREDICTIONS}")):
                name = target_name(corpus.name, mode, situation)
                tell(f"{name}, is in no table: its run was interrupted: ask for {corpus.name} again.")
    return found


def _fewer(cells: Sequence[Cell[Learner]], draws: int) -> list[str]:
    """Say which systems were measured in some of the draws only."""
    counts = Counter(cell.system.name for cell in cells)
    return [f"{name}: {n} of {draws} draws." for name, n in counts.items() if n < draws]


def _shots(out: Path) -> set[int]:
    """Return the numbers of clips a class that were learnt from in any run."""
    return {int(file.parent.name.split("-")[-2]) for file in out.glob(f"*/*/**/draw-*/*-shots/{PREDICTIONS}")}


def _provenance(task: Task, draws: int, shots: Sequence[int]) -> dict[str, Any]:
    return {
        "source": sorted(Ledger.load(task.source / LEDGER).corpora),
        "encoder": Path(task.config.encoder).name,
        "draws": draws,
        "share": task.settings.share,
        "shots": list(shots),
        "classes": list(task.space.classes),
    }
