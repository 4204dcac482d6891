"""Adaptation to a target domain behind the scikit-learn API; NumPy only, no torch."""

from humpcat.adaptation.memory import SourceMemory
from humpcat.adaptation.self_training import SelfTrainedRidge

__all__ = ["SelfTrainedRidge", "SourceMemory"]
