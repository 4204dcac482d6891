"""What clips without labels count is chosen by labelled speakers that are left out."""

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Split
from humpcat.self_training import SelfTrainedRidge, SourceMemory
from humpcat.self_training.ridge import UNLABELLED
from humpcat.training.linear_branch import adapt_summary, memory_of
from humpcat.training.unlabelled_weight import WEIGHTS, clearly_likeliest, weighed, weights_of

from .test_linear_branch import part


def test_the_full_weight_stays_unless_another_is_clearly_likelier() -> None:
    full = [1.0, 1.2, 0.9]
    assert clearly_likeliest(np.array([full, full, full])) == 0
    # Likelier by far in the mean, and not for every speaker.
    assert clearly_likeliest(np.array([full, [0.1, 1.3, 0.9], [1.0, 1.2, 0.9]])) == 0
    # Of two that are clearly likelier the likelier one.
    assert clearly_likeliest(np.array([full, [0.9, 1.1, 0.8], [0.7, 0.9, 0.7]])) == 2
    # Clearly worse is not clearly likelier.
    assert clearly_likeliest(np.array([full, [1.1, 1.3, 1.0]])) == 0


@dataclass
class Clips:
    """The clips of a target, as far as the choice looks at them."""

    speakers: dict[str, str | None]
    normalization: str = "corpus"
    self_training: bool = True
    prepared: Any = field(init=False)

    def __post_init__(self) -> None:
        rows = {name: {"speaker": speaker} for name, speaker in self.speakers.items()}
        self.prepared = type("Prepared", (), {"rows": rows})


NAMES = ("a", "b", "c")
FOLDS = [Split("fold", 0, "", train=tuple(set(NAMES) - {one}), test=(one,)) for one in NAMES]
THREE = dict(zip(NAMES, "xyz", strict=True))


@pytest.mark.parametrize(
    ("clips", "folds", "expected"),
    [
        (Clips(THREE), FOLDS, WEIGHTS),
        (Clips(THREE), FOLDS[:2], ()),
        (Clips(THREE, normalization="speaker"), FOLDS, ()),
        (Clips(THREE, normalization="source", self_training=False), FOLDS, ()),
        (Clips(THREE | {"a": "y"}), FOLDS, ()),
        (Clips(THREE | {"a": None}), FOLDS, ()),
    ],
)
def test_only_several_speakers_that_are_left_out_choose(
    clips: Any, folds: list[Split], expected: tuple[float, ...]
) -> None:
    assert weights_of(clips, folds) == expected


@dataclass(frozen=True)
class Adapter:
    """An adapter that answers all the better the nearer the weight is to a fifth."""

    target: Clips
    unlabelled_weight: float = 1.0

    def answers_to_heard(self, learnt: tuple[str, ...], heard: tuple[str, ...]) -> Any:
        assert set(learnt) | set(heard) == set(NAMES)
        right = 1 - abs(self.unlabelled_weight - 0.2)
        return np.array([[right, 0.0]])

    def labels(self, ids: tuple[str, ...]) -> Any:
        return np.zeros(len(ids), np.int64)


def test_the_weight_is_that_by_which_left_out_speakers_are_answered_best() -> None:
    fits: list[int] = []
    adapter: Any = Adapter(Clips(THREE))
    assert weighed(adapter, FOLDS, lambda: fits.append(1)).unlabelled_weight == 0.2
    assert len(fits) == len(WEIGHTS) * len(FOLDS)
    single: Any = Adapter(Clips(dict.fromkeys(NAMES, "x")))
    assert weighed(single, FOLDS) is single


def test_clips_without_labels_count_as_much_as_is_said() -> None:
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 2, 200)
    values = rng.normal(size=(200, 6)) + 2.0 * classes[:, None] * np.eye(6)[0]
    memory = SourceMemory.of(values[:80], classes[:80], rank=6)
    target, labels = values[80:] + 1.0, np.where(np.arange(120) < 10, classes[80:], UNLABELLED)

    def weights(**settings: Any) -> Any:
        return SelfTrainedRidge(**settings).fit_from(memory, target, labels).coef_

    alone = SelfTrainedRidge().fit_from(memory, target[:10], labels[:10]).coef_
    distances = [float(np.abs(weights(unlabelled_weight=weight) - alone).max()) for weight in (1.0, 0.1, 1e-6)]
    assert distances[0] > 2 * distances[1] > 0
    assert distances[2] == pytest.approx(0, abs=1e-4)
    with pytest.raises(ValueError, match="unlabelled_weight 0: expected above 0 and at most 1"):
        weights(unlabelled_weight=0)


def test_at_a_weight_of_zero_nothing_is_learnt_without_labels_and_no_doubt_is_said(
    model: HumpCatForAudioClassification,
) -> None:
    labelled, heard = part([3, 2, 1, 0] * 3, "target", 50), part([UNLABELLED] * 30, "heard", 50)
    memory = memory_of(model.config, part([0, 1, 2, 3] * 10, "source", 0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        adapt_summary(model, memory, labelled, heard, unlabelled_weight=0.0)
        nothing = model.weights_hash()
        assert model.doubted
        adapt_summary(model, memory, labelled, heard)
    assert model.weights_hash() != nothing
    assert not model.doubted
