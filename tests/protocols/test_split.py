import json
from dataclasses import replace

import pytest

from humpcat.errors import ProtocolError
from humpcat.protocols import Split
from humpcat.files import replacing

SPLIT = Split("by hand", 3, "speaker-disjoint", adapt=("b", "ä"), valid=("c",), test=("d",))


def test_an_id_in_two_parts_is_refused():
    with pytest.raises(ProtocolError) as error:
        Split("by hand", 0, "speaker-disjoint", adapt=("a",), test=("b", "a"))
    assert str(error.value) == "split 'by hand': a is in adapt and in test: put each id in one part."
    with pytest.raises(ProtocolError, match="a is twice in train"):
        Split("by hand", 0, "speaker-disjoint", train=("a", "a"))


def test_hash_is_of_the_content():
    assert SPLIT.hash == replace(SPLIT, adapt=("ä", "b")).hash
    changed = [replace(SPLIT, seed=4), replace(SPLIT, guarantee="none"), replace(SPLIT, valid=(), train=("c",))]
    assert len({SPLIT.hash, *(split.hash for split in changed)}) == 4
    # Fixed here on purpose: results on disk name splits by this hash.
    assert SPLIT.hash == "7359ddc29a034684864d0d957b6b69ba"


def test_file_round_trip_leaves_nothing_else_behind(tmp_path):
    path = tmp_path / "new" / "split.json"
    SPLIT.save(path)
    SPLIT.save(path)
    assert Split.load(path) == SPLIT
    assert [child.name for child in path.parent.iterdir()] == ["split.json"]


def _write_half(draft):
    draft.write_text("half")
    raise OSError("disk is full")


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "split.json"
    path.write_text("old")
    with pytest.raises(OSError, match="disk"), replacing(path) as draft:
        _write_half(draft)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file: check the path."),
        ("{", "is not JSON"),
        ("[]", "holds a JSON list, expected an object: write it again."),
        (
            json.dumps({"name": "x"}),
            "split: fields name found, expected adapt, guarantee, name, seed, test, train, valid: make the split "
            "again.",
        ),
    ],
)
def test_files_that_are_no_split(tmp_path, content, message):
    path = tmp_path / "split.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ProtocolError) as error:
        Split.load(path)
    assert message in str(error.value)
