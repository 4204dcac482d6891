"""What is compared: every method, AFSR without each of its parts, AFSR with other weights of its losses."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from humpcat.domain_adaptation import METHODS, DomainAdaptationClassifier

AFSR = "afsr"

METHOD_NAMES = tuple(method.name for method in sorted(METHODS, key=lambda one: (one.randomized, one.year)))
"""All methods in the order of the tables: those whose answers no seed changes first, older ones before newer."""

Groups = Mapping[str, npt.NDArray[np.intp]]
"""Values that belong together, as :class:`humpcat.features.sets.FeatureSet` names them."""


@dataclass(frozen=True)
class MethodVariant:
    """One row of a table.

    Attributes:
        method: its name among ``METHOD_NAMES``.
        variant: what distinguishes it from the method as it is.
        parameters: arguments of the constructor.
    """

    method: str
    variant: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How it is called in tables.

        Example:
            >>> MethodVariant("afsr", "without attention").name, MethodVariant("logistic").name
            ('AFSR, without attention', 'logistic regression')
        """
        title = METHODS[self.method].title
        return f"{title}, {self.variant}" if self.variant else title

    @property
    def folder(self) -> str:
        """Its name as that of a folder.

        Example:
            >>> MethodVariant("afsr", "alignment 0.1").folder
            'afsr-alignment-0.1'
        """
        return re.sub(r"[^a-z0-9.]+", "-", f"{self.method} {self.variant}".lower()).strip("-")

    def make(self, seed: int, groups: Groups, **chosen: Any) -> DomainAdaptationClassifier:
        """Return the method, not yet fitted.

        Args:
            seed: of whatever is random in it.
            groups: values that belong together, for a method that asks for them.
            **chosen: further arguments of the constructor, which beat the system's own.
        """
        model = METHODS[self.method](**{**self.parameters, **chosen})
        known = model.get_params()
        offered = {"random_state": seed, "groups": [places.tolist() for places in groups.values()]}
        model.set_params(**{name: value for name, value in offered.items() if name in known})
        return model

    def settings(self, seed: int, **chosen: Any) -> dict[str, Any]:
        """Return all arguments of the constructor but the groups, which the feature set says."""
        return {name: value for name, value in self.make(seed, {}, **chosen).get_params().items() if name != "groups"}

    @property
    def grid(self) -> Mapping[str, list[Any]]:
        """What is tried where parameters are chosen."""
        # What a row varies is what it measures: nothing else is chosen there.
        return {} if self.variant else METHODS[self.method].grid

    @property
    def random(self) -> bool:
        """Whether another seed gives other answers."""
        return METHODS[self.method].randomized


FULL = MethodVariant(AFSR)
"""AFSR as it is."""

ABLATION = tuple(
    MethodVariant(AFSR, variant, parameters)
    for variant, parameters in (
        ("without attention", {"attention": False}),
        ("without reconstruction unit", {"spatial_reconstruction": False}),
        ("without shortcut", {"shortcut": False}),
        ("without reconstruction", {"reconstruction_weight": 0.0}),
        ("without alignment", {"alignment": None}),
        ("MMD for local MMD", {"alignment": "mmd"}),
        ("CORAL for local MMD", {"alignment": "coral"}),
        ("adversary for local MMD", {"alignment": "adversary"}),
    )
)
"""AFSR without each of its parts, and with each other alignment."""

WEIGHTS = {"reconstruction": "reconstruction_weight", "alignment": "alignment_weight"}
"""AFSR's loss weights by what they weigh, beside that of the classification, which is 1."""


def weighted(weight: str, value: float) -> MethodVariant:
    """Return AFSR with another weight of a loss.

    Example:
        >>> weighted("alignment", 0.1).name
        'AFSR, alignment 0.1'
    """
    return MethodVariant(AFSR, f"{weight} {value:g}", {WEIGHTS[weight]: value})


def sensitivity(values: Sequence[float]) -> tuple[MethodVariant, ...]:
    """Return AFSR with each of its loss weights taking each value in turn, the other as it is by default."""
    by_name = {(weight, f"{value:g}"): weighted(weight, value) for weight in WEIGHTS for value in values}
    return tuple(by_name.values())


def weights_among(names: Collection[str]) -> list[float]:
    """Return the values of AFSR's loss weights among the systems of a table.

    Example:
        >>> weights_among({"AFSR", "AFSR, alignment 0.1", "AFSR, without attention", "SVM"})
        [0.1]
    """
    pattern = re.compile(f"{re.escape(FULL.name)}, (?:{'|'.join(WEIGHTS)}) (\\S+)")
    return sorted({float(found[1]) for found in map(pattern.fullmatch, names) if found})
