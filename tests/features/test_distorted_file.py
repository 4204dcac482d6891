import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from humpcat import audio
from humpcat.distortions import DISTORTIONS, generator_of
from humpcat.errors import AudioError
from humpcat.features import distorted_file
from humpcat.features.distorted_file import DistortedFile
from humpcat.features.extraction import extract
from humpcat.features.mfcc import Mfcc
from humpcat.features.store import FeatureStore
from tests.voices import voice


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.wav"
    soundfile.write(path, voice(), 16_000, subtype="FLOAT")
    return path


def test_is_the_distorted_file_at_its_rate(clip):
    found = DistortedFile(str(clip), "8kHz", 3).recording()
    expected = DISTORTIONS["8kHz"](audio.load(clip), generator_of(3, "8kHz", audio.fingerprint(clip)))
    assert found["sampling_rate"] == 8_000
    assert np.array_equal(found["array"], expected)


def test_is_the_same_wherever_the_file_lies(clip, tmp_path):
    moved = tmp_path / "elsewhere" / "other.wav"
    moved.parent.mkdir()
    shutil.copy(clip, moved)
    here, there = (DistortedFile(str(path), "room-0.4s", 0) for path in (clip, moved))
    assert here.fingerprint(audio.fingerprint(clip)) == there.fingerprint(audio.fingerprint(moved))
    assert np.array_equal(here.recording()["array"], there.recording()["array"])


def test_whatever_changes_the_samples_changes_the_fingerprint(clip, monkeypatch):
    kinds = [("telephone", 0), ("8kHz", 0), ("telephone", 1)]
    content = audio.fingerprint(clip)
    found = [content, *(DistortedFile(str(clip), *kind).fingerprint(content) for kind in kinds)]
    changed = replace(DISTORTIONS["telephone"], version=2)
    monkeypatch.setattr(distorted_file, "DISTORTIONS", {"telephone": changed})
    found.append(DistortedFile(str(clip), "telephone", 0).fingerprint(content))
    assert len(set(found)) == 5


def test_draws_are_the_seeds(clip):
    rooms = [DistortedFile(str(clip), "room-0.4s", seed).recording()["array"] for seed in (0, 0, 1)]
    assert np.array_equal(rooms[0], rooms[1])
    assert not np.array_equal(rooms[0], rooms[2])


def test_features_are_those_of_a_file_that_was_recorded_so(clip, tmp_path):
    distorted = DistortedFile(str(clip), "telephone", 0)
    recorded = tmp_path / "recorded.wav"
    soundfile.write(recorded, distorted.recording()["array"], 16_000, subtype="FLOAT")
    files = {"distorted": distorted, "recorded": str(recorded), "clean": str(clip)}
    found = extract(files, [Mfcc()], FeatureStore(tmp_path / "store"), show_progress=False)
    assert np.array_equal(found["distorted"]["mfcc"], found["recorded"]["mfcc"])
    assert not np.array_equal(found["distorted"]["mfcc"], found["clean"]["mfcc"])
    assert len(set(found.fingerprints.values())) == 3


def test_one_that_cannot_be_read_is_left_out_by_a_sentence(clip, tmp_path):
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")
    files = {"good": DistortedFile(str(clip), "telephone", 0), "bad": DistortedFile(str(broken), "telephone", 0)}
    found = extract(files, [Mfcc()], FeatureStore(tmp_path / "store"), show_progress=False, max_bad_share=0.5)
    assert "good" in found
    assert "bad" not in found
    assert "broken.wav" in found.bad["bad"]
    with pytest.raises(AudioError, match="broken"):
        files["bad"].recording()
