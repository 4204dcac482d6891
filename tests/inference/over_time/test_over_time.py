"""Segments of long recordings: where speech is, what is said of it, and the files that hold it."""

import csv
import io
import json
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile

from humpcat.audio import SAMPLING_RATE
from humpcat.errors import AudioError, CheckpointError, SettingsError
from humpcat.inference.over_time import blocks, segmenting
from humpcat.inference.over_time.blocks import Recording
from humpcat.inference.over_time.drawing import ENDINGS
from humpcat.inference.over_time.formats import FORMATS, write_segments
from humpcat.inference.over_time.segmenting import EmotionSegment, Step
from humpcat.inference.over_time.smoothing import likeliest_sequence
from humpcat.inference.over_time.speech import speech_of
from humpcat.inference.over_time.windows import windows_of
from humpcat.inference.pipeline import HumpCatPipeline

from ...training.making import vowel

SEGMENTS = [
    EmotionSegment(0.5, 3.25, "anger", {"anger": 0.9, "neutral": 0.1}),
    EmotionSegment(4.0, 3725.5, "neutral", {"anger": 0.25, "neutral": 0.75}),
]


def recording(path: Path, *spoken: float, rate: int = SAMPLING_RATE) -> Path:
    """Write words, each after so many seconds of silence."""
    word = vowel("anger", speaker=1, take=1)
    parts = [part for pause in spoken for part in (np.zeros(int(pause * SAMPLING_RATE), np.float32), word)]
    soundfile.write(path, np.concatenate([*parts, np.zeros(SAMPLING_RATE, np.float32)]), rate)
    return path


def test_windows_hold_all_speech_and_none_is_longer() -> None:
    for end in (0.4, 2.9, 3.0, 3.1, 10.0, 61.7):
        windows = windows_of((1.0, 1.0 + end))
        assert windows[0][0] == 1.0
        assert windows[-1][1] == pytest.approx(1.0 + end)
        assert all(last - first <= 3.0 + 1e-9 for first, last in windows)
        assert all(two[0] - one[0] <= 1.0 + 1e-9 for one, two in pairwise(windows))


def test_a_change_has_to_be_worth_its_cost() -> None:
    rng = np.random.default_rng(0)
    steps = np.log(rng.dirichlet(np.ones(4), 200))
    assert likeliest_sequence(steps, 0.0).tolist() == steps.argmax(axis=1).tolist()
    changes = [int((np.diff(likeliest_sequence(steps, cost)) != 0).sum()) for cost in (0.0, 1.0, 2.0, 4.0, 1e6)]
    assert changes == sorted(changes, reverse=True)
    assert changes[-1] == 0
    assert likeliest_sequence(steps, 1e6)[0] == steps.sum(axis=0).argmax()


def test_how_a_recording_is_read_makes_no_difference(
    classify: HumpCatPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = recording(tmp_path / "long.wav", *[1.0, 2.0, 0.2, 3.0, 1.5] * 6)
    whole = Recording.of(path)
    assert whole.samples is not None
    expected = [each.to_dict() for each in classify.segments(path)]
    assert len(expected) > 3
    for seconds in (5.0, 7.3):
        monkeypatch.setattr(blocks, "BLOCK_SECONDS", seconds)
        cut = Recording.of(path)
        assert cut.samples is None
        assert speech_of(cut) == speech_of(whole)
        assert [each.to_dict() for each in classify.segments(path)] == expected


def test_silence_has_no_segments(classify: HumpCatPipeline, tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLING_RATE, 0, "NONE", ""))
        file.writeframes(bytes(2 * SAMPLING_RATE * 700))
    assert classify.segments(path) == []


def test_segments_lie_within_speech_in_order(classify: HumpCatPipeline, tmp_path: Path) -> None:
    path = recording(tmp_path / "calls.wav", 1.0, 3.0, 3.0)
    spans = speech_of(Recording.of(path))
    found = classify.segments(path, change=0.0)
    assert found
    assert (found[0].start, found[-1].end) == (spans[0][0], spans[-1][1])
    for one, two in pairwise(found):
        assert one.end <= two.start
    for each in found:
        assert any(first <= each.start < each.end <= last + 1e-9 for first, last in spans)
        assert sum(each.probabilities.values()) == pytest.approx(1.0)
        assert each.score == each.probabilities[each.label]


