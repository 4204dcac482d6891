"""How far a model's answers and features hold when a recording is not as the clips are that it was trained on."""

from humpcat.keywords import name_unknown_keywords
from humpcat.robustness.checking import check_model
from humpcat.robustness.result import RobustnessReport
from humpcat.robustness.row import Row

__all__ = ["RobustnessReport", "Row", "check_model"]

name_unknown_keywords(globals(), __all__)
