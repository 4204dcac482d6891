import random
import shutil

import numpy as np
import pytest
import soundfile
import torch

from humpcat import audio
from humpcat.errors import AudioError, EncoderError
from humpcat.features import computing, extraction
from humpcat.features import store as store_module
from humpcat.features.base import Extractor, frame_count
from humpcat.features.computing import heard
from humpcat.features.extraction import extract
from humpcat.features.mfcc import Mfcc
from humpcat.features.prosody import Prosody
from humpcat.features.speech import find_speech
from humpcat.features.store import FeatureStore
from tests.voices import voice


class Counting(Extractor):
    """Gives each clip its own loudest sample, and remembers what it was asked."""

    name = "counting"
    version = 1
    # The clips are constants, in which no speech is found.
    hears_speech = False

    def __init__(self, fails=False):
        self.lengths, self.fails = [], fails

    def settings(self):
        return {}

    def extract(self, waveforms):
        assert not self.fails
        self.lengths.append([len(waveform) for waveform in waveforms])
        return [{"peak": np.full((frame_count(len(w)), 1), np.abs(w).max(), dtype=np.float32)} for w in waveforms]

    @property
    def clips(self):
        return sum(map(len, self.lengths))


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "store")


@pytest.fixture
def paths(tmp_path):
    """Twenty clips whose loudest sample is 0.01, 0.02 and so on, of falling lengths."""
    paths = {}
    for number in range(1, 21):
        path = tmp_path / "clips" / f"{number}.wav"
        path.parent.mkdir(exist_ok=True)
        soundfile.write(path, np.full(6_400 - 100 * number, number / 100), 16_000, subtype="FLOAT")
        paths[f"clip-{number}"] = str(path)
    return paths


def run(paths, extractors, store, **settings):
    return extract(paths, extractors, store, show_progress=False, **settings)


