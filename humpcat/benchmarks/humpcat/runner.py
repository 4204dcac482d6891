"""Measure HuMP-CAT, the linear probe and the target-only network on one target, from no labelled clip to many."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from humpcat.benchmarks.humpcat.cells import BenchmarkCell, under_protocol
from humpcat.benchmarks.humpcat.probe import LinearProbe, Read
from humpcat.benchmarks.humpcat.results import HUMPCAT, MODELS, PROBE, ZERO_SHOT, Amount, TargetResults
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.protocols import Split, sentence_overlap
from humpcat.training.checkpoint import SPLIT, require_same_split, save_results
from humpcat.training.settings import NO_ALIGNMENT
from humpcat.training.target import answers, fine_tune, said_before, source_model, started, target_only
from humpcat.training.task import Task, draw_split


@dataclass(frozen=True)
class TargetBenchmark:
    """A target in one mode.

    Attributes:
        task: the target, under the mode's standardisation.
        folder: where its cells lie.
    """

    task: Task
    folder: Path

    @cached_property
    def _read_source(self) -> Read:
        """The source's clips as the probe learns them: all those that HuMP-CAT has heard, read once for all draws."""
        return LinearProbe.read(self.task.source_clips("train").join(self.task.source_clips("valid")))

    @cached_property
    def _zero_shot_probe(self) -> LinearProbe:
        return LinearProbe.fit(self._read_source, classes=len(self.task.space.classes))

    def finished(self, cell: BenchmarkCell) -> bool:
        """Return whether a cell has been run.

        Args:
            cell: the cell.
        """
        return (self.folder / cell.folder / PREDICTIONS).is_file()

    def run(self, cell: BenchmarkCell) -> None:
        """Train, test and write one cell, or make sure that what was written is of the same split.

        Args:
            cell: the cell.

        Raises:
            SettingsError: the cell was made on another split.
        """
        task, folder = under_protocol(self.task, cell.amount), self.folder / cell.folder
        split = draw_split(task, cell.draw)
        if self.finished(cell):
            require_same_split(split, folder)
            return
        made = self._answers(task, cell, split, folder).as_fold(cell.name, 0)
        if task.accelerator.is_main_process:
            split.save(folder / SPLIT)
            # Last, because a cell that has its predictions counts as finished.
            made.write(folder / PREDICTIONS)
            shutil.rmtree(folder / "checkpoints", ignore_errors=True)
        task.accelerator.wait_for_everyone()

    def _answers(self, task: Task, cell: BenchmarkCell, split: Split, folder: Path) -> Predictions:
        if cell.model == PROBE:
            return self._probed(task, cell, split)
        if cell.model != HUMPCAT:
            return target_only(task, split, cell.draw, folder)
        # Self-training twice is spared where no clip asks the model how good it is on the way, unless the fusion is
        # aligned: that is learnt from clips without labels too, and kept.
        asked = split.valid and task.optimization.scope != "summary"
        alike = cell.amount != ZERO_SHOT and not asked and task.optimization.align == NO_ALIGNMENT
        model = source_model(task) if alike else started(task, split, folder)
        if cell.amount == ZERO_SHOT:
            return answers(task, model, split, cell.draw, cell.name)
        fine_tune(task, model, split, folder)
        return answers(task, model, split, cell.draw, cell.name, model.standardizer.held())

    def _probed(self, task: Task, cell: BenchmarkCell, split: Split) -> Predictions:
        # Nothing is chosen, so the probe may learn from validation clips like from any others.
        learnt = () if cell.amount == ZERO_SHOT else (*split.adapt, *split.valid)
        whole = task.statistics(learnt)
        if not learnt:
            probe = self._zero_shot_probe
        else:
            target = LinearProbe.read(task.clips(learnt, whole))
            probe = LinearProbe.fit(target, self._read_source, classes=len(task.space.classes))
        return Predictions.build(
            list(task.prepared.rows.values()),
            {clip_id: task.prepared.classes[clip_id] for clip_id in split.test},
            probe.predict(task.clips(split.test, whole)),
            task.space.classes,
            system=cell.name,
            draw=cell.draw,
            model_hash=probe.weights_hash(),
            guarantee=split.guarantee,
            fingerprints=task.prepared.features.fingerprints,
        )

    def gathered(self, cells: Sequence[BenchmarkCell], title: str) -> TargetResults:
        """Put all cells into one predictions table, and write and score it.

        Args:
            cells: what was run.
            title: name of the corpus in print.
        """
        task, rows = self.task, list(self.task.prepared.rows.values())
        whole = under_protocol(task, Amount(share=task.settings.share))
        splits = {draw: draw_split(whole, draw) for draw in sorted({cell.draw for cell in cells})}
        classes = {
            draw: [task.prepared.classes[clip_id] for clip_id in (*split.adapt, *split.valid)]
            for draw, split in splits.items()
        }
        # By amount and model in the table, whatever the order of work.
        ordered = sorted(cells, key=lambda cell: (cell.amount.rank, list(MODELS).index(cell.model), cell.draw))
        made = Predictions.concat([Predictions.read(self.folder / cell.folder / PREDICTIONS) for cell in ordered])
        note = said_before([sentence_overlap(rows, split) for split in splits.values()])
        summary = save_results(made, classes, self.folder, task.accelerator, notes=[note])
        return TargetResults(task.corpus, title, task.settings.normalization, made, summary)
