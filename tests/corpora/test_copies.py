"""Files of one name in one corpus: copies, and other recordings."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from humpcat.corpora import CORPORA, own_corpus
from humpcat.corpora.copies import same_recording
from humpcat.corpora.doctor import check
from humpcat.corpora.scan import Kind

RATE = 16_000


def voice(seed: int, seconds: float = 0.6) -> np.ndarray:
    """Return noise with the slow swing of syllables, which no other seed resembles."""
    noise = np.random.default_rng(seed).normal(size=int(seconds * RATE))
    smooth = np.convolve(noise, np.ones(24) / 24, "same")
    return 0.3 * smooth * (1 + np.sin(np.arange(len(smooth)) / 900))


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate)
    return path


def kinds(scan) -> list[Kind]:
    return [problem.kind for problem in scan.problems]


@pytest.mark.parametrize("name", ["b.wav", "b.flac", "b.mp3", "b.ogg"])
def test_a_copy_in_any_format_level_or_rate_is_the_same_recording(tmp_path, name):
    one = write(tmp_path / "a.wav", voice(1))
    assert same_recording(one, write(tmp_path / name, 0.5 * voice(1)))
    assert same_recording(one, write(tmp_path / "half.wav", voice(1)[::2], RATE // 2))


def test_another_recording_is_another_one(tmp_path):
    one = write(tmp_path / "a.wav", voice(1))
    assert not same_recording(one, write(tmp_path / "b.wav", voice(2)))
    assert not same_recording(one, write(tmp_path / "c.wav", voice(1, 1.2)))
    assert not same_recording(one, write(tmp_path / "d.wav", np.zeros(len(voice(1)))))
    assert same_recording(tmp_path / "d.wav", write(tmp_path / "e.flac", np.zeros(len(voice(1)))))


@pytest.mark.parametrize("folder", ["laryngo", "egg"])
def test_laryngograms_are_set_apart(tmp_path, folder):
    write(tmp_path / folder / "03a01Wa.wav", voice(1))
    write(tmp_path / "wav/03a01Wa.wav", voice(2))
    scan = CORPORA["emodb"].scan(tmp_path)
    assert scan.rows["path"] == [str(tmp_path / "wav/03a01Wa.wav")]
    (problem,) = scan.problems
    assert (problem.kind, problem.reason) == (
        Kind.APART,
        f"holds 1 laryngograms in folders '{folder}', which are not speech: left out.",
    )


CLIPS = {
    "emodb": ("wav", "03a01Wa"),
    "cremad": ("AudioWAV", "1001_DFA_ANG_XX"),
    "nemo": ("samples", "WR0_anger_64"),
    "ravdess": ("Actor_01", "03-01-05-01-01-01-01"),
}


@pytest.mark.parametrize(("name", "clip"), CLIPS.items())
def test_another_recording_of_the_same_name_is_a_conflict(tmp_path, name, clip):
    folder, stem = clip
    owners = write(tmp_path / folder / f"{stem}.wav", voice(1))
    other = write(tmp_path / "other" / f"{stem}.wav", voice(2))
    scan = CORPORA[name].scan(tmp_path)
    assert scan.rows["path"] == [str(owners)]
    (problem,) = scan.problems
    assert (problem.path, problem.kind) == (str(other), Kind.CONFLICT)
    assert "is another recording" in problem.reason
    write(other, voice(1))
    assert kinds(CORPORA[name].scan(tmp_path)) == [Kind.REPEATED]


def test_the_owners_folder_is_read_whatever_lies_before_it(tmp_path):
    write(tmp_path / "a first/03a01Wa.wav", voice(1))
    owners = write(tmp_path / "wav/03a01Wa.wav", voice(2))
    assert CORPORA["emodb"].scan(tmp_path).rows["path"] == [str(owners)]


def test_many_conflicts_are_one_problem_and_an_error(tmp_path):
    for number in range(1, 8):
        write(tmp_path / f"wav/03a0{number}Wa.wav", voice(number))
        write(tmp_path / f"denoised/03a0{number}Wa.wav", voice(10 + number))
    checkup = check(CORPORA["emodb"], tmp_path)
    (remark,) = [remark for remark in checkup.findings if remark.kind == "conflict"]
    assert remark.severity == "error"
    assert "holds 7 files that are named as others and are other recordings" in remark.sentence


def test_iemocap_tells_copies_and_labels_apart(tmp_path):
    name = "Ses01F_impro01_F000"
    owners = write(tmp_path / f"Session1/sentences/wav/Ses01F_impro01/{name}.wav", voice(1))
    write(tmp_path / f"Session1/dialog/{name}.wav", voice(2))
    labels = tmp_path / "Session1/dialog/EmoEvaluation"
    labels.mkdir(parents=True)
    line = "[6.2901 - 8.2357]\t{}\t{}\t[2.5000, 3.5000, 1.0000]\n"
    (labels / "Ses01F_impro01.txt").write_text(line.format(name, "neu"))
    (labels / "Ses01F_impro02.txt").write_text(line.format(name, "ang"))
    scan = CORPORA["iemocap"].scan(tmp_path)
    assert kinds(scan) == [Kind.CONFLICT, Kind.CONFLICT]
    (row,) = scan.rows
    assert (row["path"], row["label"], row["valence"], row["arousal"]) == (str(owners), "neu", 2.5, 3.5)


def test_clips_of_ones_own_that_differ_by_their_ending_only_are_both_read(tmp_path):
    write(tmp_path / "clips/angry/1.wav", voice(1))
    write(tmp_path / "clips/angry/1.flac", voice(2))
    write(tmp_path / "clips/sad/1.wav", voice(3))
    write(tmp_path / "clips/sad/1.flac", voice(3))
    corpus = own_corpus(tmp_path / "clips")
    scan = corpus.scan(corpus.find())
    assert scan.rows["id"] == ["clips/angry/1", "clips/angry/1.wav", "clips/sad/1"]
    assert kinds(scan) == [Kind.REPEATED]


def test_a_copy_that_cannot_be_decoded_is_said(tmp_path):
    write(tmp_path / "wav/03a01Wa.wav", voice(1))
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy/03a01Wa.wav").write_bytes(b"RIFF")
    (problem,) = CORPORA["emodb"].scan(tmp_path).problems
    assert problem.kind == Kind.UNUSABLE
    assert problem.reason.startswith("cannot be compared with ")
