"""Data sets in parts: cloned repositories of the hub, folders of Parquet files and tables, audio folders."""

import pytest
from datasets import Audio, ClassLabel, Dataset

from humpcat.corpora import own_corpus
from humpcat.errors import CorpusError

SHARD = "data/train-{:05}-of-{:05}.parquet"


def scan(*arguments, **settings):
    corpus = own_corpus(*arguments, **settings)
    return corpus.scan(corpus.find())


@pytest.fixture(name="sound")
def _sound(write_clips):
    """Return a function that gives the bytes of a clip of its own."""

    def sound(number: int) -> bytes:
        return (write_clips(f"made{number}", ["x.wav"], rate=16_000 + number) / "x.wav").read_bytes()

    return sound


@pytest.fixture(name="write_shard")
def _write_shard(tmp_path, sound):
    """Return a function that writes a part of two clips."""

    def write(name: str, first: int):
        rows = [
            {
                "audio": {"bytes": sound(number), "path": f"{number}.wav"},
                "label": number % 2,
                "speaker": f"s{number % 3}",
            }
            for number in (first, first + 1)
        ]
        made = Dataset.from_list(rows).cast_column("label", ClassLabel(names=["sad", "happy"]))
        path = tmp_path / "repo" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        made.cast_column("audio", Audio(decode=False)).to_parquet(path)
        return tmp_path / "repo"

    return write


def test_the_parts_of_a_cloned_repository_are_read(write_shard):
    for number in range(2):
        root = write_shard(SHARD.format(number, 2), 2 * number)
    (root / "README.md").write_text("# A data set")
    (root / "more.zip").write_bytes(b"0")
    found = scan(root)
    assert found.rows["id"] == ["repo/0", "repo/1", "repo/2", "repo/3"]
    assert found.rows["emotion"] == ["sadness", "happiness"] * 2
    assert [problem.reason for problem in found.problems] == [
        "not read: what is no audio (.md 1): nothing is to be done.",
        "not read: archives (.zip 1), nothing at all being read of .: unpack them, or take them away.",
    ]


def test_splits_keep_their_clips_apart_and_can_be_chosen(write_shard):
    write_shard(SHARD.format(0, 1), 0)
    root = write_shard("data/test-00000-of-00001.parquet", 0)
    assert scan(root).rows["id"] == ["repo/test/0", "repo/test/1", "repo/train/0", "repo/train/1"]
    assert len(scan(root, split="train").rows) == 2
    with pytest.raises(
        CorpusError, match="has no split 'dev', found test, train: choose one of them, or leave it out"
    ):
        own_corpus(root, split="dev")


@pytest.mark.parametrize("name", ["0000.parquet", "default/train/0000.parquet", "part-0.parquet", "train.parquet"])
def test_other_names_of_parts(write_shard, name):
    assert len(scan(write_shard(name, 0)).rows) == 2


def test_a_part_that_is_missing_is_said(write_shard):
    root = write_shard(SHARD.format(1, 3), 0)
    with pytest.raises(CorpusError, match=r"of 'train' in data 1 of 3 parts are there, .* \(missing: 00000, 00002\)"):
        own_corpus(root)


def test_a_pointer_in_place_of_a_part_is_said(write_shard):
    root = write_shard(SHARD.format(0, 1), 0)
    (root / SHARD.format(0, 1)).write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(CorpusError, match="is a Git LFS pointer, not Parquet: run 'git lfs pull' in its repository"):
        own_corpus(root)


def test_parts_of_other_columns_are_refused(write_shard):
    root = write_shard(SHARD.format(0, 2), 0)
    Dataset.from_dict({"path": ["a.wav"], "label": ["sad"]}).to_parquet(root / SHARD.format(1, 2))
    with pytest.raises(CorpusError, match="has other columns"):
        own_corpus(root)


def test_tables_in_parts(clips, tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    for number, (who, what) in enumerate((("ana", "angry"), ("ben", "sad"))):
        (folder / f"train-{number:05}-of-00002.csv").write_text(f"path;label\n{who}/{what}/1.wav;{what}\n")
    found = scan(folder, audio_folder=clips)
    assert found.rows["emotion"] == ["anger", "sadness"]


def test_an_audio_folder_of_the_hub(write_clips):
    root = write_clips("set", ["1.wav", "deep/2.wav"])
    (root / "metadata.csv").write_text("file_name,label\n1.wav,angry\ndeep/2.wav,sad\n")
    found = scan(root)
    assert found.problems == []
    assert found.rows["id"] == ["set/1", "set/deep/2"]
    assert found.rows["emotion"] == ["anger", "sadness"]


def test_an_audio_folder_of_the_hub_in_splits(write_clips):
    root = write_clips("set", ["train/1.wav", "test/1.wav", "test/deep/2.wav"])
    (root / "train/metadata.csv").write_text("file_name,label\n1.wav,angry\n")
    (root / "test/metadata.csv").write_text("file_name,label\n1.wav,sad\ndeep/2.wav,angry\n")
    found = scan(root)
    assert found.problems == []
    assert found.rows["id"] == ["set/test/1", "set/test/deep/2", "set/train/1"]
    assert found.rows["emotion"] == ["sadness", "anger", "anger"]
    assert scan(root, split="test").rows["emotion"] == ["sadness", "anger"]
    # What is asked for goes before what lies there.
    assert scan(root, label_level=1).rows["label"] == ["test", "test", "train"]


def test_audio_that_no_line_names_is_counted(write_clips):
    root = write_clips("set", ["1.wav", "2.wav", "3.wav", "4.wav"])
    (root / "metadata.csv").write_text("file_name,label\n1.wav,angry\n2.wav,sad\n")
    (problem,) = scan(root).problems
    assert problem.reason == (
        "not read: 2 audio files that no line names (3.wav, 4.wav): name them, if they are clips."
    )
