import time
from dataclasses import replace

import joblib
import joblib.executor
import numpy as np
import pytest
import soundfile

from humpcat import audio, device
from humpcat.features import computing
from humpcat.features.base import Extractor
from humpcat.features.computing import Todo, compute, heard, passes
from humpcat.features.mfcc import Mfcc
from humpcat.features.prosody import Prosody
from tests.voices import voice


class Speech(Extractor):
    """Tells how long what it was given is."""

    name, version, in_processes = "speech", 1, True

    def settings(self):
        return {}

    def extract(self, waveforms):
        return [{"samples": np.array(len(one))} for one in waveforms]


class Whole(Speech):
    """Is given whole recordings."""

    hears_speech = False


class Alone(Speech):
    """Is computed in this process."""

    in_processes = False


@pytest.fixture
def todo(tmp_path):
    clips = []
    for number in range(8):
        path = tmp_path / f"{number}.wav"
        sound = np.concatenate([np.zeros(1600 * number, np.float32), voice(number)])
        soundfile.write(path, sound, 16_000, subtype="FLOAT")
        clips.append(Todo(str(path), f"{number}", (0, 1)))
    return clips


def gathered(parts):
    return {key: arrays for part in parts for key, arrays in part.arrays.items()}


def test_what_is_computed_in_processes_is_computed_in_one_pass():
    mfcc, alone, prosody = Mfcc(), Alone(), Prosody()
    assert passes([mfcc, alone, prosody]) == [[alone], [mfcc, prosody]]
    assert passes([alone]) == [[alone]]
    assert passes([]) == []


def test_a_clip_is_read_and_its_speech_found_once_for_all(todo, monkeypatch):
    read, found = [], []
    load, find = audio.load, computing.find_speech
    monkeypatch.setattr(audio, "load", lambda path: read.append(path) or load(path))
    monkeypatch.setattr(computing, "find_speech", lambda sound: found.append(1) or find(sound))
    arrays = gathered(compute([Mfcc(), Prosody()], todo))
    assert sorted(read) == [clip.file for clip in todo]
    assert len(found) == len(todo)
    for clip in todo:
        sound = heard(Mfcc(), load(clip.file))
        np.testing.assert_array_equal(arrays[0, clip.fingerprint]["mfcc"], Mfcc().extract([sound])[0]["mfcc"])
        expected = Prosody().extract([sound])[0]
        np.testing.assert_array_equal(arrays[1, clip.fingerprint]["functionals"], expected["functionals"])


def test_each_extractor_hears_what_it_asks_for_and_computes_what_is_missing(todo):
    todo = [Todo(clip.file, clip.fingerprint, ((0,), (1,), (0, 1))[place % 3]) for place, clip in enumerate(todo)]
    arrays = gathered(compute([Speech(), Whole()], todo))
    assert set(arrays) == {(place, clip.fingerprint) for clip in todo for place in clip.missing}
    for (place, clip), found in arrays.items():
        recording = audio.load(todo[int(clip)].file)
        assert found["samples"] == len(recording if place else heard(Speech(), recording))


@pytest.mark.parametrize("cores", [1, 2])
def test_processes_compute_what_this_one_does_and_it_does_not_wait_for_them(todo, monkeypatch, cores):
    monkeypatch.setattr(computing, "FEW_CLIPS", 2)
    monkeypatch.setattr(computing, "PROCESS_CLIPS", 1)
    monkeypatch.setattr(computing, "cores", lambda: cores)
    many = [Todo(clip.file, f"{turn} {clip.fingerprint}") for turn in range(40) for clip in todo]
    here, compute_here = [], computing._compute
    monkeypatch.setattr(computing, "_compute", lambda *given: here.append(1) or compute_here(*given))
    arrays = gathered(compute([Mfcc()], many))
    assert set(arrays) == {(0, clip.fingerprint) for clip in many}
    for clip in many:
        expected = arrays[0, f"0 {clip.fingerprint.split()[1]}"]["mfcc"]
        np.testing.assert_array_equal(arrays[0, clip.fingerprint]["mfcc"], expected)
    # With two, others compute the clips that they were given, and this one some while they begin.
    assert len(here) == 320 if cores == 1 else 0 < len(here) <= 320 - 8


@pytest.mark.parametrize("before", [False, True])
def test_joblib_runs_after_clips_were_computed_in_processes(todo, monkeypatch, before):
    monkeypatch.setattr(computing, "cores", lambda: 2)
    monkeypatch.setattr(joblib.executor, "_executor_args", None)
    work = [joblib.delayed(abs)(-number) for number in range(4)]
    if before:
        assert joblib.Parallel(n_jobs=2)(work) == [0, 1, 2, 3]
    assert len(gathered(compute([Mfcc()], [replace(clip, missing=(0,)) for clip in todo * 20]))) == len(todo)
    assert joblib.Parallel(n_jobs=2)(work) == [0, 1, 2, 3]


def test_a_clip_that_cannot_be_read_gives_nothing(todo, tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFFnonsense")
    (part,) = compute([Mfcc(), Prosody()], [Todo(str(broken), "broken", (0, 1))])
    assert (part.clips, part.arrays, part.reasons) == (1, {}, {})


def test_no_more_than_two_batches_are_read_ahead(todo, monkeypatch):
    """However slow the extractor is."""
    read = []
    load = audio.load
    monkeypatch.setattr(audio, "load", lambda path: read.append(path) or load(path))
    monkeypatch.setattr(computing, "BATCH_CLIPS", 2)
    parts = compute([Alone()], [Todo(clip.file, f"{turn} {clip.fingerprint}") for turn in range(5) for clip in todo])
    for done in range(1, 6):
        assert next(parts).clips == 2
        time.sleep(0.05)
        assert len(read) <= 2 * (done + 1)
    parts.close()


def test_processes_of_a_launch_share_the_cores(monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    assert device.cores() == 8
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    assert device.cores() == 2
    for said, expected in (("16", 1), ("", 8), ("0", 8)):
        monkeypatch.setenv("LOCAL_WORLD_SIZE", said)
        assert device.cores() == expected
