"""A folder of labelled clips."""

import re
import shutil

import pytest

from humpcat.corpora import CORPORA, own_corpus
from humpcat.corpora.scan import Kind
from humpcat.errors import CorpusError

NO_SPEAKER = (
    "clips: NO SPEAKER IS KNOWN: no split can guarantee that nobody is heard both in training and in "
    "the test, so scores may be too high: name speakers by a column (--columns speaker=...), by "
    "--speaker-level or by --speaker-pattern."
)


def scan(*arguments, **settings):
    corpus = own_corpus(*arguments, **settings)
    return corpus.scan(corpus.find())


def test_folder_of_labels_and_speakers(clips):
    found = scan(clips, speaker_level=1, language="en")
    assert found.rows.select_columns(
        ["id", "corpus", "path", "label", "emotion", "speaker", "language", "session", "gender"]
    )[1] == {
        "id": "clips/ana/sad/1",
        "corpus": "clips",
        "path": str(clips / "ana/sad/1.wav"),
        "label": "sad",
        "emotion": "sadness",
        "speaker": "ana",
        "language": "en",
        "session": "ana",
        "gender": None,
    }
    assert (len(found.rows), found.problems, found.warnings) == (4, [], [])


@pytest.mark.parametrize("paths", [["angry/1.wav", "sad/1.wav"], ["angry/ana/1.wav", "sad/ben/2.flac"]])
def test_the_level_of_labels_is_found(write_clips, paths):
    assert scan(write_clips("clips", paths)).rows["emotion"][:] == ["anger", "sadness"]


def test_no_speakers_are_said_loudly(clips):
    assert scan(clips).warnings == [NO_SPEAKER]


def test_some_speakers_unknown_are_counted(write_clips):
    root = write_clips("clips", ["angry/s01_1.wav", "sad/s02_1.wav", "sad/noise.wav"])
    found = scan(root, speaker_pattern=r"(s\d+)_")
    assert found.rows["speaker"][:] == ["s01", None, "s02"]
    assert found.warnings == [NO_SPEAKER.replace("NO SPEAKER IS", "THE SPEAKER OF 1 OF 3 CLIPS IS NOT")]


def test_ids_are_stable_when_the_folder_moves(clips, tmp_path):
    ids = scan(clips).rows["id"][:]
    corpus = own_corpus(clips)
    shutil.move(clips, tmp_path / "elsewhere" / "clips")
    assert scan(tmp_path / "elsewhere" / "clips").rows["id"][:] == ids
    assert corpus.scan(tmp_path / "elsewhere" / "clips").rows["id"][:] == ids


def test_two_levels_named_after_emotions(write_clips):
    root = write_clips("clips", ["joy/angry/1.wav", "ben/sad/1.wav"])
    found = scan(root, speaker_level=1)
    assert found.rows["label"][:] == ["sad", "angry"]
    assert found.warnings == [
        f"clips: {root}: folders at level 2 are taken for the label, though some at level 1 are named after emotions "
        "too: --label-level names another."
    ]
    assert scan(root, label_level=1).rows["emotion"][:] == [None, "happiness"]


def test_a_person_who_is_called_joy_is_no_label(write_clips):
    names = ["joy", "ana", "ben", "tom"]
    root = write_clips("clips", [f"{name}/{what}/1.wav" for name in names for what in ("odd", "even")])
    with pytest.raises(
        CorpusError, match=r"no level of folders is named after emotions \(level 1: ana, ben, joy, tom;"
    ):
        own_corpus(root)
    assert scan(root, speaker_level=1).rows["label"][:2] == ["even", "odd"]


