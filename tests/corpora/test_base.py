"""What every loader says of copies that are damaged, in part or not there; ``test_layouts`` has whole trees."""

import shutil
from pathlib import Path

import pytest

from humpcat.corpora import CORPORA, target_corpus
from humpcat.corpora.scan import Kind
from humpcat.errors import CorpusError

PATHS = {
    "casia": ["wangzhe/angry/201.wav", "wangzhe/sad/202.wav"],
    "cremad": ["AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1001_DFA_SAD_XX.wav"],
    "emodb": ["wav/03a01Fa.wav", "wav/03a01Wa.wav"],
    "emovo": ["f1/dis-f1-b1.wav", "f1/rab-f1-b1.wav"],
    "mesd": ["Anger_C_A_abajo.wav", "Fear_C_A_abajo.wav"],
    "ravdess": ["Actor_01/03-01-05-01-01-01-01.wav", "Actor_01/03-01-06-01-01-01-01.wav"],
}


def ids(name: str, root: Path) -> list[str]:
    return CORPORA[name].scan(root).rows["id"]


@pytest.mark.parametrize("name", sorted(PATHS))
@pytest.mark.parametrize("suffix", [".opus", ".WAV"])
def test_converted_copy_has_the_same_ids(write_clips, name, suffix):
    converted = [str(Path(path).with_suffix(suffix)) for path in PATHS[name]]
    assert ids(name, write_clips("converted", converted)) == ids(name, write_clips("owner", PATHS[name]))


def test_damaged_and_foreign_files_are_left_out_and_said(write_clips):
    good, damaged = PATHS["emodb"]
    root = write_clips("damaged", [good, damaged, "holiday.wav"])
    (root / "notes.txt").write_text("not audio, not looked at", encoding="utf-8")
    (root / ".hidden.wav").write_bytes(b"")
    (root / damaged).write_bytes((root / damaged).read_bytes()[:1000])
    scan = CORPORA["emodb"].scan(root)
    assert len(scan.rows) == 1
    reasons = {Path(problem.path).name: problem.reason for problem in scan.problems}
    assert reasons == {
        "holiday.wav": "is not named as emodb names its files: left out.",
        Path(damaged).name: f"{root / damaged}: is cut off: holds 0.03 s of the 0.10 s that its header promises: "
        "copy it again or leave it out.",
    }


def test_empty_file_is_left_out_and_said(write_clips):
    root = write_clips("emodb", PATHS["emodb"])
    empty = root / "wav" / "03a02Fa.wav"
    empty.write_bytes(b"")
    (problem,) = CORPORA["emodb"].scan(root).problems
    assert problem.reason == f"{empty}: the file is empty (0 bytes): copy it again or remove it."


def test_repeated_utterance_is_left_out_and_said(write_clips):
    root = write_clips("emodb", ["copy/03a01Fa.wav", "wav/03a01Fa.wav"])
    (problem,) = CORPORA["emodb"].scan(root).problems
    assert problem.path == str(root / "copy" / "03a01Fa.wav")
    assert problem.reason == f"repeats utterance emodb/03a01Fa of {root / 'wav' / '03a01Fa.wav'}: left out."


def test_corpus_that_is_there_twice_is_one_problem(write_clips):
    paths = [f"Actor_01/03-01-05-01-01-01-{actor:02}.wav" for actor in range(1, 8)]
    root = write_clips("ravdess", [*paths, *(f"audio_speech_actors_01-24/{path}" for path in paths)])
    (problem,) = CORPORA["ravdess"].scan(root).problems
    first = root / "audio_speech_actors_01-24" / paths[0]
    assert (problem.kind, problem.reason) == (Kind.REPEATED, f"holds 7 utterances twice, first {first}: left out.")


def test_of_two_formats_the_one_that_lost_nothing_is_read(write_clips):
    owners = PATHS["cremad"]
    mp3 = [path.replace("WAV", "MP3").replace(".wav", ".mp3") for path in owners]
    root = write_clips("cremad", [*mp3, *owners])
    assert CORPORA["cremad"].scan(root).rows["path"] == [str(root / path) for path in owners]
    (root / owners[0]).write_bytes(b"")
    assert CORPORA["cremad"].scan(root).rows["path"] == [str(root / mp3[0]), str(root / owners[1])]


def test_link_that_leads_back_is_not_followed(write_clips):
    root = write_clips("emodb", PATHS["emodb"])
    (root / "wav" / "again").symlink_to(root)
    scan = CORPORA["emodb"].scan(root)
    assert (len(scan.rows), scan.problems) == (2, [])


def test_unknown_speaker_has_no_gender(write_clips):
    scan = CORPORA["emodb"].scan(write_clips("emodb", ["03a01Fa.wav", "08a01Fa.wav", "99a01Fa.wav"]))
    assert scan.rows["gender"] == ["male", "female", None]


