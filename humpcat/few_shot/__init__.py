"""Adapt a source model to a few labelled clips of one's own, and say what to expect of it.

Nothing is trained by steps: the summary branch is fitted in closed form from what the checkpoint remembers of its
source, so that there is no number of steps to choose and no source clip is needed.
"""

from humpcat.few_shot.adapting import Adapted, adapt, adapt_with
from humpcat.few_shot.settings import AdaptSettings

__all__ = ["AdaptSettings", "Adapted", "adapt", "adapt_with"]
