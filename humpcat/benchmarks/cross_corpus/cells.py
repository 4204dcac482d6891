"""One cell of the benchmark: a system, fitted to one direction under one seed, and its answers on disk."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from humpcat.benchmarks.cross_corpus.learning_data import LearningData, Values
from humpcat.benchmarks.cross_corpus.selection import chosen
from humpcat.benchmarks.cross_corpus.variants import Groups, MethodVariant
from humpcat.errors import HumpcatError, SettingsError
from humpcat.evaluation.predictions import PREDICTIONS, Predictions
from humpcat.files import write_json
from humpcat.protocols import Split
from humpcat.training.checkpoint import SPLIT

PARAMETERS = "parameters.json"


@dataclass(frozen=True)
class PairCell:
    """One fit with everything that it needs, so that it can run in a process of its own.

    Attributes:
        system: what is fitted.
        draw: the seed.
        split: who is learnt from and who is tested.
        classes: class names, in the order of the probabilities.
        learning: what is learnt from.
        X_test: values of the test clips, in the order of the split's ids.
        rows: rows of the test clips.
        gold: clip id to class of the test clips, which nothing but the score looks at.
        fingerprints: clip id to hash of the audio.
        groups: values that belong together.
        select: how parameters are chosen.
        folder: where the answers go.
    """

    system: MethodVariant
    draw: int
    split: Split
    classes: Sequence[str]
    learning: LearningData
    X_test: Values
    rows: Sequence[Mapping[str, Any]]
    gold: Mapping[str, str]
    fingerprints: Mapping[str, str]
    groups: Groups
    select: str
    folder: Path

    def run(self) -> str | None:
        """Fit, answer and write.

        Returns:
            None, or why the system cannot be measured here.
        """
        try:
            probabilities, parameters = self._answers()
        except HumpcatError as error:
            return str(error)
        made = Predictions.build(
            self.rows,
            self.gold,
            dict(zip(self.split.test, probabilities, strict=True)),
            self.classes,
            system=self.system.name,
            draw=self.draw,
            # Methods keep what they have learnt in ways of their own; equal weights give equal answers.
            model_hash=hashlib.blake2b(probabilities.tobytes(), digest_size=8).hexdigest(),
            guarantee=self.split.guarantee,
            fingerprints=self.fingerprints,
        )
        self.split.save(self.folder / SPLIT)
        made_with = {"chosen": parameters, "all": self.system.settings(self.draw, **parameters)}
        write_json(self.folder / PARAMETERS, made_with)
        # Last, because a cell that has its predictions counts as finished.
        made.write(self.folder / PREDICTIONS)
        return None

    def _answers(self) -> tuple[np.ndarray[Any, np.dtype[np.float64]], dict[str, Any]]:
        """Return probabilities of the test clips, shape (clips, classes), and the parameters that were chosen."""

        def make(**parameters: Any) -> Any:
            return self.system.make(self.draw, self.groups, **parameters)

        parameters = chosen(make, self.system.grid, self.select, self.learning)
        model = make(**parameters).fit(self.learning.X, self.learning.y, self.learning.X_target)
        answers = model.predict_proba(self.X_test)
        # A source without clips of some class cannot answer it.
        probabilities = np.zeros((len(answers), len(self.classes)))
        probabilities[:, [list(self.classes).index(name) for name in model.classes_]] = answers
        return probabilities, parameters


def require_same_parameters(system: MethodVariant, draw: int, folder: Path) -> None:
    """Refuse answers that a system gave with other parameters, such as the defaults of another version.

    Args:
        system: the system.
        draw: the seed.
        folder: where its finished cell lies.

    Raises:
        SettingsError: the cell was made with other parameters.
    """
    before = json.loads((folder / PARAMETERS).read_text(encoding="utf-8"))
    now = system.settings(draw, **before["chosen"])
    for name, value in now.items():
        if before["all"].get(name) != value:
            raise SettingsError(
                f"{folder}: was made with {name} {before['all'].get(name)}, now {value}: remove the folder, or name "
                "another --out."
            )
