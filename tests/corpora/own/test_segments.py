"""Clips that are parts of files, as tables tell them."""

import datetime
import json

import numpy as np
import pytest
import soundfile

from humpcat import audio
from humpcat.corpora import own_corpus
from humpcat.corpora.doctor import check
from humpcat.corpora.own.times import seconds_of, time_columns
from humpcat.corpora.scan import Kind
from humpcat.errors import AudioError, CorpusError
from humpcat.features.base import Extractor
from humpcat.features.computing import heard
from humpcat.features.extraction import extract
from humpcat.features.mfcc import Mfcc
from humpcat.features.store import FeatureStore

from ...recordings import recorded

RATE = 16_000
TONES = [0.1 * np.sin(np.arange(RATE // 2) * pitch / 50) for pitch in (3, 5, 7)]


@pytest.fixture(name="call")
def _call(tmp_path):
    """Write three tones of half a second into one file."""
    (tmp_path / "wav").mkdir()
    soundfile.write(tmp_path / "wav/call.wav", np.concatenate(TONES), RATE, subtype="FLOAT")
    return tmp_path


def scan(place, **settings):
    corpus = own_corpus(place, columns={"path": "file", "label": "emotion"} | settings.pop("columns", {}), **settings)
    return corpus.scan(corpus.find())


FORMS = {
    "t.csv": "file,start,end,emotion\nwav/call.wav,0,0.5,anger\nwav/call.wav,0.5,1,sadness\nwav/call.wav,1,,joy\n",
    "ms.csv": "file;start_ms;end_ms;emotion\nwav/call.wav;0;500;anger\nwav/call.wav;500;1000;sadness\n"
    "wav/call.wav;1000;;joy\n",
    "comma.csv": "sep=;\nfile;onset;offset;emotion\nwav/call.wav;0,0;0,5;anger\nwav/call.wav;0,5;1,0;sadness\n"
    "wav/call.wav;1,0;;joy\n",
    "clock.tsv": "file\tStart Time\tEnd Time\temotion\nwav/call.wav\t0 days 00:00:00\t0 days 00:00:00.5\tanger\n"
    "wav/call.wav\t0 days 00:00:00.500000\t00:00:01\tsadness\nwav/call.wav\t00:01\tNaT\tjoy\n",
    "t.jsonl": "\n".join(
        json.dumps({"file": "wav/call.wav", "offset": start, "duration": length, "emotion": emotion})
        for start, length, emotion in ((0, 0.5, "anger"), (0.5, 0.5, "sadness"), (1, None, "joy"))
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_segments_are_clips(call, name):
    (call / name).write_text(FORMS[name])
    found = scan(call / name, name="t")
    assert found.problems == []
    assert found.rows["id"] == ["t/wav/call#t=0,0.5", "t/wav/call#t=0.5,1", "t/wav/call#t=1"]
    assert found.rows["emotion"] == ["anger", "sadness", "happiness"]
    assert found.rows["duration"] == [0.5, 0.5, 0.5]
    assert found.rows["path"][1] == f"{call / 'wav/call.wav'}#t=0.5,1"
    for path, tone in zip(found.rows["path"], TONES, strict=True):
        assert audio.load(path) == pytest.approx(tone, abs=1e-6)
        assert audio.probe(path).duration == 0.5


def test_both_ends_in_one_cell(call):
    lines = [
        {"file": "wav/call.wav", "emotion": "anger", "interval": [0, 0.5]},
        {"file": "wav/call.wav", "emotion": "joy", "interval": "0.5-1.0"},
    ]
    (call / "t.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert scan(call / "t.jsonl").rows["id"] == ["t/wav/call#t=0,0.5", "t/wav/call#t=0.5,1"]
    (call / "t.csv").write_text("file,emotion,segment\nwav/call.wav,anger,1-2\n")
    found = scan(call / "t.csv")
    assert found.rows["duration"] == [1.5]
    assert "column segment holds no two times, such as 1.5-4.0: files are read whole." in found.warnings[0]


def test_segments_of_a_data_set(call):
    from datasets import Dataset

    lines = {"file": ["wav/call.wav"] * 2, "start": [0.0, 0.5], "end": [0.5, 1.0], "emotion": ["anger", "sadness"]}
    Dataset.from_dict(lines | {"speaker": ["a", "b"]}).to_parquet(call / "t.parquet")
    assert scan(call / "t.parquet").rows["duration"] == [0.5, 0.5]


def test_features_are_addressed_by_the_part(call):
    (call / "t.csv").write_text(FORMS["t.csv"])
    rows = scan(call / "t.csv").rows
    stored = extract(dict(zip(rows["id"], rows["path"], strict=True)), [Mfcc()], FeatureStore(call / "store"))
    assert len(set(stored.fingerprints.values())) == 3
    first, second = (stored[clip_id]["mfcc"] for clip_id in rows["id"][:2])
    assert not np.allclose(first, second)
    whole: Extractor = Mfcc()
    assert stored["t/wav/call#t=0,0.5"]["mfcc"] == pytest.approx(
        whole.extract([heard(whole, audio.load(rows["path"][0]))])[0]["mfcc"]
    )
    # Where the part lies, and what the file is called, is no matter.
    soundfile.write(call / "other.wav", np.concatenate(TONES[1:]), RATE, subtype="FLOAT")
    assert audio.fingerprint(f"{call / 'other.wav'}#t=0,0.5") == stored.fingerprints["t/wav/call#t=0.5,1"]


def test_check_measures_the_parts(call):
    (call / "t.csv").write_text(FORMS["t.csv"])
    corpus = own_corpus(call / "t.csv", columns={"path": "file", "label": "emotion"})
    checkup = check(corpus, corpus.find())
    assert [measures.duration for _, measures in checkup.usable] == [0.5, 0.5, 0.5]
    assert [remark for remark in checkup.findings if remark.kind == "identical"] == []


def test_one_id_for_several_parts_is_told_apart(call):
    (call / "t.csv").write_text("file,start,end,emotion,id\nwav/call.wav,0,0.5,anger,7\nwav/call.wav,0.5,1,joy,7\n")
    assert scan(call / "t.csv").rows["id"] == ["t/7#t=0,0.5", "t/7#t=0.5,1"]
    (call / "t.csv").write_text("file,start,end,emotion,id\nwav/call.wav,0,0.5,anger,7\nwav/call.wav,0.5,1,joy,8\n")
    assert scan(call / "t.csv").rows["id"] == ["t/7", "t/8"]


def test_a_path_may_hold_the_part_itself(call):
    (call / "t.csv").write_text("path,label\nwav/call.wav#t=0.5,anger\nwav/call.wav,joy\n")
    corpus = own_corpus(call / "t.csv")
    assert corpus.scan(call).rows["duration"] == [1.5, 1.0]
    (call / "call#t=2.wav").write_bytes((call / "wav/call.wav").read_bytes())
    assert audio.probe(call / "call#t=2.wav").duration == 1.5


@pytest.mark.parametrize("name", ["call.mp3", "call.ogg", "call.flac"])
def test_parts_of_other_formats(call, name):
    soundfile.write(call / name, np.concatenate(TONES), RATE)
    part = audio.load(f"{call / name}#t=0.5,1")
    whole = audio.load(call / name)
    assert part == pytest.approx(whole[RATE // 2 : RATE], abs=1e-3)
    assert len(audio.read(f"{call / name}#t=0.5,1").samples) == RATE // 2


@pytest.mark.parametrize("ending", [".m4a", ".mp4", ".webm"])
def test_parts_of_what_phones_and_browsers_record(call, ending):
    (call / f"call{ending}").write_bytes(recorded(np.concatenate(TONES), ending, video=ending == ".mp4"))
    part = audio.load(f"{call / f'call{ending}'}#t=0.5,1")
    assert len(part) == pytest.approx(RATE // 2, abs=2)
    assert audio.probe(f"{call / f'call{ending}'}#t=0.5,1").duration == pytest.approx(0.5, abs=1e-4)
    assert len(audio.fingerprint(f"{call / f'call{ending}'}#t=0.5,1")) == 32


def test_what_is_no_part_of_the_file_is_said(call):
    (call / "t.csv").write_text(
        "file,start,end,emotion\nwav/call.wav,0,0.5,anger\nwav/call.wav,500,1000,joy\nwav/call.wav,later,9,joy\n"
        "wav/call.wav,1,0.5,joy\n"
    )
    found = scan(call / "t.csv")
    assert len(found.rows) == 1
    assert [problem.kind for problem in found.problems] == [Kind.UNUSABLE] * 3
    reasons = [problem.reason for problem in found.problems]
    assert reasons[0] == "line 4 has 'later' for start in column 'start', expected seconds: left out."
    assert reasons[1] == "line 5 begins at 1 s and ends at 0.5 s, expected an end after the start: left out."
    assert "lies beyond the file, which lasts 1.50 s" in reasons[2]


def test_an_end_may_be_rounded(call):
    assert len(audio.load(f"{call / 'wav/call.wav'}#t=1,1.55")) == RATE // 2
    with pytest.raises(AudioError, match=r"the part from 1 s to 1.7 s lies beyond the file, which lasts 1.50 s"):
        audio.load(f"{call / 'wav/call.wav'}#t=1,1.7")
    with pytest.raises(AudioError, match=r"lasts 10.0 ms, expected at least 25 ms"):
        audio.load(f"{call / 'wav/call.wav'}#t=1,1.01")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("file,start,emotion", "column 'start' tells one end of a part of a file, and none tells the other"),
        ("file,end,emotion", "column 'end' tells one end of a part of a file, and none tells the other"),
        ("file,start_frame,emotion", "column 'start_frame' counts samples or frames of a part of a file"),
    ],
)
def test_half_a_part_is_refused_and_whole_files_can_be_asked_for(call, columns, message):
    (call / "t.csv").write_text(f"{columns}\nwav/call.wav,1,anger\n")
    with pytest.raises(CorpusError, match=message):
        scan(call / "t.csv")
    assert scan(call / "t.csv", columns={"start": ""}).rows["duration"] == [1.5]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (["from", "to"], {"start": "from", "end": "to"}),
        (["from", "subject"], {}),
        (["t0", "t1"], {"start": "t0", "end": "t1"}),
        (["Anfang", "Ende"], {"start": "Anfang", "end": "Ende"}),
        (["t1"], {}),
        (["duration"], {}),
        (["start_date", "end_date"], {}),
        (["StartTime", "EndTime"], {"start": "StartTime", "end": "EndTime"}),
        (["utt_start", "length"], {"start": "utt_start", "duration": "length"}),
        (["Start (s)", "End (s)"], {"start": "Start (s)", "end": "End (s)"}),
        (["tmin", "tmax"], {"start": "tmin", "end": "tmax"}),
        (
            ["Begin Time - ss.msec", "End Time - ss.msec"],
            {"start": "Begin Time - ss.msec", "end": "End Time - ss.msec"},
        ),
        (
            ["Begin Time - hh:mm:ss.ms", "End Time - hh:mm:ss.ms"],
            {"start": "Begin Time - hh:mm:ss.ms", "end": "End Time - hh:mm:ss.ms"},
        ),
    ],
)
def test_columns_of_times(found, told):
    assert time_columns("t.csv", ["file", *found], {}) == told


@pytest.mark.parametrize(
    ("cell", "column", "seconds"),
    [
        (1.5, "start", 1.5),
        ("1e-3", "start", 0.001),
        ("1500ms", "start", 1.5),
        ("2", "end_min", 120.0),
        ("1.5", "Begin Time - ss.msec", 1.5),
        ("00:00:01.500", "Begin Time - hh:mm:ss.ms", 1.5),
        ("1500", "Begin Time - msec", 1.5),
        (datetime.timedelta(seconds=2), "start", 2.0),
        (float("nan"), "end", None),
        (None, "end", None),
    ],
)
def test_cells_of_times(cell, column, seconds):
    assert seconds_of(cell, column) == seconds


@pytest.mark.parametrize("cell", [1e308, "1e308", float("inf"), datetime.timedelta(days=20_000), "99999999:00:00"])
def test_what_no_recording_lasts_is_no_time(cell: object) -> None:
    with pytest.raises(ValueError, match=r"\d|inf"):
        seconds_of(cell, "end")
