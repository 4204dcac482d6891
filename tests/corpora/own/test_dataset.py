"""Datasets of the ``datasets`` library, and Parquet."""

import os
import subprocess
import sys

import datasets
import pyarrow
import pytest
from datasets import Audio, ClassLabel, Dataset, DatasetDict
from pyarrow import parquet

from humpcat import audio
from humpcat.corpora import own_corpus
from humpcat.errors import CorpusError


def scan(*arguments, **settings):
    corpus = own_corpus(*arguments, **settings)
    return corpus.scan(corpus.find())


def triples(found):
    return list(zip(found.rows["id"], found.rows["emotion"], found.rows["speaker"], strict=True))


def sounding(sounds, names=("1.wav", "2.wav")) -> Dataset:
    """Return a dataset of two clips whose bytes lie within it."""
    rows = [
        {"sound": {"bytes": sounds[0], "path": names[0]}, "label": 1, "speaker": 7},
        {"sound": {"bytes": sounds[1], "path": names[1]}, "label": 0, "speaker": 8},
    ]
    # Cast afterwards: to encode audio, datasets wants torchcodec even where it is encoded already.
    made = Dataset.from_list(rows).cast_column("label", ClassLabel(names=["sad", "happy"]))
    return made.cast_column("sound", Audio(decode=False))


@pytest.fixture
def sounds(write_clips) -> list[bytes]:
    """Return the content of two audio files."""
    return [(write_clips("made", ["x.wav"], channels=number) / "x.wav").read_bytes() for number in (1, 2)]


@pytest.fixture
def embedded(sounds) -> Dataset:
    """Return a dataset of two clips whose bytes lie within it."""
    return sounding(sounds)


def test_saved_dataset_with_bytes(embedded, tmp_path, cache):
    embedded.save_to_disk(tmp_path / "mine")
    found = scan(tmp_path / "mine")
    assert triples(found) == [("mine/1", "happiness", "7"), ("mine/2", "sadness", "8")]
    assert found.rows["label"][:] == ["happy", "sad"]
    written = sorted(path for path in (cache / "own" / "mine").rglob("*") if path.is_file())
    assert sorted(found.rows["path"]) == [str(path) for path in written]
    assert {path.stem for path in written} == {audio.fingerprint(row["bytes"]) for row in embedded["sound"]}
    before = [path.stat().st_mtime_ns for path in written]
    scan(tmp_path / "mine")
    assert [path.stat().st_mtime_ns for path in written] == before


def test_splits(embedded, tmp_path):
    # Decoding would need torchcodec; the saved feature asks for it, as most datasets do.
    embedded = embedded.cast_column("sound", Audio(decode=True))
    DatasetDict({"train": embedded, "test": embedded.select([0])}).save_to_disk(tmp_path / "mine")
    everything = scan(tmp_path / "mine", audio_folder=tmp_path / "kept")
    assert everything.rows["id"][:] == ["mine/test/1", "mine/train/1", "mine/train/2"]
    assert all(path.startswith(str(tmp_path / "kept")) for path in everything.rows["path"])
    assert scan(tmp_path / "mine", split="test").rows["id"][:] == ["mine/test/1"]
    with pytest.raises(CorpusError) as caught:
        own_corpus(tmp_path / "mine", split="valid")
    assert str(caught.value) == f"{tmp_path / 'mine'}: has no split 'valid', found train, test: choose one of them."


def test_split_of_a_dataset_that_has_none(embedded, tmp_path):
    embedded.save_to_disk(tmp_path / "mine")
    with pytest.raises(CorpusError) as caught:
        own_corpus(tmp_path / "mine", split="train")
    assert str(caught.value) == f"{tmp_path / 'mine'}: has no splits, found split 'train': leave it out."


def test_bare_file_names_that_several_clips_share(sounds, tmp_path):
    sounding(sounds, ("001.wav", "001.wav")).save_to_disk(tmp_path / "mine")
    digests = [audio.fingerprint(sound)[:8] for sound in sounds]
    assert scan(tmp_path / "mine").rows["id"][:] == sorted(f"mine/001-{digest}" for digest in digests)


