import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import parselmouth
import pytest
import soundfile
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict

from humpcat.corpora import CORPORA, FOUR
from humpcat.corpora.toy import TOY_CORPORA, make_toy_corpora
from humpcat.corpora.toy.layouts import LAYOUTS
from humpcat.errors import CorpusError

SIZES = {"iemocap": (240, 10), "emodb": (80, 10), "emovo": (72, 6), "mesd": (60, 3), "casia": (80, 4)}


@pytest.fixture(scope="module")
def toys(tmp_path_factory) -> Path:
    """The quickest toy corpus, synthesised once."""
    return make_toy_corpora(tmp_path_factory.mktemp("made") / "toys", corpora=["mesd"])


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", TOY_CORPORA)
def test_layout_is_read_by_the_real_loader(write_clips, name):
    layout = LAYOUTS[name]
    root = write_clips(name, [clip.path for clip in layout.clips(layout)])
    if layout.write_labels is not None:
        layout.write_labels(layout, root)
    scan = CORPORA[name].scan(root)
    assert scan.problems == []
    assert (len(scan.rows), len(set(scan.rows["speaker"]))) == SIZES[name]
    classes = Counter(FOUR.class_of(emotion) for emotion in scan.rows["emotion"])
    assert classes == dict.fromkeys(FOUR.classes, SIZES[name][0] // 4)
    emotions = {root / clip.path: clip.emotion for clip in layout.clips(layout)}
    assert all(
        emotions[Path(path)] == emotion for path, emotion in zip(scan.rows["path"], scan.rows["emotion"], strict=True)
    )


def test_audio_is_short_16_bit_at_16_khz(toys):
    for path in toys.rglob("*.wav"):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
        assert 0.3 < info.duration < 3


def test_the_folder_says_that_it_is_synthetic(toys):
    assert (toys / "README.txt").read_text(encoding="utf-8").startswith("SYNTHETIC")
    assert json.loads((toys / "toy.json").read_text(encoding="utf-8"))["corpora"] == ["mesd"]
    assert CORPORA["mesd"].find(toys) == toys / "mesd"


def test_same_seed_same_bytes_and_another_seed_others(toys, tmp_path):
    first = files_of(toys / "mesd")
    assert files_of(make_toy_corpora(tmp_path / "again", corpora=["mesd"]) / "mesd") == first
    other = files_of(make_toy_corpora(tmp_path / "other", corpora=["mesd"], seed=1) / "mesd")
    assert other.keys() == first.keys()
    assert all(other[name] != first[name] for name in first)


def test_finished_folder_is_reused(toys):
    before = (toys / "toy.json").stat().st_mtime_ns
    assert make_toy_corpora(toys, corpora=["mesd"]) == toys
    assert (toys / "toy.json").stat().st_mtime_ns == before


def test_folder_of_another_version_is_replaced_and_nothing_is_left_aside(toys, tmp_path):
    folder = tmp_path / "toys"
    shutil.copytree(toys / "mesd", folder / "emovo")
    (folder / "toy.json").write_text('{"version": 0, "seed": 0, "corpora": ["mesd"]}', encoding="utf-8")
    make_toy_corpora(folder, corpora=["mesd"])
    assert sorted(path.name for path in folder.iterdir()) == ["README.txt", "mesd", "toy.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["toys"]


def test_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        make_toy_corpora(tmp_path, corpora=["mesd"])
    assert (
        str(caught.value) == f"{tmp_path}: holds something other than toy corpora: name a folder that is new or empty."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_unknown_corpus(tmp_path):
    with pytest.raises(CorpusError) as caught:
        make_toy_corpora(tmp_path / "toys", corpora=["mesd", "klingon"])
    assert str(caught.value) == "toy corpus 'klingon' is unknown: choose one of iemocap, emodb, emovo, mesd, casia."


def test_emotions_can_be_told_apart_but_not_perfectly(toys):
    rows = CORPORA["mesd"].scan(toys / "mesd").rows
    measured = []
    for path in rows["path"]:
        samples, rate = soundfile.read(path)
        pitch = parselmouth.Sound(samples, rate).to_pitch(0.01, 60.0, 500.0).selected_array["frequency"]
        octaves = np.log2(pitch[pitch > 0])
        measured.append([np.median(octaves), octaves.std(), len(samples), np.log(np.mean(samples**2))])
    features, speakers, gold = np.array(measured), np.array(rows["speaker"]), rows["emotion"]
    for speaker in set(speakers):
        own = speakers == speaker
        features[own] = (features[own] - features[own].mean(axis=0)) / features[own].std(axis=0)
    found = cross_val_predict(LogisticRegression(), features, gold, groups=speakers, cv=LeaveOneGroupOut())
    assert 0.6 < recall_score(gold, found, average="macro") < 0.97
