from dataclasses import replace

import pytest

from humpcat.errors import LeakageError, ProtocolError
from humpcat.protocols import (
    TRANSDUCTIVE,
    Ledger,
    Split,
    check_split,
    check_unseen,
    clip_folds,
    clip_share_split,
    heard_before,
)

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


def test_unlabelled_clips_count_as_seen():
    split = replace(CLEAN, unlabelled=("other/a0",))
    assert check_split(ROWS, split, HASHES) is split
    split = Split("by hand", 0, "speaker-disjoint", adapt=("toy/a0",), test=("toy/c1",), unlabelled=("toy/c0",))
    with pytest.raises(LeakageError, match=r"1 of 1 test speakers was seen \(toy/c\)"):
        check_split(ROWS, split)
    copies = HASHES | {"other/a0": HASHES["toy/c1"]}
    with pytest.raises(LeakageError, match="identical audio"):
        check_split(ROWS, replace(split, unlabelled=("other/a0",)), copies)


def test_transductive_splits_may_hold_the_test_clips_but_not_their_labels():
    test = ("other/a0", "other/b0")
    split = Split("by hand", 0, f"{TRANSDUCTIVE}: x", train=("toy/a0",), test=test, unlabelled=test)
    assert check_split(ROWS, split, HASHES) is split
    # The checkpoint has seen them all the same, which any later test is told.
    with pytest.raises(LeakageError, match="2 of 2 test clips were seen"):
        check_unseen(Ledger.of(ROWS, split.seen), ROWS, test)
    leaking = replace(split, train=("other/a1",))
    with pytest.raises(LeakageError, match="other/a"):
        check_split(ROWS, leaking)
    assert check_split(ROWS, leaking, allow_leakage=True).guarantee == (
        "SPEAKER-DEPENDENT, TRANSDUCTIVE: 1 of 2 test speakers was seen (other/a)"
    )
    with pytest.raises(LeakageError, match="identical audio"):
        check_split(ROWS, split, HASHES | {"toy/a0": HASHES["other/b0"]})


def test_a_sentence_disjoint_split_is_held_to_its_word():
    rows = [row | {"sentence": row["id"][-1]} for row in ROWS]
    split = Split("by hand", 0, "speaker-disjoint and sentence-disjoint", adapt=("toy/a0",), test=("toy/b1",))
    assert check_split(rows, split) is split
    tampered = replace(split, valid=("toy/c1",))
    for allowed in (False, True):
        with pytest.raises(LeakageError) as error:
            check_split(rows, tampered, allow_leakage=allowed)
        assert str(error.value) == (
            "split 'by hand' is said to be sentence-disjoint, but: 100 % of the test clips say the one sentence that "
            "adaptation said too: make the split again."
        )
    with pytest.raises(LeakageError, match="Which sentences the test clips say is not known"):
        check_split(ROWS, split)


def test_an_unknown_speaker_harms_only_where_the_corpus_was_seen():
    rows = [row | {"speaker": None} for row in ROWS]
    across = Split("by hand", 0, "cross-corpus", train=("toy/a0",), test=("other/a0",))
    assert check_split(rows, across) is across
    with pytest.raises(LeakageError, match="not known"):
        check_split(rows, CLEAN)


def test_where_nobody_is_known_the_guarantee_says_so():
    rows = [row | {"speaker": None} for row in ROWS]
    classes = {row["id"]: "anger" for row in rows}
    for split in (clip_share_split(rows, classes), *clip_folds(rows, classes, 2)):
        assert split.guarantee == "SPEAKER-DEPENDENT: who speaks is not known"
        assert check_split(rows, split, allow_leakage=True) is split
        with pytest.raises(LeakageError, match="is not known"):
            check_split(rows, split)
    rows[0] = ROWS[0]
    assert "may share speakers" in clip_share_split(rows, classes).guarantee


def test_a_recording_on_both_sides_is_said_of_a_speaker_dependent_split_too():
    split = replace(CLEAN, guarantee="SPEAKER-DEPENDENT: test and validation may share speakers with adaptation")
    assert check_split(ROWS, split, HASHES, allow_leakage=True) is split
    hashes = HASHES | {"toy/c1": HASHES["toy/a0"]}
    stamped = check_split(ROWS, split, hashes, allow_leakage=True)
    copies = "1 of 2 test clips was seen as identical audio under another id (toy/c1)"
    assert stamped.guarantee == f"{split.guarantee}; {copies}"
    assert check_split(ROWS, stamped, hashes, allow_leakage=True) is stamped


def test_the_guard_unites_the_corpora_of_a_ledger_once(monkeypatch):
    calls = []
    united = Ledger.fingerprints.fget
    monkeypatch.setattr(Ledger, "fingerprints", property(lambda self: calls.append(1) or united(self)))
    check_split(ROWS, CLEAN, HASHES)
    assert len(calls) == 1


def test_what_was_heard_without_labels_is_said_and_refuses_nothing():
    ledger = Ledger.of(ROWS, ["toy/a0"], HASHES, unlabelled=["toy/b0", "toy/b1", "toy/c0"])
    ids = ["toy/b0", "toy/b1", "toy/c1", "other/a0"]
    assert check_unseen(ledger, ROWS, ids, HASHES) is None
    assert heard_before(ledger, ROWS, ids, HASHES) == (
        "2 of 4 test clips were heard without their labels by the model before (toy/b0, toy/b1)",
        "1 of 3 test speakers was heard in other clips without labels by the model before (toy/c)",
    )
    assert heard_before(ledger, ROWS, ["other/a0", "other/c0"], HASHES) == ()
    assert heard_before(Ledger.of(ROWS, ["toy/b0"], HASHES), ROWS, ids, HASHES) == ()
    with pytest.raises(ProtocolError, match="fingerprints: 4 of 4 ids have none"):
        heard_before(ledger, ROWS, ids, {})


def test_what_was_heard_without_labels_is_known_by_its_audio_under_another_name():
    hashes = HASHES | {"other/a0": HASHES["toy/b0"]}
    ledger = Ledger.of(ROWS, [], HASHES, unlabelled=["toy/b0"])
    (said,) = heard_before(ledger, ROWS, ["other/a0", "other/b0"], hashes)
    assert said == "1 of 2 test clips was heard without its label by the model before (other/a0)"
    (said,) = heard_before(ledger, ROWS, ["other/a1"], hashes)
    assert said == "1 of 1 test speakers was heard in other clips without labels by the model before (other/a)"
    # Nobody said who spoke what was heard, as in a folder without labels.
    nobody = [{"id": "heard/1", "corpus": "heard", "speaker": None}]
    ledger = Ledger.of(nobody, [], {"heard/1": HASHES["toy/b0"]}, unlabelled=["heard/1"])
    assert heard_before(ledger, ROWS, ["toy/b0", "toy/b1", "toy/a0"], HASHES) == (
        "1 of 3 test clips was heard without its label by the model before (toy/b0)",
    )
    assert heard_before(ledger, ROWS, ["toy/b1"], HASHES) == (
        "1 of 1 test speakers was heard in other clips without labels by the model before (toy/b)",
    )


def test_a_guarantee_takes_further_clauses():
    split = CLEAN.adding("one", "two").adding("two")
    assert split.guarantee == "speaker-disjoint; one; two"
    assert (split.test, CLEAN.adding().guarantee) == (CLEAN.test, CLEAN.guarantee)
