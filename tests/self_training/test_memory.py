"""The memory of a source against the regression on its clips."""

import numpy as np
import pytest

from humpcat.self_training import SelfTrainedRidge, SourceMemory
from humpcat.self_training.precision import DensePrecision, LowRankPrecision
from humpcat.self_training.ridge import UNLABELLED


def world(n=80, width=12, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    source = rng.normal(size=(n, width)) + 1.5 * np.eye(width)[labels]
    target = rng.normal(size=(30, width)) + 1.5 * np.eye(width)[(np.arange(30) + 1) % 3]
    return source, labels, target, np.arange(30) % 3


@pytest.mark.parametrize("known", [30, 12])
@pytest.mark.parametrize("n", [80, 9])
def test_at_full_rank_it_is_the_regression_on_the_sources_clips(n, known):
    source, labels, target, other = world(n)
    given = np.where(np.arange(30) < known, other, UNLABELLED)
    memory = SourceMemory.of(source, labels, rank=13)
    adapted = SelfTrainedRidge().fit_from(memory, target, given)
    full = SelfTrainedRidge().fit(source, labels, target, given)
    assert adapted.coef_ == pytest.approx(full.coef_, abs=1e-9)
    assert adapted.intercept_ == pytest.approx(full.intercept_, abs=1e-9)
    assert adapted.target_scores_ == pytest.approx(full.target_scores_, abs=1e-9)
    assert (adapted.predict(target) == full.predict(target)).all()


def test_few_directions_keep_the_sources_solution_where_nothing_is_known_of_the_target():
    source, labels, target, _ = world()
    memory = SourceMemory.of(source, labels, rank=2)
    alone = SelfTrainedRidge().fit(source, labels)
    assert memory.factor.shape == (2, 13)
    far = np.zeros((1, 12))
    # A clip that hardly counts leaves the source's own answers.
    adapted = SelfTrainedRidge(target_noise=1e9).fit_from(memory, far, [0])
    assert adapted.decision_function(target) == pytest.approx(alone.decision_function(target), abs=1e-6)


def test_the_directions_kept_are_the_strongest():
    source, labels, _, _ = world()
    full = SourceMemory.of(source, labels, rank=13)
    few = SourceMemory.of(source, labels, rank=4)
    assert few.factor.T @ few.factor == pytest.approx(full.factor[:4].T @ full.factor[:4], abs=1e-9)
    assert (few.solution == full.solution).all()


def test_the_same_source_gives_the_same_memory():
    source, labels, _, _ = world()
    first, second = (SourceMemory.of(source, labels, rank=4) for _ in range(2))
    assert (first.factor == second.factor).all()


def test_a_class_without_a_clip_is_remembered_as_never_right():
    source, labels, target, _ = world()
    memory = SourceMemory.of(source, labels, rank=5, classes=4)
    assert memory.classes == 4
    adapted = SelfTrainedRidge().fit_from(memory, target, np.full(30, 1))
    assert 3 not in adapted.predict(source)


def test_both_kinds_of_precision_compute_the_same():
    rng = np.random.default_rng(0)
    factor, rows, noise = rng.normal(size=(3, 9)), rng.normal(size=(4, 9)), rng.uniform(0.3, 2, 4)
    low, dense = LowRankPrecision(factor), DensePrecision(np.eye(9) + factor.T @ factor)
    for one, other in ((low, dense), (low.plus(rows, noise), dense.plus(rows, noise))):
        assert one.times(rows.T) == pytest.approx(other.times(rows.T))
        assert one.solve(rows.T) == pytest.approx(other.solve(rows.T))
    labels = rng.normal(size=(4, 2))
    expected = rows @ np.linalg.solve(dense.plus(rows, noise).matrix, (rows.T / noise))
    for precision in (low.plus(rows, noise), dense.plus(rows, noise)):
        smoother = precision.smoother(rows, noise)
        assert smoother.scores(labels) == pytest.approx(expected @ labels)
        assert smoother.own == pytest.approx(expected.diagonal())
    many = rng.normal(size=(9, 9))
    assert isinstance(low.plus(many, np.ones(9)), DensePrecision)
    assert low.plus(many, np.ones(9)).solve(rows.T) == pytest.approx(dense.plus(many, np.ones(9)).solve(rows.T))


def test_other_values_than_the_memorys_are_refused():
    source, labels, target, other = world()
    memory = SourceMemory.of(source, labels, rank=5)
    with pytest.raises(ValueError, match="X has 11 features, but SelfTrainedRidge is expecting 12 features"):
        SelfTrainedRidge().fit_from(memory, target[:, :11], other)


def test_other_classes_keep_what_is_known_and_nothing_of_the_rest():
    rng = np.random.default_rng(0)
    memory = SourceMemory.of(rng.normal(size=(30, 4)), rng.integers(0, 3, 30), rank=4)
    other = memory.of_classes(["a", "b", "c"], ["d", "c", "a"])
    assert other.known.tolist() == [False, True, True]
    assert memory.known.all()
    assert (other.solution[1:] == memory.solution[[2, 0]]).all()
    assert (other.factor == memory.factor).all()
    nothing = other.forgotten()
    assert not nothing.known.any()
    assert nothing.features == memory.features
    assert nothing.precision.solve(np.eye(5)).tolist() == np.eye(5).tolist()
