"""A ridge regression that trains itself on clips without labels, what it remembers of a source, its temperature."""

from humpcat.self_training.memory import SourceMemory
from humpcat.self_training.ridge import SelfTrainedRidge

__all__ = ["SelfTrainedRidge", "SourceMemory"]
