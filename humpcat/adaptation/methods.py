"""The methods of adaptation by their names: a new one is one new file and its line here."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from humpcat.adaptation.base import DomainAdaptationClassifier
from humpcat.adaptation.coral import CORAL
from humpcat.adaptation.jdar import JDAR
from humpcat.adaptation.ridge import RidgeAdaptation
from humpcat.adaptation.svm import SourceSVM
from humpcat.adaptation.tca import TCA
from humpcat.adaptation.tsdsl import TSDSL


def _with_torch(name: str) -> Callable[..., DomainAdaptationClassifier]:
    """Return what makes a deep method, and imports torch no sooner."""

    def make(**settings: Any) -> DomainAdaptationClassifier:
        method: type[DomainAdaptationClassifier] = getattr(import_module(f"humpcat.adaptation.{name}"), name.upper())
        return method(**settings)

    return make


METHODS: dict[str, Callable[..., DomainAdaptationClassifier]] = {
    "svm": SourceSVM,
    "tca": TCA,
    "coral": CORAL,
    "tsdsl": TSDSL,
    "jdar": JDAR,
    "ridge": RidgeAdaptation,
    "dann": _with_torch("dann"),
    "dasa": _with_torch("dasa"),
    "afsr": _with_torch("afsr"),
}
"""Name of a method to what makes one, the settings by their names."""
