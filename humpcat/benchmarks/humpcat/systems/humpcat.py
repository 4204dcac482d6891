"""HuMP-CAT, adapted from the source model."""

import numpy as np

from humpcat.benchmarks.cells import Cell
from humpcat.benchmarks.humpcat.target import ZERO_SHOT, Learner, Target, TargetSystem
from humpcat.evaluation.predictions import Predictions
from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Split
from humpcat.training.linear_branch import branch_probabilities
from humpcat.training.scoring import as_believed
from humpcat.training.settings import NO_ALIGNMENT
from humpcat.training.target_models import answers, fine_tune, source_model, started
from humpcat.training.trainer.loop import branch_logits


class HumpCat(TargetSystem):
    """The source model, adapted."""

    name, title = "humpcat", "HuMP-CAT"
    gradients = False

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
        asked = split.valid and task.by_gradients
        model = started(task, split, cell.folder) if asked or aligned else source_model(task)
        fine_tune(task, model, split, cell.folder)
        if task.by_gradients or task.student is not None or target.mode == "source":
            return answers(task, model, split, cell.draw, cell.system.name, model.standardizer.held())
        # Neither the fusion nor what standardises changed: it says of each clip what the zero-shot model's says.
        return self._said(target, cell, split, model)

    def _zero_shot(self, target: Target, cell: Cell[Learner], split: Split) -> Predictions:
        """Return a part of what the model that knows no label says of all clips, which is the same in every draw."""
        model = target.once("zero-shot", lambda: started(target.task, split, cell.folder))
        if model.summary is None or target.task.student is not None or model.config.evidence_seconds:
            return answers(target.task, model, split, cell.draw, cell.system.name)
        return self._said(target, cell, split, model)

    @staticmethod
    def _said(target: Target, cell: Cell[Learner], split: Split, model: HumpCatForAudioClassification) -> Predictions:
        """Return what a model says of the test clips, its fusion having been asked about all clips once."""
        task, every = target.task, tuple(sorted(target.task.prepared.rows))
        rows = target.once("fusion", lambda: branch_logits(model, task.clips(every), task.accelerator)[0])
        fusion = dict(zip(every, rows, strict=True))
        said = branch_probabilities(
            model, np.stack([fusion[clip_id] for clip_id in split.test]), task.clips(split.test)
        )
        answers = dict(zip(split.test, said.tolist(), strict=True))
        return target.predictions(cell, as_believed(split, model), answers, model.weights_hash())


EXPORT = (HumpCat(),)
