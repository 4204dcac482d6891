"""Segments of known speakers: by turns or by channels, each standardised by what he says."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import parselmouth
import pytest
import soundfile

from humpcat.audio import SAMPLING_RATE
from humpcat.errors import HumpcatError
from humpcat.inference.over_time import blocks, own_speech, segmenting
from humpcat.inference.over_time.formats import FORMATS, write_segments
from humpcat.inference.over_time.segmenting import EmotionSegment, segments_of
from humpcat.inference.over_time.turn_files import read_turns
from humpcat.inference.over_time.turns import speakers_of
from humpcat.inference.over_time.voices import voices_of
from humpcat.inference.pipeline import HumpCatPipeline
from humpcat.models.humpcat.running import RunningStatistics

from ...training.making import vowel

TURNS = [(0.0, 2.0, "Ann"), (2.0, 5.0, "Bob"), (5.0, 9.5, "Ann"), (9.0, 11.0, "Bob")]


def said(speaker: int, emotion: str, seconds: float) -> np.ndarray:
    """Return words of a speaker, one after the other."""
    words = [vowel(emotion, speaker=speaker, take=take) for take in range(40)]
    return np.concatenate(words)[: round(seconds * SAMPLING_RATE)]


@pytest.fixture(scope="module")
def call(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a call of eleven seconds."""
    parts = [said(1, "anger", 2.0), said(2, "sadness", 3.0), said(1, "sadness", 4.0), said(2, "anger", 2.0)]
    path = tmp_path_factory.mktemp("calls") / "call.wav"
    soundfile.write(path, np.concatenate(parts), SAMPLING_RATE)
    return path


def test_no_window_and_no_segment_crosses_turns(
    classify: HumpCatPipeline, call: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[float, float]] = []
    for module in (segmenting, own_speech):
        real = module.inputs_of

        def noted(classifier: Any, recording: Any, windows: Any, real: Any = real) -> Any:
            heard.extend(windows)
            return real(classifier, recording, windows)

        monkeypatch.setattr(module, "inputs_of", noted)
    found = classify.segments(call, turns=TURNS, change=0.0)
    assert {each.speaker for each in found} == {"Ann", "Bob"}
    for start, end in heard:
        assert any(first <= start and end <= last + 1e-9 for first, last, _ in TURNS)
    for each in found:
        assert any(
            first <= each.start and each.end <= last + 1e-9 for first, last, who in TURNS if who == each.speaker
        )
    assert [each.start for each in found] == sorted(each.start for each in found)


def test_a_speaker_is_answered_by_himself(classify: HumpCatPipeline, call: Path) -> None:
    both = classify.segments(call, turns=TURNS)
    alone = classify.segments(call, turns=[turn for turn in TURNS if turn[2] == "Ann"])
    assert [each for each in both if each.speaker == "Ann"] == alone


def test_a_speaker_is_standardised_by_all_that_he_says(classify: HumpCatPipeline, call: Path) -> None:
    kept = classify.model.weights_hash()
    turns = [(0.0, 11.0, "Ann")]
    plain = classify.segments(call)
    without = segments_of(classify, call, turns=turns, by_own_speech=False)
    assert [(each.start, each.probabilities) for each in without] == [
        (each.start, each.probabilities) for each in plain
    ]
    own = classify.segments(call, turns=turns)
    assert [each.probabilities for each in own] != [each.probabilities for each in plain]
    assert classify.model.weights_hash() == kept
    (voice,) = voices_of(call, turns=turns)
    statistics = own_speech.statistics_of(classify, voice)
    held = classify.model.standardizer.held()
    assert statistics is not None
    assert statistics.keys() == held.keys()
    assert statistics["pooled"].shape == (1, *held["pooled"].shape)


