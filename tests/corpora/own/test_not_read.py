"""What lies in a folder and is not read, and speakers that are none."""

import pytest
from typer.testing import CliRunner

from humpcat.cli import app
from humpcat.corpora import CORPORA, own_corpus
from humpcat.corpora.doctor import check
from humpcat.corpora.own.speakers import not_people
from humpcat.corpora.scan import Kind
from humpcat.errors import CorpusError


def scan(*arguments, **settings):
    corpus = own_corpus(*arguments, **settings)
    return corpus.scan(corpus.find())


def test_files_that_are_not_read_are_counted_by_ending(clips):
    for path in ("ana/happy/1.pcm", "ana/happy/2.pcm", "ben/sad/x.zip", "ben/sad/2.wav.part", "notes.txt", "t.csv"):
        (clips / path).parent.mkdir(exist_ok=True)
        (clips / path).write_bytes(b"0")
    (clips / "ben/happy").mkdir()
    (clips / "ben/happy/1").write_bytes((clips / "ben/sad/1.wav").read_bytes())
    (clips / ".DS_Store").write_bytes(b"0")
    found = scan(clips, speaker_level=1)
    assert len(found.rows) == 4
    reasons = {problem.reason: problem.kind for problem in found.problems}
    assert reasons == {
        "not read: what may be sound (.pcm 2), nothing at all being read of ana/happy: write it as .wav or .flac, "
        "such as by ffmpeg -i clip.pcm clip.wav.": Kind.UNREAD,
        "not read: audio without an ending of audio (no ending 1), nothing at all being read of ben/happy: rename it "
        "to end in what it is, such as .wav.": Kind.UNREAD,
        "not read: unfinished downloads (.part 1): download them again, or take them away.": Kind.UNREAD,
        "not read: archives (.zip 1): unpack them, or take them away.": Kind.UNREAD,
        "not read: what is no audio (.txt 1): nothing is to be done.": Kind.APART,
        "not read: tables (.csv 1): name the table itself if it describes the clips.": Kind.APART,
    }


def test_a_class_that_is_not_read_is_no_health(clips):
    (clips / "ana/happy").mkdir()
    (clips / "ana/happy/1.pcm").write_bytes(b"0")
    done = CliRunner().invoke(app, ["check", "own", str(clips), "--speaker-level", "1"])
    assert done.exit_code == 1
    assert ".pcm 1" in done.stdout
    assert "ana/happy" in done.stdout


def test_a_folder_of_nothing_that_is_read(tmp_path):
    (tmp_path / "angry").mkdir()
    (tmp_path / "angry/1.pcm").write_bytes(b"0")
    with pytest.raises(CorpusError, match=r"holds no audio, expected .*\. Not read: what may be sound \(\.pcm 1\)"):
        own_corpus(tmp_path)


def test_clips_of_a_registered_corpus_with_another_ending_are_lost(write_clips):
    root = write_clips("aesdd", ["anger/a01 (1).wav", "sadness/s01 (1).wav"])
    (root / "fear").mkdir()
    (root / "fear/f01 (1).pcm").write_bytes(b"0")
    (root / "anger/a01 (1).pcm").write_bytes(b"0")
    remarks = [remark for remark in check(CORPORA["aesdd"], root).findings if remark.kind == "unread"]
    assert [(str(remark.severity), "nothing at all being read of fear" in remark.sentence) for remark in remarks] == [
        ("error", True),
        ("note", False),
    ]


LABELS_AS_SPEAKERS = "the 2 speakers (angry, sad) are the labels, so that nobody is kept apart by them"


def test_folders_of_labels_are_no_speakers(write_clips):
    root = write_clips("clips", ["angry/1.wav", "angry/2.wav", "sad/1.wav", "sad/2.wav"])
    found = scan(root, speaker_level=1)
    assert found.rows["speaker"] == found.rows["session"] == [None] * 4
    (problem,) = found.problems
    assert problem.kind == Kind.SPEAKERS
    assert problem.reason.startswith(LABELS_AS_SPEAKERS)
    done = CliRunner().invoke(app, ["check", "own", str(root), "--speaker-level", "1"])
    assert done.exit_code == 1
    assert LABELS_AS_SPEAKERS in done.stdout


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([("a", "joy"), ("a", "joy"), ("b", "fear"), ("b", "fear")], "coincide with the labels"),
        ([("1", "joy"), ("2", "joy"), ("3", "fear"), ("4", "fear")], "one for each of 4 clips"),
        ([("wut", "joy"), ("trauer", "fear"), ("wut", "fear")], "2 of 2 speakers are named after emotions"),
        ([("train", "joy"), ("train", "fear"), ("test", "joy")], "are parts of a split"),
        ([("Male", "joy"), ("male", "fear"), ("female", "joy")], "are kinds of voices"),
        ([("fold1", "joy"), ("fold_2", "joy"), ("fold1", "fear")], "are parts of a split"),
        ([("take 1", "joy"), ("take 2", "joy"), ("take 1", "fear")], "are parts of a split"),
        ([("normal", "joy"), ("strong", "joy"), ("normal", "fear")], "are strengths of an emotion"),
        ([("a", "joy"), ("a", "fear"), ("b", "fear"), ("b", "fear")], None),
        ([("p1", "joy"), ("p1", "fear"), ("p2", "fear"), ("p2", "joy")], None),
        ([("a", "joy"), ("b", "fear")], None),
        ([("a", "joy"), ("a", "joy"), ("a", "fear"), (None, "fear")], None),
    ],
)
def test_speakers_that_are_something_else(said, reason):
    found = not_people(said)
    assert found is None if reason is None else reason in found


def test_a_column_of_speakers_is_looked_at_too(clips, write_table):
    lines = "".join(
        f"clips/{who}/{what}/1.wav,{what},{what}-1\n" for who in ("ana", "ben") for what in ("angry", "sad")
    )
    found = scan(write_table("table.csv", "path,label,speaker\n" + lines))
    assert found.rows["speaker"] == [None] * 4
    assert [problem.kind for problem in found.problems] == [Kind.SPEAKERS]


@pytest.mark.parametrize("nobody", ["unknown", "N/A", "nan", "NA", "?"])
def test_who_is_not_known_is_nobody(clips, write_table, nobody):
    lines = "".join(
        f"clips/{who}/{what}/1.wav,{what},{nobody if who == 'ben' else who}\n"
        for who in ("ana", "ben")
        for what in ("angry", "sad")
    )
    found = scan(write_table("table.csv", "path,label,speaker\n" + lines))
    assert found.rows["speaker"] == ["ana", "ana", None, None]
    assert any("THE SPEAKER OF 2 OF 4 CLIPS IS NOT KNOWN" in warning for warning in found.warnings)
