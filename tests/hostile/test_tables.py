"""A table or a dataset that is damaged, nested or of other types ends in one sentence, and its good rows are read."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from datasets import Dataset, DatasetDict
from pyarrow import parquet

from humpcat.corpora import own_corpus
from humpcat.corpora.scan import Kind, Scan
from humpcat.errors import CorpusError, HumpcatError
from humpcat.evaluation import Predictions
from humpcat.files import read_json

from ..training.making import vowel, write

GOOD = {"path": "a.wav", "label": "sad", "speaker": "x"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HUMPCAT_CACHE", str(tmp_path / "cache"))
    for take, name in enumerate("ab"):
        write(tmp_path / "set" / f"{name}.wav", vowel("sadness", speaker=1, take=take))
    return tmp_path / "set"


def scan(place: Path, **settings: Any) -> Scan:
    corpus = own_corpus(place, **settings)
    return corpus.scan(corpus.find())


def refused(place: Path, file: Path | None = None) -> None:
    with pytest.raises(HumpcatError) as caught:
        scan(place)
    assert str(caught.value).startswith(str(file or place))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


DELIMITED = [b"", bytes(range(128, 256)) * 9, b"\0" * 999, "path,label\na.wav,sad\n".encode("utf-16-le")]
DELIMITED += [b"path,label\n", b"path,label,label\na.wav,sad,sad\n", b'path,label\na.wav,"' + b"x" * 200_000]
DELIMITED += [b",".join(b"c%d" % place for place in range(30_000)) + b"\n"]
NESTED = [
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b"[]",
    b"{",
    b"3",
    b'"path"',
    b"\xff\xfe",
]


@pytest.mark.parametrize("content", DELIMITED, ids=range(len(DELIMITED)))
@pytest.mark.parametrize("name", ["x.csv", "x.tsv"])
def test_text_that_is_no_table(content: bytes, name: str, folder: Path) -> None:
    (folder / name).write_bytes(content)
    refused(folder / name)


@pytest.mark.parametrize("content", NESTED, ids=range(len(NESTED)))
@pytest.mark.parametrize("name", ["x.json", "x.jsonl"])
def test_json_that_is_no_table(content: bytes, name: str, folder: Path) -> None:
    (folder / name).write_bytes(content)
    refused(folder / name)


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.json", "x.parquet"])
def test_a_pipe_in_place_of_a_table_is_not_waited_for(name: str, folder: Path) -> None:
    os.mkfifo(folder / name)
    refused(folder / name)
    (folder / "data").mkdir()
    os.mkfifo(folder / "data" / f"train-00000-of-00001{Path(name).suffix}")
    refused(folder / "data", folder / "data" / f"train-00000-of-00001{Path(name).suffix}")


@pytest.mark.parametrize("kind", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_no_json(kind: Callable[[Path], None], tmp_path: Path) -> None:
    kind(tmp_path / "config.json")
    with pytest.raises(HumpcatError, match=r"config.json: is a (pipe|folder), expected a file"):
        read_json(tmp_path / "config.json")


@pytest.mark.parametrize("role", ["path", "label", "speaker"])
@pytest.mark.parametrize("value", [["sad"], {"a": 1}, "x" * 100_000, "\ud800", "caf\udce9.wav"])
def test_a_cell_that_is_no_text_is_told_by_its_line(value: Any, role: str, folder: Path) -> None:
    lines = [{**GOOD, "path": "b.wav"}, {**GOOD, role: value}]
    (folder / "x.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = scan(folder / "x.jsonl")
    assert found.rows["id"] == ["x/b"]
    (problem,) = found.problems
    assert problem.sentence.startswith(f"{folder / 'x.jsonl'}: line 2 has ")
    assert f"in column '{role}'" in problem.reason
    assert len(problem.reason) < 300


@pytest.mark.parametrize("role", ["path", "label", "speaker"])
@pytest.mark.parametrize(
    "values",
    [
        pa.array([["sad"], ["sad"]]),
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([b"sad", b"\xff"]),
        pa.array([1, 2], pa.duration("s")),
        pa.array([[("a", 1)], [("b", 2)]], pa.map_(pa.string(), pa.int32())),
    ],
    ids=["list", "struct", "bytes", "duration", "map"],
)
def test_a_column_of_another_type(values: pa.Array, role: str, folder: Path) -> None:
    table = {"path": ["a.wav", "b.wav"], "label": ["sad", "sad"], "speaker": ["x", "y"]} | {role: values}
    parquet.write_table(pa.table(table), folder / "x.parquet")
    with pytest.raises(CorpusError, match=rf"{folder}/x\.parquet: (row 1 |is not Parquet \(Arrow type map)"):
        scan(folder / "x.parquet")


@pytest.mark.parametrize(
    "audio",
    [{"bytes": "/etc/passwd", "path": "a.wav"}, {"bytes": [1, 2], "path": "a.wav"}, {"bytes": b"RIFF", "path": 7}],
)
def test_audio_of_other_types_is_not_taken_for_a_path(audio: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    parquet.write_table(pa.table({"audio": [audio], "label": ["sad"]}), folder / "x.parquet")
    with pytest.raises(CorpusError, match="row 1 holds no audio, expected a path, or bytes with their path"):
        scan(folder / "x.parquet")
    assert not (tmp_path / "cache").exists()


def test_every_byte_of_a_parquet_file_may_be_wrong(folder: Path) -> None:
    whole = folder / "whole.parquet"
    parquet.write_table(pa.table({"path": ["a.wav", "b.wav"], "label": ["sad", "sad"]}), whole)
    content = whole.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(len(content), size=8):
        for made in (bytes([content[place] ^ 0xFF]) + content[place + 1 :], b""):
            (folder / "x.parquet").write_bytes(content[:place] + made)
            # Bytes that say nothing of the rows may be wrong.
            with suppress(CorpusError):
                scan(folder / "x.parquet")


@pytest.mark.parametrize("columns", [["path", "label", "label"], ["path", "label", "z", "z"]])
def test_a_column_named_twice(columns: list[str], folder: Path) -> None:
    table = pa.table([pa.array(["a.wav"]), *[pa.array(["sad"])] * (len(columns) - 1)], names=columns)
    parquet.write_table(table, folder / "x.parquet")
    refused(folder / "x.parquet")


@pytest.mark.parametrize("noted", ["{", "[1]", '{"info": 3}', '{"info": {"features": {"path": {"_type": "Nope"}}}}'])
def test_features_that_datasets_did_not_note(noted: str, folder: Path) -> None:
    table = pa.table({"path": ["a.wav"], "label": ["sad"]}).replace_schema_metadata({"huggingface": noted})
    parquet.write_table(table, folder / "x.parquet")
    refused(folder / "x.parquet")


def test_a_class_without_a_name(folder: Path) -> None:
    features = {"path": {"dtype": "string", "_type": "Value"}, "label": {"names": ["sad"], "_type": "ClassLabel"}}
    noted = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pa.table({"path": ["a.wav", "b.wav"], "label": pa.array([0, 99])}).replace_schema_metadata(noted)
    parquet.write_table(table, folder / "x.parquet")
    (problem,) = scan(folder / "x.parquet").problems
    assert problem.reason.startswith("row 2 has class 99 in column 'label', which has names for 1 only")


BREAKING: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "cut off": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "deep": lambda path: path.write_text("[" * 100_000),
    "list": lambda path: path.write_text("[]"),
    "binary": lambda path: path.write_bytes(bytes(range(256))),
    "pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "folder": lambda path: (path.unlink(), path.mkdir()),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("how", BREAKING)
@pytest.mark.parametrize("file", ["state.json", "dataset_info.json", "data-00000-of-00001.arrow"])
def test_a_saved_dataset_that_is_not_whole(file: str, how: str, folder: Path) -> None:
    Dataset.from_dict({"path": ["a.wav"], "label": ["sad"]}).save_to_disk(folder / "saved")
    BREAKING[how](folder / "saved" / file)
    refused(folder / "saved")


@pytest.mark.parametrize("content", ["[]", "{}", '{"splits": 3}', '{"splits": ["gone"]}', '{"splits": ["../other"]}'])
def test_splits_that_are_not_there_or_lie_elsewhere(content: str, folder: Path) -> None:
    made = Dataset.from_dict({"path": ["a.wav"], "label": ["sad"]})
    DatasetDict({"train": made}).save_to_disk(folder / "saved")
    made.save_to_disk(folder / "other")
    (folder / "saved" / "dataset_dict.json").write_text(content)
    refused(folder / "saved")


def test_a_saved_dataset_reads_no_part_of_another_folder(folder: Path) -> None:
    made = Dataset.from_dict({"path": ["../a.wav"], "label": ["SECRET"]})
    made.save_to_disk(folder / "saved")
    made.save_to_disk(folder / "other")
    state = folder / "saved" / "state.json"
    state.write_text(
        json.dumps(json.loads(state.read_text()) | {"_data_files": [{"filename": "../other/data.arrow"}]})
    )
    with pytest.raises(CorpusError, match=r"state.json: names ../other/data.arrow, which lies outside") as caught:
        scan(folder / "saved")
    assert "SECRET" not in str(caught.value)


def test_a_clip_under_two_speakers_is_told(folder: Path) -> None:
    (folder / "x.csv").write_text("path,label,speaker\na.wav,sad,x\na.wav,sad,y\nb.wav,sad,y\n")
    found = scan(folder / "x.csv")
    assert found.rows["speaker"] == ["x", "y"]
    (problem,) = found.problems
    assert problem.kind == Kind.CONFLICT
    assert problem.reason.startswith("gives utterance x/a the speaker 'y', which ")


@pytest.mark.parametrize("name", ["caf\udce9.wav", "caf\udce9"])
def test_a_file_name_in_another_encoding_is_left_out(name: str, folder: Path) -> None:
    file = folder / "clips" / "sad" / name
    write(folder / "clips" / "sad" / "b.wav", vowel("sadness", speaker=1, take=1))
    file = file if file.suffix else file / "a.wav"
    write(folder / "clips" / "angry" / "c.wav", vowel("anger", speaker=1, take=1))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes((folder / "a.wav").read_bytes())
    found = scan(folder / "clips", label_level=1)
    assert found.rows["id"] == ["clips/angry/c", "clips/sad/b"]
    assert [problem.kind for problem in found.problems] == [Kind.UNUSABLE]
    assert "is not UTF-8, expected names that are" in found.problems[0].reason


@pytest.mark.parametrize("content", [b"", b"PAR1", bytes(range(256)) * 4])
def test_predictions_that_are_no_parquet(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.parquet").write_bytes(content)
    with pytest.raises(HumpcatError, match=r"p\.parquet: is "):
        Predictions.read(tmp_path / "p.parquet")


@pytest.mark.parametrize("classes", ["[" * 100_000, '["a", "a"]', "{}", '["a"]'])
def test_predictions_whose_columns_or_classes_are_wrong(classes: str, tmp_path: Path) -> None:
    table = pa.table([pa.array(["1"]), pa.array(["1"]), pa.array([1.0])], names=["id", "gold", "p_a"])
    parquet.write_table(table.replace_schema_metadata({"humpcat.classes": classes}), tmp_path / "p.parquet")
    with pytest.raises(HumpcatError, match=r"p\.parquet: (the schema's|classes|column 'corpus' is missing)"):
        Predictions.read(tmp_path / "p.parquet")