def test_his_speech_is_heard_once_in_pieces_that_count_as_clips(
    classify: HumpCatPipeline, call: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = []
    real = RunningStatistics.hear
    monkeypatch.setattr(RunningStatistics, "hear", lambda self, clip: heard.append(clip) or real(self, clip))
    (voice,) = voices_of(call, turns=[(0.0, 7.0, "Ann")])
    own_speech.statistics_of(classify, voice)
    assert len(heard) == 3
    assert sum(clip["mfcc"].shape[-2] for clip in heard) == pytest.approx(7.0 * 50, abs=20)


def test_a_channel_a_speaker(classify: HumpCatPipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silence = np.zeros(4 * SAMPLING_RATE, np.float32)
    left = np.concatenate([said(1, "anger", 4.0), silence, said(1, "sadness", 4.0)])
    right = np.concatenate([silence, said(2, "sadness", 4.0), silence])
    path = tmp_path / "stereo.wav"
    soundfile.write(path, np.stack([left, right], axis=1), SAMPLING_RATE)
    found = classify.segments(path, channel="each")
    assert {each.speaker for each in found} == {"channel 0", "channel 1"}
    for each in found:
        talking = (3.8, 8.2) if each.speaker == "channel 1" else (0.0, 12.0)
        assert talking[0] <= each.start < each.end <= talking[1]
    for place in range(2):
        own = [(each.start, each.end) for each in found if each.speaker == f"channel {place}"]
        turns = [(0.0, 12.0, "Ann")]
        alone = classify.segments(path, channel=place, turns=turns)
        assert own == [(each.start, each.end) for each in alone]
    samples = {"array": np.stack([left, right]), "sampling_rate": SAMPLING_RATE}
    assert [each.label for each in classify.segments(samples, channel="each")] == [each.label for each in found]
    monkeypatch.setattr(blocks, "BLOCK_SECONDS", 5.0)
    assert [each.to_dict() for each in classify.segments(path, channel="each")] == [each.to_dict() for each in found]


def test_a_turn_without_speech_has_no_segment(classify: HumpCatPipeline, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.concatenate([said(1, "anger", 3.0), np.zeros(5 * SAMPLING_RATE)]), SAMPLING_RATE)
    found = classify.segments(path, turns=[(0.0, 3.0, "Ann"), (5.0, 7.0, "Bob")])
    assert {each.speaker for each in found} == {"Ann"}


@pytest.mark.parametrize(
    ("turns", "sentence"),
    [
        ([], "turns: hold no turn"),
        (7, "turns: 7 found, expected a file, or (start, end, speaker) of each turn"),
        ([(0.0, 1.0)], "turns: entry 1: (0.0, 1.0) found, expected (start, end, speaker)"),
        (
            [(0.0, 1.0, "Ann"), (2.0, 1.0, "Ann")],
            "turns: entry 2: starts at 2 s and ends at 1 s, expected an end after",
        ),
        ([(0.0, 1.0, "Ann"), (1.0, 1.0, "Bob")], "turns: entry 2: starts at 1 s and ends at 1 s"),
        ([(0.0, 30.0, "Ann")], "within the recording, which lasts 11.00 s"),
        ([(-1.0, 3.0, "Ann")], "expected seconds from 0"),
        ([(0.0, float("nan"), "Ann")], "expected seconds from 0"),
        ([("0", 3.0, "Ann")], "turns: entry 1: has '0' for start, expected seconds"),
        ([(0.0, 3.0, "")], "turns: entry 1: has '' for speaker, expected a name"),
        ([(0.0, 3.0, 7)], "turns: entry 1: has 7 for speaker, expected a name"),
        (
            [(2.0, 5.0, "Ann"), (0.0, 3.0, "Ann")],
            "turns: entry 1: 'Ann' speaks from 2 s to 5 s, and from 0 s to 3 s by entry 2, expected",
        ),
    ],
)
def test_turns_that_cannot_be_used(turns: Any, sentence: str) -> None:
    with pytest.raises(HumpcatError) as caught:
        speakers_of(turns, "call.wav", 11.0)
    assert sentence in str(caught.value)


def test_times_that_were_rounded_are_taken() -> None:
    (speaker,) = speakers_of([(0.0, 2.004, "Ann"), (2.0, 11.05, "Ann")], "call.wav", 11.0)
    assert speaker.turns == [(0.0, 2.004), (2.004, 11.0)]


LINE = "SPEAKER call 1 {} {} <NA> <NA> {} <NA> <NA>\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.rttm", ";; by hand\n\nSPKR-INFO call 1 <NA> <NA> <NA> unknown Ann <NA>\n" + LINE.format(0.5, 1.5, "Ann")),
        ("a.rttm", LINE.format(0.5, 1.5, "Ann") + LINE.format(0, 1, "Bob").replace("call", "other")),
        ("a.csv", "Start,END,speaker,text\n0.5,2.0,Ann,hello\n"),
        ("a.tsv", "speaker\tstart\tend\nAnn\t0.5\t0:02\n"),
    ],
)
def test_turns_are_read(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    (speaker,) = speakers_of(tmp_path / name, "calls/call.wav", 11.0)
    assert (speaker.name, speaker.turns) == ("Ann", [(0.5, 2.0)])


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.rttm", "", "a.rttm: holds no turn"),
        ("a.rttm", ";; nothing\n", "a.rttm: holds no turn"),
        (
            "a.rttm",
            "SPEAKER call 1 0.5 1.5\n",
            "a.rttm: line 1: has 5 fields, expected 'SPEAKER recording channel start",
        ),
        ("a.rttm", LINE.format(0, 1, "Ann Lee"), "a.rttm: line 1: has 11 fields"),
        ("a.rttm", "\nSPEEKER call 1 0 1 <NA> <NA> Ann <NA> <NA>\n", "a.rttm: line 2: has 'SPEEKER', expected"),
        ("a.rttm", LINE.format("x", 1, "Ann"), "a.rttm: line 1: has 'x' for start, expected seconds"),
        ("a.rttm", LINE.format(1, "x", "Ann"), "a.rttm: line 1: has 'x' for duration, expected seconds"),
        ("a.rttm", LINE.format(1, -1, "Ann"), "a.rttm: line 1: starts at 1 s and ends at 0 s, expected an end after"),
        ("a.rttm", LINE.format(1, 1, "<NA>"), "a.rttm: line 1: names no speaker"),
        (
            "a.rttm",
            LINE.format(0, 1, "Ann").replace("call", "one") + LINE.format(0, 1, "Ann").replace("call", "two"),
            "a.rttm: tells of 2 recordings (one, two), expected one, or one that is called as the",
        ),
        ("a.csv", "start,end,speaker\n", "a.csv: holds no turn"),
        ("a.csv", "start,end,who\n0,1,Ann\n", "a.csv: line 1: has no column 'speaker', found start, end, who"),
        ("a.csv", "start,end,speaker\n0,x,Ann\n", "a.csv: line 2: has 'x' for end, expected seconds"),
        ("a.csv", "start,end,speaker\n0,,Ann\n", "a.csv: line 2: has '' for end, expected seconds"),
        ("a.csv", "start,end,speaker\n-1,2,Ann\n", "a.csv: line 2: has '-1' for start, expected seconds"),
        ("a.csv", "start,end,speaker\n0,1,\n", "a.csv: line 2: column 'speaker' is empty"),
        (
            "a.csv",
            "start,end,speaker\n0,2,Ann\n1,3,Ann\n",
            "a.csv: line 3: 'Ann' speaks from 1 s to 3 s, and from 0 s",
        ),
        ("a.csv", "start,end,speaker\n0,200,Ann\n", "a.csv: line 2: starts at 0 s and ends at 200 s, expected times"),
        ("a.txt", "0,1,Ann", "a.txt: ends in '.txt', expected turns in one of .rttm, .csv, .tsv"),
    ],
)
def test_files_that_cannot_be_used(name: str, text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(HumpcatError) as caught:
        speakers_of(tmp_path / name, "call.wav", 11.0)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["none.rttm", "none.csv"])