def test_half_a_corpus_warns(write_clips):
    scan = CORPORA["emodb"].scan(write_clips("emodb", PATHS["emodb"]))
    assert scan.warnings == [
        "emodb: 2 utterances found, 535 published (W 1 of 127, L 0 of 81, E 0 of 46, A 0 of 69, F 1 of 71, "
        "N 0 of 79, T 0 of 62): the copy differs.",
        "emodb: 1 speakers found, 10 published.",
        "emodb: nothing of speakers 08, 09, 10, 11, 12, 13, 14, 15 and 1 more found.",
        "emodb: 1 speakers with other counts than published (03 2 of 49).",
    ]


def test_wrong_corpus_folder(write_clips):
    root = write_clips("emodb", PATHS["ravdess"])
    with pytest.raises(CorpusError) as caught:
        CORPORA["emodb"].scan(root)
    assert str(caught.value) == (
        f"corpus 'emodb': nothing in {root} is named as its owner names it, expected for example wav/03a01Fa.wav; "
        f"the first of 2 problems: {root / PATHS['ravdess'][0]}: is not named as emodb names its files: left out.; "
        "Berlin Database of Emotional Speech (EmoDB) is offered at http://emodb.bilderbar.info/ under: "
        "free for research; EmoDB 2.0 is CC BY 4.0."
    )


def test_missing_corpus_folder(tmp_path):
    with pytest.raises(CorpusError, match=r"corpus 'mesd': .* is not a folder: check the path; Mexican Emotional"):
        CORPORA["mesd"].scan(tmp_path / "nowhere")


def test_part_of_the_owners_folders_missing(write_clips):
    root = write_clips("emovo", PATHS["emovo"] + ["m1/tri-m1-b1.wav"])
    shutil.rmtree(root / "m1")
    scan = CORPORA["emovo"].scan(root)
    assert len(scan.rows) == 2
    assert scan.warnings[1:] == [
        "emovo: 1 speakers found, 6 published.",
        "emovo: nothing of speakers f2, f3, m1, m2, m3 found.",
        "emovo: 1 speakers with other counts than published (f1 2 of 98).",
    ]


@pytest.mark.parametrize("folder", ["emodb", "EmoDB", "Emo-DB", "berlin", "emodb-master"])
def test_find_ignores_case_and_punctuation(write_clips, tmp_path, folder):
    root = write_clips(folder, PATHS["emodb"])
    assert CORPORA["emodb"].find(tmp_path) == root
    assert CORPORA["emodb"].find(root) == root


def test_find_by_the_name_of_a_link(write_clips, tmp_path):
    root = write_clips("disk/db_2005", PATHS["emodb"])
    link = tmp_path / "data" / "emodb"
    link.parent.mkdir()
    link.symlink_to(root)
    assert CORPORA["emodb"].find(link.parent) == link
    (tmp_path / "x").symlink_to(link.parent)
    assert CORPORA["emodb"].find(tmp_path / "x") == tmp_path / "x" / "emodb"


def test_find_below_the_home_folder(write_clips, tmp_path, monkeypatch):
    root = write_clips("emodb", PATHS["emodb"])
    monkeypatch.setenv("HOME", str(tmp_path))
    assert CORPORA["emodb"].find("~") == root


def test_find_by_environment(write_clips, tmp_path, monkeypatch):
    root = write_clips("emodb", PATHS["emodb"])
    monkeypatch.setenv("HUMPCAT_DATA", str(tmp_path))
    assert CORPORA["emodb"].find() == root


def test_no_data_folder_named(monkeypatch):
    monkeypatch.delenv("HUMPCAT_DATA", raising=False)
    with pytest.raises(CorpusError) as caught:
        CORPORA["mesd"].find()
    assert str(caught.value) == (
        "corpus 'mesd': no data folder was named: pass --data-dir or set HUMPCAT_DATA; "
        "Mexican Emotional Speech Database (MESD) is offered at https://doi.org/10.17632/cy34mh68j9 under: CC BY 4.0."
    )


def test_data_folder_missing(tmp_path):
    with pytest.raises(CorpusError) as caught:
        CORPORA["mesd"].find(tmp_path / "nowhere")
    assert str(caught.value) == (
        f"data folder {tmp_path / 'nowhere'}: no such folder: check --data-dir or HUMPCAT_DATA."
    )


def test_corpus_missing_in_data_folder(write_clips, tmp_path):
    write_clips("emodb", PATHS["emodb"])
    with pytest.raises(CorpusError) as caught:
        CORPORA["mesd"].find(tmp_path)
    assert str(caught.value).startswith(f"corpus 'mesd': {tmp_path} holds no folder 'mesd' (found emodb); Mexican")


@pytest.mark.parametrize(
    ("language", "name"), [("de", "emodb"), ("it", "emovo"), ("es", "mesd"), ("zh", "casia"), ("en", "ravdess")]
)
def test_target_of_a_language(language, name):
    assert target_corpus(language).name == name


def test_unknown_language():
    with pytest.raises(CorpusError) as caught:
        target_corpus("tlh")
    assert str(caught.value).startswith("language 'tlh' has no default target corpus: choose one of de, en, es,")


@pytest.mark.parametrize("corpus", list(CORPORA), ids=lambda corpus: corpus.name)
def test_facts_agree_with_one_another(corpus):
    assert set(corpus.expected) <= set(corpus.labels)
    assert corpus.homepage.startswith("http")
    assert corpus.example_path()
