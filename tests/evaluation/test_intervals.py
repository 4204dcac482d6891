import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import f1_score

from humpcat.errors import SettingsError
from humpcat.evaluation import speaker_bootstrap, speaker_bootstraps
from humpcat.evaluation.simulation import rates

CLASSES = ("anger", "neutral", "sadness")


def clustered(seed, n_speakers=8, clips_each=30, spread=0.3):
    """Predictions of speakers who differ in how well they are understood."""
    rng = np.random.default_rng(seed)
    right = np.clip(0.6 + spread * rng.uniform(-1, 1, n_speakers), 0, 1)
    gold = rng.choice(CLASSES, size=n_speakers * clips_each)
    speakers = np.repeat([f"s{number}" for number in range(n_speakers)], clips_each)
    hit = rng.random(len(gold)) < np.repeat(right, clips_each)
    return gold, np.where(hit, gold, rng.choice(CLASSES, size=len(gold))), speakers.tolist()


def width(interval):
    return interval.high - interval.low


@pytest.mark.parametrize("statistic", ["wa", "uar", "macro_f1"])
def test_clusters_widen_the_interval(statistic):
    ratios = []
    for seed in range(10):
        gold, predicted, speakers = clustered(seed)
        by_speaker = speaker_bootstrap(gold, predicted, speakers, statistic, classes=CLASSES, seed=0, resamples=300)
        by_clip = speaker_bootstrap(
            gold, predicted, [None] * len(gold), statistic, classes=CLASSES, seed=0, resamples=300
        )
        assert (by_speaker.resampled, by_speaker.units) == ("speakers", 8)
        assert (by_clip.resampled, by_clip.units) == ("clips", len(gold))
        assert by_speaker.low < by_speaker.estimate < by_speaker.high
        ratios.append(width(by_speaker) / width(by_clip))
    assert np.mean(ratios) > 1.5


def test_without_clusters_both_intervals_agree():
    gold, predicted, speakers = clustered(0, n_speakers=60, clips_each=10, spread=0)
    by_speaker = speaker_bootstrap(gold, predicted, speakers, "wa", classes=CLASSES, seed=0)
    by_clip = speaker_bootstrap(gold, predicted, [None] * len(gold), "wa", classes=CLASSES, seed=0)
    assert width(by_speaker) == pytest.approx(width(by_clip), rel=0.25)
    error = 2 * 1.96 * math.sqrt(by_clip.estimate * (1 - by_clip.estimate) / len(gold))
    assert width(by_clip) == pytest.approx(error, rel=0.1)


def test_equals_a_bootstrap_written_out():
    gold, predicted, speakers = clustered(1, n_speakers=10, clips_each=12)
    draws = np.tile([0, 1], 60)
    found = speaker_bootstrap(
        gold, predicted, speakers, "macro_f1", classes=CLASSES, seed=5, resamples=20, draws=draws.tolist()
    )
    codes = np.unique(speakers, return_inverse=True)[1]

    def score(weight):
        # All speakers are in both draws, whose weights are therefore equal.
        parts = [draws == draw for draw in (0, 1)]
        some = [
            f1_score(gold[part], predicted[part], average="macro", sample_weight=weight[codes[part]]) for part in parts
        ]
        return np.mean(some)

    def error(weight):
        steps = 1e-5 * np.eye(10)
        slopes = np.array([(score(weight + step) - score(weight - step)) / 2e-5 for step in steps])
        return math.sqrt((weight * slopes**2).sum() * 10 / 9)

    def logit(share):
        return math.log(share / (1 - share))

    one = np.ones(10)
    estimate = score(one)
    ratios = []
    for weight in np.random.default_rng(5).multinomial(10, [0.1] * 10, size=20).astype(float):
        value = score(weight)
        ratios.append(abs(logit(value) - logit(estimate)) * value * (1 - value) / error(weight))
    reach = np.quantile(ratios, 0.95, method="higher") * error(one) / (estimate * (1 - estimate))
    ends = [1 / (1 + math.exp(-logit(estimate) - side * reach)) for side in (-1, 1)]
    assert found.estimate == pytest.approx(estimate, abs=1e-12)
    assert (found.low, found.high) == pytest.approx(tuple(ends), abs=1e-6)


