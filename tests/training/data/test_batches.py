from collections import Counter

import numpy as np
import pytest

from humpcat.training.data.batches import POOL_BATCHES, balanced_mix, shuffled_by_length


@pytest.mark.parametrize(("clips", "batch_size"), [(1, 8), (7, 3), (500, 4), (64, 64)])
def test_every_clip_comes_once_an_epoch(clips: int, batch_size: int) -> None:
    lengths = np.random.default_rng(1).uniform(0.5, 9, clips).tolist()
    plan = shuffled_by_length(lengths, batch_size)
    batches = plan(np.random.default_rng(0))
    assert sorted(index for batch in batches for index in batch) == list(range(clips))
    assert all(0 < len(batch) <= batch_size for batch in batches)
    assert plan(np.random.default_rng(0)) == batches


def test_batches_hold_clips_of_one_length_in_another_order_each_epoch() -> None:
    lengths = np.random.default_rng(1).uniform(0, 1, 400).tolist()
    plan = shuffled_by_length(lengths, 8)
    first, second = plan(np.random.default_rng([0, 0])), plan(np.random.default_rng([0, 1]))
    assert first != second
    spread = [max(lengths[index] for index in batch) - min(lengths[index] for index in batch) for batch in first]
    assert np.mean(spread) < 2 / POOL_BATCHES


def test_a_smaller_corpus_comes_again_until_it_is_as_many() -> None:
    plan = shuffled_by_length(np.random.default_rng(1).uniform(0.5, 9, 13).tolist(), 4, [3, 10])
    batches = plan(np.random.default_rng(0))
    times = Counter(index for batch in batches for index in batch)
    assert sorted(times) == list(range(13))
    assert sum(times[index] for index in range(3)) == 10
    assert {times[index] for index in range(3)} == {3, 4}
    assert {times[index] for index in range(3, 13)} == {1}
    one = shuffled_by_length([1.0, 2.0, 3.0], 2)
    assert one(np.random.default_rng(5)) == shuffled_by_length([1.0, 2.0, 3.0], 2, [3])(np.random.default_rng(5))


def test_source_corpora_of_a_mix_are_equally_likely() -> None:
    plan = balanced_mix([0, 1], [[0, 1] * 40, [0, 0, 0, 1]], target=1, source=4, batches=2000)
    drawn = Counter(index for batch in plan(np.random.default_rng(0)) for index in batch[1:])
    assert sum(drawn[index] for index in range(2, 82)) / 8000 == pytest.approx(0.5, abs=0.02)
    assert drawn[85] / 8000 == pytest.approx(0.25, abs=0.02)


def test_classes_of_a_mix_are_equally_likely() -> None:
    ours, theirs = [0] * 90 + [1] * 9 + [2] * 1, [3] * 50 + [0] * 5
    plan = balanced_mix(ours, [theirs], target=1, source=4, batches=3000)
    batches = plan(np.random.default_rng(0))
    labels = [*ours, *theirs]
    assert all(len(batch) == 5 and batch[0] < 100 and min(batch[1:]) >= 100 for batch in batches)
    of_target = Counter(labels[batch[0]] for batch in batches)
    of_source = Counter(labels[index] for batch in batches for index in batch[1:])
    assert [of_target[label] / 3000 for label in (0, 1, 2)] == pytest.approx([1 / 3] * 3, abs=0.03)
    assert [of_source[label] / 12_000 for label in (0, 3)] == pytest.approx([0.5] * 2, abs=0.02)


def test_a_mix_without_source_and_with_few_clips() -> None:
    batches = balanced_mix([0, 1, 1], (), target=16, source=0, batches=2)(np.random.default_rng(0))
    assert [sorted(batch) for batch in batches] == [[0, 1, 2]] * 2


def test_clips_of_an_unbalanced_mix_are_equally_likely() -> None:
    plan = balanced_mix([0] * 9 + [1], [[2, 2, 2, 3]], target=1, source=1, batches=4000, balanced=False)
    drawn = Counter(index for batch in plan(np.random.default_rng(0)) for index in batch)
    assert [drawn[index] / 4000 for index in range(14)] == pytest.approx([0.1] * 10 + [0.25] * 4, abs=0.03)
