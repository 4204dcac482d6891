import numpy as np
import pytest

from humpcat.evaluation.extrapolation import learning_curve, power_law
from humpcat.evaluation.extrapolation_plot import draw_curve


def measured(error, amounts=(4, 8, 16, 32), draws=20, clips=400, seed=0):
    rng = np.random.default_rng(seed)
    return [(n, rng.random((draws, clips)) > error(n)) for n in amounts]


def test_a_power_law_is_found_again():
    amounts, wanted = np.array([4.0, 8, 16, 32, 64]), np.array([128.0, 512])
    for floor, drop, exponent in ((0.05, 0.8, 0.5), (0.0, 1.0, 0.3), (0.2, 0.5, 0.9)):
        found = power_law(amounts, floor + drop * amounts**-exponent, wanted)
        assert found == pytest.approx(floor + drop * wanted**-exponent, abs=2e-3)


def test_noise_leaves_the_truth_within_the_interval():
    truth = lambda n: 0.1 + 0.6 * n**-0.5  # noqa: E731
    held = 0
    for seed in range(10):
        twice = learning_curve(measured(truth, draws=5, clips=200, seed=seed), range(200), 40, seed=seed).expected[1]
        held += twice.low <= 1 - truth(80) <= twice.high
    assert held >= 8


def test_errors_that_rise_are_taken_for_flat_and_not_for_a_gain():
    curve = learning_curve(measured(lambda n: 0.2 + 0.001 * n), range(400), 40)
    now, twice = curve.expected
    assert twice.accuracy - now.accuracy < 0.01
    assert "hardly more than about" in curve.sentence()


def test_too_few_points_and_too_wide_an_interval_are_said():
    few = learning_curve(measured(lambda n: 0.3, amounts=(4, 8, 16)), range(400), 20)
    assert few.expected == ()
    assert few.sentence() == (
        "What more clips would buy cannot be told: the clips give 3 points of a curve and 4 are needed."
    )
    wide = learning_curve(measured(lambda n: 0.5, draws=1, clips=8), range(8), 8)
    assert wide.sentence().startswith("What more clips would buy cannot be told: the interval would be ")


def test_accuracy_that_falls_is_not_foretold_to_rise():
    falling = learning_curve(measured(lambda n: 0.1 + 0.01 * n, amounts=(4, 8, 16, 32)), range(400), 40)
    assert falling.sentence() == (
        "What more clips would buy cannot be told: accuracy does not rise with the clips as a power law would have it."
    )


def test_speakers_are_resampled_as_a_whole():
    right = [(n, np.repeat(np.random.default_rng(n).random((1, 8)) > 0.3, 50, axis=1)) for n in (4, 8, 16, 32)]
    by_speaker = learning_curve(right, np.repeat(range(8), 50).tolist(), 40)
    by_clip = learning_curve(right, range(400), 40)
    width = [curve.points[0].high - curve.points[0].low for curve in (by_speaker, by_clip)]
    assert width[0] > 2 * width[1]


def test_it_is_drawn_the_same_each_time(tmp_path):
    curve = learning_curve(measured(lambda n: 0.1 + n**-0.5), range(400), 40)
    for folder in ("a", "b"):
        files = draw_curve(
            curve, {"chance": 0.25, "the source as it is": 0.5}, "speaker-disjoint test", tmp_path / folder
        )
        assert [file.name for file in files] == ["learning-curve.svg", "learning-curve.png"]
    for name in ("learning-curve.svg", "learning-curve.png"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    text = (tmp_path / "a" / "learning-curve.svg").read_text()
    for words in ("speaker-disjoint test", "the source as it is", "labelled clips that are learnt from"):
        assert words in text
