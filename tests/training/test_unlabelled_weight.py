"""What clips without labels count is chosen by labelled speakers that are left out."""

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from humpcat.models.humpcat.modeling import HumpCatForAudioClassification
from humpcat.protocols import Split
from humpcat.self_training import SelfTrainedRidge, SourceMemory
from humpcat.self_training.ridge import UNLABELLED
from humpcat.training import unlabelled_weight
from humpcat.training.left_out import LeftOut
from humpcat.training.linear_branch import adapt_summary, memory_of
from humpcat.training.unlabelled_weight import WEIGHTS, likeliest, weighed, weights_of

from .test_linear_branch import part

LABELS = np.array([0, 1] * 6)


def answers(right: list[float]) -> LeftOut:
    """Return answers to two folds of six clips; ``right`` is the logit of the right class in each fold."""
    fold = np.repeat([1, 2], 6)
    logits = np.eye(2)[LABELS] * np.array(right)[fold - 1][:, None]
    ids = tuple(map(str, range(12)))
    return LeftOut(ids, fold, np.zeros((12, 2)), logits, LABELS, ("first", "second"), (False, False))


def wrong_in_fold(number: int) -> LeftOut:
    """Return answers that are right in the other fold alone."""
    return answers([-4.0, 4.0] if number == 1 else [4.0, -4.0])


def test_the_full_weight_stays_unless_another_is_clearly_likelier() -> None:
    assert likeliest({1.0: answers([4.0, 4.0]), 0.5: answers([4.0, 4.0]), 0.0: answers([1.0, 1.0])}) == 1.0
    assert likeliest({1.0: answers([4.0, -4.0]), 0.5: answers([4.0, 4.0]), 0.0: answers([4.0, -3.0])}) == 0.5
    # A little likelier is not enough.
    near = replace(answers([4.0, 4.0]), labels=np.append(1 - LABELS[:3], LABELS[3:]))
    little = replace(near, summary=near.summary * np.append([0.95] * 3, [1.0] * 9)[:, None])
    assert little.loss() < near.loss()
    assert likeliest({1.0: near, 0.2: little}) == 1.0


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


FOLDS = [Split("fold", 0, "", train=("b",), test=("a",)), Split("fold", 0, "", train=("a",), test=("b",))]
TWO = {"a": "x", "b": "y"}


@pytest.mark.parametrize(
    ("clips", "expected"),
    [
        (Clips(TWO), WEIGHTS),
        (Clips(TWO, normalization="speaker"), (1.0,)),
        (Clips(TWO, normalization="source", self_training=False), (1.0,)),
        (Clips({"a": "x", "b": "x"}), (1.0,)),
        (Clips({"a": None, "b": "y"}), (1.0,)),
    ],
)
def test_only_speakers_that_are_left_out_choose(clips: Any, expected: tuple[float, ...]) -> None:
    assert weights_of(clips, FOLDS) == expected


@dataclass(frozen=True)
class Adapter:
    """An adapter of which nothing is fitted."""

    target: Clips
    unlabelled_weight: float = 1.0


def test_answers_to_a_fold_are_those_of_the_weight_that_the_others_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    by_weight = {1.0: wrong_in_fold(1), 0.5: wrong_in_fold(2)}
    monkeypatch.setattr(unlabelled_weight, "WEIGHTS", (1.0, 0.5))
    monkeypatch.setattr(
        unlabelled_weight, "left_out_answers", lambda adapter, folds, done: by_weight[adapter.unlabelled_weight]
    )
    adapter: Any = Adapter(Clips(TWO))
    chosen, found = weighed(adapter, FOLDS)
    # Neither is clearly likelier in all.
    assert chosen.unlabelled_weight == 1.0
    # Fold 2 finds the weight 0.5 wrong, and so fold 1 is answered by the other one; and the other way round.
    assert found.summary[:6] == pytest.approx(by_weight[1.0].summary[:6])
    assert found.summary[6:] == pytest.approx(by_weight[0.5].summary[6:])
    assert not found.right().any()


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
