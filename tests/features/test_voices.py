"""Clips are grouped by voice: like ones together, without any label, in any order of the groups."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from humpcat.errors import SettingsError
from humpcat.features.voices import voices


def clip(speaker: int, rng: np.random.Generator, *, voiced: bool = True) -> dict[str, np.ndarray]:
    """Return a clip whose cepstra and pitch are those of a speaker."""
    own = np.random.default_rng(speaker)
    frames = int(rng.integers(40, 80))
    mixing = own.normal(size=(13, 13))
    mfcc = np.zeros((frames, 40))
    mfcc[:, :13] = 2 * own.normal(size=13) + rng.normal(size=(frames, 13)) @ mixing
    prosody = np.zeros((frames, 8))
    prosody[:, 0], prosody[:, 1] = 5 + 3 * speaker + rng.normal(size=frames), float(voiced)
    return {"mfcc": mfcc.astype(np.float32), "prosody": prosody.astype(np.float32)}


SPEAKERS = [number % 4 for number in range(60)]


@pytest.fixture(name="clips", scope="module")
def _clips() -> list[dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    return [clip(speaker, rng) for speaker in SPEAKERS]


@pytest.mark.parametrize("number", [4, None])
def test_like_voices_come_together(clips, number) -> None:
    assert adjusted_rand_score(SPEAKERS, voices(clips, number)) > 0.9


def test_groups_are_counted_as_they_occur_and_the_same_twice(clips) -> None:
    found = voices(clips, 4)
    assert list(dict.fromkeys(found)) == [0, 1, 2, 3]
    assert found == voices(clips, 4)


def test_a_voice_that_says_it_louder_stays_its_own(clips) -> None:
    louder = [{**one, "mfcc": one["mfcc"] + np.eye(40)[0] * 50 * (place % 2)} for place, one in enumerate(clips)]
    assert voices(louder, 4) == voices(clips, 4)


@pytest.mark.parametrize(
    ("chosen", "number", "found"),
    [(slice(1), None, [0]), (slice(1), 1, [0]), (slice(2), None, [0, 0]), (slice(2), 2, [0, 1])],
)
def test_one_and_two_clips(clips, chosen: slice, number, found: list[int]) -> None:
    assert voices(clips[chosen], number) == found


def test_the_same_clip_many_times_is_one_voice(clips) -> None:
    assert voices([clips[0]] * 5) == [0] * 5


def test_clips_without_a_voice_are_grouped_too() -> None:
    rng = np.random.default_rng(1)
    assert len(voices([clip(number % 2, rng, voiced=False) for number in range(8)], 2)) == 8


@pytest.mark.parametrize(("count", "number"), [(0, None), (3, 0), (3, 4)])
def test_numbers_that_cannot_be_are_refused(clips, count: int, number) -> None:
    with pytest.raises(SettingsError, match=r"^voices: (there is no clip|number \d found, expected 1 to 3)"):
        voices(clips[:count], number)
