import numpy as np

from humpcat.features import base
from humpcat.features.base import Extractor, deltas, frame_count


class Settled(Extractor):
    name = "settled"
    version = 1

    def __init__(self, **settings):
        self._settings = settings

    def settings(self):
        return self._settings

    def extract(self, waveforms):
        return [{} for _ in waveforms]


class Renewed(Settled):
    version = 2


class Renamed(Settled):
    name = "renamed"


class Whole(Settled):
    hears_speech = False


def test_the_key_is_that_of_name_version_and_settings_whatever_their_order():
    key = Settled(a=1, b=(2, 3)).key()
    assert key == Settled(b=[2, 3], a=1).key()
    others = [Settled(a=1, b=(3, 2)), Settled(a=1), Renewed(a=1, b=(2, 3)), Renamed(a=1, b=(2, 3))]
    assert len({key, *(other.key() for other in others)}) == 5
    assert key.startswith("settled-")


def test_the_key_tells_who_hears_speech_alone_and_which_search_finds_it(monkeypatch):
    speech, whole = Settled(a=1), Whole(a=1)
    before = (speech.key(), whole.key())
    assert before[0] != before[1]
    monkeypatch.setattr(base, "SPEECH_VERSION", base.SPEECH_VERSION + 1)
    assert speech.key() != before[0]
    assert whole.key() == before[1]


def test_deltas_are_slopes_a_frame():
    ramp = np.stack([np.arange(5.0), 3 * np.arange(5.0)], axis=1).astype(np.float32)
    np.testing.assert_allclose(deltas(ramp), np.tile([1.0, 3.0], (5, 1)))
    np.testing.assert_array_equal(deltas(ramp[:1]), np.zeros((1, 2)))


def test_only_whole_frames_count():
    assert [frame_count(samples) for samples in (319, 320, 639, 640)] == [0, 1, 1, 2]
