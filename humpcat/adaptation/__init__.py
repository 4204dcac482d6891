"""Adaptation to a target domain behind the scikit-learn API; importing it pulls in no torch."""

from humpcat.adaptation.base import DomainAdaptationClassifier
from humpcat.adaptation.memory import SourceMemory
from humpcat.adaptation.self_training import SelfTrainedRidge

__all__ = ["DomainAdaptationClassifier", "SelfTrainedRidge", "SourceMemory"]
