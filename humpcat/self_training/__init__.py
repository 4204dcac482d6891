"""A ridge regression that trains itself on clips without labels, what it remembers of a source, its temperature."""

from humpcat.keywords import name_unknown_keywords
from humpcat.self_training.memory import SourceMemory
from humpcat.self_training.ridge import SelfTrainedRidge

__all__ = ["SelfTrainedRidge", "SourceMemory"]

name_unknown_keywords(globals(), __all__)
