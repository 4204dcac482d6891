"""The methods of adaptation by their names: a new one is one new file and its line here."""

from collections.abc import Callable

from humpcat.adaptation.base import DomainAdaptationClassifier
from humpcat.adaptation.coral import CORAL
from humpcat.adaptation.jdar import JDAR
from humpcat.adaptation.svm import SourceSVM
from humpcat.adaptation.tca import TCA
from humpcat.adaptation.tsdsl import TSDSL

METHODS: dict[str, Callable[..., DomainAdaptationClassifier]] = {
    "svm": SourceSVM,
    "tca": TCA,
    "coral": CORAL,
    "tsdsl": TSDSL,
    "jdar": JDAR,
}
"""Name of a method to what makes one, the settings by their names."""
