import json
from dataclasses import replace

import pytest

from humpcat.errors import ProtocolError
from humpcat.files import replacing
from humpcat.protocols import TRANSDUCTIVE, Split

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


def test_test_clips_may_be_unlabelled_only_where_it_is_stamped():
    settings = {"train": ("a",), "test": ("b", "c"), "unlabelled": ("c", "b")}
    split = Split("by hand", 0, f"{TRANSDUCTIVE}: cross-corpus", **settings)
    assert split.transductive
    assert not split.speaker_dependent
    assert (split.unlabelled, split.learnt, split.seen) == (("b", "c"), ("a",), ("a", "b", "c"))
    assert Split.from_json(json.loads(json.dumps(split.to_json()))) == split
    with pytest.raises(ProtocolError) as error:
        Split("by hand", 0, "cross-corpus", **settings)
    assert str(error.value) == "split 'by hand': b is in test and in unlabelled: put each id in one part."
    with pytest.raises(ProtocolError, match="a is in train and in unlabelled"):
        replace(split, unlabelled=("a",))
    with pytest.raises(ProtocolError, match="b is twice in unlabelled"):
        replace(split, unlabelled=("b", "b"))


def test_a_stamp_does_not_hide_that_test_clips_were_seen():
    split = Split("by hand", 0, f"{TRANSDUCTIVE}: cross-corpus", test=("b",), unlabelled=("b",))
    stamped = split.stamped("SPEAKER-DEPENDENT: 1 of 1 test speakers was seen (toy/a)")
    assert stamped.guarantee == "SPEAKER-DEPENDENT, TRANSDUCTIVE: 1 of 1 test speakers was seen (toy/a)"
    assert stamped.transductive
    assert stamped.speaker_dependent
    assert stamped.stamped(stamped.guarantee) == stamped
    assert split.stamped("cross-corpus").guarantee == "TRANSDUCTIVE: cross-corpus"
    assert SPLIT.stamped("SPEAKER-DEPENDENT: x").guarantee == "SPEAKER-DEPENDENT: x"


def test_empty_fields_are_left_out_and_notes_do_not_change_the_hash():
    assert sorted(SPLIT.to_json()) == ["adapt", "guarantee", "name", "seed", "test", "train", "valid"]
    noted = replace(SPLIT, notes=("No test clip of: fear.",))
    assert noted.hash == SPLIT.hash
    assert noted != SPLIT
    assert Split.from_json(noted.to_json()) == noted
    assert replace(SPLIT, unlabelled=("e",)).hash != SPLIT.hash


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("test", ["d", 3], "test holds 3 (int), expected a list of strings"),
        ("test", "d", "test holds 'd' (str), expected a list of strings"),
        ("adapt", None, "adapt holds None (NoneType), expected a list of strings"),
        ("notes", [["a"]], "notes holds ['a'] (list), expected a list of strings"),
        ("unlabelled", {"e": 1}, "unlabelled holds {'e': 1} (dict), expected a list of strings"),
        ("seed", True, "seed holds True (bool), expected a whole number"),
        ("seed", 1.0, "seed holds 1.0 (float), expected a whole number"),
        ("name", 1, "name holds 1 (int), expected a string"),
        ("guarantee", None, "guarantee holds None (NoneType), expected a string"),
    ],
)
def test_fields_of_another_type_are_refused(field, value, message):
    with pytest.raises(ProtocolError) as error:
        Split.from_json(SPLIT.to_json() | {field: value})
    assert str(error.value) == f"split: {message}: make the split again."


def test_unknown_fields_are_refused():
    with pytest.raises(ProtocolError, match="split: fields adapt, extra, guarantee"):
        Split.from_json(SPLIT.to_json() | {"extra": 1})


def test_a_file_that_is_no_split_is_named(tmp_path):
    (tmp_path / "fold.json").write_text("{}")
    with pytest.raises(ProtocolError) as error:
        Split.load(tmp_path / "fold.json")
    assert str(error.value).startswith(f"{tmp_path / 'fold.json'}: split: fields none found, expected adapt,")
