import math

import numpy as np
import pytest

from humpcat.errors import SettingsError
from humpcat.evaluation import scores, speaker_bootstrap

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
    gold, predicted, speakers = clustered(1, n_speakers=4, clips_each=6)
    draws = np.tile([0, 1], 12)
    found = speaker_bootstrap(
        gold, predicted, speakers, "macro_f1", classes=CLASSES, seed=5, resamples=50, draws=draws.tolist()
    )
    names = sorted(set(speakers))
    weights = np.random.default_rng(5).multinomial(4, [0.25] * 4, size=50)
    values = []
    for weight in weights:
        repeat = np.array([weight[names.index(speaker)] for speaker in speakers])
        values.append(
            np.mean(
                [
                    scores(
                        np.repeat(gold, repeat * (draws == draw)),
                        np.repeat(predicted, repeat * (draws == draw)),
                        CLASSES,
                    ).macro_f1
                    for draw in (0, 1)
                ]
            )
        )
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(values, [0.025, 0.975])), abs=1e-12)
    by_draw = [scores(gold[draws == draw], predicted[draws == draw], CLASSES).macro_f1 for draw in (0, 1)]
    assert found.estimate == pytest.approx(np.mean(by_draw), abs=1e-12)


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
    assert (found.low, found.estimate, found.high) == (0, 0.5, 1)


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
    monkeypatch.setattr("humpcat.evaluation.intervals._BLOCK", 30)
    assert one == speaker_bootstrap(gold, predicted, speakers, "uar", **settings)


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
            "speaker_bootstrap: resamples=1000 and level=95 found, expected at least 1 and a share between 0 and 1: "
            "choose such values.",
        ),
        (
            {"speakers": ["a"]},
            "speaker_bootstrap: columns of 2, 2, 1 entries found, expected the same number, at least one, in each: "
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
