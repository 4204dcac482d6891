"""HuMP-CAT, adapted from the source model."""

from collections.abc import Mapping, Sequence

from humpcat.benchmarks.cells import Cell
from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Learner, Target, TargetSystem
from humpcat.evaluation.predictions import Predictions
from humpcat.protocols import Split
from humpcat.training.settings import NO_ALIGNMENT
from humpcat.training.target import answers, fine_tune, source_model, started
from humpcat.training.trainer.loop import predict


class HumpCat(TargetSystem):
    """The source model, adapted."""

    name, title = "humpcat", "HuMP-CAT"

    def answers(self, target: Target, cell: Cell[Learner], split: Split) -> Predictions:
        """See :class:`TargetSystem`."""
        task = cell.system.amount.under(target.task)
        aligned = task.optimization.align != NO_ALIGNMENT
        if cell.system.amount == ZERO_SHOT and not aligned:
            return self._zero_shot(target, cell, split)
        if cell.system.amount == ZERO_SHOT:
            # An alignment goes over the clips in the order of the split.
            return answers(task, started(task, split, cell.folder), split, cell.draw, cell.system.name)
        # Self-training twice is spared where no clip asks the model how good it is on the way, unless the fusion is
        # aligned: that is learnt from clips without labels too, and kept.
        asked = split.valid and task.optimization.scope != "summary"
        model = started(task, split, cell.folder) if asked or aligned else source_model(task)
        fine_tune(task, model, split, cell.folder)
        return answers(task, model, split, cell.draw, cell.system.name, model.standardizer.held())

    @staticmethod
    def _zero_shot(target: Target, cell: Cell[Learner], split: Split) -> Predictions:
        """Return a part of what the model that knows no label says of all clips, which is the same in every draw."""
        task, every = target.task, tuple(sorted(target.task.prepared.rows))

        def answered() -> tuple[str, Mapping[str, Sequence[float]]]:
            model = started(task, split, cell.folder)
            return model.weights_hash(), predict(model, task.clips(every), task.accelerator)

        weights, said = target.once("zero-shot", answered)
        return target.predictions(cell, split, {clip_id: said[clip_id] for clip_id in split.test}, weights)


EXPORT = (HumpCat(),)
