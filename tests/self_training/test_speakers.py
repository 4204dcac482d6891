"""Voices are told from classes, however unlike the speakers' shares of the classes are."""

from functools import partial

import numpy as np
import pytest

from humpcat.self_training import SelfTrainedRidge, SourceMemory
from humpcat.self_training.ridge import UNLABELLED
from humpcat.self_training.speakers import SpeakerClips, fit_speakers, standardised, without_voices

WIDTH = 12
CENTRES = np.random.default_rng(7).normal(size=(3, WIDTH))


def speak(shares: list[list[float]], seed: int, clips: int = 90) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, classes and speakers, each of whom has a voice and shares of the classes of their own."""
    rng = np.random.default_rng(seed)
    voices = 1.5 * rng.normal(size=(len(shares), WIDTH))
    speaker = np.repeat(range(len(shares)), clips)
    classes = np.concatenate([rng.choice(3, clips, p=own) for own in shares])
    return voices[speaker] + CENTRES[classes] + 0.5 * rng.normal(size=(len(classes), WIDTH)), classes, speaker


def by_speaker(values: np.ndarray, speaker: np.ndarray) -> np.ndarray:
    own = np.empty_like(values)
    for one in set(speaker.tolist()):
        own[speaker == one] = standardised(values[speaker == one])
    return own


EVEN, SKEWED = [[1 / 3] * 3] * 6, [[0.6, 0.2, 0.2], [0.2, 0.6, 0.2], [0.2, 0.2, 0.6]] * 2


@pytest.fixture(name="memories", scope="module")
def _memories() -> tuple[SourceMemory, SourceMemory]:
    values, classes, speaker = speak(EVEN * 4, seed=0)
    return tuple(
        SourceMemory.of(rows, classes, rank=WIDTH) for rows in (by_speaker(values, speaker), standardised(values))
    )


def clips_of(shares: list[list[float]], known: int = 0) -> tuple[SpeakerClips, np.ndarray]:
    values, classes, speaker = speak(shares, seed=1)
    labels = np.where(speaker < known, classes, UNLABELLED)
    return SpeakerClips(by_speaker(values, speaker), values, labels, speaker.tolist()), classes


@pytest.mark.parametrize("known", [0, 1])
def test_unlike_shares_of_the_classes_are_not_taken_for_voices(
    memories: tuple[SourceMemory, SourceMemory], known: int
) -> None:
    clips, classes = clips_of(SKEWED, known)
    plain = SelfTrainedRidge().fit_from(memories[0], clips.own, clips.labels, clips.speakers)
    found = fit_speakers(SelfTrainedRidge, clips, *memories)
    unknown = clips.labels == UNLABELLED
    right = (found.target_scores_.argmax(axis=1) == classes)[unknown].mean()
    assert right > 0.995 > 0.985 > (plain.target_scores_.argmax(axis=1) == classes)[unknown].mean()
    # Weights are of values that each speaker's own clips standardise, of whatever classes these are.
    assert (found.predict(clips.own) == classes).mean() > 0.9
    assert found.self_trained_


def test_with_like_shares_nothing_is_lost(memories: tuple[SourceMemory, SourceMemory]) -> None:
    clips, classes = clips_of(EVEN)
    assert (fit_speakers(SelfTrainedRidge, clips, *memories).predict(clips.own) == classes).mean() > 0.97
    alone = fit_speakers(SelfTrainedRidge, clips, memories[0])
    assert (alone.predict(clips.own) == classes).mean() > 0.97


def test_labels_that_are_not_known_are_not_used(memories: tuple[SourceMemory, SourceMemory]) -> None:
    clips, classes = clips_of(SKEWED, known=2)
    again, _ = clips_of(SKEWED, known=2)
    first, second = (fit_speakers(SelfTrainedRidge, one, *memories) for one in (clips, again))
    assert (first.coef_ == second.coef_).all()
    known = clips.labels != UNLABELLED
    assert (first.target_labels_[known] == np.eye(3)[classes[known]]).all()


def test_without_voices_classes_are_where_the_others_have_them() -> None:
    values, classes, speaker = speak(SKEWED, seed=3)
    cleared = without_voices(standardised(values), np.eye(3)[classes], speaker)
    means = np.array(
        [[cleared[(speaker == one) & (classes == name)].mean(0) for name in range(3)] for one in range(6)]
    )
    between_speakers, between_classes = means.std(axis=0).mean(), means.mean(axis=0).std(axis=0).mean()
    assert between_speakers < 0.4 * between_classes
    plain = by_speaker(values, speaker)
    means = np.array([[plain[(speaker == one) & (classes == name)].mean(0) for name in range(3)] for one in range(6)])
    assert means.std(axis=0).mean() > 1.5 * between_speakers


def test_one_clip_of_a_speaker_stays_finite() -> None:
    values, classes, speaker = speak(SKEWED, seed=3, clips=30)
    speaker[-1] = 6
    assert np.isfinite(without_voices(standardised(values), np.eye(3)[classes], speaker)).all()


def test_self_training_that_is_not_believed_leaves_what_labels_and_source_say(
    memories: tuple[SourceMemory, SourceMemory],
) -> None:
    clips, _ = clips_of(SKEWED, known=1)
    doubted = fit_speakers(partial(SelfTrainedRidge, most_gain=-1.0), clips, *memories)
    labelled = SelfTrainedRidge(rounds=0).fit_from(memories[0], clips.own, clips.labels, clips.speakers)
    assert not doubted.self_trained_
    assert (doubted.coef_ == labelled.coef_).all()
    assert (doubted.target_scores_ == labelled.target_scores_).all()