def test_an_array_is_heard_as_its_file_is(classify: HumpCatPipeline, tmp_path: Path) -> None:
    path = recording(tmp_path / "a.wav", 1.0, 2.0)
    samples, rate = soundfile.read(path, dtype="float32")
    ours = [each.to_dict() for each in classify.segments({"array": samples, "sampling_rate": rate})]
    assert ours == [each.to_dict() for each in classify.segments(path)]


def test_what_cannot_be_done_is_refused(classify: HumpCatPipeline, tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"no audio")
    with pytest.raises(AudioError, match=r"bad\.wav"):
        classify.segments(tmp_path / "bad.wav")
    with pytest.raises(SettingsError, match="change -1: expected 0 or more"):
        classify.segments(tmp_path / "bad.wav", change=-1)
    with pytest.raises(SettingsError, match="both say who speaks"):
        classify.segments(tmp_path / "bad.wav", channel="each", turns=[(0.0, 1.0, "Ann")])


def test_a_model_that_looks_for_no_speech_has_no_segments(
    classify: HumpCatPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(classify.feature_extractor), "hears_speech", False)
    with pytest.raises(CheckpointError, match="segments need a HuMP-CAT model"):
        classify.segments(np.zeros(16_000))


def test_a_longer_pause_parts_segments_of_one_emotion() -> None:
    steps = [Step(span, np.log([0.8, 0.2])) for span in ((0.0, 1.0), (1.0, 1.5), (1.9, 2.5), (4.0, 5.0))]
    found = list(segmenting._runs(steps, [0, 0, 0, 0], ["anger", "neutral"]))
    assert [(each.start, each.end, each.label) for each in found] == [(0.0, 2.5, "anger"), (4.0, 5.0, "anger")]


@pytest.mark.parametrize("ending", FORMATS)
def test_files_are_read_by_what_reads_such_files(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"call{ending}"
    write_segments(path, "my call.wav", SEGMENTS)
    if ending in ENDINGS:
        assert path.read_bytes().startswith({".png": b"\x89PNG", ".svg": b"<?xml"}[ending])
        return
    text = path.read_text()
    if ending == ".json":
        assert json.loads(text)["segments"][1]["end"] == 3725.5
        assert json.loads(text)["segments"][1]["speaker"] is None
    elif ending == ".csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [(row["file"], float(row["start"]), row["label"], float(row["p_anger"])) for row in rows] == [
            ("my call.wav", 0.5, "anger", 0.9),
            ("my call.wav", 4.0, "neutral", 0.25),
        ]
    elif ending == ".rttm":
        fields = [line.split() for line in text.splitlines()]
        assert [len(line) for line in fields] == [10, 10]
        assert fields[0][:5] + fields[0][7:8] == ["SPEAKER", "my_call", "1", "0.500", "2.750", "anger"]
    elif ending == ".TextGrid":
        grid = parselmouth.read(str(path))
        tier = parselmouth.praat.call(grid, "Get number of intervals", 1)
        labels = [parselmouth.praat.call(grid, "Get label of interval", 1, place + 1) for place in range(tier)]
        assert labels == ["", "anger", "", "neutral"]
        assert parselmouth.praat.call(grid, "Get start time of interval", 1, 4) == 4.0
    elif ending == ".vtt":
        assert text.startswith("WEBVTT\n\n00:00:00.500 --> 00:00:03.250\nanger 0.90\n")
        assert "00:00:04.000 --> 01:02:05.500" in text
    else:
        assert text.splitlines()[0].split("\t") == ["0.500000", "3.250000", "anger 0.90"]


@pytest.mark.parametrize("ending", FORMATS)
def test_no_segments_are_a_file_too(ending: str, tmp_path: Path) -> None:
    write_segments(tmp_path / f"a{ending}", "a.wav", [])
    assert (tmp_path / f"a{ending}").is_file()


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"ends in '.srt', expected one of .json"):
        write_segments(tmp_path / "a.srt", "a.wav", SEGMENTS)