def test_bytes_without_a_name(sounds, tmp_path):
    sounding(sounds, (None, None)).save_to_disk(tmp_path / "mine")
    digests = [audio.fingerprint(sound) for sound in sounds]
    assert scan(tmp_path / "mine").rows["id"][:] == sorted(f"mine/{digest}" for digest in digests)


@pytest.mark.parametrize("noted", [True, False])
def test_parquet_with_bytes(embedded, tmp_path, noted):
    table = tmp_path / "mine.parquet"
    if noted:
        embedded.to_parquet(table)
    else:
        rows = [{**row, "label": ["sad", "happy"][row["label"]]} for row in embedded]
        parquet.write_table(pyarrow.Table.from_pylist(rows), table)
    assert triples(scan(table)) == [("mine/1", "happiness", "7"), ("mine/2", "sadness", "8")]


def test_parquet_with_paths(clips):
    table = clips.parent / "table.parquet"
    columns = {"file": ["ana/sad/1.wav", "ben/sad/1.wav"], "label": ["sad", None], "speaker": [1.0, None]}
    parquet.write_table(pyarrow.table(columns), table)
    found = scan(table, columns={"path": "file"}, audio_folder=clips)
    assert triples(found) == [("table/ana/sad/1", "sadness", "1")]
    assert [(problem.path, problem.reason) for problem in found.problems] == [
        (str(table), "row 2 has no label: left out.")
    ]
    with pytest.raises(CorpusError) as caught:
        own_corpus(table)
    assert str(caught.value) == (
        f"{table}: has no column 'path', found file, label, speaker: name the one that holds it by --columns "
        "path=file."
    )


def test_dataset_of_paths(clips, tmp_path):
    rows = {"path": [str(clips / "ana/sad/1.wav"), str(clips / "ben/sad/1.wav")], "label": [0, -1]}
    made = Dataset.from_dict(rows).cast_column("label", ClassLabel(names=["triste"]))
    made.save_to_disk(tmp_path / "mine")
    found = scan(tmp_path / "mine", speaker_level=1, audio_folder=clips)
    assert triples(found) == [("mine/ana/sad/1", "sadness", "ana")]
    assert [problem.reason for problem in found.problems] == ["row 2 has no label: left out."]


def test_dataset_of_the_hub(embedded, cache, monkeypatch):
    asked = []
    monkeypatch.setattr(datasets, "load_dataset", lambda *names: asked.append(names) or DatasetDict(all=embedded))
    corpus = own_corpus("owner/mine")
    assert asked == [("owner/mine",)]
    assert corpus.find() == cache / "own" / "mine"
    assert corpus.scan(corpus.find()).rows["id"][:] == ["mine/all/1", "mine/all/2"]


def test_damaged_parquet_and_dataset(tmp_path, embedded):
    table = tmp_path / "mine.parquet"
    table.write_bytes(b"not parquet at all")
    with pytest.raises(CorpusError, match=r"mine.parquet: is not Parquet \(.*\): write it again\.$"):
        own_corpus(table)
    embedded.save_to_disk(tmp_path / "saved")
    for file in (tmp_path / "saved").glob("*.arrow"):
        file.unlink()
    with pytest.raises(CorpusError, match=r"saved: looks like a saved dataset and cannot be opened \(.*\): save it"):
        own_corpus(tmp_path / "saved")


def test_hub_name_without_network():
    code = (
        "from humpcat.corpora import own_corpus\n"
        "from humpcat.errors import CorpusError\n"
        "try:\n    own_corpus('nobody/no-such-clips')\n"
        "except CorpusError as error:\n    print(error)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    message = ran.stdout.strip()
    assert message.startswith(
        "'nobody/no-such-clips': is no file or folder here, and cannot be loaded as a dataset of "
    )
    assert message.endswith("): check the name and the connection, or download it and give its folder.")
    assert "\n" not in message
