import numpy as np
import pytest
from safetensors.numpy import save_file
from sklearn.metrics import silhouette_score

from humpcat.errors import CheckpointError, SettingsError
from humpcat.features.store import FeatureStore
from humpcat.features.visual_words import Codebook, Kaze, nearest
from tests.stores import put

RATE = 16_000


def clusters(kinds: int, clips: int = 12, each: int = 10, spread: float = 0.05, seed: int = 0) -> list[np.ndarray]:
    """Return descriptors around so many centres."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(kinds, 64))
    return [centres[rng.integers(kinds, size=each)] + spread * rng.normal(size=(each, 64)) for _ in range(clips)]


def silhouette_by_hand(points: np.ndarray, labels: np.ndarray) -> float:
    """Equation 3, one point at a time."""
    values = []
    for index, point in enumerate(points):
        distances = np.linalg.norm(points - point, axis=1)
        others = np.arange(len(points)) != index
        own = distances[(labels == labels[index]) & others]
        if len(own) == 0:
            values.append(0.0)
            continue
        between = min(distances[labels == label].mean() for label in set(labels) - {labels[index]})
        values.append((between - own.mean()) / max(own.mean(), between))
    return float(np.mean(values))


def test_kaze_finds_key_points_in_speech_like_sound_and_none_in_silence(clip, tmp_path):
    kaze = Kaze()
    found, none, short = kaze.extract([clip(2 * RATE), np.zeros(RATE, np.float32), clip(RATE // 10)])
    assert found["kaze"].dtype == np.float16
    assert found["kaze"].shape[1] == short["kaze"].shape[1] == 64
    assert len(found["kaze"]) >= 5
    assert none["kaze"].shape == (0, 64)
    stored = put(FeatureStore(tmp_path), kaze, "00", none).read()
    assert stored["kaze"].shape == (0, 64)


def test_the_number_of_words_is_the_one_of_the_best_silhouette():
    descriptors = clusters(kinds=5)
    codebook = Codebook(words=(3, 5, 9)).fit(descriptors)
    assert codebook.words_.shape == (5, 64)
    points = np.concatenate(descriptors)
    labels = nearest(points, codebook.words_)
    expected = silhouette_by_hand(points, labels)
    assert codebook.silhouettes_[5] == pytest.approx(expected, abs=1e-4)
    assert codebook.silhouettes_[5] == pytest.approx(silhouette_score(points, labels), abs=1e-4)
    assert codebook.silhouettes_[5] == max(codebook.silhouettes_.values())


def test_histograms_are_shares_and_a_clip_without_key_points_is_zero():
    descriptors = clusters(kinds=3)
    codebook = Codebook(words=3).fit(descriptors)
    shares = codebook.transform([*descriptors, np.zeros((0, 64))])
    assert shares.shape == (13, 3)
    np.testing.assert_allclose(shares[:-1].sum(axis=1), 1, rtol=1e-6)
    assert not shares[-1].any()
    counts = np.bincount(nearest(descriptors[0], codebook.words_), minlength=3)
    np.testing.assert_allclose(shares[0], counts / 10, rtol=1e-6)


def test_the_same_seed_gives_the_same_words():
    descriptors = clusters(kinds=20, spread=0.5)
    first, second = (Codebook(words=8, seed=3).fit(descriptors) for _ in range(2))
    assert np.array_equal(first.words_, second.words_)


def test_a_codebook_survives_its_file(tmp_path):
    codebook = Codebook(words=3).fit(clusters(kinds=3))
    codebook.save(tmp_path / "deep" / "words.safetensors")
    loaded = Codebook.load(tmp_path / "deep" / "words.safetensors")
    assert np.array_equal(loaded.words_, codebook.words_)
    assert loaded.get_params() == {"words": 3, "seed": 0}


def test_fewer_descriptors_than_words_are_refused_in_one_sentence():
    with pytest.raises(SettingsError) as caught:
        Codebook(words=(16, 200)).fit(clusters(kinds=4, clips=3))
    assert str(caught.value) == (
        "codebook of 200 words: the 3 clips have 30 different descriptors, expected more than 200: ask for fewer "
        "words or give more clips."
    )
    with pytest.raises(SettingsError, match="the 2 clips have 0 different descriptors"):
        Codebook().fit([np.zeros((0, 64)), np.zeros((0, 64))])


def test_what_is_no_codebook_is_refused(tmp_path):
    path = tmp_path / "words.safetensors"
    with pytest.raises(CheckpointError, match="is no codebook"):
        Codebook.load(path)
    path.write_bytes(b"\x80\x04cos\nsystem\n.")
    with pytest.raises(CheckpointError, match="is no codebook"):
        Codebook.load(path)
    save_file({"words": np.zeros((3, 5))}, path)
    with pytest.raises(CheckpointError, match="expected 'words' of shape"):
        Codebook.load(path)