def test_labels_in_the_users_own_words(write_clips):
    root = write_clips("clips", ["a/grumpy/1.wav", "a/meh/1.wav", "a/Überrascht/1.wav", "a/odd/1.wav", "a/odd/2.wav"])
    found = scan(root, speaker_level=1, labels={"grumpy": "anger", "meh": None, "glad": "happiness"})
    assert dict(zip(found.rows["label"][:], found.rows["emotion"][:], strict=True)) == {
        "grumpy": "anger",
        "meh": None,
        "odd": None,
        "Überrascht": "surprise",
    }
    assert found.warnings == ["clips: --labels maps glad, which no clip carries: check the spelling."]
    assert [(problem.reason, problem.kind) for problem in found.problems] == [
        (
            "labels that mean no known emotion (clips): odd 2: say what they mean by --labels odd=... (any of anger, "
            "boredom, calm, contempt, disgust, excitement, fear, frustration, happiness, neutral, sadness, surprise, "
            "or None to leave out), or take labels as they are by --label-space own; 'humpcat labels' lists the words "
            "that are known.",
            Kind.UNLABELLED,
        )
    ]


def test_same_clip_in_two_formats_and_a_clip_without_label(write_clips):
    root = write_clips("clips", ["angry/1.flac", "angry/1.wav", "loose.wav"])
    found = scan(root)
    assert [(problem.path, problem.reason, problem.kind) for problem in found.problems] == [
        (str(root / "loose.wav"), "has no label: left out.", Kind.UNLABELLED),
        (
            str(root / "angry/1.wav"),
            f"repeats utterance clips/angry/1 of {root / 'angry/1.flac'}: left out.",
            Kind.REPEATED,
        ),
    ]


@pytest.mark.parametrize(
    ("paths", "settings", "message"),
    [
        (
            ["1.wav", "2.wav"],
            {},
            "{root}: holds 2 audio files and no folders of labels: put each clip in a folder named after its label, "
            "describe the clips in a table, or say by --label-pattern where names such as '1.wav' hold the "
            "label.",
        ),
        (
            ["ana/one/1.wav", "ben/two/1.wav"],
            {},
            "{root}: no level of folders is named after emotions (level 1: ana, ben; level 2: one, two): say which "
            "one names the label by --label-level, or what the names mean by --labels NAME=EMOTION.",
        ),
        (
            ["sad/1.wav"],
            {"label_level": 2},
            "--label-level 2: clips such as 'sad/1.wav' lie at most 1 folders deep, and level 1 is the first folder "
            "below the root: choose another level.",
        ),
        (
            ["sad/1.wav"],
            {"speaker_level": 0},
            "--speaker-level 0: clips such as 'sad/1.wav' lie at most 1 folders deep, and level 1 is the first folder "
            "below the root: choose another level.",
        ),
        (
            ["sad/1.wav"],
            {"speaker_pattern": r"(s\d+)_"},
            r"--speaker-pattern '(s\d+)_': finds no speaker in any of 1 paths, such as 'sad/1.wav': mend the pattern.",
        ),
        (
            ["sad/1.wav"],
            {"speaker_pattern": r"s\d+"},
            r"--speaker-pattern 's\d+': has no group: put the part that names the speaker in parentheses.",
        ),
        (
            ["sad/1.wav"],
            {"speaker_pattern": "(s"},
            "--speaker-pattern '(s': is not a regular expression (missing ), unterminated subpattern at position 0): "
            "mend it.",
        ),
        (
            ["sad/1.wav"],
            {"speaker_pattern": "(s)", "speaker_level": 1},
            "speakers are named in 2 ways (--speaker-level, --speaker-pattern): keep one.",
        ),
        (
            ["sad/1.wav"],
            {"columns": {"path": "file"}},
            "{root}: is a folder of audio, for which --columns means nothing: leave it out.",
        ),
        (
            ["sad/1.wav"],
            {"labels": {"sad": "gloom"}},
            "--labels sad=gloom: no such emotion, expected one of anger, boredom, calm, contempt, disgust, "
            "excitement, fear, frustration, happiness, neutral, sadness, surprise, or None.",
        ),
        (
            ["sad/1.wav"],
            {"name": "emodb"},
            "name 'emodb': is that of a registered corpus: choose another, such as 'own-emodb'.",
        ),
        (
            ["sad/1.wav"],
            {"name": "a b"},
            "name 'a b': expected letters, digits, '-', '_' and '.' only: choose another.",
        ),
    ],
)
def test_careless_uses(write_clips, paths, settings, message):
    root = write_clips("clips", paths)
    with pytest.raises(CorpusError) as caught:
        scan(root, **settings)
    assert str(caught.value) == message.replace("{root}", str(root))


