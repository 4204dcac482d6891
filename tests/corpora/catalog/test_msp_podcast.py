import pytest

from humpcat.corpora import CORPORA
from humpcat.corpora.scan import Kind
from humpcat.errors import CorpusError

MSP = CORPORA["msp_podcast"]
HEADER = "FileName,EmoClass,EmoAct,EmoVal,EmoDom,SpkrID,Gender,Split_Set\n"
ROWS = (
    "MSP-PODCAST_0001_0008.wav,N,2.2,4.0,2.6,30,Male,Test1\n"
    "MSP-PODCAST_0001_0009.wav,X,3.7,3.5,3.7,Unknown,Unknown,Test1\n"
    "MSP-PODCAST_0153_1035_0001.wav,C,3.7,3.5,3.7,30,Male,Train\n"
)
PATHS = [f"Audios/{row.partition(',')[0]}" for row in ROWS.splitlines()]


@pytest.fixture
def root(write_clips):
    return write_clips("msp-podcast", PATHS)


def write_labels(root, text=HEADER + ROWS, name="labels_consensus.csv"):
    (root / "Labels").mkdir(exist_ok=True)
    (root / "Labels" / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", ["labels_consensus.csv", "labels_concensus.csv"])
def test_reads_both_spellings_of_the_table(root, name):
    write_labels(root, name=name)
    scan = MSP.scan(root)
    assert (scan.problems, scan.warnings) == ([], [])
    assert scan.rows["emotion"] == ["neutral", None, "contempt"]


def test_unknown_is_no_speaker_and_podcasts_are_sessions(root):
    write_labels(root)
    rows = MSP.scan(root).rows
    assert rows["speaker"] == ["30", None, "30"]
    assert rows["gender"] == ["male", None, "male"]
    assert rows["session"] == ["podcast 0001", "podcast 0001", "podcast 0153"]


def test_third_test_set_has_no_labels(root, write_clips):
    write_labels(root)
    write_clips("msp-podcast", [f"Audios/MSP-PODCAST_test3_000{number}.wav" for number in (1, 2)])
    (problem,) = MSP.scan(root).problems
    assert (problem.path, problem.kind) == (str(root), Kind.APART)
    assert problem.reason == "holds 2 clips of the third test set, whose labels the owner keeps: left out."


def test_second_table_is_said_and_the_first_counts(root):
    write_labels(root)
    write_labels(root, HEADER + ROWS.replace(",N,", ",A,"), "labels_concensus.csv")
    scan = MSP.scan(root)
    assert scan.rows["label"] == ["N", "X", "C"]
    assert [problem.kind for problem in scan.problems] == [Kind.REPEATED, Kind.CONFLICT]
    assert "labels 1 utterances otherwise (" in scan.problems[1].reason
    assert scan.problems[0].reason.startswith("labels 2 utterances again (MSP-PODCAST_0001_0009, ")


def test_table_without_speakers(root):
    write_labels(root, "FileName,EmoClass\nMSP-PODCAST_0001_0008.wav,N\n")
    with pytest.raises(CorpusError, match=r"column 'SpkrID' is missing \(found FileName, EmoClass\), expected"):
        MSP.scan(root)


def test_no_table(root):
    with pytest.raises(CorpusError, match=r"the first of 3 problems: .*0008.wav: is labelled in none of"):
        MSP.scan(root)