def test_a_file_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(HumpcatError, match=name):
        read_turns(tmp_path / name, "call.wav")


SEGMENTS = [
    EmotionSegment(0.5, 3.25, "anger", {"anger": 0.9, "neutral": 0.1}, 'Ann "A" <b>'),
    EmotionSegment(3.0, 4.5, "neutral", {"anger": 0.25, "neutral": 0.75}, "Bob"),
    EmotionSegment(5.0, 6.0, "neutral", {"anger": 0.25, "neutral": 0.75}, 'Ann "A" <b>'),
]


def test_every_format_says_who_speaks(tmp_path: Path) -> None:
    for ending in FORMATS:
        write_segments(tmp_path / f"call{ending}", "call.wav", SEGMENTS)
    found = {ending: (tmp_path / f"call{ending}").read_text() for ending in FORMATS if ending != ".png"}
    assert [each["speaker"] for each in json.loads(found[".json"])["segments"]] == [each.speaker for each in SEGMENTS]
    rows = list(csv.DictReader(io.StringIO(found[".csv"])))
    assert [row["speaker"] for row in rows] == [each.speaker for each in SEGMENTS]
    fields = [line.split() for line in found[".rttm"].splitlines()]
    assert [(line[6], line[7]) for line in fields] == [
        ("anger", 'Ann_"A"_<b>'),
        ("neutral", "Bob"),
        ("neutral", 'Ann_"A"_<b>'),
    ]
    assert '<v Ann "A" &lt;b&gt;>anger 0.90' in found[".vtt"]
    assert found[".txt"].splitlines()[1].split("\t")[2] == "Bob: neutral 0.75"
    assert "Bob" in found[".svg"]


def test_praat_reads_a_tier_a_speaker(tmp_path: Path) -> None:
    write_segments(tmp_path / "call.TextGrid", "call.wav", SEGMENTS)
    grid = parselmouth.read(str(tmp_path / "call.TextGrid"))
    ask = parselmouth.praat.call
    names = [ask(grid, "Get tier name", tier) for tier in (1, 2)]
    assert names == ['Ann "A" <b>', "Bob"]
    labels = [
        [
            ask(grid, "Get label of interval", tier, 1 + place)
            for place in range(ask(grid, "Get number of intervals", tier))
        ]
        for tier in (1, 2)
    ]
    assert labels == [["", "anger", "", "neutral"], ["", "neutral", ""]]


def test_what_is_written_as_rttm_is_read_as_turns(tmp_path: Path) -> None:
    write_segments(tmp_path / "call.rttm", "my call.wav", SEGMENTS[1:2])
    (turn,) = read_turns(tmp_path / "call.rttm", "my call.wav")
    assert (turn.start, turn.end, turn.speaker) == (3.0, 4.5, "Bob")
