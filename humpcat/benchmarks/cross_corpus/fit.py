"""One fit: a system, fitted to one direction under one seed, with everything that it needs to run in any process."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from humpcat.benchmarks.cross_corpus.variants import Groups, MethodVariant
from humpcat.domain_adaptation.selection import LearningData, Values, chosen
from humpcat.errors import SettingsError
from humpcat.evaluation.predictions import Predictions
from humpcat.files import read_json, write_json
from humpcat.protocols import Split

PARAMETERS = "parameters.json"


@dataclass(frozen=True)
class Tested:
    """The test clips.

    Attributes:
        X: their values, in the order of the split's ids.
        rows: their rows.
        gold: clip id to class, which nothing but the score looks at.
        fingerprints: clip id to hash of the audio.
    """

    X: Values
    rows: Sequence[Mapping[str, Any]]
    gold: Mapping[str, str]
    fingerprints: Mapping[str, str]


@dataclass(frozen=True)
class PairFit:
    """What is fitted, to what, and where its parameters are written down.

    Attributes:
        system: what is fitted.
        draw: the seed.
        split: who is learnt from and who is tested.
        classes: class names, in the order of the probabilities.
        learning: what is learnt from.
        tested: the test clips.
        groups: values that belong together.
        select: how parameters are chosen.
        folder: where the answers go.
    """

    system: MethodVariant
    draw: int
    split: Split
    classes: Sequence[str]
    learning: LearningData
    tested: Tested
    groups: Groups
    select: str
    folder: Path

    def __call__(self) -> Predictions:
        """Fit and answer, and write down the parameters.

        Raises:
            HumpcatError: the system cannot be fitted here.
        """
        probabilities, parameters = self._answers()
        made_with = {"chosen": parameters, "all": self.system.settings(self.draw, **parameters)}
        write_json(self.folder / PARAMETERS, made_with)
        return Predictions.build(
            self.tested.rows,
            self.tested.gold,
            dict(zip(self.split.test, probabilities, strict=True)),
            self.classes,
            system=self.system.name,
            draw=self.draw,
            # Methods keep what they have learnt in ways of their own; equal weights give equal answers.
            model_hash=hashlib.blake2b(probabilities.tobytes(), digest_size=8).hexdigest(),
            guarantee=self.split.guarantee,
            fingerprints=self.tested.fingerprints,
        )

    def _answers(self) -> tuple[np.ndarray[Any, np.dtype[np.float64]], dict[str, Any]]:
        """Return probabilities of the test clips, shape (clips, classes), and the parameters that were chosen."""

        def make(**parameters: Any) -> Any:
            return self.system.make(self.draw, self.groups, **parameters)

        parameters = chosen(make, self.system.grid, self.select, self.learning)
        model = make(**parameters).fit(self.learning.X, self.learning.y, self.learning.X_target)
        answers = model.predict_proba(self.tested.X)
        # A source without clips of some class cannot answer it.
        probabilities = np.zeros((len(answers), len(self.classes)))
        probabilities[:, [list(self.classes).index(name) for name in model.classes_]] = answers
        return probabilities, parameters


def require_same_parameters(system: MethodVariant, draw: int, folder: Path) -> None:
    """Refuse answers that a system gave with other parameters, such as the defaults of another version.

    Raises:
        SettingsError: the cell was made with other parameters.
    """
    before = read_json(folder / PARAMETERS)
    for name, value in system.settings(draw, **before["chosen"]).items():
        if before["all"].get(name) != value:
            raise SettingsError(
                f"{folder}: was made with {name} {before['all'].get(name)}, now {value}: remove the folder, or name "
                "another --out."
            )
