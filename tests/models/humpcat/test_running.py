import numpy as np
import pytest
import torch

from humpcat.models.humpcat.running import RunningStatistics
from humpcat.models.humpcat.standardization import measure

from .test_standardization import STREAMS, arrays


@pytest.fixture(name="speaker")
def _speaker(tiny_config):
    """Return clips of somebody far from the prior."""
    return [arrays(seed, steps, tiny_config()) for seed, steps in enumerate((1, 7, 30, 4, 12))]


@pytest.fixture(name="prior")
def _prior(tiny_config):
    clips = [arrays(seed, 9, tiny_config()) for seed in range(10, 14)]
    return measure({name: 0.1 * values.astype(np.float32) for name, values in clip.items()} for clip in clips)


def after(running, clips):
    for clip in clips:
        running = running.hear(clip)
    return running


def test_before_the_first_clip_it_is_the_prior(prior):
    running = RunningStatistics(prior)
    assert running.clips == 0
    assert all(torch.equal(running.statistics()[name], prior[name]) for name in STREAMS)


def test_without_weight_it_is_what_measure_gives(prior, speaker):
    running = after(RunningStatistics(prior, mean_weight=0, spread_weight=0), speaker)
    assert running.clips == len(speaker)
    measured = measure(speaker)
    for name, found in running.statistics().items():
        assert torch.equal(found, measured[name])


def test_with_many_clips_it_comes_to_what_measure_gives(prior, speaker):
    far = RunningStatistics(prior)
    gaps = []
    for _ in range(3):
        far = after(far, speaker * 20)
        found, measured = far.statistics(), measure(speaker)
        gaps.append(max((found[name] - measured[name]).abs().max().item() for name in STREAMS))
    assert gaps[0] > gaps[1] > gaps[2]
    huge = after(RunningStatistics(prior, mean_weight=1e-6, spread_weight=1e-6), speaker).statistics()
    for name in STREAMS:
        torch.testing.assert_close(huge[name], measured[name], rtol=1e-4, atol=1e-4)


def test_the_formula_by_hand(prior, speaker):
    running = after(RunningStatistics(prior, mean_weight=3, spread_weight=7), speaker).statistics()
    count = len(speaker)
    values = np.stack([clip["functionals"] for clip in speaker]).astype(np.float64)
    first, spread = prior["functionals"].double().numpy()
    mean = (3 * first + values.sum(0)) / (3 + count)
    apart = 3 * count / (3 + count) * np.square(values.mean(0) - first)
    variance = (7 * spread**2 + count * values.var(0) + apart) / (7 + count)
    np.testing.assert_allclose(running["functionals"], np.stack([mean, np.sqrt(variance)]), rtol=1e-5)


def test_the_order_of_clips_makes_no_difference(prior, speaker):
    forwards, backwards = (after(RunningStatistics(prior), clips).statistics() for clips in (speaker, speaker[::-1]))
    for name in STREAMS:
        torch.testing.assert_close(forwards[name], backwards[name], rtol=1e-6, atol=1e-6)


def test_hearing_gives_new_statistics_and_keeps_the_old(prior, speaker):
    before = after(RunningStatistics(prior), speaker[:2])
    kept = before.statistics()
    assert before.hear(speaker[2]).clips == 3
    assert before.clips == 2
    assert all(torch.equal(before.statistics()[name], kept[name]) for name in STREAMS)