def assert_right(features, paths):
    assert set(features.entries) == set(features.fingerprints) == set(paths)
    for clip_id in paths:
        number = int(clip_id.split("-")[1])
        np.testing.assert_allclose(features[clip_id]["peak"], number / 100)
        assert features[clip_id]["peak"].shape == ((6_400 - 100 * number) // 320, 1)


def test_every_id_gets_its_own_clip_in_any_order(paths, store):
    shuffled = list(paths.items())
    random.Random(0).shuffle(shuffled)
    features = run(dict(shuffled), [Counting()], store)
    assert_right(features, paths)
    assert features.bad == {}
    assert "clip-1" in features
    assert "clip-21" not in features


def test_batches_are_of_like_lengths(paths, store):
    extractor = Counting()
    run(paths, [extractor], store)
    assert extractor.lengths == [sorted(6_400 - 100 * number for number in range(1, 21))]


def test_only_what_is_missing_is_computed(paths, store):
    few = dict(list(paths.items())[:15])
    first, second, third = Counting(), Counting(), Counting()
    run(few, [first], store)
    assert_right(run(paths, [second], store), paths)
    run(paths, [third], store)
    assert (first.clips, second.clips, third.clips) == (15, 5, 0)


def test_a_damaged_entry_is_computed_again_and_no_other(paths, store):
    extractor, again = Counting(), Counting()
    features = run(paths, [extractor], store)
    damaged = features.entries["clip-7"][0].shard
    value = np.float32(0.07).tobytes()
    content = damaged.read_bytes()
    assert content.count(value * 17) == 1
    damaged.write_bytes(content.replace(value * 17, value * 16 + np.float32(0.08).tobytes()))
    with pytest.raises(AudioError) as caught:
        features["clip-7"]
    assert str(caught.value) == (f"clip-7: its features in {damaged} are gone or damaged: run the same command again.")
    with pytest.warns(UserWarning, match=f"{features.fingerprints['clip-7']} in .*: damaged .* computed again"):
        found = run(paths, [again], store)
    assert_right(found, paths)
    assert again.clips == 1
    assert_right(run(paths, [Counting(fails=True)], store), paths)


def test_a_damaged_shard_is_computed_again_and_removed(paths, store):
    extractor, again = Counting(), Counting()
    damaged = run(paths, [extractor], store).entries["clip-7"][0].shard
    damaged.write_bytes(damaged.read_bytes()[:-3])
    with pytest.warns(UserWarning, match=f"{damaged}: damaged: what was in it is computed again"):
        assert_right(run(paths, [again], store), paths)
    assert again.clips == 20
    assert not damaged.exists()


def test_what_was_computed_before_an_interruption_is_kept(paths, store, monkeypatch):
    first, second = Counting(), Counting()
    computed = first.extract

    def interrupted(waveforms):
        if first.clips:
            raise KeyboardInterrupt
        return computed(waveforms)

    first.extract = interrupted
    monkeypatch.setattr(computing, "BATCH_CLIPS", 15)
    with pytest.raises(KeyboardInterrupt):
        run(paths, [first], store)
    assert_right(run(paths, [second], store), paths)
    assert (first.clips, second.clips) == (15, 5)


def test_shards_are_written_as_they_fill(paths, store, monkeypatch):
    monkeypatch.setattr(store_module, "SHARD_BYTES", 4 * 10 * 5)
    assert_right(run(paths, [Counting()], store), paths)
    assert len(list(store.root.glob("counting-*/*.arrow"))) > 3


def test_equal_audio_is_computed_once(paths, store, tmp_path):
    copy = tmp_path / "copy.flac"
    shutil.copy(paths["clip-3"], copy)
    extractor = Counting()
    features = run(paths | {"copy-3": str(copy)}, [extractor], store)
    assert extractor.clips == 20
    assert features.fingerprints["copy-3"] == features.fingerprints["clip-3"]
    assert_right(features, [*paths, "copy-3"])


def test_bad_clips_are_left_out_with_the_reason(paths, store, tmp_path):
    (tmp_path / "broken.wav").write_bytes(b"RIFFnonsense")
    soundfile.write(tmp_path / "short.wav", np.zeros(100), 16_000)
    missing, broken, short = (str(tmp_path / name) for name in ("none.wav", "broken.wav", "short.wav"))
    bad = {"missing": missing, "broken": broken, "short": short}
    features = run(bad | paths, [Counting()], store, max_bad_share=0.2)
    assert_right(features, paths)
    assert features.bad == {
        "missing": f"{missing}: no such file: check the path.",
        "broken": f"{broken}: begins as audio (first bytes b'RIFF') but cannot be decoded, it is damaged or cut off: "
        "copy it again or leave it out.",
        "short": f"{short}: lasts 6.2 ms, expected at least 25 ms: leave it out.",
    }


def test_too_many_bad_clips_stop_the_run(paths, store, tmp_path):
    missing = [str(tmp_path / f"none-{number}.wav") for number in range(2)]
    bad = {"bad-1": missing[0], "bad-2": missing[1]}
    with pytest.raises(AudioError) as caught:
        run(paths | bad, [Counting()], store)
    assert str(caught.value) == (
        "2 of 22 clips are unusable, at most 5% may be: mend or remove them; "
        f"the first: {missing[0]}: no such file: check the path."
    )
    one_bad = run(paths | {"bad-1": missing[0]}, [Counting()], store)
    assert list(one_bad.bad) == ["bad-1"]


def test_no_clips_give_no_features(store):
    assert run({}, [Counting()], store).entries == {}


@pytest.mark.parametrize("processes", [2, 3])
def test_shares_cover_all_clips_once(paths, store, processes):
    extractors = [Counting() for _ in range(processes)]

    def others():
        """What the other processes do before the barrier lets this one through."""
        for rank in range(1, processes):
            run(paths, [extractors[rank]], store, share=(rank, processes), max_bad_share=1.0)

    features = run(paths, [extractors[0]], store, share=(0, processes), barrier=others)
    assert_right(features, paths)
    assert sum(extractor.clips for extractor in extractors) == 20
    assert all(extractor.clips >= 20 // processes for extractor in extractors)


@pytest.mark.parametrize("processes", [2, 3])
def test_every_file_is_hashed_once_over_all_processes(paths, store, processes, tmp_path, monkeypatch):
    hashed, original = [], audio.fingerprint
    monkeypatch.setattr(audio, "fingerprint", lambda path: hashed.append(path) or original(path))
    paths = {"missing": str(tmp_path / "none.wav")} | paths
    shares = [dict(list(paths.items())[rank::processes]) for rank in range(processes)]

    def gather(mine):
        """Put what this process hashed between what the others did."""
        assert dict(mine).keys() == shares[1].keys()
        return [one for share in (*shares[2:], shares[0]) for one in extraction._fingerprints(share, store)] + mine

    settings = {"share": (1, processes), "gather": gather, "max_bad_share": 1.0}
    features = extraction.extract(paths, [Counting()], store, show_progress=False, **settings)
    assert sorted(hashed) == sorted(paths.values())
    assert list(features.fingerprints) == [clip_id for clip_id in paths if clip_id in features.fingerprints]
    assert features.bad["missing"] == f"{paths['missing']}: no such file: check the path."


def test_several_extractors_join_their_arrays(paths, store):
    few = {clip_id: paths[clip_id] for clip_id in ("clip-1", "clip-2")}
    features = run(few, [Mfcc(), Prosody(), Counting()], store)
    assert set(features["clip-1"]) == {"mfcc", "prosody", "functionals", "peak"}
    assert len(features["clip-1"]["mfcc"]) == len(features["clip-1"]["prosody"]) == 19


class Listening(Counting):
    """Is given the speech alone."""

    hears_speech = True


def test_an_extractor_is_given_the_speech_of_a_recording_or_all_of_it(store, tmp_path):
    recording = np.concatenate([np.zeros(16_000, dtype=np.float32), voice(), np.zeros(16_000, dtype=np.float32)])
    soundfile.write(tmp_path / "voice.wav", recording, 16_000, subtype="FLOAT")
    listening, whole = Listening(), Counting()
    assert listening.key() != whole.key()
    run({"voice": str(tmp_path / "voice.wav")}, [listening, whole], store)
    speech = find_speech(recording)
    assert speech.found
    assert (listening.lengths, whole.lengths) == ([[len(speech.waveform)]], [[len(recording)]])
    assert len(speech.waveform) < len(recording) - 32_000
    np.testing.assert_array_equal(heard(listening, recording), speech.waveform)
    assert heard(whole, recording) is recording


class Threaded(Counting):
    """What is computed in threads, each of which is on one core."""

    name = "threaded"

    def __init__(self, error=None):
        super().__init__()
        self.cores, self.error = [], error

    @property
    def in_threads(self):
        return True

    def extract(self, waveforms):
        self.cores.append(torch.get_num_threads())
        if self.error:
            raise self.error
        return super().extract(waveforms)


def test_threads_compute_what_batches_do_each_clip_on_one_core(paths, store):
    before, extractor = torch.get_num_threads(), Threaded()
    found, expected = run(paths, [extractor], store), run(paths, [Counting()], store)
    assert {clip: found[clip]["peak"].tolist() for clip in paths} == {
        clip: expected[clip]["peak"].tolist() for clip in paths
    }
    assert all(len(clips) == 1 for clips in extractor.lengths)
    assert set(extractor.cores) == {1}
    assert torch.get_num_threads() == before


def test_an_error_in_a_thread_that_is_no_clips_fault_ends_the_run(paths, store):
    before = torch.get_num_threads()
    with pytest.raises(EncoderError, match="gone"):
        run(paths, [Threaded(EncoderError("gone"))], store)
    assert torch.get_num_threads() == before


def test_a_clip_that_a_thread_cannot_compute_is_left_out(paths, store):
    found = run(paths, [Threaded(ValueError("too odd"))], store, max_bad_share=1.0)
    assert set(found.bad) == set(paths)
    assert "threaded of its" in found.bad["clip-1"]
