"""HuMP-CAT's network, trained on the target's clips alone."""

from humpcat.benchmarks.cells import Cell
from humpcat.benchmarks.humpcat.target import Learner, Target, TargetSystem
from humpcat.evaluation.predictions import Predictions
from humpcat.protocols import Split
from humpcat.training.target_models import target_only


class TargetOnly(TargetSystem):
    """The network without the source."""

    name = title = "target-only"
    zero_shot = False

    def answers(self, target: Target, cell: Cell[Learner], split: Split) -> Predictions:
        """See :class:`TargetSystem`."""
        return target_only(cell.system.amount.under(target.task), split, cell.draw, cell.folder)


EXPORT = (TargetOnly(),)
