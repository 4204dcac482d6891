import numpy as np
import soundfile

from humpcat.corpora import CORPORA
from humpcat.corpora.scan import Kind

TESS = CORPORA["tess"]


def test_reads_the_owners_names(write_clips):
    paths = [
        "OAF_angry/OAF_back_angry.wav",
        "YAF_pleasant_surprised/YAF_back_ps.wav",
        "OAF_neutral/OA_bite_neutral.wav",
    ]
    scan = TESS.scan(write_clips("tess", paths))
    assert scan.problems == []
    assert scan.rows["id"] == ["tess/OAF_back_angry", "tess/OAF_bite_neutral", "tess/YAF_back_ps"]
    assert scan.rows["emotion"] == ["anger", "neutral", "surprise"]
    assert scan.rows["speaker"] == ["OAF", "OAF", "YAF"]
    assert scan.rows["sentence"] == ["back", "bite", "back"]
    assert set(scan.rows["gender"]) == {"female"}


def test_aiff_inside_wav_is_read(write_clips):
    root = write_clips("tess", ["YAF_back_fear.wav"])
    soundfile.write(root / "YAF_neat_fear.wav", np.full(4000, 0.1), 16_000, format="AIFF")
    scan = TESS.scan(root)
    assert scan.problems == []
    assert scan.rows["duration"] == [0.1, 0.25]


def test_corpus_that_is_there_twice_is_one_problem(write_clips):
    folder = "TESS Toronto emotional speech set data"
    paths = [f"OAF_Sad/OAF_word{number}_sad.wav" for number in range(5)]
    root = write_clips("tess", [*paths, *(f"{folder}/{path}" for path in paths), "holiday.wav"])
    scan = TESS.scan(root)
    assert len(scan.rows) == 5
    assert [problem.kind for problem in scan.problems] == [Kind.FOREIGN, Kind.REPEATED]
    first = root / folder / paths[0]
    assert scan.problems[1].reason == f"holds 5 utterances twice, first {first}: left out."


def test_one_file_that_repeats_is_named(write_clips):
    root = write_clips("tess", ["OAF_bite_neutral.wav", "OA_bite_neutral.wav"])
    (problem,) = TESS.scan(root).problems
    assert problem.path == str(root / "OA_bite_neutral.wav")


def test_published_total_is_2800():
    assert TESS.clips == sum(TESS.expected_speakers.values()) == 2800