def test_folder_without_audio(tmp_path):
    with pytest.raises(CorpusError, match=rf"^{re.escape(str(tmp_path))}: holds no audio, expected files that end in"):
        own_corpus(tmp_path)


def test_folder_that_vanished(clips):
    corpus = own_corpus(clips)
    shutil.rmtree(clips)
    with pytest.raises(CorpusError) as caught:
        corpus.scan(clips)
    assert str(caught.value) == (
        f"corpus 'clips': {clips} is not a folder: check the path; it stands for own data in {clips}."
    )


def test_no_clip_can_be_used(write_clips):
    root = write_clips("clips", ["sad/1.wav"])
    (root / "sad/1.wav").write_bytes(b"")
    with pytest.raises(CorpusError) as caught:
        scan(root)
    file = root / "sad/1.wav"
    assert str(caught.value) == (
        f"corpus 'clips': none of its 1 clips can be used, the first: {file}: the file is empty (0 bytes): "
        "copy it again or remove it."
    )


@pytest.mark.parametrize("place", ["nowhere", "./no/where", "/no/where", "clips.csv", "owner/clips.csv", "a/b/c"])
def test_place_that_is_not_there(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CorpusError) as caught:
        own_corpus(place)
    assert str(caught.value) == f"{place.removeprefix('./')}: no such file or folder: check the path."


def test_misspelt_folder_is_not_looked_for_on_the_hub(clips, monkeypatch):
    monkeypatch.chdir(clips.parent)
    with pytest.raises(CorpusError) as caught:
        own_corpus("clips/anna")
    assert str(caught.value) == "clips/anna: no such file or folder: check the path."


def test_file_that_is_no_table(clips):
    with pytest.raises(CorpusError) as caught:
        own_corpus(clips / "ana/sad/1.wav")
    assert str(caught.value) == (
        f"{clips / 'ana/sad/1.wav'}: is no table, expected a file that ends in .csv, .tsv, .tab, .psv, .txt, .jsonl, "
        ".ndjson, .json, .parquet."
    )


@pytest.mark.parametrize(("folder", "name"), [("EmoDB", "own-EmoDB"), ("my clips+", "my-clips"), ("v1.2", "v1.2")])
def test_names(write_clips, folder, name):
    corpus = own_corpus(write_clips(folder, ["sad/1.wav"]))
    assert corpus.name == name
    assert name not in CORPORA


def test_a_label_whose_folder_is_empty_is_told(clips):
    (clips / "ana/surprise").mkdir()
    (clips / "ben/happy").mkdir()
    (clips / "ben/happy/notes.npy").write_bytes(b"1")
    (clips / "ben/docs").mkdir()
    found = scan(clips, speaker_level=1)
    assert [warning for warning in found.warnings if "hold" in warning] == [
        f"clips: {clips}: the folders of happy, surprise hold no audio: without clips there is nothing to learn such "
        "a class from."
    ]


def test_a_table_beside_the_clips_is_offered(write_clips):
    root = write_clips("set", ["audio/1.wav", "audio/2.wav"])
    (root / "test.csv").write_text("path,label\naudio/1.wav,sad\n")
    (root / "train.csv").write_text("path,label\naudio/2.wav,sad\n")
    with pytest.raises(CorpusError, match=r"It holds test.csv, train.csv: name \S+test.csv if it describes the clips"):
        scan(root)


def test_a_folder_without_audio_is_not_called_one_of_audio(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set/data-train.arrow").write_bytes(b"1")
    with pytest.raises(CorpusError, match=r"set: holds no audio, expected .* Not read: tables \(.arrow 1\)"):
        own_corpus(tmp_path / "set", audio_folder=tmp_path)