def test_folds_of_one_speaker_each_are_as_certain_as_one_fold():
    # With equally many clips a speaker, the accuracy over folds is the accuracy: so must be the interval.
    gold, predicted, speakers = clustered(4, n_speakers=12)
    settings = {"classes": CLASSES, "seed": 0}
    whole = speaker_bootstrap(gold, predicted, speakers, "wa", **settings)
    folds = speaker_bootstrap(gold, predicted, speakers, "wa", draws=speakers, **settings)
    assert (folds.low, folds.high) == pytest.approx((whole.low, whole.high), abs=1e-9)


def test_many_independent_clips_are_pooled_and_agree_with_the_closed_form():
    rng = np.random.default_rng(0)
    gold = np.full(20_000, "anger")
    predicted = np.where(rng.random(20_000) < 0.9, "anger", "neutral")
    found = speaker_bootstrap(gold, predicted, [None] * 20_000, "wa", classes=CLASSES, seed=0)
    error = math.sqrt(found.estimate * (1 - found.estimate) / 20_000)
    assert found.units == 20_000
    assert width(found) == pytest.approx(2 * norm.ppf(0.975) * error, rel=0.1)


@pytest.mark.parametrize("right", [True, False])
def test_no_mistake_at_all_is_no_certainty(right):
    gold = ["anger"] * 40
    predicted = gold if right else ["neutral"] * 40
    found = speaker_bootstrap(gold, predicted, [f"s{i % 10}" for i in range(40)], "uar", classes=CLASSES, seed=0)
    far = 0.025**0.1
    expected = (far, 1, 1) if right else (0, 0, 1 - far)
    assert (found.low, found.estimate, found.high) == pytest.approx(expected)


def test_one_mistake_of_many_stays_a_small_interval():
    gold = ["anger"] * 400
    predicted = ["neutral", *gold[1:]]
    found = speaker_bootstrap(gold, predicted, [f"s{i % 20}" for i in range(400)], "wa", classes=CLASSES, seed=0)
    assert 0.95 < found.low < found.estimate < found.high < 1


def test_a_class_that_is_absent_changes_nothing():
    gold, predicted, speakers = clustered(5)
    fewer = speaker_bootstraps(gold, predicted, speakers, classes=CLASSES, seed=0)
    more = speaker_bootstraps(gold, predicted, speakers, classes=(*CLASSES, "fear"), seed=0)
    for name, one in fewer.items():
        assert (one.low, one.high) == pytest.approx((more[name].low, more[name].high), abs=1e-9)


def test_all_scores_at_once_are_those_one_by_one():
    gold, predicted, speakers = clustered(6)
    settings = {"classes": CLASSES, "seed": 0, "resamples": 100}
    found = speaker_bootstraps(gold, predicted, speakers, **settings)
    for name, one in found.items():
        assert one == speaker_bootstrap(gold, predicted, speakers, name, **settings)


def test_speakers_cover_the_truth_where_clips_do_not():
    found = rates(10, trials=120, resamples=400)
    assert all(0.91 <= share <= 0.99 for share in found.covered.values())
    assert all(share < 0.85 for share in found.covered_by_clips.values())
    assert all(share <= 0.1 for share in found.false_positives.values())
    assert all(share > 0.15 for share in found.false_positives_by_clips.values())


@pytest.mark.slow
@pytest.mark.parametrize("speakers", [10, 24, 90])
def test_coverage_and_false_positives_of_500_trials(speakers):
    found = rates(speakers)
    assert all(0.93 <= share <= 0.97 for share in found.covered.values())
    assert all(share < 0.85 for share in found.covered_by_clips.values())
    assert all(0.03 <= share <= 0.07 for share in found.false_positives.values())


