import pytest

from humpcat.errors import LeakageError, ProtocolError
from humpcat.protocols import Ledger, Split, check_split, check_unseen, clip_share_split

ROWS = [
    {"id": f"{corpus}/{speaker}{number}", "corpus": corpus, "speaker": speaker}
    for corpus in ("toy", "other")
    for speaker in "abc"
    for number in range(2)
]
HASHES = {row["id"]: f"hash of {row['id']}" for row in ROWS}
CLEAN = Split(
    "by hand", 0, "speaker-disjoint", adapt=("toy/a0", "toy/a1"), valid=("toy/b0",), test=("toy/c0", "toy/c1")
)
MEND = ": make the split again, or pass allow_leakage (--allow-leakage), which stamps every number SPEAKER-DEPENDENT."


def test_a_clean_split_passes_unchanged():
    assert check_split(ROWS, CLEAN, HASHES) is CLEAN
    assert check_split(ROWS, CLEAN, HASHES, allow_leakage=True) is CLEAN


@pytest.mark.parametrize("part", ["train", "adapt", "valid"])
def test_a_speaker_in_two_parts_stops_the_run(part):
    split = Split("by hand", 0, "speaker-disjoint", **{part: ("toy/c0",)}, test=("toy/c1", "toy/b0"))
    with pytest.raises(LeakageError) as error:
        check_split(ROWS, split)
    assert str(error.value) == f"1 of 2 test speakers was seen (toy/c){MEND}"
    stamped = check_split(ROWS, split, allow_leakage=True)
    assert stamped.guarantee == "SPEAKER-DEPENDENT: 1 of 2 test speakers was seen (toy/c)"
    assert stamped.speaker_dependent
    assert stamped.test == split.test


def test_the_same_name_in_another_corpus_is_another_person():
    split = Split("by hand", 0, "speaker-disjoint", adapt=("toy/a0",), test=("other/a0",))
    assert check_split(ROWS, split) is split


def test_the_same_audio_under_two_ids_stops_the_run():
    hashes = HASHES | {"toy/c1": HASHES["toy/a0"]}
    with pytest.raises(LeakageError) as error:
        check_split(ROWS, CLEAN, hashes)
    assert str(error.value) == f"1 of 2 test clips was seen as identical audio under another id (toy/c1){MEND}"


def test_missing_fingerprints_are_not_taken_for_clean():
    with pytest.raises(ProtocolError, match="fingerprints: 1 of 2 ids have none"):
        check_split(ROWS, CLEAN, {id_: value for id_, value in HASHES.items() if id_ != "toy/c1"})


def test_unknown_speakers_are_not_taken_for_disjoint():
    rows = [row | {"speaker": None} if row["id"] == "toy/c1" else row for row in ROWS]
    with pytest.raises(LeakageError) as error:
        check_split(rows, CLEAN)
    assert str(error.value) == f"whether the speakers of 1 of 2 test clips were seen is not known (toy/c1){MEND}"
    rows = [row | {"speaker": None} if row["id"] == "toy/a0" else row for row in ROWS]
    with pytest.raises(LeakageError, match="2 of 2 test clips were seen is not known"):
        check_split(rows, CLEAN)


def test_a_stamped_protocol_still_needs_permission():
    classes = {row["id"]: "anger" for row in ROWS}
    split = clip_share_split(ROWS, classes, share=0.5)
    with pytest.raises(LeakageError, match="test speakers were seen"):
        check_split(ROWS, split)
    assert check_split(ROWS, split, allow_leakage=True) is split


def test_a_checkpoint_remembers_its_source():
    source = Ledger.of(ROWS, ["toy/a0", "toy/a1"], HASHES)
    tuned = source.merge(Ledger.of(ROWS, ["other/b0", "toy/b0"], HASHES))
    assert tuned.corpora["toy"].speakers == {"toy/a", "toy/b"}
    assert check_unseen(tuned, ROWS, ["other/a0", "toy/c0"], HASHES) is None
    with pytest.raises(LeakageError) as error:
        check_unseen(tuned, ROWS, ["toy/a0", "toy/a1", "toy/c0", "other/b1"])
    assert str(error.value) == (
        f"2 of 3 test speakers were seen (other/b, toy/a); 2 of 4 test clips were seen (toy/a0, toy/a1){MEND}"
    )
    assert check_unseen(tuned, ROWS, ["toy/b1"], allow_leakage=True) == (
        "SPEAKER-DEPENDENT: 1 of 1 test speakers was seen (toy/b)"
    )


def test_audio_of_another_corpus_is_recognised():
    ledger = Ledger.of(ROWS, ["toy/a0"], HASHES)
    with pytest.raises(LeakageError, match=r"identical audio under another id \(other/c1\)"):
        check_unseen(ledger, ROWS, ["other/c1"], {"other/c1": HASHES["toy/a0"]})


def test_ledger_files(tmp_path):
    ledger = Ledger.of(ROWS, ["toy/a0", "other/b0"], HASHES)
    ledger.save(tmp_path / "ledger.json")
    assert Ledger.load(tmp_path / "ledger.json") == ledger
    with pytest.raises(ProtocolError, match="ledger: corpus 'toy' holds ids, expected anonymous, fingerprints"):
        Ledger.from_json({"toy": {"ids": []}})
    with pytest.raises(ProtocolError, match="ledger: corpus 'toy' holds int"):
        Ledger.from_json({"toy": 3})


def test_merging_is_a_union():
    one, two = Ledger.of(ROWS, ["toy/a0"], HASHES), Ledger.of(ROWS, ["toy/b0", "other/a0"], HASHES)
    assert one.merge(two) == two.merge(one)
    assert one.merge(one) == one
    assert one.merge(two).ids == {"toy/a0", "toy/b0", "other/a0"}
