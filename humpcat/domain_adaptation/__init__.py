"""Adaptation to a target domain behind the scikit-learn API, one file a method; importing it pulls in no torch."""

from humpcat.domain_adaptation.base import DomainAdaptationClassifier
from humpcat.errors import AdaptationError
from humpcat.keywords import name_unknown_keywords
from humpcat.registry import Registry

METHODS: Registry[type[DomainAdaptationClassifier]] = Registry(
    "humpcat.domain_adaptation", "method", AdaptationError, group="humpcat.methods"
)
"""Every method that a file of this folder or a plugin exports, by name; asking for
one imports all of them, and torch."""

__all__ = ["METHODS", "DomainAdaptationClassifier"]

name_unknown_keywords(globals(), __all__)