def test_repeating_a_draw_adds_no_certainty():
    gold, predicted, speakers = clustered(2)
    once = speaker_bootstrap(gold, predicted, speakers, "uar", classes=CLASSES, seed=0)
    both = np.repeat([0, 1], len(gold))
    twice = speaker_bootstrap(
        np.tile(gold, 2), np.tile(predicted, 2), speakers * 2, "uar", classes=CLASSES, seed=0, draws=both.tolist()
    )
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high), abs=1e-12)
    ids = [f"clip {number}" for number in range(len(gold))]
    clips = {"classes": CLASSES, "seed": 0, "resamples": 50}
    once = speaker_bootstrap(gold, predicted, [None] * len(gold), "uar", ids=ids, **clips)
    twice = speaker_bootstrap(
        np.tile(gold, 2),
        np.tile(predicted, 2),
        [None] * 2 * len(gold),
        "uar",
        ids=ids * 2,
        draws=both.tolist(),
        **clips,
    )
    assert (twice.low, twice.high, twice.units) == pytest.approx((once.low, once.high, once.units), abs=1e-12)


def test_a_draw_without_the_resampled_speakers_is_left_out():
    # Each speaker is tested in one draw only, as when draws of adaptation speakers differ.
    gold = ["anger"] * 4
    predicted = ["anger", "anger", "neutral", "neutral"]
    found = speaker_bootstrap(gold, predicted, ["a", "a", "b", "b"], "wa", classes=CLASSES, seed=0, draws=[0, 0, 1, 1])
    assert found.estimate == 0.5
    assert found.low < 0.01
    assert found.high > 0.99


def test_order_of_rows_changes_nothing_and_seed_decides():
    gold, predicted, speakers = clustered(3)
    settings = {"classes": CLASSES, "seed": 4, "resamples": 100}
    one = speaker_bootstrap(gold, predicted, speakers, "uar", **settings)
    assert one == speaker_bootstrap(gold[::-1], predicted[::-1], speakers[::-1], "uar", **settings)
    assert one != speaker_bootstrap(gold, predicted, speakers, "uar", **settings | {"seed": 5})


def test_blocks_of_resamples_change_nothing(monkeypatch):
    gold, predicted, speakers = clustered(3)
    settings = {"classes": CLASSES, "seed": 4, "resamples": 50}
    one = speaker_bootstrap(gold, predicted, speakers, "uar", **settings)
    monkeypatch.setattr("humpcat.evaluation.intervals.BLOCK", 30)
    again = speaker_bootstrap(gold, predicted, speakers, "uar", **settings)
    assert (again.low, again.high) == pytest.approx((one.low, one.high), abs=1e-12)


def test_one_speaker_gives_no_interval():
    found = speaker_bootstrap(["anger"] * 9, ["anger"] * 9, ["a"] * 9, "wa", classes=CLASSES, seed=0)
    assert found.estimate == 1
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_some_speakers_unknown_is_said():
    found = speaker_bootstrap(["anger"] * 3, ["anger"] * 3, ["a", "a", None], "wa", classes=CLASSES, seed=0)
    assert (found.units, found.resampled) == (2, "speakers and clips")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statistic": "f1"}, "statistic 'f1' is unknown: choose one of wa, uar, macro_f1."),
        (
            {"level": 95},
            "level 95: expected a number above 0 and below 1.",
        ),
        (
            {"speakers": ["a"]},
            "resampling: columns of 2, 2, 1 entries found, expected the same number, at least one, in each: "
            "take them from one table.",
        ),
    ],
)
def test_refusals_say_what_to_do(change, message):
    arguments = {
        "gold": ["anger"] * 2,
        "predicted": ["anger"] * 2,
        "speakers": ["a"] * 2,
        "statistic": "wa",
        "classes": CLASSES,
        "seed": 0,
    }
    with pytest.raises(SettingsError) as error:
        speaker_bootstrap(**arguments | change)
    assert str(error.value) == message


def test_two_clips_of_two_classes_have_no_interval():
    found = speaker_bootstrap(["a", "b"], ["a", "a"], ["s", "t"], "uar", classes=["a", "b"], seed=0)
    assert str(found) == "50.0"
